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

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/simd.h"
#include "riptide/numerics/math.h"

/* The value without branches, for loops (numerics/black_kernel.c). */
static inline double
rip_black_inline(double forward, double strike, double deviation, bool is_put)
{
    const double side = forward <= strike ? 1.0 : -1.0; /* call: 1 */
    const double d1 = rip_math_log(forward / strike) / deviation + 0.5 * deviation;
    const double inside = (is_put ? -1.0 : 1.0) * (forward - strike);
    double value = side * (forward * rip_math_normal_cdf(side * d1) -
                           strike * rip_math_normal_cdf(side * (d1 - deviation)));
    /* Far outside both terms are roundings; without deviation there is no d1. */
    value = value > 0.0 && deviation > 0.0 ? value : 0.0;
    return value + (inside > 0.0 ? inside : 0.0);
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
