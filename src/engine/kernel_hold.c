/*
 * engine/hold.h. Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/engine/hold.h"

#include <math.h>
#include <string.h>

#include "riptide/account/instrument.h"
#include "riptide/margin/formula.h"
#include "riptide/numerics/black.h"

/* The end of the paths, as one position sees it. */
typedef struct ending {
    const rip_block *block;
    const rip_position *held;
    const rip_asset *asset;
    const double *price_usd; /* [RIP_LANES] of the underlying */
    const double *funding;   /* [RIP_LANES] index; NULL: none */
    uint64_t time_ms;
} ending;

static ending
ending_of(const rip_block *block, const rip_position *held)
{
    const size_t last = block->n_step - 1;
    return (ending){.block = block,
                    .held = held,
                    .asset = &block->run->market.asset[held->asset],
                    .price_usd = rip_block_price(block, last, held->asset),
                    .funding =
                        block->funding != NULL
                            ? block->funding +
                                  (last * block->n_asset + held->asset) * RIP_LANES
                            : NULL,
                    .time_ms = block->n_step * block->run->spec.step_ms};
}

/* The forward over the price of the underlying (account/instrument.c). */
static double
growth_of(const ending *self)
{
    return rip_math_exp(self->asset->basis *
                        rip_instrument_years_left(self->held, self->time_ms));
}

static void
add_linear(const ending *self, double *restrict worth, double *restrict funding)
{
    const double quantity = self->held->quantity, entry_usd = self->held->entry_usd;
    const bool pays = self->held->kind == RIP_KIND_LINEAR_PERP && self->funding != NULL;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const double due = pays ? quantity * self->funding[i] : 0.0;
        worth[i] += rip_formula_result(quantity, entry_usd, self->price_usd[i], due);
        funding[i] += due;
    }
}

static void
add_inverse(const ending *self, double *restrict worth, double *restrict funding)
{
    const rip_run *run = self->block->run;
    const double quantity = self->held->quantity, entry_usd = self->held->entry_usd;
    const uint64_t n_payment =
        self->funding != NULL ? self->time_ms / run->market.funding_interval_ms : 0;
    const double cost = quantity * self->asset->funding_rate * (double)n_payment;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const double price_usd = self->price_usd[i];
        const double *index =
            rip_nonlinear_funding(&self->block->nonlinear, i, self->block->n_step);
        const double paid = index != NULL ? quantity * index[self->held->asset] : 0.0;
        worth[i] += quantity * (1.0 / entry_usd - 1.0 / price_usd) * price_usd -
                    paid * price_usd;
        funding[i] += cost;
    }
}

static void
add_future(const ending *self, double *restrict worth)
{
    const double quantity = self->held->quantity, entry_usd = self->held->entry_usd;
    const double growth = growth_of(self);
    for (size_t i = 0; i < RIP_LANES; i++) {
        worth[i] += quantity * (self->price_usd[i] * growth - entry_usd);
    }
}

/* Standard deviation of the log of the forward at expiry. */
static void
fill_deviation(const ending *self, double *deviation)
{
    const rip_nonlinear *nonlinear = &self->block->nonlinear;
    const double root = sqrt(rip_instrument_years_left(self->held, self->time_ms));
    for (size_t i = 0; i < RIP_LANES; i++) {
        const double *now = rip_nonlinear_volatility(nonlinear, i, self->block->n_step);
        deviation[i] = (now != NULL ? now[self->held->volatility_row]
                                    : self->held->implied_volatility) *
                       root;
    }
}

static void
add_option(const ending *self, double *restrict worth)
{
    const rip_position *held = self->held;
    const double growth = growth_of(self);
    double forward[RIP_LANES], deviation[RIP_LANES], mark[RIP_LANES];
    for (size_t i = 0; i < RIP_LANES; i++) {
        forward[i] = self->price_usd[i] * growth;
    }
    fill_deviation(self, deviation);
    RIP_SIMD_NAME(rip_black_row)
    (RIP_LANES, forward, deviation, held->strike_usd, held->is_put, mark);
    for (size_t i = 0; i < RIP_LANES; i++) {
        const double value = held->coin_settled ? mark[i] / forward[i] : mark[i];
        worth[i] +=
            held->quantity * value * rip_instrument_currency(held, self->price_usd[i]);
    }
}

static void
add_position(const ending *self, double *worth, double *funding)
{
    switch (self->held->kind) {
    case RIP_KIND_SPOT:
    case RIP_KIND_LINEAR_PERP:
        add_linear(self, worth, funding);
        break;
    case RIP_KIND_INVERSE_PERP:
        add_inverse(self, worth, funding);
        break;
    case RIP_KIND_LINEAR_FUTURE:
        add_future(self, worth);
        break;
    case RIP_KIND_OPTION:
        add_option(self, worth);
        break;
    case RIP_N_KIND:
        break;
    }
}

static void
add_coin(const rip_block *block, const rip_coin *coin, double *restrict worth)
{
    const double *price_usd = rip_block_price(block, block->n_step - 1, coin->asset);
    for (size_t i = 0; i < RIP_LANES; i++) {
        worth[i] += coin->amount * price_usd[i];
    }
}

void
RIP_SIMD_NAME(rip_hold_nonlinear)(const rip_block *block, size_t account,
                                  double initial_usd, rip_held *held)
{
    const rip_book *book = &block->run->book;
    const rip_account *owner = &book->account[account];
    double worth[RIP_LANES];
    for (size_t i = 0; i < RIP_LANES; i++) {
        worth[i] = owner->wallet_usd;
        held->funding_usd[i] = 0.0;
    }
    for (size_t k = 0; k < owner->n_position; k++) {
        const ending end = ending_of(block, &book->position[owner->first_position + k]);
        add_position(&end, worth, held->funding_usd);
    }
    for (size_t k = 0; k < owner->n_coin; k++) {
        add_coin(block, &book->coin[owner->first_coin + k], worth);
    }
    held->funded = block->funding != NULL;
    for (size_t i = 0; i < RIP_LANES; i++) {
        /* The market's part is what the other leaves of the loss (margin/state.c). */
        const double market_usd = initial_usd - worth[i] - held->funding_usd[i];
        held->loss_usd[i] = market_usd + held->funding_usd[i];
    }
}
