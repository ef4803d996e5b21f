/*
 * engine/exact.h -- real numbers as exact integers, so that sums have no order.
 *                                                                          floor 6.1
 * A summand x is rounded once to a multiple of a quantum, a power of two fixed before
 * the first path, and the multiples are added as 128-bit integers (style.md 3.7). With
 * the scale s, the power of two at or above an account's initial equity,
 *
 *     money:   quantum s 2^-40      (the rounding error of a mean of n values is below
 *     squares: quantum s^2 2^-30     2^-41 s)
 *
 * Rounding is to the nearest, ties to even, by adding and subtracting 1.5 x 2^52. That
 * holds up to 2^51 quanta; RIP_EXACT_RANGE scales always fit, squares included, and
 * what does not is noticed.
 */

#ifndef RIP_ENGINE_EXACT_H
#define RIP_ENGINE_EXACT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RIP_EXACT_MONEY_BITS  40
#define RIP_EXACT_SQUARE_BITS 30
#define RIP_EXACT_RANGE       1024.0 /* |x| / s that always fits */

/* A two's complement 128-bit sum, as it is stored in an accumulator. */
typedef struct rip_exact_sum {
    uint64_t low, high;
} rip_exact_sum;

/*
 * Nearest integer of |x| < 2^51, ties to even, raised by RIP_EXACT_RAISE, which are the
 * bits of 1.5 x 2^52. Sums and differences may stay raised, modulo 2^64, until their
 * end, and what is raised is positive and can be shifted right like any unsigned
 * number.
 */
#define RIP_EXACT_RAISE UINT64_C(0x4338000000000000)

static inline uint64_t
rip_exact_raised(double x)
{
    const double shifted = x + 6755399441055744.0; /* 1.5 * 2^52 */
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof(bits));
    return bits;
}

/* The integer itself. */
static inline int64_t
rip_exact_round(double x)
{
    return (int64_t)(rip_exact_raised(x) - RIP_EXACT_RAISE);
}

/*
 * The same, and whether it held: *spoiled gathers, over any number of roundings, what
 * rip_exact_is_sound looks at. A NaN is not sound.
 */
static inline int64_t
rip_exact_round_checked(double x, uint64_t *spoiled)
{
    const uint64_t raised = rip_exact_raised(x);
    *spoiled |= raised ^ RIP_EXACT_RAISE;
    return (int64_t)(raised - RIP_EXACT_RAISE);
}

/* All sums had the sign and the exponent of 1.5 x 2^52. */
static inline bool
rip_exact_is_sound(uint64_t spoiled)
{
    return spoiled >> 52 == 0;
}

/* Whether raised integers that are not negative held, all of them or'ed together: one
   out of range has a higher exponent, hence a bit that those in range have not. */
static inline bool
rip_exact_are_sound(uint64_t raised)
{
    return (raised | RIP_EXACT_RAISE) >> 51 == RIP_EXACT_RAISE >> 51;
}

/* An integer below 2^51 in size as a double, without the conversion that AVX2 lacks. */
static inline double
rip_exact_to_double(int64_t x)
{
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    uint64_t bits;
    double shifted;
    memcpy(&bits, &magic, sizeof(bits));
    bits += (uint64_t)x;
    memcpy(&shifted, &bits, sizeof(shifted));
    return shifted - magic;
}

/* Square of x (in scales) in multiples of 2^-30. */
static inline int64_t
rip_exact_square(double x)
{
    return rip_exact_round(x * x * 0x1p30);
}

static inline void
rip_exact_add(rip_exact_sum *self, int64_t x)
{
    const uint64_t low = self->low + (uint64_t)x;
    self->high += (x < 0 ? UINT64_MAX : 0) + (low < self->low);
    self->low = low;
}

/* Adds the full product x * y. */
static inline void
rip_exact_add_product(rip_exact_sum *self, uint64_t x, uint64_t y)
{
    __extension__ const unsigned __int128 p = (unsigned __int128)x * y;
    const uint64_t low = self->low + (uint64_t)p;
    self->high += (uint64_t)(p >> 64) + (low < self->low);
    self->low = low;
}

static inline void
rip_exact_merge(rip_exact_sum *self, const rip_exact_sum *other)
{
    const uint64_t low = self->low + other->low;
    self->high += other->high + (low < self->low);
    self->low = low;
}

/* self - other */
static inline rip_exact_sum
rip_exact_minus(const rip_exact_sum *self, const rip_exact_sum *other)
{
    return (rip_exact_sum){.low = self->low - other->low,
                           .high = self->high - other->high - (self->low < other->low)};
}

/* The value of a sum as a double (the high and low words are rounded once each). */
static inline double
rip_exact_value(const rip_exact_sum *self)
{
    if ((self->high >> 63) != 0) {
        const rip_exact_sum zero = {0, 0};
        const rip_exact_sum positive = rip_exact_minus(&zero, self);
        return -((double)positive.high * 0x1p64 + (double)positive.low);
    }
    return (double)self->high * 0x1p64 + (double)self->low;
}

/* The smallest power of two at or above x > 0. */
static inline double
rip_exact_scale(double x)
{
    int exponent;
    const double mantissa = frexp(x, &exponent);
    return ldexp(1.0, mantissa > 0.5 ? exponent : exponent - 1);
}

#endif /* RIP_ENGINE_EXACT_H */
