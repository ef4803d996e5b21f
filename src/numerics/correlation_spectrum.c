/* What needs eigenvalues: definiteness, factors, the nearest correlation matrix. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_linalg.h>

#include "riptide/numerics/correlation.h"

/* Pivots of the factor below this, per row, are rounding errors of zero. */
static const double PIVOT_NOISE = 1e-14;
/* Largest error of an entry of factor factor' before the spectral factor is tried. */
static const double FACTOR_ERROR = 5e-13;

/* The spectrum of a matrix, and room to compute it. */
typedef struct spectrum {
    size_t n;
    double *copy;    /* [n][n] owned, destroyed by the decomposition */
    double *vectors; /* [n][n] owned, eigenvectors in columns */
    double *values;  /* [n] owned */
    gsl_eigen_symmv_workspace *work;
} spectrum;

static void
spectrum_free(spectrum *self)
{
    free(self->copy);
    free(self->vectors);
    free(self->values);
    if (self->work != NULL) {
        gsl_eigen_symmv_free(self->work);
    }
    *self = (spectrum){0};
}

static rip_status
spectrum_init(spectrum *self, size_t n)
{
    *self = (spectrum){.n = n};
    self->copy = calloc(n * n, sizeof(double));
    self->vectors = calloc(n * n, sizeof(double));
    self->values = calloc(n, sizeof(double));
    self->work = gsl_eigen_symmv_alloc(n);
    if (self->copy == NULL || self->vectors == NULL || self->values == NULL ||
        self->work == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

static void
spectrum_of(spectrum *self, const double *matrix)
{
    const size_t n = self->n;
    memcpy(self->copy, matrix, n * n * sizeof(*matrix));
    gsl_matrix_view copy = gsl_matrix_view_array(self->copy, n, n);
    gsl_matrix_view vectors = gsl_matrix_view_array(self->vectors, n, n);
    gsl_vector_view values = gsl_vector_view_array(self->values, n);
    (void)gsl_eigen_symmv(&copy.matrix, &values.vector, &vectors.matrix, self->work);
}

static double
spectrum_smallest(const spectrum *self)
{
    double smallest = self->values[0];
    for (size_t k = 1; k < self->n; k++) {
        smallest = self->values[k] < smallest ? self->values[k] : smallest;
    }
    return smallest;
}

rip_status
rip_correlation_smallest_eigenvalue(size_t n, const double *matrix, double *smallest)
{
    rip_status status;
    spectrum s = {0};
    RIP_TRY(spectrum_init(&s, n));
    spectrum_of(&s, matrix);
    *smallest = spectrum_smallest(&s);
out:
    spectrum_free(&s);
    return status;
}

/* Row i of the factor times row j, over the first k columns. */
static double
rows_product(size_t n, const double *factor, size_t i, size_t j, size_t k)
{
    double sum = 0.0;
    for (size_t m = 0; m < k; m++) {
        sum += factor[i * n + m] * factor[j * n + m];
    }
    return sum;
}

/* Cholesky without pivoting that leaves a column zero where nothing remains. */
static void
cholesky(size_t n, const double *matrix, double *factor)
{
    memset(factor, 0, n * n * sizeof(*factor));
    for (size_t j = 0; j < n; j++) {
        const double pivot = matrix[j * n + j] - rows_product(n, factor, j, j, j);
        if (!(pivot > PIVOT_NOISE * (double)n)) {
            continue;
        }
        const double root = sqrt(pivot);
        factor[j * n + j] = root;
        for (size_t i = j + 1; i < n; i++) {
            const double rest = matrix[i * n + j] - rows_product(n, factor, i, j, j);
            factor[i * n + j] = rest / root;
        }
    }
}

static double
factor_error(size_t n, const double *matrix, const double *factor)
{
    double worst = 0.0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            const double product = rows_product(n, factor, i, j, j + 1);
            const double error = fabs(product - matrix[i * n + j]);
            worst = error <= worst ? worst : error;
        }
    }
    return worst;
}

/* (V sqrt(D))' into the spectrum's copy, without what is rounding errors of zero. */
static void
spectral_root(spectrum *s)
{
    const size_t n = s->n;
    for (size_t k = 0; k < n; k++) {
        const double value = s->values[k];
        const double root = value > PIVOT_NOISE * (double)n ? sqrt(value) : 0.0;
        for (size_t i = 0; i < n; i++) {
            s->copy[k * n + i] = s->vectors[i * n + k] * root;
        }
    }
}

/* From V sqrt(D) = (Q T)', with Q orthogonal: the factor is T', its columns' signs
   chosen for a diagonal that is not negative. Uses up the spectrum. */
static void
spectral_factor(spectrum *s, double *factor)
{
    const size_t n = s->n;
    spectral_root(s);
    gsl_matrix_view copy = gsl_matrix_view_array(s->copy, n, n);
    gsl_vector_view tau = gsl_vector_view_array(s->values, n);
    (void)gsl_linalg_QR_decomp(&copy.matrix, &tau.vector);
    for (size_t j = 0; j < n; j++) {
        const double sign = s->copy[j * n + j] < 0.0 ? -1.0 : 1.0;
        for (size_t i = 0; i < n; i++) {
            const double entry = i >= j ? sign * s->copy[j * n + i] : 0.0;
            factor[i * n + j] = fabs(entry) > PIVOT_NOISE ? entry : 0.0;
        }
    }
}

rip_status
rip_correlation_factor(size_t n, const double *matrix, double *factor)
{
    rip_status status = RIP_OK;
    spectrum s = {0};
    cholesky(n, matrix, factor);
    if (factor_error(n, matrix, factor) <= FACTOR_ERROR) {
        return RIP_OK;
    }
    RIP_TRY(spectrum_init(&s, n));
    spectrum_of(&s, matrix);
    if (!(spectrum_smallest(&s) >= -RIP_CORRELATION_TOLERANCE * (double)n)) {
        status = RIP_RAISE(RIP_ERR_NOT_POSITIVE);
        goto out;
    }
    spectral_factor(&s, factor);
out:
    spectrum_free(&s);
    return status;
}

/* The nearest semidefinite matrix: negative eigenvalues are set to zero. */
static void
project_semidefinite(spectrum *s, const double *matrix, double *projected)
{
    const size_t n = s->n;
    spectrum_of(s, matrix);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < n; k++) {
                const double value = s->values[k] > 0.0 ? s->values[k] : 0.0;
                sum += s->vectors[i * n + k] * value * s->vectors[j * n + k];
            }
            projected[i * n + j] = sum;
            projected[j * n + i] = sum;
        }
    }
}

static double
distance_between(size_t n, const double *a, const double *b)
{
    double sum = 0.0;
    for (size_t i = 0; i < n * n; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sqrt(sum);
}

/* Matrices of the alternating projections (Higham 2002, algorithm 3.3). */
typedef struct projections {
    spectrum spectrum;
    double *unit;         /* Y: of unit diagonal */
    double *semidefinite; /* X */
    double *before;       /* X of the round before */
    double *shifted;      /* R = Y - the correction */
    double *correction;   /* Dykstra's */
} projections;

static void
projections_free(projections *self)
{
    spectrum_free(&self->spectrum);
    free(self->unit);
    free(self->semidefinite);
    free(self->before);
    free(self->shifted);
    free(self->correction);
    *self = (projections){0};
}

static rip_status
projections_init(projections *self, size_t n, const double *matrix)
{
    double **const part[] = {&self->unit, &self->semidefinite, &self->before,
                             &self->shifted, &self->correction};
    *self = (projections){0};
    for (size_t k = 0; k < sizeof(part) / sizeof(part[0]); k++) {
        *part[k] = calloc(n * n, sizeof(double));
        if (*part[k] == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    memcpy(self->unit, matrix, n * n * sizeof(*matrix));
    return spectrum_init(&self->spectrum, n);
}

/* One round; returns how far it moved and how far apart the two sets' points are. */
static double
projections_step(projections *self)
{
    const size_t n = self->spectrum.n;
    memcpy(self->before, self->semidefinite, n * n * sizeof(*self->before));
    for (size_t i = 0; i < n * n; i++) {
        self->shifted[i] = self->unit[i] - self->correction[i];
    }
    project_semidefinite(&self->spectrum, self->shifted, self->semidefinite);
    for (size_t i = 0; i < n * n; i++) {
        self->correction[i] = self->semidefinite[i] - self->shifted[i];
        self->unit[i] = i % (n + 1) == 0 ? 1.0 : self->semidefinite[i];
    }
    const double moved = distance_between(n, self->before, self->semidefinite);
    const double apart = distance_between(n, self->unit, self->semidefinite);
    return (moved > apart ? moved : apart) / (double)n;
}

/* The end of the projections is inside both sets to about 1e-12 only: clip once more
   and scale back to a diagonal of ones, which keeps a matrix semidefinite. */
static void
finish(projections *self, double *nearest)
{
    const size_t n = self->spectrum.n;
    project_semidefinite(&self->spectrum, self->unit, self->semidefinite);
    const double *x = self->semidefinite;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            const double scale = sqrt(x[i * n + i] * x[j * n + j]);
            const double entry = i == j ? 1.0 : x[i * n + j] / scale;
            nearest[i * n + j] = entry > 1.0 ? 1.0 : (entry < -1.0 ? -1.0 : entry);
        }
    }
}

rip_status
rip_correlation_nearest(size_t n, const double *matrix, double *nearest,
                        double *distance)
{
    /* Convergence is linear, and slow for large matrices: what is left after the last
       round is accepted if no figure of a result would show it. */
    const int most_rounds = 5000;
    const double settled = 1e-13, acceptable = 1e-9;
    rip_status status;
    projections p = {0};
    double left = INFINITY;
    RIP_TRY(projections_init(&p, n, matrix));
    for (int round = 0; round < most_rounds && left > settled; round++) {
        left = projections_step(&p);
    }
    if (!(left <= acceptable)) {
        status = RIP_RAISE(RIP_ERR_INTERNAL);
        goto out;
    }
    finish(&p, nearest);
    *distance = distance_between(n, matrix, nearest);
out:
    projections_free(&p);
    return status;
}
