#include "riptide/market/gsl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "riptide/numerics/correlation.h"
#include "riptide/random/gsl.h"

typedef struct gsl_plan {
    rip_shock_spec spec;
    size_t n_asset, n_step;
    double step_years;
    rip_asset *asset;     /* [n_asset] owned */
    double *stress_drift; /* [n_asset] owned; of one step */
    double *factor;       /* [n_asset][n_asset] owned */
    double *zero;         /* [n_asset] owned: means */
} gsl_plan;

static void
free_plan(void *plan)
{
    gsl_plan *self = plan;
    free(self->asset);
    free(self->stress_drift);
    free(self->factor);
    free(self->zero);
    free(self);
}

/* The factor of the residual's correlation: one number for all pairs. */
static rip_status
equal_factor(size_t n, double correlation, double *factor)
{
    rip_status status;
    double *matrix = calloc(n * n, sizeof(*matrix));
    if (matrix == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t k = 0; k < n * n; k++) {
        matrix[k] = k % (n + 1) == 0 ? 1.0 : correlation;
    }
    status = rip_correlation_factor(n, matrix, factor);
    free(matrix);
    return status;
}

static rip_status
make_plan(void **plan, const rip_shock_spec *spec, const rip_market *market,
          size_t n_step, double step_years)
{
    const size_t n = market->n_asset;
    gsl_plan *self = calloc(1, sizeof(*self));
    *plan = self;
    if (self == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    *self = (gsl_plan){
        .spec = *spec, .n_asset = n, .n_step = n_step, .step_years = step_years};
    self->asset = calloc(n, sizeof(*self->asset));
    self->stress_drift = calloc(n, sizeof(*self->stress_drift));
    self->factor = calloc(n * n, sizeof(*self->factor));
    self->zero = calloc(n, sizeof(*self->zero));
    if (self->asset == NULL || self->stress_drift == NULL || self->factor == NULL ||
        self->zero == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memcpy(self->asset, market->asset, n * sizeof(*self->asset));
    for (size_t i = 0; i < n; i++) {
        self->stress_drift[i] = market->stress_drift[i] / (double)n_step;
    }
    if (spec->kind == RIP_SHOCK_REPLAY) {
        return equal_factor(n, spec->residual_correlation, self->factor);
    }
    memcpy(self->factor, market->factor, n * n * sizeof(*self->factor));
    return RIP_OK;
}

static size_t
scratch_size(const void *plan)
{
    const gsl_plan *self = plan;
    return self->n_asset * sizeof(double);
}

/* Correlated standard normals into y[n_asset]. */
static void
draw_normals(const gsl_plan *self, const gsl_rng *rng, double *y)
{
    const size_t n = self->n_asset;
    const gsl_matrix_const_view factor =
        gsl_matrix_const_view_array(self->factor, n, n);
    const gsl_vector_const_view mean = gsl_vector_const_view_array(self->zero, n);
    gsl_vector_view result = gsl_vector_view_array(y, n);
    (void)gsl_ran_multivariate_gaussian(rng, &mean.vector, &factor.matrix,
                                        &result.vector);
}

/* The log increment of an asset's step for the innovation x of unit variance. */
static double
increment(const gsl_plan *self, size_t asset, double x)
{
    const rip_asset *a = &self->asset[asset];
    const double sigma = a->volatility, years = self->step_years;
    return (a->drift - sigma * sigma / 2) * years + self->stress_drift[asset] +
           sigma * sqrt(years) * x;
}

/* Calls fill_path for every lane, with its stream. */
static void
fill_lanes(const gsl_plan *self, rip_panel *panel, double *y,
           void (*fill_path)(const gsl_plan *, const gsl_rng *, rip_panel *, size_t,
                             double *))
{
    rip_gsl_state state = {0};
    gsl_rng rng = {.type = rip_gsl_philox, .state = &state};
    for (size_t lane = 0; lane < RIP_LANES; lane++) {
        rip_gsl_seek(&rng, self->spec.seed, 0, panel->first_path + lane,
                     RIP_PURPOSE_GSL, 0);
        fill_path(self, &rng, panel, lane, y);
    }
}

static void
gaussian_path(const gsl_plan *self, const gsl_rng *rng, rip_panel *panel, size_t lane,
              double *y)
{
    for (size_t t = 0; t < self->n_step; t++) {
        draw_normals(self, rng, y);
        for (size_t a = 0; a < self->n_asset; a++) {
            rip_panel_row(panel, t, a)[lane] = increment(self, a, y[a]);
        }
    }
}

static void
fill_gaussian(const void *plan, rip_panel *panel, void *scratch)
{
    fill_lanes(plan, panel, scratch, gaussian_path);
}

/* Whether the mixing variable changes before step t. */
static bool
mixing_changes(const rip_shock_spec *spec, size_t t)
{
    return t == 0 || spec->mixing == RIP_MIXING_STEP ||
           (spec->mixing == RIP_MIXING_PERIOD && t % spec->period_steps == 0);
}

static double
copula_t(double y, double dof)
{
    /* By the smaller tail, which keeps its digits. */
    const double t = gsl_cdf_tdist_Qinv(gsl_cdf_ugaussian_Q(fabs(y)), dof);
    return copysign(sqrt((dof - 2) / dof) * t, y);
}

static void
student_t_path(const gsl_plan *self, const gsl_rng *rng, rip_panel *panel, size_t lane,
               double *y)
{
    const double dof = self->spec.dof;
    const bool copula = self->spec.mixing == RIP_MIXING_ASSET;
    double mixing = 1.0;
    for (size_t t = 0; t < self->n_step; t++) {
        if (!copula && mixing_changes(&self->spec, t)) {
            mixing = sqrt((dof - 2) / gsl_ran_chisq(rng, dof));
        }
        draw_normals(self, rng, y);
        for (size_t a = 0; a < self->n_asset; a++) {
            const double x = copula ? copula_t(y[a], dof) : mixing * y[a];
            rip_panel_row(panel, t, a)[lane] = increment(self, a, x);
        }
    }
}

static void
fill_student_t(const void *plan, rip_panel *panel, void *scratch)
{
    fill_lanes(plan, panel, scratch, student_t_path);
}

static void
replay_path(const gsl_plan *self, const gsl_rng *rng, rip_panel *panel, size_t lane,
            double *y)
{
    const double sigma = self->spec.residual_volatility, years = self->step_years;
    for (size_t t = 0; t < self->n_step; t++) {
        draw_normals(self, rng, y);
        for (size_t a = 0; a < self->n_asset; a++) {
            const double before =
                t > 0 ? rip_panel_row(panel, t - 1, a)[lane] : self->asset[a].price_usd;
            const double residual = sigma * sqrt(years) * y[a] -
                                    sigma * sigma / 2 * years + self->stress_drift[a];
            rip_panel_row(panel, t, a)[lane] =
                before * (1 + self->spec.table[t * self->n_asset + a]) * exp(residual);
        }
    }
}

static void
fill_replay(const void *plan, rip_panel *panel, void *scratch)
{
    fill_lanes(plan, panel, scratch, replay_path);
}

const rip_shock_model rip_market_gsl_gaussian = {.name = "gaussian",
                                                 .doc = "Normal log-returns.",
                                                 .plan = make_plan,
                                                 .free = free_plan,
                                                 .scratch_size = scratch_size,
                                                 .fill = fill_gaussian};

const rip_shock_model rip_market_gsl_student_t = {
    .name = "student_t",
    .doc = "Log-returns with a Student t law of unit variance.",
    .plan = make_plan,
    .free = free_plan,
    .scratch_size = scratch_size,
    .fill = fill_student_t};

const rip_shock_model rip_market_gsl_replay = {.name = "replay",
                                               .doc = "One table of returns.",
                                               .gives_prices = true,
                                               .plan = make_plan,
                                               .free = free_plan,
                                               .scratch_size = scratch_size,
                                               .fill = fill_replay};
