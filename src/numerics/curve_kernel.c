/*
 * Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/numerics/curve_kernel.h"

#include "riptide/base/lanes.h"
#include "riptide/numerics/math.h"

void
RIP_SIMD_NAME(rip_curve_row)(const double *coefficient, const double *z, double *y)
{
    const double magic = 6755399441055744.0, end = RIP_CURVE_REACH + 0.5;
    uint64_t cell[RIP_LANES];
    double t[RIP_LANES];
    for (int i = 0; i < RIP_LANES; i++) {
        double s = z[i] * RIP_CURVE_FINENESS;
        s = s > -end ? s : -end;
        s = s < end ? s : end;
        /* The nearest integer is left in the low bits (numerics/math.h). */
        const double shifted = s + magic;
        t[i] = s - (shifted - magic);
        cell[i] = rip_math_bits(shifted) - rip_math_bits(magic) + RIP_CURVE_REACH;
    }
    for (int i = 0; i < RIP_LANES; i++) {
        const double *c = coefficient + cell[i] * RIP_CURVE_TERMS;
        double p = c[RIP_CURVE_TERMS - 1];
        for (int k = RIP_CURVE_TERMS - 2; k >= 0; k--) {
            p = p * t[i] + c[k];
        }
        y[i] = p;
    }
}
