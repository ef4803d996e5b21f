#include "engine_legs.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#define PRICE    100.0
#define NOTIONAL 100.0

static void
make_spec(rip_run *run, const legs_spec *spec)
{
    run->spec =
        (rip_run_spec){.seed = spec->seed,
                       .paths = spec->paths,
                       .horizon_ms = spec->horizon_ms,
                       .step_ms = spec->step_ms,
                       .n_mode = 3,
                       .mode = {RIP_MODE_ISOLATED, RIP_MODE_CROSS, RIP_MODE_PORTFOLIO},
                       .wipeout_threshold = 0.10};
    run->shock.kind = RIP_SHOCK_GAUSSIAN;
    run->shock.seed = spec->seed;
    run->shock.period_steps = 1;
    run->outputs.histogram.bins = 200;
    run->outputs.histogram.low = -1.0;
    run->outputs.histogram.high = 1.5;
}

static void
make_market(rip_market *market, const legs_spec *spec)
{
    const size_t n = spec->n_leg;
    rip_market_spec wanted = {.n_asset = n};
    wanted.asset = support_room(n, sizeof(*wanted.asset));
    wanted.correlation = support_room(n * n, sizeof(*wanted.correlation));
    wanted.stress.volatility = 1.0;
    wanted.stress.implied_volatility = 1.0;
    for (size_t a = 0; a < n; a++) {
        rip_asset *asset = &wanted.asset[a];
        (void)snprintf(asset->symbol, RIP_NAME_MAX, "LEG%zu", a);
        asset->price_usd = PRICE;
        asset->volatility = spec->volatility;
        asset->drift = spec->drift;
        for (size_t b = 0; b < n; b++) {
            wanted.correlation[a * n + b] = a == b ? 1.0 : spec->correlation;
        }
    }
    assert_int_equal(rip_market_init(market, &wanted), RIP_OK);
    rip_market_spec_free(&wanted);
}

static void
make_venue(rip_venue *venue, const legs_spec *spec)
{
    const size_t n = spec->n_leg;
    const double floor_usd = 0.0, max_leverage = 125.0;
    *venue = (rip_venue){.n_asset = n};
    venue->trigger.inclusive = true;
    venue->trigger.ratio = 1.0;
    venue->tiers = support_room(n, sizeof(*venue->tiers));
    venue->portfolio.n_scenario = 2;
    venue->portfolio.scenario = support_room(2, sizeof(*venue->portfolio.scenario));
    venue->portfolio.scenario[0] = (rip_scenario){.spot = -0.15, .weight = 1.0};
    venue->portfolio.scenario[1] = (rip_scenario){.spot = 0.15, .weight = 1.0};
    venue->portfolio.spot_range = support_room(n, sizeof(double));
    venue->portfolio.correlation = support_room(n * n, sizeof(double));
    venue->portfolio.between = RIP_BETWEEN_CORRELATED;
    venue->portfolio.gain_offset = 1.0;
    venue->portfolio.mm_factor = 1.0;
    venue->portfolio.im_factor = 1.0;
    for (size_t a = 0; a < n; a++) {
        venue->portfolio.spot_range[a] = 1.0;
        assert_int_equal(rip_margin_tiers_init(&venue->tiers[a], 1, &floor_usd,
                                               &spec->maintenance_rate, &max_leverage,
                                               NULL),
                         RIP_OK);
        for (size_t b = 0; b < n; b++) {
            venue->portfolio.correlation[a * n + b] = a == b ? 1.0 : 0.5;
        }
    }
}

static void
make_book(rip_book *book, const legs_spec *spec)
{
    book->n_account = spec->apart ? spec->n_leg : 1;
    book->n_position = spec->n_leg;
    book->account = support_room(book->n_account, sizeof(*book->account));
    book->position = support_room(book->n_position, sizeof(*book->position));
    for (size_t k = 0; k < spec->n_leg; k++) {
        rip_account *account = &book->account[spec->apart ? k : 0];
        (void)snprintf(account->id, RIP_NAME_MAX, "account%zu", k);
        account->weight = 1.0;
        account->first_position = spec->apart ? k : 0;
        account->n_position++;
        account->wallet_usd += NOTIONAL / spec->leverage;
        book->position[k] = (rip_position){.asset = (uint32_t)k,
                                           .kind = RIP_KIND_LINEAR_PERP,
                                           .quantity = NOTIONAL / PRICE,
                                           .entry_usd = PRICE,
                                           .leverage = spec->leverage,
                                           .bucket = NOTIONAL / spec->leverage,
                                           .stop_usd = NAN};
    }
}

void
fixture_legs_run(rip_run *run, const legs_spec *spec)
{
    *run = (rip_run){0};
    make_spec(run, spec);
    make_market(&run->market, spec);
    make_venue(&run->venues.distinct[0], spec);
    make_book(&run->book, spec);
}
