/*
 * numerics/curve.h -- a smooth function of a normal variable, tabulated.   floor 1.3
 *
 * A curve replaces a slow function on [-8.25, 8.25], the range of normals made of
 * 52-bit uniforms, by polynomials of degree 7 on cells of width 1/8 that agree with it
 * at the cells' Chebyshev points. For functions that change by no more than a factor
 * e^4 in a unit of z the relative error is below 1e-11, for most below 1e-14. A curve
 * is read-only and shared by threads.
 */
#ifndef RIP_NUMERICS_CURVE_H
#define RIP_NUMERICS_CURVE_H

#include "riptide/base/status.h"

typedef struct rip_curve {
    double *coefficient; /* [cells][RIP_CURVE_TERMS] owned */
} rip_curve;

/* Tabulates f(z, parameter). Errors: RIP_ERR_NO_MEMORY; self may be freed whatever it
   returns. */
RIP_NODISCARD rip_status rip_curve_init(rip_curve *self, double (*f)(double, double),
                                        double parameter);
void rip_curve_free(rip_curve *self);

/* The curve at z[RIP_LANES] into y, which may be z; same bits at every SIMD level. */
void rip_curve_apply(const rip_curve *self, const double *z, double *y);

#endif /* RIP_NUMERICS_CURVE_H */
