/*
 * Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/market/prices_kernel.h"

#include "riptide/base/lanes.h"
#include "riptide/numerics/math.h"

void
RIP_SIMD_NAME(rip_prices_row)(const double *restrict before, double *restrict value)
{
    for (int i = 0; i < RIP_LANES; i++) {
        value[i] = before[i] * rip_math_exp(value[i]);
    }
}
