#include "margin_kinds.h"

#include <math.h>
#include <stdlib.h>

#include "riptide/account/instrument.h"
#include "riptide/numerics/math.h"

#include "support.h"

#define HOUR_MS UINT64_C(3600000)

uint32_t
fixture_coins(margin_fixture *self, size_t asset, double amount)
{
    uint32_t i = 0;
    while (i < self->account.n_coin && self->wallet_coin[i].asset != asset) {
        i++;
    }
    if (i == self->account.n_coin) {
        self->account.n_coin = ++self->book.n_coin;
        self->wallet_coin[i] = (rip_coin){.asset = (uint32_t)asset};
        self->book.coin = self->wallet_coin;
    }
    self->wallet_coin[i].amount += amount;
    return i;
}

size_t
fixture_inverse(margin_fixture *self, size_t asset, double contracts_usd,
                double leverage)
{
    const size_t k =
        fixture_add(self, asset, RIP_KIND_INVERSE_PERP, contracts_usd, leverage);
    self->position[k].coin_settled = true;
    self->position[k].coin = fixture_coins(self, asset, 0.0);
    self->position[k].bucket =
        fabs(contracts_usd) / self->asset[asset].price_usd / leverage;
    return k;
}

/* The mark at time 0. */
static double
start_mark(const margin_fixture *self, const rip_position *held)
{
    const rip_instrument_view view = {.price_usd = self->asset[held->asset].price_usd,
                                      .basis = self->asset[held->asset].basis,
                                      .volatility = held->implied_volatility};
    return rip_instrument_mark(held, &view);
}

size_t
fixture_future(margin_fixture *self, size_t asset, double quantity, double days,
               double leverage)
{
    const size_t k =
        fixture_add(self, asset, RIP_KIND_LINEAR_FUTURE, quantity, leverage);
    rip_position *held = &self->position[k];
    held->expiry_ms = (uint64_t)(days * (double)FIXTURE_DAY_MS);
    held->entry_usd = start_mark(self, held);
    held->bucket = fabs(quantity) * held->entry_usd / leverage;
    return k;
}

size_t
fixture_option(margin_fixture *self, size_t asset, double quantity, fixture_terms terms)
{
    const size_t k = fixture_add(self, asset, RIP_KIND_OPTION, quantity, 1.0);
    rip_position *held = &self->position[k];
    held->is_put = terms.is_put;
    held->strike_usd = terms.strike_usd;
    held->expiry_ms = (uint64_t)(terms.days * (double)FIXTURE_DAY_MS);
    held->implied_volatility = terms.volatility;
    held->coin_settled = terms.is_inverse;
    if (terms.is_inverse) {
        held->coin = fixture_coins(self, asset, 0.0);
    }
    held->entry_usd = start_mark(self, held);
    held->bucket = quantity > 0.0 ? 0.0
                                  : 0.3 * fabs(quantity) *
                                        (terms.is_inverse ? 1.0 : held->strike_usd);
    return k;
}

static double
between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * support_uniform(seed);
}

static bool
chance(uint64_t *seed, double probability)
{
    return support_uniform(seed) < probability;
}

static void
random_kind(margin_fixture *self, uint64_t *seed)
{
    const size_t asset = (size_t)(support_uniform(seed) * FIXTURE_ASSETS);
    const double price_usd = self->asset[asset].price_usd;
    const double side = chance(seed, 0.4) ? -1.0 : 1.0;
    const double notional_usd = 300.0 * rip_math_exp(between(seed, 0.0, 4.0));
    const double quantity = side * notional_usd / price_usd;
    const double days = between(seed, 0.1, 90.0);
    const double leverage = between(seed, 2.0, 20.0);
    size_t k;
    if (chance(seed, 0.25)) {
        k = fixture_inverse(self, asset, side * notional_usd, leverage);
    } else if (chance(seed, 0.25)) {
        k = fixture_future(self, asset, quantity, days, leverage);
    } else if (chance(seed, 0.6)) {
        k = fixture_option(
            self, asset, quantity,
            (fixture_terms){.is_put = chance(seed, 0.5),
                            .is_inverse = chance(seed, 0.3),
                            .strike_usd = price_usd * between(seed, 0.7, 1.4),
                            .days = days,
                            .volatility = between(seed, 0.2, 1.2)});
    } else {
        k = fixture_add(self, asset,
                        chance(seed, 0.3) ? RIP_KIND_SPOT : RIP_KIND_LINEAR_PERP,
                        quantity, leverage);
    }
    self->position[k].margin_mode =
        chance(seed, 0.4) ? RIP_MODE_ISOLATED : RIP_MODE_CROSS;
}

/* A number for every asset. */
static double *
by_asset(uint64_t *seed, double low, double high)
{
    double *number = calloc(FIXTURE_ASSETS, sizeof(double));
    assert_non_null(number);
    for (size_t i = 0; i < FIXTURE_ASSETS; i++) {
        number[i] = between(seed, low, high);
    }
    return number;
}

void
fixture_random_terms(margin_fixture *self, uint64_t *seed)
{
    rip_venue *venue = &self->venue;
    venue->closing_fee_reserved = chance(seed, 0.4) ? 0.0006 : 0.0;
    venue->maintenance_at_entry = chance(seed, 0.2);
    venue->tiers_by_quantity = chance(seed, 0.2);
    venue->size_scaling.slope = chance(seed, 0.3) ? 1e-6 : 0.0;
    venue->size_scaling.sqrt = chance(seed, 0.3) ? 1e-4 : 0.0;
    venue->collateral.per_currency = chance(seed, 0.2);
    if (chance(seed, 0.4)) {
        venue->collateral.haircut = by_asset(seed, 0.0, 0.2);
    }
    if (chance(seed, 0.3)) {
        venue->size_scaling.minimum_usd = by_asset(seed, 0.0, 30.0);
    }
}

static void
random_rules(margin_fixture *self, uint64_t *seed)
{
    rip_venue *venue = &self->venue;
    venue->option_margin =
        chance(seed, 0.5) ? RIP_OPTION_MARGIN_DERIBIT : RIP_OPTION_MARGIN_BYBIT;
    fixture_random_terms(self, seed);
    venue->collateral.long_option_value = chance(seed, 0.5) ? 0.6 : 0.0;
    venue->portfolio.volatility_shock = (rip_volatility_shock){.up = 0.4,
                                                               .down = 0.25,
                                                               .floor = 0.3,
                                                               .power_short = 0.3,
                                                               .power_long = 0.13,
                                                               .pivot_days = 30.0};
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        venue->portfolio.scenario[s].volatility =
            (int)(support_uniform(seed) * 3.0) - 1;
    }
    venue->portfolio.contingency = (rip_contingency){.perp = 0.001,
                                                     .future = 0.002,
                                                     .short_option = 0.003,
                                                     .basis = 0.004,
                                                     .roll = 0.001};
}

static size_t
draw(uint64_t *seed, size_t n)
{
    return (size_t)(support_uniform(seed) * (double)n);
}

void
fixture_random_liquidation(margin_fixture *self, uint64_t *seed)
{
    rip_liquidation_rules *rules = &self->venue.liquidation;
    rules->size = (rip_liquidation_size)(draw(seed, 6));
    rules->order = (rip_liquidation_order)(draw(seed, 5));
    rules->fraction = rules->share = 0.13;
    rules->above_usd = 10000.0;
    rules->pause_ms = (draw(seed, 3)) * HOUR_MS;
    rules->per_ms = 2 * HOUR_MS;
    rules->tier_steps = 1 + (uint32_t)draw(seed, 2);
    rules->buffer = (double)(draw(seed, 3)) * 0.11;
    rules->limit_at_bankruptcy = draw(seed, 2) == 0;
    self->venue.trigger.backstop = draw(seed, 3) == 0 ? 0.6 : 0.0;
}

void
fixture_random_kinds(margin_fixture *self, uint64_t *seed)
{
    const size_t n_more = 1 + (size_t)(support_uniform(seed) * 5.0);
    double gross_usd = 0.0;
    fixture_random(self, seed);
    self->book.n_position = self->account.n_position = self->account.n_position / 2;
    random_rules(self, seed);
    for (size_t i = 0; i < FIXTURE_ASSETS; i++) {
        self->asset[i].basis = between(seed, -0.1, 0.2);
        self->asset[i].funding_rate = 0.0001;
    }
    for (size_t i = 0; i < n_more && self->book.n_position < FIXTURE_POSITIONS; i++) {
        random_kind(self, seed);
    }
    for (size_t k = 0; k < self->book.n_position; k++) {
        const rip_position *held = &self->position[k];
        const double price_usd = self->asset[held->asset].price_usd;
        gross_usd += held->bucket * (held->coin_settled ? price_usd : 1.0);
        if (held->coin_settled) {
            (void)fixture_coins(self, held->asset,
                                held->bucket * between(seed, 1.0, 2.0));
        }
    }
    if (chance(seed, 0.3)) {
        (void)fixture_coins(self, ADA, between(seed, 0.0, 3000.0));
    }
    self->account.wallet_usd = 100.0 + gross_usd * between(seed, 1.0, 2.5);
}
