/*
 * numerics/curve_kernel.h -- the kernel behind numerics/curve.h.           floor 1.2
 */
#ifndef RIP_NUMERICS_CURVE_KERNEL_H
#define RIP_NUMERICS_CURVE_KERNEL_H

#include "riptide/base/simd.h"

/* Cells are centred at k / RIP_CURVE_FINENESS, |k| <= RIP_CURVE_REACH; a polynomial in
   z RIP_CURVE_FINENESS - k each, constant term first. */
#define RIP_CURVE_FINENESS 8
#define RIP_CURVE_REACH    66
#define RIP_CURVE_TERMS    8

/* y[i] for z[i], a row of RIP_LANES; y may be z. */
RIP_SIMD_DECLARE(void, rip_curve_row,
                 (const double *coefficient, const double *z, double *y));

#endif /* RIP_NUMERICS_CURVE_KERNEL_H */
