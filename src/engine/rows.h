/*
 * Loops over the lanes of a block, for kernels (compiled once per SIMD level,
 * src/meson.build). Plain C that the compiler vectorises: fixed operations in fixed
 * order on each lane, so every level gives the same bits, and each loop is its own
 * scalar twin.
 */
#ifndef RIP_SRC_ENGINE_ROWS_H
#define RIP_SRC_ENGINE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/lanes.h"
#include "riptide/engine/exact.h"
#include "vector.h"

enum {
    STRIPED = 8,                      /* registers that positions pass through */
    STRIP = STRIPED * VECTOR_DOUBLES, /* and their lanes */
    HALF = RIP_LANES / 2
};

/* What one position contributes when it is held to the horizon, or closed. */
typedef struct rows_holding {
    double quantity;       /* signed */
    const double *change;  /* [RIP_LANES] price less the price at time 0 */
    const double *funding; /* [RIP_LANES] index; NULL: pays none */
} rows_holding;

/* market[i] = sum_k -(q change), one after the other in order of k, from 0 or, if it
   goes on, from what is there. */
static inline void
rows_market(size_t n, const rows_holding *holding, bool goes_on,
            double *restrict market)
{
    for (size_t strip = 0; strip < RIP_LANES; strip += STRIP) {
        vector_doubles sum[STRIPED];
        for (size_t v = 0; v < STRIPED; v++) {
            sum[v] = goes_on ? vector_doubles_at(market + strip + v * VECTOR_DOUBLES)
                             : (vector_doubles){0};
        }
        for (size_t k = 0; k < n; k++) {
            const double *change = holding[k].change + strip;
            for (size_t v = 0; v < STRIPED; v++) {
                sum[v] -= holding[k].quantity *
                          vector_doubles_at(change + v * VECTOR_DOUBLES);
            }
        }
        for (size_t v = 0; v < STRIPED; v++) {
            *(vector_stored_doubles *)(market + strip + v * VECTOR_DOUBLES) = sum[v];
        }
    }
}

/* funding[i] = sum_k q F, likewise. */
static inline void
rows_funding(size_t n, const rows_holding *holding, bool goes_on,
             double *restrict funding)
{
    for (size_t i = 0; !goes_on && i < RIP_LANES; i++) {
        funding[i] = 0.0;
    }
    for (size_t k = 0; k < n; k++) {
        const double quantity = holding[k].quantity;
        const double *restrict index = holding[k].funding;
        for (size_t i = 0; index != NULL && i < RIP_LANES; i++) {
            funding[i] += quantity * index[i];
        }
    }
}

/* Rows are short: cleared and copied register by register, without a call. */
static inline void
rows_clear(double *to)
{
    for (size_t i = 0; i < RIP_LANES; i += VECTOR_DOUBLES) {
        *(vector_stored_doubles *)(to + i) = (vector_doubles){0};
    }
}

static inline void
rows_copy(const double *restrict x, double *restrict to)
{
    for (size_t i = 0; i < RIP_LANES; i += VECTOR_DOUBLES) {
        *(vector_stored_doubles *)(to + i) = vector_doubles_at(x + i);
    }
}

/* to[i] += x[i] */
static inline void
rows_add(double *restrict to, const double *restrict x)
{
    for (size_t i = 0; i < RIP_LANES; i++) {
        to[i] += x[i];
    }
}

/* Money of one account on a block as integers, all of them raised (engine/exact.h). */
typedef struct rows_money {
    uint64_t quanta[RIP_LANES];
    uint64_t coarse[RIP_LANES]; /* in multiples of 2^shift quanta */
    uint64_t square[RIP_LANES]; /* in multiples of 2^-30 */
} rows_money;

/* The square of x / scale in multiples of 2^-30, raised, from z = x 2^40 / scale. In
   range it tells that z, rounded, is so, too. */
static inline uint64_t
rows_square(double z)
{
    return rip_exact_raised(z * z * 0x1p-50);
}

/* Raised quanta to the nearest multiple of 2^shift, in these. */
static inline uint64_t
rows_coarse(unsigned shift, uint64_t raised)
{
    return (raised + ((UINT64_C(1) << shift) >> 1)) >> shift;
}

/* With factor = 2^40 / scale: quanta of x factor weight. Returns whether all are in
   range. */
static inline bool
rows_to_money(const double *restrict x, double factor, const double *restrict weight,
              unsigned shift, rows_money *restrict to)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const double z = x[i] * factor * weight[i];
        to->quanta[i] = rip_exact_raised(z);
        to->coarse[i] = rows_coarse(shift, to->quanta[i]);
        to->square[i] = rows_square(z);
        seen |= to->square[i];
    }
    return rip_exact_are_sound(seen);
}

/* Sum over lanes of raised integers. */
static inline int64_t
rows_lowered_sum(const uint64_t *raised)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        sum += raised[i];
    }
    return (int64_t)(sum - RIP_LANES * RIP_EXACT_RAISE);
}

/* Sum over some lanes of round(x factor weight). */
static inline bool
rows_sum_of(uint64_t lanes, const double *restrict x, double factor,
            const double *restrict weight, int64_t *to)
{
    int64_t sum = 0;
    uint64_t spoiled = 0;
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        const size_t i = (size_t)__builtin_ctzll(rest);
        sum += rip_exact_round_checked(x[i] * factor * weight[i], &spoiled);
    }
    *to = sum;
    return rip_exact_is_sound(spoiled);
}

/* Sum over lanes of round(x factor weight). */
static inline bool
rows_sum(const double *restrict x, double factor, const double *restrict weight,
         int64_t *to)
{
    uint64_t sum = 0, spoiled = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const uint64_t raised = rip_exact_raised(x[i] * factor * weight[i]);
        sum += raised;
        spoiled |= raised ^ RIP_EXACT_RAISE;
    }
    *to = (int64_t)(sum - RIP_LANES * RIP_EXACT_RAISE);
    return rip_exact_is_sound(spoiled);
}

/* Sum over lanes of the squares of a - b, in scales. */
static inline bool
rows_difference(const double *restrict a, const double *restrict b, double factor,
                const double *restrict weight, int64_t *square)
{
    uint64_t sum = 0, seen = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const uint64_t raised = rows_square((a[i] - b[i]) * factor * weight[i]);
        sum += raised;
        seen |= raised;
    }
    *square = (int64_t)(sum - RIP_LANES * RIP_EXACT_RAISE);
    return rip_exact_are_sound(seen);
}

/* quanta = round(x factor weight); to += quanta. */
static inline bool
rows_tally(const double *restrict x, double factor, const double *restrict weight,
           int64_t *restrict quanta, int64_t *restrict to)
{
    uint64_t spoiled = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        quanta[i] = rip_exact_round_checked(x[i] * factor * weight[i], &spoiled);
        to[i] += quanta[i];
    }
    return rip_exact_is_sound(spoiled);
}

/* to += round(x factor weight) - base */
static inline bool
rows_tally_change(const double *restrict x, double factor,
                  const double *restrict weight, const int64_t *restrict base,
                  int64_t *restrict to)
{
    uint64_t spoiled = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        to[i] += rip_exact_round_checked(x[i] * factor * weight[i], &spoiled) - base[i];
    }
    return rip_exact_is_sound(spoiled);
}

/* The same on some lanes only. */
static inline bool
rows_tally_few(uint64_t lanes, const double *x, double factor, const double *weight,
               const int64_t *base, int64_t *to)
{
    uint64_t spoiled = 0;
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        const size_t i = (size_t)__builtin_ctzll(rest);
        to[i] += rip_exact_round_checked(x[i] * factor * weight[i], &spoiled) - base[i];
    }
    return rip_exact_is_sound(spoiled);
}

/* bin = 0 below low, n_bin - 1 above, else 1 + floor((x factor - low) per_unit). */
static inline uint32_t
rows_bin(double x, double factor, double low, double per_unit, size_t n_bin)
{
    const double last = (double)(n_bin - 1);
    double at = (x * factor - low) * per_unit + 1.0;
    at = at > 0.0 ? at : 0.0;
    at = at < last ? at : last;
    return (uint32_t)(int32_t)at;
}

static inline void
rows_bins(const double *restrict x, double factor, double low, double per_unit,
          size_t n_bin, uint32_t *restrict bin)
{
    for (size_t i = 0; i < RIP_LANES; i++) {
        bin[i] = rows_bin(x[i], factor, low, per_unit, n_bin);
    }
}

/* Lanes on which x is at or above limit. */
static inline uint64_t
rows_at_least(const double *x, double limit)
{
    const vector_doubles limits = (vector_doubles){0} + limit;
    uint64_t bits = 0;
    for (size_t i = 0; i < RIP_LANES; i += VECTOR_DOUBLES) {
        bits |= vector_doubles_at_least(vector_doubles_at(x + i), limits) << i;
    }
    return bits;
}

/* Lanes of a mask that are cheaper counted one by one than all at once. */
enum { ROWS_FEW = 8 };

/* to += unit on lanes of a mask. */
static inline void
rows_count(uint64_t lanes, uint64_t unit, uint64_t *restrict to)
{
    if (__builtin_popcountll(lanes) <= ROWS_FEW) {
        for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
            to[__builtin_ctzll(rest)] += unit;
        }
        return;
    }
    for (size_t i = 0; i < RIP_LANES; i++) {
        to[i] += (0 - (lanes >> i & 1)) & unit;
    }
}

static inline void
rows_count32(uint64_t lanes, uint32_t *restrict to)
{
    const uint32_t low = (uint32_t)lanes, high = (uint32_t)(lanes >> 32);
    if (__builtin_popcountll(lanes) <= ROWS_FEW) {
        for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
            to[__builtin_ctzll(rest)]++;
        }
        return;
    }
    for (size_t i = 0; i < HALF; i++) {
        to[i] += low >> i & 1;
    }
    for (size_t i = 0; i < HALF; i++) {
        to[HALF + i] += high >> i & 1;
    }
}

#endif /* RIP_SRC_ENGINE_ROWS_H */
