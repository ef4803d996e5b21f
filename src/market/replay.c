#include "riptide/market/replay.h"

#include <stdlib.h>

#include "riptide/market/diffusion.h"
#include "riptide/market/prices_kernel.h"
#include "riptide/numerics/correlation.h"

typedef struct replay_plan {
    size_t n_asset;
    const double *simple_return; /* [n_step][n_asset] borrowed */
    double *start;               /* [n_asset] owned; prices at time 0 */
    rip_diffusion residual;
} replay_plan;

static void
free_plan(void *plan)
{
    replay_plan *self = plan;
    rip_diffusion_free(&self->residual);
    free(self->start);
    free(self);
}

/* The market whose diffusion is the residual: one volatility, one correlation. */
static rip_status
residual_market(rip_market *self, const rip_market *market, const rip_shock_spec *spec)
{
    const size_t n = market->n_asset;
    *self = (rip_market){.n_asset = n};
    self->asset = calloc(n, sizeof(*self->asset));
    self->stress_drift = calloc(n, sizeof(*self->stress_drift));
    self->correlation = calloc(n * n, sizeof(*self->correlation));
    self->factor = calloc(n * n, sizeof(*self->factor));
    if (self->asset == NULL || self->stress_drift == NULL ||
        self->correlation == NULL || self->factor == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < n; i++) {
        self->asset[i].volatility = spec->residual_volatility;
        self->stress_drift[i] = market->stress_drift[i];
        for (size_t j = 0; j < n; j++) {
            self->correlation[i * n + j] = i == j ? 1.0 : spec->residual_correlation;
        }
    }
    return rip_correlation_factor(n, self->correlation, self->factor);
}

static rip_status
make_plan(void **plan, const rip_shock_spec *spec, const rip_market *market,
          size_t n_step, double step_years)
{
    rip_status status;
    rip_market noise = {0};
    replay_plan *self = calloc(1, sizeof(*self));
    *plan = self;
    if (self == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self->start = calloc(market->n_asset, sizeof(*self->start));
    if (self->start == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self->n_asset = market->n_asset;
    self->simple_return = spec->table;
    for (size_t a = 0; a < market->n_asset; a++) {
        self->start[a] = market->asset[a].price_usd;
    }
    RIP_TRY(residual_market(&noise, market, spec));
    status = rip_diffusion_init(&self->residual, spec->seed, RIP_PURPOSE_RESIDUAL,
                                &noise, n_step, step_years);
out:
    rip_market_free(&noise);
    return status;
}

static size_t
scratch_size(const void *plan)
{
    const replay_plan *self = plan;
    return rip_diffusion_scratch(&self->residual);
}

/* Increments of the residual at step t become prices. */
static void
form_step(const replay_plan *self, size_t t, rip_panel *panel)
{
    for (size_t a = 0; a < self->n_asset; a++) {
        const double growth = 1.0 + self->simple_return[t * self->n_asset + a];
        const double *before = t > 0 ? rip_panel_row(panel, t - 1, a) : NULL;
        double replayed[RIP_LANES];
        for (size_t i = 0; i < RIP_LANES; i++) {
            replayed[i] = (t > 0 ? before[i] : self->start[a]) * growth;
        }
        RIP_SIMD_PICK(rip_prices_row)(replayed, rip_panel_row(panel, t, a));
    }
}

static void
fill(const void *plan, rip_panel *panel, void *scratch)
{
    const replay_plan *self = plan;
    for (size_t t = 0; t < panel->n_step; t++) {
        rip_diffusion_step(&self->residual, t, NULL, panel, scratch);
        form_step(self, t, panel);
    }
}

const rip_shock_model rip_market_replay = {.name = "replay",
                                           .doc = "One table of returns.",
                                           .gives_prices = true,
                                           .plan = make_plan,
                                           .free = free_plan,
                                           .scratch_size = scratch_size,
                                           .fill = fill};
