#include "margin_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/margin/models.h"
#include "riptide/numerics/math.h"

#include "support.h"

static void
hear(void *context, const rip_account_state *state, const rip_event *event)
{
    margin_fixture *self = context;
    (void)state;
    assert_true(self->n_event < FIXTURE_EVENTS);
    self->event[self->n_event++] = *event;
    self->told_usd += event->amount_usd;
    if (event->kind == RIP_EVENT_BREACH) {
        self->last_breach_equity_usd = event->equity_usd;
        self->last_breach_maintenance_usd = event->maintenance_usd;
    }
}

static void
init_market(margin_fixture *self)
{
    static const char *const symbol[FIXTURE_ASSETS] = {"BTC", "ETH", "SOL", "XRP",
                                                       "ADA"};
    static const double price_usd[FIXTURE_ASSETS] = {52137.5, 2603.7, 117.23, 0.5127,
                                                     0.3319};
    for (size_t i = 0; i < FIXTURE_ASSETS; i++) {
        self->asset[i] = (rip_asset){.price_usd = price_usd[i], .volatility = 0.8};
        (void)snprintf(self->asset[i].symbol, RIP_NAME_MAX, "%s", symbol[i]);
        self->price_usd[i] = price_usd[i];
    }
    self->market = (rip_market){.n_asset = FIXTURE_ASSETS, .asset = self->asset};
}

static void
init_venue(margin_fixture *self)
{
    static const double spot[] = {-0.15, 0.0, 0.15};
    static const double floor_usd = 0.0, rate = 0.005;
    rip_venue *venue = &self->venue;
    venue->n_asset = FIXTURE_ASSETS;
    venue->tiers = calloc(FIXTURE_ASSETS, sizeof(*venue->tiers));
    venue->portfolio.scenario =
        calloc(FIXTURE_SCENARIOS, sizeof(*venue->portfolio.scenario));
    venue->portfolio.spot_range =
        calloc(FIXTURE_ASSETS, sizeof(*venue->portfolio.spot_range));
    assert_true(venue->tiers != NULL && venue->portfolio.scenario != NULL &&
                venue->portfolio.spot_range != NULL);
    venue->trigger.inclusive = true;
    venue->trigger.ratio = 1.0;
    venue->portfolio.gain_offset = 1.0;
    venue->portfolio.mm_factor = 1.0;
    venue->portfolio.im_factor = 1.0;
    for (size_t i = 0; i < FIXTURE_ASSETS; i++) {
        venue->portfolio.spot_range[i] = 1.0;
        fixture_tiers(self, i, 1, &floor_usd, &rate);
    }
    fixture_grid(self, 3, spot);
}

void
fixture_init(margin_fixture *self)
{
    *self = (margin_fixture){0};
    init_market(self);
    init_venue(self);
    self->account = (rip_account){.id = "alice", .wallet_usd = 10000.0, .weight = 1.0};
    self->book = (rip_book){
        .n_account = 1, .account = &self->account, .position = self->position};
    self->sink = (rip_event_sink){.on_event = hear, .context = self};
    self->rules = (rip_step_rules){
        .wipeout_threshold = 0.1, .step_years = 1.0 / 8760.0, .sink = &self->sink};
    self->scratch = (rip_margin_price_scratch){.price_usd = self->moved_usd,
                                               .bucket = self->bucket};
}

void
fixture_free(margin_fixture *self)
{
    rip_venue_free(&self->venue);
}

void
fixture_tiers(margin_fixture *self, size_t asset, size_t n_tier,
              const double *floor_usd, const double *rate)
{
    double max_leverage[FIXTURE_POSITIONS];
    assert_true(n_tier <= FIXTURE_POSITIONS);
    for (size_t k = 0; k < n_tier; k++) {
        max_leverage[k] = 100.0;
    }
    rip_margin_tiers_free(&self->venue.tiers[asset]);
    assert_int_equal(rip_margin_tiers_init(&self->venue.tiers[asset], n_tier, floor_usd,
                                           rate, max_leverage, NULL),
                     RIP_OK);
}

void
fixture_grid(margin_fixture *self, size_t n, const double *spot)
{
    self->venue.portfolio.n_scenario = n;
    for (size_t s = 0; s < n; s++) {
        self->venue.portfolio.scenario[s] =
            (rip_scenario){.spot = spot[s], .weight = 1.0};
    }
}

void
fixture_extra(margin_fixture *self, double spot, double weight)
{
    self->venue.portfolio.scenario[self->venue.portfolio.n_scenario++] =
        (rip_scenario){.spot = spot, .weight = weight, .extra = true};
}

void
fixture_assume(margin_fixture *self, double correlation)
{
    if (self->venue.portfolio.correlation == NULL) {
        self->venue.portfolio.correlation =
            calloc(FIXTURE_ASSETS * FIXTURE_ASSETS, sizeof(double));
    }
    assert_non_null(self->venue.portfolio.correlation);
    self->venue.portfolio.between = RIP_BETWEEN_CORRELATED;
    for (size_t i = 0; i < FIXTURE_ASSETS * FIXTURE_ASSETS; i++) {
        self->venue.portfolio.correlation[i] =
            i % (FIXTURE_ASSETS + 1) == 0 ? 1.0 : correlation;
    }
}

size_t
fixture_add(margin_fixture *self, size_t asset, rip_kind kind, double quantity,
            double leverage)
{
    const size_t k = self->book.n_position++;
    const double entry_usd = self->asset[asset].price_usd;
    assert_true(k < FIXTURE_POSITIONS);
    self->account.n_position = self->book.n_position;
    self->position[k] = (rip_position){.asset = (uint32_t)asset,
                                       .kind = kind,
                                       .quantity = quantity,
                                       .entry_usd = entry_usd,
                                       .leverage = leverage,
                                       .bucket = fabs(quantity) * entry_usd / leverage,
                                       .stop_usd = NAN};
    return k;
}

void
fixture_begin(margin_fixture *self, rip_mode mode)
{
    self->state.held = self->held;
    self->state.coin = self->coin;
    rip_account_state_reset(&self->state, &self->book, 0, &self->market, &self->venues,
                            rip_margin_models_find(mode));
    for (size_t i = 0; i < FIXTURE_ASSETS; i++) {
        self->price_usd[i] = self->asset[i].price_usd;
        self->funding[i] = 0.0;
    }
    self->point =
        (rip_market_point){.price_usd = self->price_usd, .funding = self->funding};
    self->n_event = 0;
    self->told_usd = 0.0;
}

void
fixture_assess(margin_fixture *self)
{
    self->state.model->assess(&self->state, &self->point, self->bucket);
}

void
fixture_step(margin_fixture *self)
{
    self->point.step++;
    self->point.years = (double)self->point.step * self->rules.step_years;
    rip_margin_step(&self->state, &self->point, &self->rules, self->bucket);
}

size_t
fixture_count(const margin_fixture *self, rip_event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < self->n_event; i++) {
        n += self->event[i].kind == kind;
    }
    return n;
}

double
fixture_amount(const margin_fixture *self, rip_event_kind kind)
{
    double sum_usd = 0.0;
    for (size_t i = 0; i < self->n_event; i++) {
        sum_usd += self->event[i].kind == kind ? self->event[i].amount_usd : 0.0;
    }
    return sum_usd;
}

double
fixture_cause(const margin_fixture *self, rip_cause cause)
{
    double cause_usd[RIP_N_CAUSE];
    (void)rip_account_state_loss(&self->state, &self->point, cause_usd);
    return cause_usd[cause];
}

double
fixture_loss(const margin_fixture *self)
{
    double cause_usd[RIP_N_CAUSE];
    return rip_account_state_loss(&self->state, &self->point, cause_usd);
}

static double
between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * support_uniform(seed);
}

static size_t
below(uint64_t *seed, size_t n)
{
    return (size_t)(support_uniform(seed) * (double)n);
}

/* One schedule in four charges its rate on all of the notional: it jumps. */
static void
random_tiers(margin_fixture *self, uint64_t *seed, size_t asset)
{
    static const double nothing[3] = {0.0};
    static const double most[3] = {100.0, 50.0, 20.0};
    const double rate = between(seed, 0.002, 0.02);
    const double first_usd = between(seed, 500.0, 5000.0);
    const double floor_usd[] = {0.0, first_usd, 4.0 * first_usd};
    const double rates[] = {rate, 1.5 * rate, 3.0 * rate};
    const size_t n = 1 + below(seed, 3);
    const bool jumps = below(seed, 4) == 0;
    rip_margin_tiers_free(&self->venue.tiers[asset]);
    assert_int_equal(rip_margin_tiers_init(&self->venue.tiers[asset], n, floor_usd,
                                           rates, most, jumps ? nothing : NULL),
                     RIP_OK);
}

/* The usual grid, one that -0.99 cuts, of falls or rises only, uneven ones. */
static void
random_grid(margin_fixture *self, uint64_t *seed)
{
    static const struct {
        size_t n;
        double spot[5];
    } grid[] = {{3, {-0.15, 0.0, 0.15}},
                {5, {-0.8, -0.4, 0.0, 0.45, 0.9}},
                {2, {-0.2, -0.1}},
                {3, {0.1, 0.2, 0.0}},
                {5, {-0.1, -0.05, 0.0, 0.5, 0.95}},
                {4, {0.05, 0.1, -0.05, -0.2}}};
    const size_t i = below(seed, sizeof(grid) / sizeof(grid[0]));
    fixture_grid(self, grid[i].n, grid[i].spot);
}

static void
random_venue(margin_fixture *self, uint64_t *seed)
{
    rip_venue *venue = &self->venue;
    for (size_t i = 0; i < FIXTURE_ASSETS; i++) {
        random_tiers(self, seed, i);
        venue->portfolio.spot_range[i] = between(seed, 0.7, 1.6);
    }
    venue->trigger.inclusive = below(seed, 2) == 0;
    venue->isolated.leftover =
        below(seed, 2) == 0 ? RIP_LEFTOVER_RETURNED : RIP_LEFTOVER_CONFISCATED;
    venue->fees.taker = between(seed, 0.0, 0.001);
    venue->fees.liquidation = between(seed, 0.0, 0.02);
    venue->liquidation.half_spread = between(seed, 0.0, 0.003);
    fixture_assume(self, between(seed, 0.0, 1.0));
    venue->portfolio.between = (rip_between)below(seed, 4);
    venue->portfolio.offset_factor = between(seed, 0.0, 1.0);
    venue->portfolio.gain_offset = between(seed, 0.0, 1.0);
    venue->portfolio.contingency.perp = between(seed, 0.0, 0.01);
    venue->portfolio.mm_factor = between(seed, 0.5, 1.0);
    random_grid(self, seed);
    if (below(seed, 2) == 0) {
        fixture_extra(self, between(seed, -0.7, -0.3), between(seed, 0.2, 0.5));
    }
}

static void
random_position(margin_fixture *self, uint64_t *seed)
{
    static const rip_top_up policy[] = {
        {.rule = RIP_TOP_UP_NONE},
        {.rule = RIP_TOP_UP_TO_MAINTENANCE},
        {.rule = RIP_TOP_UP_TO_INITIAL},
        {.rule = RIP_TOP_UP_FRACTION, .times = 2, .fraction = 0.3}};
    const size_t asset = below(seed, FIXTURE_ASSETS);
    const double side = below(seed, 3) == 0 ? -1.0 : 1.0;
    const double notional_usd = 300.0 * rip_math_exp(between(seed, 0.0, 4.0));
    const double quantity = side * notional_usd / self->asset[asset].price_usd;
    const bool is_spot = below(seed, 4) == 0;
    const size_t k = fixture_add(
        self, asset, is_spot ? RIP_KIND_SPOT : RIP_KIND_LINEAR_PERP, quantity,
        is_spot && side > 0.0 && below(seed, 2) == 0 ? 1.0 : between(seed, 2.0, 25.0));
    const double shift = between(seed, 0.95, 1.05);
    self->position[k].entry_usd *= is_spot ? 1.0 : shift;
    self->position[k].top_up = policy[below(seed, 4)];
    if (below(seed, 4) == 0) {
        self->position[k].stop_usd =
            self->asset[asset].price_usd * (1.0 - side * between(seed, 0.02, 0.2));
    }
}

void
fixture_random(margin_fixture *self, uint64_t *seed)
{
    const size_t n_position = 1 + below(seed, FIXTURE_POSITIONS);
    double buckets_usd = 0.0;
    fixture_init(self);
    random_venue(self, seed);
    for (size_t k = 0; k < n_position; k++) {
        random_position(self, seed);
        buckets_usd += self->position[k].bucket;
    }
    self->account.wallet_usd = buckets_usd * between(seed, 1.0, 2.5);
}

void
fixture_random_prices(margin_fixture *self, uint64_t *seed, double span)
{
    const double most = rip_math_log(span);
    for (size_t i = 0; i < FIXTURE_ASSETS; i++) {
        self->price_usd[i] *= rip_math_exp(between(seed, -most, most));
    }
}
