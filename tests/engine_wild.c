#include "engine_wild.h"

#include "engine_fixture.h"
#include "support.h"

#include <stdlib.h>

enum { N_ACCOUNT = 7, N_ASSET = 4 };

static bool
chance(uint64_t *state, double probability)
{
    return support_uniform(state) < probability;
}

/* One of n choices. */
static size_t
pick(uint64_t *state, size_t n)
{
    return (size_t)(support_uniform(state) * (double)n);
}

static double
between(uint64_t *state, double low, double high)
{
    return low + (high - low) * support_uniform(state);
}

static void
wild_market(rip_market *market, uint64_t *state)
{
    const bool funded = chance(state, 0.6);
    market->funding_interval_ms = funded ? 1800000 * (1 + pick(state, 20)) : 0;
    market->borrow_rate_usd = chance(state, 0.3) ? between(state, 0.0, 0.3) : 0.0;
    for (size_t a = 0; a < market->n_asset; a++) {
        market->asset[a].funding_rate = funded ? between(state, -1e-3, 1e-3) : 0.0;
        market->asset[a].borrow_rate =
            chance(state, 0.2) ? between(state, 0.0, 0.5) : 0.0;
        market->asset[a].drift = between(state, -30.0, 10.0);
    }
}

/* Tiers whose requirement jumps, by deductions of the venue's own. */
static void
jumping_tiers(rip_venue *venue, size_t asset)
{
    const double floor_usd[] = {0.0, 2100.0, 5300.0};
    const double rate[] = {0.009, 0.004, 0.02};
    const double max_leverage[] = {50.0, 75.0, 20.0};
    const double deduction_usd[] = {3.0, 0.0, 11.0};
    rip_margin_tiers_free(&venue->tiers[asset]);
    assert_int_equal(rip_margin_tiers_init(&venue->tiers[asset], 3, floor_usd, rate,
                                           max_leverage, deduction_usd),
                     RIP_OK);
}

static void
wild_portfolio(rip_venue *venue, uint64_t *state)
{
    const size_t n = venue->n_asset;
    venue->portfolio.between = (rip_between)pick(state, 4);
    venue->portfolio.offset_factor = support_uniform(state);
    venue->portfolio.gain_offset = chance(state, 0.5) ? 1.0 : support_uniform(state);
    venue->portfolio.contingency.perp = chance(state, 0.5) ? 0.0013 : 0.0;
    venue->portfolio.mm_factor = between(state, 0.3, 1.0);
    for (size_t a = 0; a < n; a++) {
        venue->portfolio.spot_range[a] = between(state, 0.3, 2.0);
    }
    if (chance(state, 0.4)) {
        rip_scenario *extra =
            &venue->portfolio.scenario[venue->portfolio.n_scenario - 1];
        *extra = (rip_scenario){.spot = between(state, -0.5, 0.5),
                                .weight = between(state, 0.1, 0.6),
                                .extra = true};
    }
    if (venue->portfolio.between == RIP_BETWEEN_CORRELATED) {
        const double rho = support_uniform(state);
        venue->portfolio.correlation = calloc(n * n, sizeof(double));
        assert_non_null(venue->portfolio.correlation);
        for (size_t i = 0; i < n * n; i++) {
            venue->portfolio.correlation[i] = i % (n + 1) == 0 ? 1.0 : rho;
        }
    }
}

/* Terms that add to the tiers' rates (MAR-2), and haircuts (MAR-5). */
static void
wild_terms(rip_venue *venue, uint64_t *state)
{
    venue->closing_fee_reserved = chance(state, 0.5) ? 0.0006 : 0.0;
    venue->maintenance_at_entry = chance(state, 0.3);
    venue->tiers_by_quantity = chance(state, 0.2);
    venue->size_scaling.slope = chance(state, 0.3) ? 1e-5 : 0.0;
    venue->size_scaling.sqrt = chance(state, 0.3) ? 1e-4 : 0.0;
    venue->collateral.per_currency = chance(state, 0.2);
    if (chance(state, 0.5)) {
        venue->size_scaling.minimum_usd = calloc(venue->n_asset, sizeof(double));
        venue->collateral.haircut = calloc(venue->n_asset, sizeof(double));
        assert_non_null(venue->size_scaling.minimum_usd);
        assert_non_null(venue->collateral.haircut);
        for (size_t a = 0; a < venue->n_asset; a++) {
            venue->size_scaling.minimum_usd[a] = between(state, 0.0, 20.0);
            venue->collateral.haircut[a] = between(state, 0.0, 0.3);
        }
    }
}

static void
wild_venue(rip_venue *venue, uint64_t *state)
{
    const bool has_costs = chance(state, 0.6);
    venue->trigger.inclusive = chance(state, 0.7);
    venue->trigger.ratio = chance(state, 0.6) ? 1.0 : between(state, 0.8, 1.3);
    venue->isolated.leftover =
        chance(state, 0.5) ? RIP_LEFTOVER_RETURNED : RIP_LEFTOVER_CONFISCATED;
    venue->fees.taker = has_costs ? 0.0007 : 0.0;
    venue->fees.liquidation = has_costs ? between(state, 0.0, 0.03) : 0.0;
    venue->liquidation.half_spread = has_costs ? between(state, 0.0, 0.004) : 0.0;
    for (size_t a = 0; a < venue->n_asset; a++) {
        if (chance(state, 0.25)) {
            jumping_tiers(venue, a);
        }
    }
    if (chance(state, 0.4)) {
        wild_terms(venue, state);
    }
    wild_portfolio(venue, state);
}

static void
wild_top_up(rip_top_up *policy, uint64_t *state)
{
    policy->rule =
        chance(state, 0.5) ? (rip_top_up_rule)pick(state, 4) : RIP_TOP_UP_NONE;
    policy->times = (uint32_t)(1 + pick(state, 3));
    policy->fraction = between(state, 0.1, 1.5);
}

static rip_position
wild_position(uint64_t *state, double leverage)
{
    const double side = chance(state, 0.65) ? 1.0 : -1.0;
    rip_position p = {.asset = (uint32_t)pick(state, N_ASSET),
                      .kind = chance(state, 0.2) ? RIP_KIND_SPOT : RIP_KIND_LINEAR_PERP,
                      .quantity = side * between(state, 3.0, 70.0),
                      .entry_usd = between(state, 98.0, 102.0),
                      .stop_usd = NAN};
    p.leverage = p.kind == RIP_KIND_SPOT && chance(state, 0.4)
                     ? 1.0
                     : between(state, 1.0, leverage);
    p.bucket = fabs(p.quantity) * p.entry_usd / p.leverage;
    if (chance(state, 0.25)) {
        p.stop_usd = 100.0 * (1.0 - side * between(state, 0.0, 0.08));
    }
    wild_top_up(&p.top_up, state);
    return p;
}

/* Takes away what the engine has no search of its own for. */
static void
tame(rip_position *p, size_t k, uint64_t *state)
{
    p->stop_usd = NAN;
    p->top_up.rule = RIP_TOP_UP_NONE;
    p->kind = RIP_KIND_LINEAR_PERP;
    if (chance(state, 0.9)) {
        p->asset = (uint32_t)(k % N_ASSET);
    }
}

static void
wild_account(rip_book *book, size_t at, uint64_t *state)
{
    rip_account *account = &book->account[at];
    const double leverage = between(state, 2.0, 45.0);
    const bool tamed = chance(state, 0.6);
    double posted = 0.0, paper = 0.0;
    account->weight = chance(state, 0.5) ? 1.0 : between(state, 0.2, 40.0);
    account->first_position = book->n_position;
    account->n_position = 1 + pick(state, tamed ? 4 : 6);
    for (size_t k = 0; k < account->n_position; k++) {
        rip_position *p = &book->position[book->n_position++];
        *p = wild_position(state, leverage);
        if (tamed) {
            tame(p, k, state);
        }
        posted += p->bucket;
        paper += p->quantity * (100.0 - p->entry_usd);
    }
    account->wallet_usd = posted * between(state, 1.0, 2.0);
    /* Net worth must be positive at the start (DEF-1). */
    if (!(account->wallet_usd + paper > 0.0)) {
        account->wallet_usd += 1.01 * fabs(paper);
    }
}

void
fixture_wild_run(rip_run *run, uint64_t seed)
{
    uint64_t state = seed * 7919 + 17;
    const uint64_t paths = 40 + pick(&state, 100);
    fixture_random_run(run, N_ACCOUNT, N_ASSET, 5 + pick(&state, 30), 5.0, paths);
    run->spec.seed = seed;
    run->shock.seed = seed;
    run->spec.wipeout_threshold = chance(&state, 0.2) ? 0.0 : between(&state, 0.0, 0.6);
    run->spec.initial_breach =
        chance(&state, 0.3) ? RIP_INITIAL_BREACH_EXCLUDE : RIP_INITIAL_BREACH_LIQUIDATE;
    wild_market(&run->market, &state);
    wild_venue(&run->venues.distinct[0], &state);
    free(run->book.position);
    run->book.n_position = 0;
    run->book.position = calloc((size_t)N_ACCOUNT * 6, sizeof(*run->book.position));
    assert_non_null(run->book.position);
    for (size_t i = 0; i < N_ACCOUNT; i++) {
        wild_account(&run->book, i, &state);
    }
}
