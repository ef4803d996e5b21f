/* Every shipped preset: random accounts of the kinds it lists, in every mode it has
   rules for, along rough paths. Money is conserved in every trial, liquidations end. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/engine/ledger.h"
#include "riptide/engine/trial.h"
#include "riptide/io/config_stages.h"
#include "riptide/margin/fill.h"
#include "riptide/margin/liquidate.h"
#include "riptide/margin/position.h"
#include "riptide/margin/step.h"
#include "riptide/numerics/math.h"

#include "assemble_fixture.h"

#define N_ASSET   4
#define N_ACCOUNT 10
#define N_STEP    10
#define N_PATH    60
#define STEP_MS   UINT64_C(10800000)

static const char *const symbol[N_ASSET] = {"BTC", "ETH", "SOL", "XRP"};
static const double price_usd[N_ASSET] = {60000.0, 2513.7, 151.3, 0.7131};

/*
 * Kinds a preset is for: s spot, l linear and i inverse perpetuals, f futures, o long
 * options, O options of both sides, c the same settled in coins.
 */
typedef struct preset_case {
    const char *name, *kinds, *modes;
    bool is_tight; /* the wallet holds what the buckets need, and no stop is set */
} preset_case;

#define ALL "[isolated, cross, portfolio, mixed]"

static const preset_case preset[] = {
    {.name = "flat", .kinds = "slifo", .modes = ALL},
    {.name = "binance_usdm", .kinds = "lls", .modes = ALL},
    {.name = "binance_coinm", .kinds = "i", .modes = ALL},
    {.name = "bybit_linear", .kinds = "llO", .modes = ALL},
    {.name = "okx", .kinds = "lli", .modes = ALL},
    {.name = "hyperliquid", .kinds = "lls", .modes = ALL},
    {.name = "dydx_v4", .kinds = "l", .modes = ALL},
    {.name = "deribit_pm", .kinds = "ilfOc", .modes = ALL},
    {.name = "span16", .kinds = "fO", .modes = "[portfolio]"},
    {.name = "tims10", .kinds = "slfo", .modes = ALL},
};

/* A text that grows. */
typedef struct text {
    char at[16384];
    size_t size;
} text;

__attribute__((format(printf, 2, 3))) static void
say(text *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    self->size += (size_t)vsnprintf(self->at + self->size,
                                    sizeof(self->at) - self->size, format, arguments);
    va_end(arguments);
    assert_true(self->size < sizeof(self->at));
}

static double
between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * support_uniform(seed);
}

static size_t
pick(uint64_t *seed, size_t n)
{
    return (size_t)(support_uniform(seed) * (double)n);
}

/* What a wallet must hold for the buckets: USD, and each coin. */
typedef struct needs {
    double usd, coin[N_ASSET];
} needs;

static double
say_option(text *self, uint64_t *seed, char kind, size_t asset, needs *wallet)
{
    const double side = kind != 'o' && pick(seed, 2) == 0 ? -1.0 : 1.0;
    const double quantity = side * between(seed, 500.0, 9000.0) / price_usd[asset];
    say(self,
        "{symbol: %s, kind: option, quantity: %.17g, type: %s, strike: %.17g, expiry: "
        "%zuh, settlement: %s",
        symbol[asset], quantity, pick(seed, 2) == 0 ? "put" : "call",
        price_usd[asset] * between(seed, 0.8, 1.25), 6 + pick(seed, 900),
        kind == 'c' ? "inverse" : "linear");
    if (side < 0.0 && kind == 'c') {
        say(self, ", margin: %.17g", 0.4 * fabs(quantity));
        wallet->coin[asset] += 0.4 * fabs(quantity);
    } else if (side < 0.0) {
        say(self, ", margin: %.17g", 0.4 * fabs(quantity) * price_usd[asset]);
        wallet->usd += 0.4 * fabs(quantity) * price_usd[asset];
    }
    return side;
}

/* Returns the side. */
static double
say_linear(text *self, uint64_t *seed, char kind, size_t asset, needs *wallet)
{
    const double notional_usd = 400.0 * rip_math_exp(between(seed, 0.0, 5.0));
    const double side = pick(seed, 5) < 2 ? -1.0 : 1.0;
    const double posted_usd = notional_usd / between(seed, 2.0, 15.0);
    say(self, "{symbol: %s, kind: %s, quantity: %.17g, margin: %.17g", symbol[asset],
        kind == 's'   ? "spot"
        : kind == 'i' ? "inverse_perp"
        : kind == 'f' ? "linear_future"
                      : "linear_perp",
        side * notional_usd / (kind == 'i' ? 1.0 : price_usd[asset]),
        kind == 'i' ? posted_usd / price_usd[asset] : posted_usd);
    if (kind == 'f') {
        say(self, ", expiry: %zuh", 6 + pick(seed, 900));
    }
    if (kind == 'i') {
        wallet->coin[asset] += posted_usd / price_usd[asset];
    } else {
        wallet->usd += posted_usd;
    }
    return side;
}

static void
say_account(text *self, uint64_t *seed, const preset_case *of, size_t number)
{
    static const char *const policy[] = {"none", "to_maintenance", "to_initial",
                                         "{times: 2, fraction: 0.3}"};
    const bool is_mixed = strstr(of->modes, "mixed") != NULL;
    const size_t n_position = 1 + pick(seed, 5);
    double side = 0.0;
    size_t asset = 0;
    const double most = of->is_tight ? 1.0 : 1.6;
    needs wallet = {.usd = of->is_tight ? 1e-6 : 50.0};
    say(self, "{id: a%zu, mode: %s, top_up: %s, positions: [", number,
        !is_mixed || pick(seed, 2) == 0 ? "portfolio" : "cross", policy[pick(seed, 4)]);
    for (size_t k = 0; k < n_position; k++) {
        const char kind = of->kinds[pick(seed, strlen(of->kinds))];
        asset = pick(seed, N_ASSET);
        side = (kind == 'o' || kind == 'O' || kind == 'c' ? say_option : say_linear)(
            self, seed, kind, asset, &wallet);
        say(self, "%s}, ",
            is_mixed && pick(seed, 3) == 0 ? ", margin_mode: isolated" : "");
    }
    say(self, "], ");
    if (n_position == 1 && !of->is_tight && pick(seed, 2) == 0) {
        say(self, "stop_loss: {%s: %.17g}, ", symbol[asset],
            price_usd[asset] * (1.0 - side * between(seed, 0.02, 0.15)));
    }
    say(self, "balances: {USD: %.17g", wallet.usd * between(seed, 1.0, most));
    for (size_t a = 0; a < N_ASSET; a++) {
        if (wallet.coin[a] > 0.0) {
            say(self, ", %s: %.17g", symbol[a],
                wallet.coin[a] * between(seed, 1.0, most));
        }
    }
    say(self, "}}, ");
}

static void
assemble_preset(assemble_outcome *got, const preset_case *of, uint64_t *seed)
{
    static text accounts, market, run;
    accounts.size = market.size = run.size = 0;
    say(&run, "{paths: 40, horizon: 30h, step: 3h, modes: %s}", of->modes);
    say(&market, "{assets: [");
    for (size_t a = 0; a < N_ASSET; a++) {
        say(&market,
            "{symbol: %s, price: %.17g, volatility: 0.9, implied_volatility: 0.7, "
            "basis: %.17g}, ",
            symbol[a], price_usd[a], between(seed, -0.1, 0.2));
    }
    say(&market, "], correlation: 0.6, funding: {interval: 6h, rate: 0.001}, "
                 "borrow_rate: {USD: 0.9, BTC: 0.4, XRP: 2.0}}");
    say(&accounts, "{list: [");
    for (size_t i = 0; i < N_ACCOUNT; i++) {
        say_account(&accounts, seed, of, i);
    }
    say(&accounts, "]}");
    assemble_well(&(assemble_setup){.run = run.at,
                                    .market = market.at,
                                    .venue = of->name,
                                    .accounts = accounts.at},
                  got);
}

/* What one trial sees and tells. */
typedef struct scene {
    rip_ledger ledger;
    double price[N_ASSET], funding[N_ASSET], funding_coin[N_ASSET];
    double *volatility;
    size_t n_close[64];
} scene;

/* Every close makes progress and leaves no dust (section 5). */
static void
hear(void *context, const rip_account_state *state, const rip_event *event)
{
    scene *self = context;
    rip_ledger_add(&self->ledger, event);
    if (event->kind == RIP_EVENT_CLOSE) {
        const size_t k = event->position;
        assert_true(fabs(event->quantity) > 0.0);
        assert_true(++self->n_close[k] <= RIP_MARGIN_MOST_PASSES + 1);
        assert_true(!rip_margin_position_is_open(state, k) ||
                    fabs(state->held[k].quantity) >
                        0.5 * RIP_MARGIN_DUST * fabs(state->position[k].quantity));
    }
}

static void
begin(scene *self, const rip_run *run)
{
    double *volatility = self->volatility;
    *self = (scene){.volatility = volatility};
    for (size_t a = 0; a < N_ASSET; a++) {
        self->price[a] = price_usd[a];
    }
    for (size_t i = 0; i < run->book.n_volatility; i++) {
        volatility[i] = run->book.volatility[i].volatility;
    }
}

/* A common move, moves of their own, and a crash in one step of eight. */
static void
move(scene *self, const rip_run *run, uint64_t *seed)
{
    const double common =
        pick(seed, 8) == 0 ? between(seed, -0.5, 0.3) : between(seed, -0.05, 0.05);
    for (size_t a = 0; a < N_ASSET; a++) {
        self->price[a] *= rip_math_exp(common + between(seed, -0.06, 0.06));
        self->funding[a] += 0.0005 * self->price[a];
        self->funding_coin[a] += 0.0005 / self->price[a];
    }
    for (size_t i = 0; i < run->book.n_volatility; i++) {
        self->volatility[i] *= rip_math_exp(between(seed, -0.2, 0.25) - common);
    }
    memset(self->n_close, 0, sizeof(self->n_close));
}

/* Section 6, DEF-1: one account in one mode along one path. Whether it was liquidated.
 */
static bool
check_trial(scene *self, rip_trial *trial, size_t account, size_t mode, uint64_t *seed)
{
    const rip_event_sink sink = {.on_event = hear, .context = self};
    const rip_step_rules rules = {.wipeout_threshold = 0.1,
                                  .step_years = rip_run_step_years(trial->run),
                                  .sink = &sink};
    rip_market_point point = {.price_usd = self->price,
                              .funding = self->funding,
                              .funding_coin = self->funding_coin,
                              .volatility = self->volatility};
    double cause_usd[RIP_N_CAUSE], loss_usd;
    begin(self, trial->run);
    rip_trial_reset(trial, account, mode);
    for (uint32_t t = 1; t <= N_STEP; t++) {
        move(self, trial->run, seed);
        point.step = t;
        point.time_ms = t * STEP_MS;
        point.years = t * rules.step_years;
        rip_ledger_open_step(&self->ledger, &trial->state, &point);
        rip_margin_step(&trial->state, &point, &rules, trial->bucket);
        rip_ledger_close_step(&self->ledger, &trial->state, &point);
    }
    loss_usd = rip_account_state_loss(&trial->state, &point, cause_usd);
    if (!rip_ledger_balances(&self->ledger, &trial->state, &point, loss_usd)) {
        fail_msg("account %zu, mode %zu: loss %g, leak %g", account, mode, loss_usd,
                 self->ledger.leak_usd);
    }
    return trial->state.liquidation_step > 0;
}

static void
test_money_is_conserved(void **state)
{
    uint64_t seed = 0x5eed;
    (void)state;
    for (size_t i = 0; i < sizeof(preset) / sizeof(preset[0]); i++) {
        size_t n_hit = 0, n_trial = 0;
        for (size_t draw = 0; draw < 3; draw++) {
            assemble_outcome got;
            rip_trial trial;
            scene self;
            assemble_preset(&got, &preset[i], &seed);
            self.volatility = calloc(got.run.book.n_volatility + 1, sizeof(double));
            assert_non_null(self.volatility);
            assert_int_equal(rip_trial_init(&trial, &got.run, false), RIP_OK);
            for (size_t a = 0; a < N_ACCOUNT; a++) {
                for (size_t m = 0; m < got.run.spec.n_mode; m++) {
                    for (size_t path = 0; path < N_PATH; path++) {
                        n_hit += check_trial(&self, &trial, a, m, &seed);
                        n_trial++;
                    }
                }
            }
            rip_trial_free(&trial);
            free(self.volatility);
            assemble_release(&got);
        }
        if (n_hit < n_trial / 20) {
            fail_msg("%s: %zu of %zu liquidated", preset[i].name, n_hit, n_trial);
        }
    }
}

/* Whether a bucket of an account in a mode is in breach at a point. */
static bool
is_breached(rip_trial *trial, size_t account, size_t mode,
            const rip_market_point *point)
{
    bool found = false;
    rip_trial_reset(trial, account, mode);
    trial->state.model->assess(&trial->state, point, trial->bucket);
    for (size_t b = 0; b < trial->state.model->n_bucket(&trial->state); b++) {
        found |= rip_margin_is_breached(
            rip_margin_bucket_venue(&trial->bucket[b], &trial->state),
            &trial->bucket[b]);
    }
    return found;
}

/* Returns how often the cross account was in breach. */
static size_t
check_cross(const preset_case *of, uint64_t *seed)
{
    assemble_outcome got;
    rip_trial trial;
    scene self = {0};
    size_t n_cross = 0;
    assemble_preset(&got, of, seed);
    assert_int_equal(rip_trial_init(&trial, &got.run, false), RIP_OK);
    for (size_t look = 0; look < N_ACCOUNT * N_PATH; look++) {
        const rip_market_point point = {.price_usd = self.price,
                                        .funding = self.funding,
                                        .funding_coin = self.funding_coin};
        begin(&self, &got.run);
        move(&self, &got.run, seed);
        if (is_breached(&trial, look % N_ACCOUNT, 1, &point)) {
            n_cross++;
            assert_true(is_breached(&trial, look % N_ACCOUNT, 0, &point));
        }
    }
    rip_trial_free(&trial);
    assemble_release(&got);
    return n_cross;
}

/* Section 4: with the same posted buckets, cross never breaches before the first
   isolated bucket does: perpetuals and futures on every preset that has both modes. */
static void
test_cross_is_never_first(void **state)
{
    uint64_t seed = 0xc505;
    (void)state;
    for (size_t i = 0; i < sizeof(preset) / sizeof(preset[0]); i++) {
        preset_case of = preset[i];
        char kinds[8] = "";
        size_t n = 0, n_cross = 0;
        for (const char *kind = of.kinds; *kind != '\0'; kind++) {
            if (strchr("lif", *kind) != NULL) {
                kinds[n++] = *kind;
            }
        }
        of.kinds = kinds;
        of.is_tight = true;
        if (strcmp(of.modes, ALL) != 0) {
            continue;
        }
        for (size_t draw = 0; draw < 4; draw++) {
            n_cross += check_cross(&of, &seed);
        }
        assert_true(n_cross > 50);
    }
}

/* Section 8: the table above names every preset there is. */
static void
test_every_preset_is_here(void **state)
{
    size_t n = 0;
    (void)state;
    for (const rip_config_preset *p = rip_config_presets; p->name != NULL; p++) {
        size_t found = 0;
        for (size_t i = 0; i < sizeof(preset) / sizeof(preset[0]); i++) {
            found += strcmp(preset[i].name, p->name) == 0;
        }
        assert_int_equal(found, 1);
        n++;
    }
    assert_int_equal(n, sizeof(preset) / sizeof(preset[0]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_preset_is_here),
        cmocka_unit_test(test_money_is_conserved),
        cmocka_unit_test(test_cross_is_never_first),
    };
    return cmocka_run_group_tests(tests, assemble_begin, assemble_end);
}
