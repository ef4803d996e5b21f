#include "engine_curved.h"

#include <math.h>
#include <stdlib.h>

#include "engine_wild.h"
#include "riptide/account/instrument.h"
#include "support.h"

#define DAY_MS 86400000.0

static bool
chance(uint64_t *state, double probability)
{
    return support_uniform(state) < probability;
}

static double
between(uint64_t *state, double low, double high)
{
    return low + (high - low) * support_uniform(state);
}

static void
curved_venue(rip_venue *venue, uint64_t *state)
{
    venue->option_margin =
        chance(state, 0.5) ? RIP_OPTION_MARGIN_DERIBIT : RIP_OPTION_MARGIN_BYBIT;
    venue->portfolio.volatility_shock =
        (rip_volatility_shock){.up = between(state, 0.0, 0.5),
                               .down = between(state, 0.0, 0.4),
                               .floor = chance(state, 0.3) ? 0.5 : 0.0,
                               .power_short = 0.3,
                               .power_long = 0.13,
                               .pivot_days = between(state, 2.0, 40.0)};
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        venue->portfolio.scenario[s].spot *= between(state, 0.3, 1.0);
        venue->portfolio.scenario[s].volatility = (int)between(state, 0.0, 3.0) - 1;
    }
    venue->portfolio.contingency.future = chance(state, 0.5) ? 0.002 : 0.0;
    venue->portfolio.contingency.short_option = chance(state, 0.5) ? 0.003 : 0.0;
    venue->portfolio.contingency.basis = chance(state, 0.2) ? 0.001 : 0.0;
    if (chance(state, 0.7)) {
        free(venue->collateral.haircut);
        venue->collateral.haircut = NULL;
    }
    if (chance(state, 0.7) && venue->portfolio.between == RIP_BETWEEN_CORRELATED) {
        venue->portfolio.between = RIP_BETWEEN_OFFSET;
    }
}

/* Coins of an account by asset; the account's are the last of the book. */
static uint32_t
coin_of(rip_book *book, rip_account *account, uint32_t asset, double amount)
{
    for (uint32_t i = 0; i < account->n_coin; i++) {
        if (book->coin[account->first_coin + i].asset == asset) {
            book->coin[account->first_coin + i].amount += amount;
            return i;
        }
    }
    book->coin[book->n_coin++] = (rip_coin){.asset = asset, .amount = amount};
    return (uint32_t)account->n_coin++;
}

static double
start_mark(const rip_position *p, const rip_market *market)
{
    const rip_asset *asset = &market->asset[p->asset];
    const rip_instrument_view view = {.price_usd = asset->price_usd,
                                      .basis = asset->basis,
                                      .volatility = p->implied_volatility};
    return rip_instrument_mark(p, &view);
}

/* Turns a position into an option, a future or an inverse perpetual, or leaves it. */
static void
curve(rip_run *run, rip_account *account, rip_position *p, uint64_t *state)
{
    const double leverage = fmax(p->leverage, 2.0);
    const double days = between(state, 0.3, 60.0);
    p->stop_usd = chance(state, 0.9) ? NAN : p->stop_usd;
    if (chance(state, 0.5)) {
        p->kind = RIP_KIND_OPTION;
        p->is_put = chance(state, 0.5);
        p->strike_usd = between(state, 80.0, 125.0);
        p->implied_volatility = between(state, 0.2, 1.4);
        p->coin_settled = chance(state, 0.3);
    } else if (chance(state, 0.3)) {
        p->kind = RIP_KIND_LINEAR_FUTURE;
    } else if (chance(state, 0.3)) {
        p->kind = RIP_KIND_INVERSE_PERP;
        p->quantity *= 100.0;
        p->coin_settled = true;
    } else {
        return;
    }
    if (p->kind != RIP_KIND_INVERSE_PERP) {
        p->expiry_ms = (uint64_t)(days * DAY_MS);
        p->entry_usd = start_mark(p, &run->market);
    }
    p->bucket = p->kind == RIP_KIND_INVERSE_PERP ? fabs(p->quantity) / 100.0 / leverage
                                                 : fabs(p->quantity) * 100.0 / leverage;
    if (p->kind == RIP_KIND_OPTION) {
        p->bucket = p->quantity > 0.0 ? 0.0 : 0.3 * fabs(p->quantity) * p->strike_usd;
        p->bucket /= p->coin_settled ? 100.0 : 1.0;
    }
    if (p->coin_settled) {
        p->coin = coin_of(&run->book, account, p->asset,
                          p->bucket * between(state, 1.0, 2.0));
    }
}

static void
curved_account(rip_run *run, size_t at, uint64_t *state)
{
    rip_account *account = &run->book.account[at];
    double posted = 0.0, least, worth;
    account->first_coin = run->book.n_coin;
    for (size_t k = 0; k < account->n_position; k++) {
        rip_position *p = &run->book.position[account->first_position + k];
        curve(run, account, p, state);
        posted += p->coin_settled ? 0.0 : p->bucket;
    }
    if (chance(state, 0.1)) {
        (void)coin_of(&run->book, account, 1, between(state, 0.0, 20.0));
    }
    account->wallet_usd = posted * between(state, 1.0, 1.6);
    least = 50.0 + 0.2 * posted;
    worth = rip_book_net_worth(&run->book, at, run->market.asset);
    if (!(worth > least)) {
        account->wallet_usd += least - worth; /* DEF-1 */
    }
}

void
fixture_curved_run(rip_run *run, uint64_t seed)
{
    uint64_t state = seed * 104729 + 5;
    fixture_wild_run(run, seed);
    if (chance(&state, 0.5)) {
        run->spec.n_mode = 1;
        run->spec.mode[0] = RIP_MODE_PORTFOLIO;
    }
    if (chance(&state, 0.25)) {
        run->shock.volatility_dynamics.response = between(&state, -3.0, 0.0);
        run->shock.volatility_dynamics.vol_of_vol = between(&state, 0.0, 2.0);
        run->shock.volatility_dynamics.tenor_power = 0.4;
    }
    for (size_t a = 0; a < run->market.n_asset; a++) {
        run->market.asset[a].basis =
            chance(&state, 0.5) ? 0.0 : between(&state, -0.2, 0.3);
        run->market.asset[a].funding_rate *= chance(&state, 0.5) ? 1.0 : 0.0;
        run->market.asset[a].drift *= 0.3;
    }
    curved_venue(&run->venues.distinct[0], &state);
    run->book.coin =
        calloc(run->book.n_position + run->book.n_account, sizeof(*run->book.coin));
    assert_non_null(run->book.coin);
    for (size_t i = 0; i < run->book.n_account; i++) {
        if (chance(&state, 0.8)) {
            curved_account(run, i, &state);
        }
    }
    assert_int_equal(rip_book_list_volatilities(&run->book), RIP_OK);
}
