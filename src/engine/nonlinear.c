#include "riptide/engine/nonlinear.h"

#include <stdlib.h>
#include <string.h>

#include "riptide/market/prices.h"

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

static double *
allocate(size_t n)
{
    return calloc(n > 0 ? n : 1, sizeof(double));
}

rip_status
rip_nonlinear_init(rip_nonlinear *self, const rip_run *run)
{
    rip_status status = RIP_OK;
    const size_t n_step = rip_run_steps(run);
    *self = (rip_nonlinear){
        .run = run, .n_point = n_step + 1, .n_asset = run->market.n_asset};
    self->price = allocate(self->n_point * self->n_asset);
    self->move = allocate(self->n_asset);
    if (self->price == NULL || self->move == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (pays_coins(run)) {
        self->funding_coin = allocate(RIP_LANES * self->n_point * self->n_asset);
        if (self->funding_coin == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    if (rip_volatility_moves(&run->shock, &run->book)) {
        self->value = allocate(RIP_LANES * self->n_point * run->book.n_volatility);
        if (self->value == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
        RIP_TRY(rip_volatility_init(&self->volatility, &run->shock, &run->book,
                                    self->n_asset, n_step, run->spec.step_ms));
    }
out:
    return status;
}

void
rip_nonlinear_free(rip_nonlinear *self)
{
    free(self->price);
    free(self->funding_coin);
    rip_volatility_free(&self->volatility);
    free(self->value);
    free(self->move);
    *self = (rip_nonlinear){0};
}

size_t
rip_nonlinear_size(const rip_run *run)
{
    const size_t n_asset = run->market.n_asset;
    size_t per_point = n_asset;
    per_point += pays_coins(run) ? RIP_LANES * n_asset : 0;
    per_point += rip_volatility_moves(&run->shock, &run->book)
                     ? RIP_LANES * run->book.n_volatility
                     : 0;
    return (rip_run_steps(run) + 1) * per_point * sizeof(double);
}

/* INS-3 on the path whose prices are laid out. */
static void
funding_in_coins(const rip_nonlinear *self, double *index)
{
    const size_t n = self->n_asset;
    const rip_market *market = &self->run->market;
    const uint64_t interval_ms = market->funding_interval_ms;
    const uint64_t step_ms = self->run->spec.step_ms;
    for (size_t t = 1; t < self->n_point; t++) {
        const uint64_t due =
            t * step_ms / interval_ms - (t - 1) * step_ms / interval_ms;
        for (size_t a = 0; a < n; a++) {
            const double rate = (double)due * market->asset[a].funding_rate;
            index[t * n + a] = index[(t - 1) * n + a] + rate / self->price[t * n + a];
        }
    }
}

static void
lay_out(const rip_nonlinear *self, const rip_panel *panel, size_t lane)
{
    for (size_t a = 0; a < self->n_asset; a++) {
        self->price[a] = self->run->market.asset[a].price_usd;
    }
    for (size_t k = 0; k < (self->n_point - 1) * self->n_asset; k++) {
        self->price[self->n_asset + k] = panel->value[k * RIP_LANES + lane];
    }
}

void
rip_nonlinear_form(rip_nonlinear *self, const rip_panel *panel)
{
    const size_t n_cell = self->n_point * self->n_asset;
    const size_t n_value = self->n_point * self->volatility.n_row;
    for (size_t lane = 0; lane < RIP_LANES; lane++) {
        if (self->funding_coin == NULL && self->value == NULL) {
            return;
        }
        lay_out(self, panel, lane);
        if (self->funding_coin != NULL) {
            funding_in_coins(self, self->funding_coin + lane * n_cell);
        }
        if (self->value != NULL) {
            rip_volatility_path(&self->volatility, panel->first_path + lane,
                                self->price, self->move, self->value + lane * n_value);
        }
    }
}
