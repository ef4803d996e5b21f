#include "engine_fixture.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
make_market(rip_market *market, size_t n, const double *volatility, double correlation,
            double price, uint64_t funding_ms)
{
    rip_market_spec spec = {.n_asset = n, .funding_interval_ms = funding_ms};
    spec.asset = support_room(n, sizeof(*spec.asset));
    spec.correlation = support_room(n * n, sizeof(*spec.correlation));
    spec.stress.volatility = 1.0;
    spec.stress.implied_volatility = 1.0;
    for (size_t a = 0; a < n; a++) {
        (void)snprintf(spec.asset[a].symbol, RIP_NAME_MAX, "A%zu", a);
        spec.asset[a].price_usd = price;
        spec.asset[a].volatility = volatility[a];
        spec.asset[a].daily_volume_usd = 1e9;
        spec.asset[a].implied_volatility = NAN;
        spec.asset[a].funding_rate = funding_ms > 0 ? 0.0003 * (double)(a % 3) : 0.0;
        for (size_t b = 0; b < n; b++) {
            spec.correlation[a * n + b] = a == b ? 1.0 : correlation;
        }
    }
    assert_int_equal(rip_market_init(market, &spec), RIP_OK);
    rip_market_spec_free(&spec);
}

static void
make_venue(rip_venue *venue, size_t n_asset, size_t n_scenario)
{
    *venue = (rip_venue){.n_asset = n_asset};
    venue->tiers = support_room(n_asset, sizeof(*venue->tiers));
    venue->trigger.inclusive = true;
    venue->trigger.ratio = 1.0;
    venue->portfolio.n_scenario = n_scenario;
    venue->portfolio.scenario =
        support_room(n_scenario, sizeof(*venue->portfolio.scenario));
    venue->portfolio.spot_range =
        support_room(n_asset, sizeof(*venue->portfolio.spot_range));
    venue->portfolio.gain_offset = 1.0;
    venue->portfolio.mm_factor = 1.0;
    venue->portfolio.im_factor = 1.0;
    for (size_t a = 0; a < n_asset; a++) {
        venue->portfolio.spot_range[a] = 1.0;
    }
}

static void
add_scenarios(rip_venue *venue, size_t n, const double *spot)
{
    for (size_t j = 0; j < n; j++) {
        rip_scenario *s = &venue->portfolio.scenario[j];
        s->spot = spot[j];
        s->weight = 1.0;
    }
}

static void
make_run(rip_run *run, size_t n_step, uint64_t paths)
{
    *run = (rip_run){0};
    run->spec.seed = 20251010;
    run->spec.paths = paths;
    run->spec.step_ms = 3600000;
    run->spec.horizon_ms = run->spec.step_ms * n_step;
    run->spec.n_mode = 3;
    run->spec.mode[0] = RIP_MODE_ISOLATED;
    run->spec.mode[1] = RIP_MODE_CROSS;
    run->spec.mode[2] = RIP_MODE_PORTFOLIO;
    run->spec.wipeout_threshold = 0.10;
    run->shock.kind = RIP_SHOCK_GAUSSIAN;
    run->shock.seed = run->spec.seed;
    run->shock.period_steps = 1;
    run->shock.dof = 4.0;
    run->outputs.n_level = 3;
    run->outputs.level = support_room(3, sizeof(double));
    run->outputs.level[0] = 0.95;
    run->outputs.level[1] = 0.99;
    run->outputs.level[2] = 0.999;
    run->outputs.histogram.bins = 200;
    run->outputs.histogram.low = -1.0;
    run->outputs.histogram.high = 1.5;
}

static rip_position
random_position(uint64_t *seed, size_t n_asset, double leverage)
{
    const double notional = 1000.0 * pow(10.0, support_uniform(seed));
    const double side = support_uniform(seed) < 0.65 ? 1.0 : -1.0;
    const double own = leverage * (0.5 + support_uniform(seed));
    rip_position p = {.kind = RIP_KIND_LINEAR_PERP, .stop_usd = NAN};
    p.asset = (uint32_t)(support_uniform(seed) * (double)n_asset);
    p.quantity = side * notional / 100.0;
    p.entry_usd = 100.0 * (0.97 + 0.06 * support_uniform(seed));
    p.leverage = own;
    p.bucket = fabs(p.quantity) * p.entry_usd / own;
    if (support_uniform(seed) < 0.2) {
        p.stop_usd = 100.0 * (1.0 - side * 0.04);
    }
    if (support_uniform(seed) < 0.3) {
        p.top_up.rule = support_uniform(seed) < 0.5 ? RIP_TOP_UP_TO_INITIAL
                                                    : RIP_TOP_UP_TO_MAINTENANCE;
    }
    return p;
}

static void
random_book(rip_book *book, size_t n_account, size_t n_asset, double leverage)
{
    uint64_t seed = 4711;
    book->n_account = n_account;
    book->account = support_room(n_account, sizeof(*book->account));
    book->position = support_room(4 * n_account, sizeof(*book->position));
    for (size_t i = 0; i < n_account; i++) {
        rip_account *account = &book->account[i];
        double posted = 0.0;
        (void)snprintf(account->id, RIP_NAME_MAX, "account%zu", i);
        account->weight = 1.0 + (double)(i % 3);
        account->first_position = book->n_position;
        account->n_position = 1 + (size_t)(support_uniform(&seed) * 4.0);
        for (size_t k = 0; k < account->n_position; k++) {
            rip_position *p = &book->position[book->n_position++];
            *p = random_position(&seed, n_asset, leverage);
            posted += p->bucket;
        }
        account->wallet_usd = posted * (1.0 + 0.5 * support_uniform(&seed));
    }
}

void
fixture_random_run(rip_run *run, size_t n_account, size_t n_asset, size_t n_step,
                   double leverage, uint64_t paths)
{
    static const double move[] = {-0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.15};
    const double floor_usd[] = {0.0, 3000.0, 9000.0};
    const double rate[] = {0.004, 0.006, 0.011};
    const double max_leverage[] = {125.0, 100.0, 50.0};
    double volatility[64];
    for (size_t a = 0; a < n_asset; a++) {
        volatility[a] = 0.6 + 0.05 * (double)a;
    }
    make_run(run, n_step, paths);
    make_market(&run->market, n_asset, volatility, 0.6, 100.0, 8 * 3600000);
    make_venue(&run->venues.distinct[0], n_asset, 7);
    add_scenarios(&run->venues.distinct[0], 7, move);
    for (size_t a = 0; a < n_asset; a++) {
        assert_int_equal(rip_margin_tiers_init(&run->venues.distinct[0].tiers[a], 3,
                                               floor_usd, rate, max_leverage, NULL),
                         RIP_OK);
    }
    run->venues.distinct[0].fees.taker = 0.0005;
    run->venues.distinct[0].fees.liquidation = 0.0125;
    run->venues.distinct[0].liquidation.half_spread = 0.0005;
    run->venues.distinct[0].fund.size_usd = 1e6;
    run->venues.distinct[0].portfolio.between = RIP_BETWEEN_OFFSET;
    run->venues.distinct[0].portfolio.offset_factor = 0.5;
    run->venues.distinct[0].portfolio.mm_factor = 0.8;
    random_book(&run->book, n_account, n_asset, leverage);
}

/* A random walk with uniform steps: no model of the program is involved. */
static void
make_paths(rip_run *run, uint64_t n_path, size_t n_step, const double *volatility)
{
    const size_t n = run->market.n_asset;
    uint64_t seed = 99;
    run->table = support_room(n_path * (n_step + 1) * n, sizeof(double));
    for (uint64_t p = 0; p < n_path; p++) {
        double *price = run->table + p * (n_step + 1) * n;
        for (size_t a = 0; a < n; a++) {
            price[a] = 1.0;
        }
        for (size_t t = 1; t <= n_step; t++) {
            const double common = support_uniform(&seed) - 0.5;
            for (size_t a = 0; a < n; a++) {
                const double own = support_uniform(&seed) - 0.5;
                const double z = sqrt(12.0) * (sqrt(0.6) * common + sqrt(0.4) * own);
                price[t * n + a] =
                    price[(t - 1) * n + a] * (1.0 + volatility[a] * z / sqrt(8760.0));
            }
        }
    }
    run->shock.kind = RIP_SHOCK_GIVEN;
    run->shock.table = run->table;
    run->shock.n_given = n_path;
}

static double
selloff_uniform(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static int
by_asset(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void
selloff_book(rip_book *book, size_t n_account)
{
    uint64_t state = 0x5E110FF1;
    book->n_account = n_account;
    book->n_position = 8 * n_account;
    book->account = support_room(n_account, sizeof(*book->account));
    book->position = support_room(book->n_position, sizeof(*book->position));
    for (size_t i = 0; i < n_account; i++) {
        rip_account *account = &book->account[i];
        uint32_t asset[16];
        for (uint32_t a = 0; a < 16; a++) {
            asset[a] = a;
        }
        for (uint32_t k = 0; k < 8; k++) {
            const uint32_t j = k + (uint32_t)(selloff_uniform(&state) * (16 - k));
            const uint32_t swap = asset[k];
            asset[k] = asset[j];
            asset[j] = swap;
        }
        qsort(asset, 8, sizeof(*asset), by_asset);
        (void)snprintf(account->id, RIP_NAME_MAX, "p%zu", i);
        account->weight = 1.0;
        account->first_position = 8 * i;
        account->n_position = 8;
        for (size_t k = 0; k < 8; k++) {
            rip_position *p = &book->position[8 * i + k];
            const double notional = 1000.0 * pow(10.0, 2.0 * selloff_uniform(&state));
            const double side = selloff_uniform(&state) < 0.7 ? 1.0 : -1.0;
            const double leverage = 3.0 + 17.0 * selloff_uniform(&state);
            *p = (rip_position){.asset = asset[k],
                                .kind = RIP_KIND_LINEAR_PERP,
                                .quantity = side * notional,
                                .entry_usd = 1.0,
                                .leverage = leverage,
                                .bucket = notional / leverage,
                                .stop_usd = NAN};
            account->wallet_usd += p->bucket;
        }
    }
}

void
fixture_selloff_run(rip_run *run, size_t n_account, uint64_t n_path)
{
    static const double move[] = {-0.03, -0.02, -0.01, 0.0, 0.01, 0.02, 0.03};
    double volatility[16];
    const double floor_usd = 0.0, max_leverage = 125.0;
    for (size_t a = 0; a < 16; a++) {
        volatility[a] = 0.6 + 0.6 * (double)a / 15.0;
    }
    make_run(run, 24, n_path);
    make_market(&run->market, 16, volatility, 0.6, 1.0, 0);
    make_venue(&run->venues.distinct[0], 16, 7);
    add_scenarios(&run->venues.distinct[0], 7, move);
    run->venues.distinct[0].isolated.leftover = RIP_LEFTOVER_CONFISCATED;
    run->venues.distinct[0].portfolio.between = RIP_BETWEEN_OFFSET;
    run->venues.distinct[0].portfolio.offset_factor = 1.0 - 0.004 / 0.03;
    for (size_t a = 0; a < 16; a++) {
        const double rate = 0.005 + 0.005 * (double)a / 15.0;
        run->venues.distinct[0].portfolio.spot_range[a] = volatility[a] / 0.9;
        assert_int_equal(rip_margin_tiers_init(&run->venues.distinct[0].tiers[a], 1,
                                               &floor_usd, &rate, &max_leverage, NULL),
                         RIP_OK);
    }
    selloff_book(&run->book, n_account);
    make_paths(run, n_path, 24, volatility);
}

void
fixture_single_run(rip_run *run, double volatility, double quantity, double wallet,
                   double bucket, double mmr)
{
    static const double move[] = {-0.15, 0.15};
    const double floor_usd = 0.0, max_leverage = 125.0;
    make_run(run, 24, 20000);
    make_market(&run->market, 1, &volatility, 0.0, 100.0, 0);
    make_venue(&run->venues.distinct[0], 1, 2);
    add_scenarios(&run->venues.distinct[0], 2, move);
    assert_int_equal(rip_margin_tiers_init(&run->venues.distinct[0].tiers[0], 1,
                                           &floor_usd, &mmr, &max_leverage, NULL),
                     RIP_OK);
    run->book.n_account = 1;
    run->book.n_position = 1;
    run->book.account = support_room(1, sizeof(*run->book.account));
    run->book.position = support_room(1, sizeof(*run->book.position));
    run->book.account[0] = (rip_account){
        .id = "one", .wallet_usd = wallet, .weight = 1.0, .n_position = 1};
    run->book.position[0] = (rip_position){.kind = RIP_KIND_LINEAR_PERP,
                                           .quantity = quantity,
                                           .entry_usd = 100.0,
                                           .leverage = 1.0,
                                           .bucket = bucket,
                                           .stop_usd = NAN};
}
