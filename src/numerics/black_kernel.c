/*
 * Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/numerics/black.h"

void
RIP_SIMD_NAME(rip_black_row)(size_t n, const double *forward, const double *deviation,
                             double strike, bool is_put, double *restrict value)
{
    for (size_t i = 0; i < n; i++) {
        value[i] = rip_black_inline(forward[i], strike, deviation[i], is_put);
    }
}
