/*
 * Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/market/prices_kernel.h"

#include "riptide/base/lanes.h"
#include "riptide/numerics/math.h"

/* How many values are too large for rip_math_exp_small, or no numbers. */
static uint64_t
count_large(const double *value)
{
    uint64_t n = 0;
    for (int i = 0; i < RIP_LANES; i++) {
        n += fabs(value[i]) <= RIP_MATH_EXP_SMALL ? 0 : 1;
    }
    return n;
}

void
RIP_SIMD_NAME(rip_prices_row)(const double *restrict before, double *restrict value)
{
    if (count_large(value) == 0) {
        for (int i = 0; i < RIP_LANES; i++) {
            value[i] = before[i] * rip_math_exp_small(value[i]);
        }
    } else {
        for (int i = 0; i < RIP_LANES; i++) {
            value[i] = before[i] * rip_math_exp(value[i]);
        }
    }
}
