#include "riptide/engine/block.h"

#include <stdlib.h>

#include "riptide/market/prices.h"

static void *
room(size_t n, size_t size)
{
    return aligned_alloc(64, (n * size + 127) / 64 * 64);
}

static rip_status
allocate(rip_block *self, bool has_funding)
{
    const size_t n_cell = self->n_asset * RIP_LANES;
    self->change = room(n_cell, sizeof(*self->change));
    self->extreme = room(2 * n_cell, sizeof(*self->extreme));
    self->path = room(n_cell * self->n_pad + RIP_BLOCK_SLACK, sizeof(*self->path));
    self->chunk = room(2 * n_cell * self->n_chunk, sizeof(*self->chunk));
    self->index_return = room(RIP_LANES, sizeof(*self->index_return));
    self->index_drawdown = room(RIP_LANES, sizeof(*self->index_drawdown));
    self->highest = calloc(self->n_asset, sizeof(*self->highest));
    self->funding_low = calloc(self->n_asset, sizeof(*self->funding_low));
    self->funding_high = calloc(self->n_asset, sizeof(*self->funding_high));
    self->scratch = room(self->model->scratch_size(self->plan), 1);
    if (has_funding) {
        self->funding = room(self->n_step * n_cell, sizeof(*self->funding));
        if (self->funding == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    if (self->change == NULL || self->extreme == NULL || self->path == NULL ||
        self->chunk == NULL || self->index_return == NULL ||
        self->index_drawdown == NULL || self->highest == NULL ||
        self->funding_low == NULL || self->funding_high == NULL ||
        self->scratch == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

static size_t
padded(size_t n_step)
{
    return (n_step + RIP_BLOCK_PAD - 1) / RIP_BLOCK_PAD * RIP_BLOCK_PAD;
}

static size_t
chunks(size_t n_step)
{
    return (n_step + RIP_BLOCK_CHUNK - 1) / RIP_BLOCK_CHUNK;
}

rip_status
rip_block_init(rip_block *self, const rip_run *run, const rip_shock_model *model,
               const void *plan)
{
    rip_status status = RIP_OK;
    *self = (rip_block){.run = run, .model = model, .plan = plan};
    self->n_step = rip_run_steps(run);
    self->n_asset = run->market.n_asset;
    self->n_pad = padded(self->n_step);
    self->n_chunk = chunks(self->n_step);
    RIP_TRY(rip_panel_init(&self->panel, self->n_step, self->n_asset));
    RIP_TRY(rip_nonlinear_init(&self->nonlinear, run));
    RIP_TRY(allocate(self, rip_prices_has_funding(&run->market)));
out:
    return status;
}

void
rip_block_free(rip_block *self)
{
    rip_panel_free(&self->panel);
    free(self->funding);
    free(self->change);
    free(self->extreme);
    free(self->path);
    free(self->chunk);
    free(self->highest);
    free(self->funding_low);
    free(self->funding_high);
    free(self->index_return);
    free(self->index_drawdown);
    rip_nonlinear_free(&self->nonlinear);
    free(self->scratch);
    *self = (rip_block){0};
}

size_t
rip_block_size(const rip_run *run)
{
    const size_t n_step = rip_run_steps(run);
    const size_t n_row = run->market.n_asset * RIP_LANES;
    const size_t n_panel = rip_prices_has_funding(&run->market) ? 2 : 1;
    return n_row * ((n_panel * n_step + 1) * sizeof(double) +
                    (padded(n_step) + 2 * chunks(n_step) + 2) * sizeof(float)) +
           rip_nonlinear_size(run);
}

/* Funding only ever grows or shrinks if its rate has one sign, so the last row bounds.
 */
static void
funding_range(rip_block *self, size_t asset)
{
    const double *last =
        self->funding + ((self->n_step - 1) * self->n_asset + asset) * RIP_LANES;
    double low = 0.0, high = 0.0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        low = last[i] < low ? last[i] : low;
        high = last[i] > high ? last[i] : high;
    }
    self->funding_low[asset] = low;
    self->funding_high[asset] = high;
}

static void
fill_prices(rip_block *self)
{
    const rip_run *run = self->run;
    self->model->fill(self->plan, &self->panel, self->scratch);
    rip_stopwatch_lap(self->panel.watch, RIP_STAGE_SHOCKS);
    if (!self->model->gives_prices) {
        rip_prices_form(&run->market, &self->panel);
    }
    if (self->funding != NULL) {
        rip_prices_funding(&run->market, run->spec.step_ms, &self->panel,
                           self->funding);
    }
}

void
rip_block_draw(rip_block *self, uint64_t block)
{
    const uint64_t paths = self->run->spec.paths;
    self->first_path = block * RIP_LANES;
    self->panel.first_path = self->first_path;
    for (size_t i = 0; i < RIP_LANES; i++) {
        self->panel.weight[i] = 1.0;
    }
    rip_stopwatch_start(self->panel.watch);
    fill_prices(self);
    rip_stopwatch_lap(self->panel.watch, RIP_STAGE_PRICES);
    self->lanes = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const bool used = self->first_path + i < paths;
        self->panel.weight[i] = used ? self->panel.weight[i] : 0.0;
        self->lanes |= (uint64_t)used << i;
    }
    rip_nonlinear_form(&self->nonlinear, &self->panel);
    RIP_SIMD_PICK(rip_block_shape)(self);
    for (size_t a = 0; self->funding != NULL && a < self->n_asset; a++) {
        funding_range(self, a);
    }
    rip_stopwatch_lap(self->panel.watch, RIP_STAGE_SHAPES);
}
