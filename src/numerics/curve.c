#include "riptide/numerics/curve.h"

#include <stddef.h>
#include <stdlib.h>

#include "riptide/numerics/curve_kernel.h"
#include "riptide/numerics/math.h"

enum { N = RIP_CURVE_TERMS };

/* The polynomial through (x[i], value[i]), by Newton's divided differences. */
static void
interpolate(const double x[N], const double value[N], double coefficient[N])
{
    double difference[N];
    for (size_t i = 0; i < N; i++) {
        difference[i] = value[i];
        coefficient[i] = 0.0;
    }
    for (size_t order = 1; order < N; order++) {
        for (size_t i = N - 1; i >= order; i--) {
            difference[i] = (difference[i] - difference[i - 1]) / (x[i] - x[i - order]);
        }
    }
    /* Horner's scheme on the nested form: p <- p (t - x[i]) + difference[i]. */
    for (size_t i = N; i-- > 0;) {
        for (size_t k = N - 1; k > 0; k--) {
            coefficient[k] = coefficient[k - 1] - x[i] * coefficient[k];
        }
        coefficient[0] = difference[i] - x[i] * coefficient[0];
    }
}

rip_status
rip_curve_init(rip_curve *self, double (*f)(double, double), double parameter)
{
    const size_t n_cell = 2 * RIP_CURVE_REACH + 1;
    *self = (rip_curve){0};
    self->coefficient = aligned_alloc(64, n_cell * N * sizeof(*self->coefficient));
    if (self->coefficient == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t cell = 0; cell < n_cell; cell++) {
        const double centre = (double)cell - RIP_CURVE_REACH;
        double x[N], value[N];
        for (size_t i = 0; i < N; i++) {
            x[i] = 0.5 * rip_math_cos(((double)i + 0.5) * (RIP_MATH_PI / N));
            value[i] = f((centre + x[i]) / RIP_CURVE_FINENESS, parameter);
        }
        interpolate(x, value, self->coefficient + cell * N);
    }
    return RIP_OK;
}

void
rip_curve_free(rip_curve *self)
{
    free(self->coefficient);
    *self = (rip_curve){0};
}

void
rip_curve_apply(const rip_curve *self, const double *z, double *y)
{
    RIP_SIMD_PICK(rip_curve_row)(self->coefficient, z, y);
}
