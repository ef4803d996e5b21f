/*
 * numerics/black.h -- value of a European option on a forward.             floor 1.2
 *
 * Black (The pricing of commodity contracts, J. Financial Economics 3, 1976), without
 * discounting: margin counts undiscounted marks. With forward F, strike K and the
 * standard deviation s = iv sqrt(t) of the log of the forward at expiry,
 *
 *     d1 = ln(F / K) / s + s / 2,  d2 = d1 - s
 *     call = F N(d1) - K N(d2),    put = K N(-d2) - F N(-d1) = call - (F - K).
 *
 * The side that is out of the money is computed, the other one follows by parity, so no
 * value lies below its intrinsic one. At s = 0 the value is the intrinsic one. An
 * option settled in coin has the same value in USD; in coin it is that over the
 * forward.
 *
 * Worked example: F = 60,000, K = 50,000, iv 0.6, 30 days of a year of 365: the put is
 * worth 697.7408, the call 10,697.7408.
 */
#ifndef RIP_NUMERICS_BLACK_H
#define RIP_NUMERICS_BLACK_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/simd.h"
#include "riptide/numerics/math.h"

/*
 * The value without branches, in parts for loops (numerics/black_kernel.c). With u =
 * |ln(F/K)| / s, a = s/2 - u, b = s/2 + u, m = min(F, K) and M(x) = e^(x^2/2) Q(x), Q
 * the upper tail of the normal law, the side that is out of the money is worth
 *
 *     m e^(-a^2/2) (M(-a) - M(b))        if a <= 0
 *     m - m e^(-a^2/2) (M(a) + M(b))     if not,
 *
 * since F e^(-d1^2/2) = K e^(-d2^2/2): one exponential, and one division for both M.
 * The value is inside + base - scale (+-M(|a|) + M(b)), where +-M(|a|) is weight_a
 * times the polynomial of the tail at t_a, and M(b) likewise.
 */
typedef struct rip_black_parts {
    double inside, base, scale;
    double t_a, weight_a, t_b, weight_b;
} rip_black_parts;

static inline rip_black_parts
rip_black_begin(double forward, double strike, double deviation, bool is_put)
{
    const double least = forward < strike ? forward : strike;
    const double inside = (is_put ? -1.0 : 1.0) * (forward - strike);
    const double u = fabs(rip_math_log(forward / strike)) / deviation;
    const double a = 0.5 * deviation - u, b = 0.5 * deviation + u;
    /* The exponential is 0 beyond. */
    const double x = fabs(a) < 40.0 ? fabs(a) : 40.0, y = b < 40.0 ? b : 40.0;
    const double below_x = (x + 4.0) * (x + 1.0), below_y = (y + 4.0) * (y + 1.0);
    const double both = 1.0 / (below_x * below_y);
    const double one_x = both * below_y, one_y = both * below_x;
    return (rip_black_parts){.inside = inside > 0.0 ? inside : 0.0,
                             .base = a > 0.0 ? least : 0.0,
                             .scale = least * rip_math_exp(-0.5 * (a * a)),
                             .t_a = (x - 4.0) * (x + 1.0) * one_x,
                             .weight_a = (a > 0.0 ? 1.0 : -1.0) * ((x + 4.0) * one_x),
                             .t_b = (y - 4.0) * (y + 1.0) * one_y,
                             .weight_b = (y + 4.0) * one_y};
}

/* p_a, p_b: the polynomials of the tail. */
static inline double
rip_black_end(const rip_black_parts *self, double p_a, double p_b)
{
    const double value =
        self->base - self->scale * (self->weight_a * p_a + self->weight_b * p_b);
    /* Far outside there are only roundings; without deviation there is no u. */
    return (value > 0.0 ? value : 0.0) + self->inside;
}

/* Value per unit [the unit of forward] for forward >= 0, strike > 0, deviation >= 0. */
double rip_black_value(double forward, double strike, double deviation, bool is_put);

/* The values of n pairs of forward and deviation, with the same bits; by SIMD level. */
RIP_SIMD_DECLARE(void, rip_black_row,
                 (size_t n, const double *forward, const double *deviation,
                  double strike, bool is_put, double *value));

/* Change of the value by that of the forward: N(d1), or N(d1) - 1 of a put. */
double rip_black_delta(double forward, double strike, double deviation, bool is_put);

#endif /* RIP_NUMERICS_BLACK_H */
