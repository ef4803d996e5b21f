#include "riptide/engine/block.h"

#include <stdlib.h>
#include <string.h>

#include "riptide/market/prices.h"

static void *
rows(size_t n_row)
{
    return aligned_alloc(64, (n_row > 0 ? n_row : 1) * RIP_LANES * sizeof(double));
}

/* Whether some position pays its funding in coins. */
static bool
pays_coins(const rip_run *run)
{
    bool found = false;
    for (size_t i = 0; i < run->book.n_position; i++) {
        found = found || run->book.position[i].kind == RIP_KIND_INVERSE_PERP;
    }
    return found && rip_prices_has_funding(&run->market);
}

/* What accounts of other than linear positions look at besides prices and funding. */
static rip_status
allocate_nonlinear(rip_block *self)
{
    rip_status status = RIP_OK;
    const rip_run *run = self->run;
    const bool moves = rip_volatility_moves(&run->shock, &run->book);
    if (pays_coins(run)) {
        self->path_funding_coin = rows((self->n_step + 1) * self->n_asset);
        if (self->path_funding_coin == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    if (moves) {
        RIP_TRY(rip_volatility_init(&self->volatility, &run->shock, &run->book,
                                    self->n_asset, self->n_step, run->spec.step_ms));
        self->path_volatility = rows((self->n_step + 1) * run->book.n_volatility);
        self->move = calloc(self->n_asset, sizeof(*self->move));
        if (self->path_volatility == NULL || self->move == NULL) {
            status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
out:
    return status;
}

static rip_status
allocate(rip_block *self, bool has_funding)
{
    const size_t n_cell = self->n_asset * (self->n_chunk + 1);
    const size_t n_point = (self->n_step + 1) * self->n_asset;
    self->extreme = rows(2 * n_cell);
    self->index_return = rows(1);
    self->index_drawdown = rows(1);
    self->path_price = rows(n_point);
    self->no_funding = calloc(self->n_asset, sizeof(*self->no_funding));
    self->highest = calloc(self->n_asset, sizeof(*self->highest));
    self->funding_low = calloc(self->n_asset, sizeof(*self->funding_low));
    self->funding_high = calloc(self->n_asset, sizeof(*self->funding_high));
    self->scratch =
        aligned_alloc(64, (self->model->scratch_size(self->plan) + 127) / 64 * 64);
    if (has_funding) {
        self->funding = rows(self->n_step * self->n_asset);
        self->path_funding = rows(n_point);
        if (self->funding == NULL || self->path_funding == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    if (self->extreme == NULL || self->no_funding == NULL ||
        self->index_return == NULL || self->index_drawdown == NULL ||
        self->path_price == NULL || self->highest == NULL ||
        self->funding_low == NULL || self->funding_high == NULL ||
        self->scratch == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

rip_status
rip_block_init(rip_block *self, const rip_run *run, const rip_shock_model *model,
               const void *plan)
{
    rip_status status = RIP_OK;
    *self = (rip_block){.run = run, .model = model, .plan = plan};
    self->n_step = rip_run_steps(run);
    self->n_asset = run->market.n_asset;
    self->n_chunk = (self->n_step + RIP_BLOCK_CHUNK - 1) / RIP_BLOCK_CHUNK;
    RIP_TRY(rip_panel_init(&self->panel, self->n_step, self->n_asset));
    RIP_TRY(allocate(self, rip_prices_has_funding(&run->market)));
    status = allocate_nonlinear(self);
out:
    return status;
}

void
rip_block_free(rip_block *self)
{
    rip_panel_free(&self->panel);
    free(self->funding);
    free(self->extreme);
    free(self->no_funding);
    free(self->highest);
    free(self->funding_low);
    free(self->funding_high);
    free(self->index_return);
    free(self->index_drawdown);
    free(self->path_price);
    free(self->path_funding);
    free(self->path_funding_coin);
    rip_volatility_free(&self->volatility);
    free(self->path_volatility);
    free(self->move);
    free(self->scratch);
    *self = (rip_block){0};
}

size_t
rip_block_size(const rip_run *run)
{
    const size_t n_step = rip_run_steps(run);
    const size_t n_row = run->market.n_asset * RIP_LANES * sizeof(double);
    const size_t n_panel = rip_prices_has_funding(&run->market) ? 4 : 2;
    const size_t n_coin = pays_coins(run) ? 1 : 0;
    const size_t n_volatility = rip_volatility_moves(&run->shock, &run->book)
                                    ? run->book.n_volatility * (RIP_LANES + 1)
                                    : 0;
    return n_row * ((n_panel + n_coin) * (n_step + 1) +
                    2 * (n_step / RIP_BLOCK_CHUNK + 2)) +
           n_volatility * (n_step + 1) * sizeof(double);
}

static void
extremes_of_chunk(rip_block *self, size_t chunk, size_t asset)
{
    const double start = self->run->market.asset[asset].price_usd;
    const size_t begin = chunk * RIP_BLOCK_CHUNK;
    const size_t end =
        begin + RIP_BLOCK_CHUNK < self->n_step ? begin + RIP_BLOCK_CHUNK : self->n_step;
    double *low = self->extreme + (2 * chunk * self->n_asset + asset) * RIP_LANES;
    double *high = low + self->n_asset * RIP_LANES;
    for (size_t i = 0; i < RIP_LANES; i++) {
        low[i] = start;
        high[i] = -start;
    }
    for (size_t t = begin; t < end; t++) {
        const double *price = rip_block_price(self, t, asset);
        for (size_t i = 0; i < RIP_LANES; i++) {
            low[i] = price[i] < low[i] ? price[i] : low[i];
            high[i] = -price[i] < high[i] ? -price[i] : high[i];
        }
    }
}

static void
extremes_of_horizon(rip_block *self, size_t asset)
{
    const size_t half = self->n_asset * RIP_LANES;
    double *first = self->extreme + asset * RIP_LANES;
    double *low = first + 2 * self->n_chunk * half;
    double *high = low + half;
    double highest = 0.0;
    memcpy(low, first, RIP_LANES * sizeof(*low));
    memcpy(high, first + half, RIP_LANES * sizeof(*high));
    for (size_t c = 1; c < self->n_chunk; c++) {
        const double *l = first + 2 * c * half;
        const double *h = l + half;
        for (size_t i = 0; i < RIP_LANES; i++) {
            low[i] = l[i] < low[i] ? l[i] : low[i];
            high[i] = h[i] < high[i] ? h[i] : high[i];
        }
    }
    for (size_t i = 0; i < RIP_LANES; i++) {
        highest = -high[i] > highest ? -high[i] : highest;
    }
    self->highest[asset] = highest;
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

/* The equal-weighted index: mean of S(t) / S(0); its peak starts at 1. */
static void
index_figures(rip_block *self)
{
    const double share = 1.0 / (double)self->n_asset;
    double peak[RIP_LANES], level[RIP_LANES];
    for (size_t i = 0; i < RIP_LANES; i++) {
        peak[i] = 1.0;
        level[i] = 1.0;
        self->index_drawdown[i] = 0.0;
    }
    for (size_t t = 0; t < self->n_step; t++) {
        memset(level, 0, sizeof(level));
        for (size_t a = 0; a < self->n_asset; a++) {
            const double weight = share / self->run->market.asset[a].price_usd;
            const double *price = rip_block_price(self, t, a);
            for (size_t i = 0; i < RIP_LANES; i++) {
                level[i] += weight * price[i];
            }
        }
        for (size_t i = 0; i < RIP_LANES; i++) {
            const double fall = 1.0 - level[i] / peak[i];
            peak[i] = level[i] > peak[i] ? level[i] : peak[i];
            self->index_drawdown[i] =
                fall > self->index_drawdown[i] ? fall : self->index_drawdown[i];
        }
    }
    for (size_t i = 0; i < RIP_LANES; i++) {
        self->index_return[i] = level[i] - 1.0;
    }
}

void
rip_block_draw(rip_block *self, uint64_t block)
{
    const rip_run *run = self->run;
    self->first_path = block * RIP_LANES;
    self->panel.first_path = self->first_path;
    self->lanes_ready = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        self->panel.weight[i] = 1.0;
    }
    self->model->fill(self->plan, &self->panel, self->scratch);
    if (!self->model->gives_prices) {
        rip_prices_form(&run->market, &self->panel);
    }
    if (self->funding != NULL) {
        rip_prices_funding(&run->market, run->spec.step_ms, &self->panel,
                           self->funding);
    }
    for (size_t i = 0; i < RIP_LANES; i++) {
        self->panel.weight[i] =
            self->first_path + i < run->spec.paths ? self->panel.weight[i] : 0.0;
    }
    for (size_t a = 0; a < self->n_asset; a++) {
        for (size_t c = 0; c < self->n_chunk; c++) {
            extremes_of_chunk(self, c, a);
        }
        extremes_of_horizon(self, a);
        if (self->funding != NULL) {
            funding_range(self, a);
        }
    }
    index_figures(self);
}

/* INS-3: coins that a long contract of each asset has paid since time 0. */
static void
funding_in_coins(rip_block *self, size_t lane)
{
    const size_t n = self->n_asset, n_point = (self->n_step + 1) * n;
    const rip_run *run = self->run;
    const uint64_t interval_ms = run->market.funding_interval_ms;
    const uint64_t step_ms = run->spec.step_ms;
    const double *price = self->path_price + lane * n_point;
    double *index = self->path_funding_coin + lane * n_point;
    memset(index, 0, n * sizeof(*index));
    for (size_t t = 1; t <= self->n_step; t++) {
        const uint64_t due =
            t * step_ms / interval_ms - (t - 1) * step_ms / interval_ms;
        for (size_t a = 0; a < n; a++) {
            const double rate = (double)due * run->market.asset[a].funding_rate;
            index[t * n + a] = index[(t - 1) * n + a] + rate / price[t * n + a];
        }
    }
}

void
rip_block_lane(rip_block *self, size_t lane)
{
    const size_t n_point = (self->n_step + 1) * self->n_asset;
    double *price = self->path_price + lane * n_point;
    if ((self->lanes_ready >> lane & 1) != 0) {
        return;
    }
    self->lanes_ready |= (uint64_t)1 << lane;
    for (size_t a = 0; a < self->n_asset; a++) {
        price[a] = self->run->market.asset[a].price_usd;
    }
    for (size_t k = 0; k < self->n_step * self->n_asset; k++) {
        price[self->n_asset + k] = self->panel.value[k * RIP_LANES + lane];
    }
    if (self->funding != NULL) {
        double *funding = self->path_funding + lane * n_point;
        memset(funding, 0, self->n_asset * sizeof(*funding));
        for (size_t k = 0; k < self->n_step * self->n_asset; k++) {
            funding[self->n_asset + k] = self->funding[k * RIP_LANES + lane];
        }
    }
    if (self->path_funding_coin != NULL) {
        funding_in_coins(self, lane);
    }
    if (self->path_volatility != NULL) {
        const size_t n_row = (self->n_step + 1) * self->volatility.n_row;
        rip_volatility_path(&self->volatility, self->first_path + lane, price,
                            self->move, self->path_volatility + lane * n_row);
    }
}
