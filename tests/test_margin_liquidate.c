/* LIQ-1 to LIQ-5 in parts, the backstop, expiries; money conserved whatever happens. */
#include "margin_kinds.h"

#include <math.h>

#include <gsl/gsl_errno.h>

#include "riptide/margin/position.h"
#include "support.h"

#define HOUR_MS 3600000u

/* 20 BTC long at 30,000 with 30,000 posted: 1 %, 2 % from 300,000 on. */
static void
large_long(margin_fixture *f, rip_liquidation_size size)
{
    static const double floor_usd[] = {0.0, 300000.0}, rate[] = {0.01, 0.02};
    fixture_init(f);
    fixture_tiers(f, BTC, 2, floor_usd, rate);
    f->venue.liquidation.size = size;
    (void)fixture_add(f, BTC, RIP_KIND_LINEAR_PERP, 20.0, 20.0);
    f->position[0].entry_usd = 30000.0;
    f->position[0].bucket = 30000.0;
    f->account.wallet_usd = 100000.0;
    f->asset[BTC].price_usd = 30000.0;
    fixture_begin(f, RIP_MODE_ISOLATED);
}

static void
step_at(margin_fixture *f, double price_usd)
{
    f->price_usd[BTC] = price_usd;
    f->point.time_ms += HOUR_MS;
    fixture_step(f);
}

static void
costly(margin_fixture *f)
{
    f->venue.liquidation.half_spread = 0.001;
    f->venue.fees.taker = 0.0005;
    f->venue.fees.liquidation = 0.0125;
}

/* LIQ-1 minimal: the worked example of margin/liquidate.h. */
static void
test_minimal(void **state)
{
    margin_fixture f;
    (void)state;
    large_long(&f, RIP_LIQUIDATION_MINIMAL);
    step_at(&f, 28950.0);
    assert_int_equal(f.n_event, 0);
    step_at(&f, 28900.0);
    assert_close(f.held[0].quantity, 20.0 - 28000.0 / 28900.0, 1e-13);
    fixture_assess(&f);
    assert_close(f.bucket[0].equity_usd, 8000.0, 1e-13);
    assert_close(f.bucket[0].maintenance_usd, 8000.0, 1e-13);
    assert_int_equal(f.held[0].status, RIP_POSITION_OPEN);
    assert_close(f.state.forced_notional_usd, 28000.0, 1e-12);
    assert_close(fixture_loss(&f), 22000.0, 1e-13);
    fixture_free(&f);
}

/* The same with costs and a buffer: 988 / (0.021 - 0.014) of notional. */
static void
test_minimal_pays_its_costs(void **state)
{
    margin_fixture f;
    (void)state;
    large_long(&f, RIP_LIQUIDATION_MINIMAL);
    costly(&f);
    f.venue.liquidation.buffer = 0.05;
    step_at(&f, 28900.0);
    assert_close(f.held[0].quantity, 20.0 - 988.0 / 0.007 / 28900.0, 1e-12);
    fixture_assess(&f);
    assert_close(f.bucket[0].equity_usd, 6024.0, 1e-12);
    assert_close(f.bucket[0].maintenance_usd, 6024.0 / 1.05, 1e-12);
    assert_close(fixture_cause(&f, RIP_CAUSE_FEES), 988.0 / 0.007 * 0.013, 1e-12);
    fixture_free(&f);
}

/* LIQ-1, MAR-6: scenarios, not tiers, say what a close frees in portfolio mode:
   0.7 * 15 % - 0.14 % of it. */
static void
test_minimal_of_scenarios(void **state)
{
    const double freed = 0.7 * 0.15 - 0.0014;
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    f.venue.liquidation.size = RIP_LIQUIDATION_MINIMAL;
    f.venue.fees.taker = 0.0014;
    f.venue.portfolio.mm_factor = 0.7;
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 1.3, 20.0);
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    step_at(&f, 49000.0); /* 10,000 - 4,078.75 of 6,688.5 */
    assert_close(f.held[0].quantity, 1.3 - (6688.5 - 5921.25) / freed / 49000.0, 1e-12);
    fixture_assess(&f);
    assert_close(f.bucket[0].equity_usd, f.bucket[0].maintenance_usd, 1e-12);
    fixture_free(&f);
}

/* LIQ-1, MAR-5: coins that are sold count in full, what a haircut took is freed as
   well: 0.5 % + 13 % - 0.14 %. */
static void
test_minimal_of_coins(void **state)
{
    double haircut[FIXTURE_ASSETS] = {0.13};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    f.venue.liquidation.size = RIP_LIQUIDATION_MINIMAL;
    f.venue.fees.taker = 0.0014;
    f.venue.collateral.haircut = haircut;
    (void)fixture_add(&f, BTC, RIP_KIND_SPOT, 0.83, 20.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    step_at(&f, 46000.0); /* 10,000 - 43,274.125 + 0.87 * 38,180 = -57.525 of 190.9 */
    assert_close(f.held[0].quantity, 0.83 - 248.425 / 0.1336 / 46000.0, 1e-12);
    fixture_assess(&f);
    assert_close(f.bucket[0].equity_usd, f.bucket[0].maintenance_usd, 1e-10);
    f.venue.collateral.haircut = NULL;
    fixture_free(&f);
}

/* LIQ-1: a close that frees less than it costs takes the leg whole. */
static void
test_minimal_that_cannot_cure(void **state)
{
    margin_fixture f;
    (void)state;
    large_long(&f, RIP_LIQUIDATION_MINIMAL);
    f.venue.fees.liquidation = 0.03;
    step_at(&f, 28900.0);
    assert_int_equal(f.held[0].status, RIP_POSITION_LIQUIDATED);
    assert_close(fixture_cause(&f, RIP_CAUSE_FEES), 8000.0, 1e-13);
    fixture_free(&f);
}

/* LIQ-1 tier_steps: to the top of the tier below; whole if there is none. */
static void
test_tier_steps(void **state)
{
    margin_fixture f;
    (void)state;
    large_long(&f, RIP_LIQUIDATION_TIER_STEPS);
    f.venue.liquidation.tier_steps = 1;
    step_at(&f, 28900.0);
    assert_close(f.held[0].quantity, 300000.0 / 28900.0, 1e-12);
    assert_int_equal(fixture_count(&f, RIP_EVENT_CLOSE), 1);
    step_at(&f, 28450.0); /* 30,000 - 1,100 (20 - q) - 1,550 q is above 2,954 */
    assert_int_equal(f.held[0].status, RIP_POSITION_OPEN);
    step_at(&f, 28300.0); /* 1,772 of 2,938, and no tier below */
    assert_int_equal(f.held[0].status, RIP_POSITION_LIQUIDATED);
    fixture_free(&f);
}

/* LIQ-1, MAR-2: the tier is the one the maintenance is counted in. 576,100 at the mark
   are below the floor, 600,000 at entry are not. */
static void
test_tier_steps_at_entry(void **state)
{
    static const double floor_usd[] = {0.0, 580000.0}, rate[] = {0.01, 0.02};
    margin_fixture f;
    (void)state;
    large_long(&f, RIP_LIQUIDATION_TIER_STEPS);
    fixture_tiers(&f, BTC, 2, floor_usd, rate);
    f.venue.maintenance_at_entry = true;
    f.venue.liquidation.tier_steps = 1;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    step_at(&f, 28805.0); /* 6,100 of 6,200 */
    assert_close(f.held[0].quantity, 580000.0 / 30000.0, 1e-12);
    fixture_assess(&f);
    assert_close(f.bucket[0].equity_usd, 6100.0, 1e-12);
    assert_close(f.bucket[0].maintenance_usd, 5800.0, 1e-12);
    fixture_free(&f);
}

/* LIQ-1 fraction: a share, a pause, then all; well in between, it starts anew. */
static void
test_fraction(void **state)
{
    margin_fixture f;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        large_long(&f, RIP_LIQUIDATION_FRACTION);
        f.venue.liquidation.fraction = 0.2;
        f.venue.liquidation.above_usd = 100000.0;
        f.venue.liquidation.pause_ms = 2 * HOUR_MS;
        step_at(&f, 28900.0);
        assert_close(f.held[0].quantity, 16.0, 1e-15);
        step_at(&f, i == 0 ? 28700.0 : 31000.0);
        assert_close(f.held[0].quantity, 16.0, 1e-15);
        step_at(&f, 28700.0);
        if (i == 0) {
            assert_int_equal(f.held[0].status, RIP_POSITION_LIQUIDATED);
        } else {
            assert_close(f.held[0].quantity, 12.8, 1e-15);
        }
        assert_close(f.told_usd, i == 0 ? 25200.0 : 4.0 * 1100.0 + 3.2 * 1300.0, 1e-13);
        fixture_free(&f);
    }
}

/* LIQ-1: a bucket that owes goes whole, pause or not; smaller ones at once. */
static void
test_fraction_ends(void **state)
{
    margin_fixture f;
    (void)state;
    large_long(&f, RIP_LIQUIDATION_FRACTION);
    f.venue.liquidation.fraction = 0.2;
    f.venue.liquidation.pause_ms = 20 * HOUR_MS;
    step_at(&f, 28900.0);
    step_at(&f, 28000.0); /* 25,600 - 32,000 */
    assert_int_equal(f.held[0].status, RIP_POSITION_LIQUIDATED);
    assert_close(f.state.deficit_usd, 6400.0, 1e-13);
    fixture_free(&f);
    large_long(&f, RIP_LIQUIDATION_FRACTION);
    f.venue.liquidation.fraction = 0.2;
    f.venue.liquidation.above_usd = 600000.0;
    step_at(&f, 28900.0);
    assert_int_equal(f.held[0].status, RIP_POSITION_LIQUIDATED);
    fixture_free(&f);
}

/* LIQ-1 window: a tenth an hour of what was held, while in breach. */
static void
test_window(void **state)
{
    static const double left[] = {18.0, 16.0, 14.0, 14.0};
    margin_fixture f;
    rip_margin_form form[2 * FIXTURE_POSITIONS];
    size_t n_form;
    (void)state;
    large_long(&f, RIP_LIQUIDATION_WINDOW);
    f.venue.liquidation.share = 0.1;
    f.venue.liquidation.per_ms = HOUR_MS;
    f.venue.liquidation.buffer = 0.5;
    for (size_t i = 0; i < 4; i++) {
        step_at(&f, 28800.0);
        assert_close(f.held[0].quantity, left[i], 1e-14);
        if (i < 3) {
            assert_false(rip_margin_step_bound(&f.state, &f.rules, form, &n_form));
        }
    }
    assert_false(f.held[0].memory.has_window);
    assert_int_equal(fixture_count(&f, RIP_EVENT_CLOSE), 3);
    fixture_free(&f);
}

static void
two_legs(margin_fixture *f, rip_liquidation_size size)
{
    fixture_init(f);
    f->venue.liquidation.size = size;
    (void)fixture_add(f, BTC, RIP_KIND_LINEAR_PERP, 1.0, 10.0);
    (void)fixture_add(f, ETH, RIP_KIND_LINEAR_PERP, -30.0, 10.0);
    f->account.wallet_usd = 3000.0;
    fixture_begin(f, RIP_MODE_CROSS);
}

/* LIQ-1 pro_rata: one share of all legs cures the bucket. */
static void
test_pro_rata(void **state)
{
    margin_fixture f;
    (void)state;
    two_legs(&f, RIP_LIQUIDATION_PRO_RATA);
    f.venue.liquidation.half_spread = 0.0007;
    f.venue.liquidation.buffer = 0.1;
    step_at(&f, 49500.0); /* 362.5, of 638.055 */
    assert_int_equal(fixture_count(&f, RIP_EVENT_CLOSE), 2);
    assert_close(f.held[1].quantity / -30.0, f.held[0].quantity, 1e-14);
    fixture_assess(&f);
    assert_close(f.bucket[0].equity_usd, 1.1 * f.bucket[0].maintenance_usd, 1e-12);
    fixture_free(&f);
}

/* LIQ-2: who goes first; ties by position. */
static void
test_order(void **state)
{
    static const struct {
        rip_liquidation_order order;
        size_t first;
    } job[] = {{RIP_ORDER_LARGEST_MAINTENANCE, 1},
               {RIP_ORDER_WORST_PNL, 0},
               {RIP_ORDER_LARGEST_NOTIONAL, 1},
               {RIP_ORDER_PRO_RATA, 0},
               {RIP_ORDER_DELTA_FIRST, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof(job) / sizeof(job[0]); i++) {
        margin_fixture f;
        two_legs(&f, RIP_LIQUIDATION_MINIMAL);
        f.venue.liquidation.order = job[i].order;
        step_at(&f, 49500.0);
        for (size_t e = 0; e < f.n_event; e++) {
            if (f.event[e].kind == RIP_EVENT_CLOSE) {
                assert_int_equal(f.event[e].position, job[i].first);
                break;
            }
        }
        assert_true(fixture_count(&f, RIP_EVENT_CLOSE) >= 1);
        fixture_free(&f);
    }
}

/* LIQ-3: no fill beyond the bankruptcy price; the rest is no deficit of the account. */
static void
test_limit_at_bankruptcy(void **state)
{
    margin_fixture f;
    (void)state;
    large_long(&f, RIP_LIQUIDATION_FULL);
    f.venue.liquidation.half_spread = 0.05;
    f.venue.liquidation.limit_at_bankruptcy = true;
    step_at(&f, 28900.0);
    assert_close(fixture_cause(&f, RIP_CAUSE_SLIPPAGE), 8000.0, 1e-13);
    assert_close(f.event[1].price_usd, 28500.0, 1e-13); /* 30,000 less 30,000 / 20 */
    assert_near(f.state.deficit_usd, 0.0, 1e-9);
    assert_close(fixture_loss(&f), 30000.0, 1e-13);
    fixture_free(&f);
}

/* MAR-3: below the backstop all goes at the mark and what is left is confiscated. */
static void
test_backstop(void **state)
{
    margin_fixture f;
    (void)state;
    large_long(&f, RIP_LIQUIDATION_MINIMAL);
    costly(&f);
    f.venue.trigger.backstop = 0.5;
    step_at(&f, 28650.0); /* 3,000 of 8,460 */
    assert_int_equal(f.held[0].status, RIP_POSITION_LIQUIDATED);
    assert_close(fixture_cause(&f, RIP_CAUSE_CONFISCATED), 3000.0, 1e-12);
    assert_near(fixture_cause(&f, RIP_CAUSE_SLIPPAGE), 0.0, 0.0);
    assert_near(fixture_cause(&f, RIP_CAUSE_FEES), 0.0, 0.0);
    assert_close(rip_account_state_balance(&f.state), 70000.0, 1e-14);
    assert_close(f.told_usd, 30000.0, 1e-13);
    fixture_free(&f);
    two_legs(&f, RIP_LIQUIDATION_FULL);
    f.venue.trigger.backstop = 0.67;
    step_at(&f, 49500.0);
    assert_int_equal(f.state.n_open, 0);
    assert_close(fixture_cause(&f, RIP_CAUSE_CONFISCATED), 362.5, 1e-12);
    assert_near(rip_account_state_net_worth(&f.state, &f.point), 0.0, 1e-9);
    fixture_free(&f);
}

/* DEF-4: futures and options settle at their expiry, free of charge. */
static void
test_expiry(void **state)
{
    margin_fixture f;
    (void)state;
    for (size_t mode = RIP_MODE_ISOLATED; mode <= RIP_MODE_CROSS; mode++) {
        fixture_init(&f);
        costly(&f);
        f.asset[BTC].basis = 0.1;
        (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_FUTURE, 0.1, 10.0);
        (void)fixture_add(&f, BTC, RIP_KIND_OPTION, 0.3, 10.0);
        f.position[1].is_put = true;
        f.position[1].strike_usd = 51000.0;
        f.position[1].implied_volatility = 0.6;
        f.position[1].bucket = 0.0;
        f.position[0].expiry_ms = f.position[1].expiry_ms = HOUR_MS + 1;
        fixture_begin(&f, (rip_mode)mode);
        step_at(&f, 50000.0);
        assert_int_equal(f.n_event, 0);
        step_at(&f, 49037.5);
        assert_int_equal(fixture_count(&f, RIP_EVENT_EXPIRY), 2);
        assert_int_equal(f.n_event, 2);
        assert_int_equal(f.held[0].status, RIP_POSITION_EXPIRED);
        assert_int_equal(f.state.n_open, 0);
        assert_int_equal(f.state.liquidation_step, 0);
        assert_close(rip_account_state_balance(&f.state), 10000.0 - 310.0 + 588.75,
                     1e-13);
        fixture_free(&f);
    }
}

static size_t
draw(uint64_t *seed, size_t n)
{
    return (size_t)(support_uniform(seed) * (double)n);
}

/* What a closed or open account has paid besides what its positions earned. */
static double
costs(const margin_fixture *f)
{
    return fixture_cause(f, RIP_CAUSE_SLIPPAGE) + fixture_cause(f, RIP_CAUSE_FEES) +
           fixture_cause(f, RIP_CAUSE_CONFISCATED) + fixture_cause(f, RIP_CAUSE_GAP) +
           f->state.interest_usd + f->state.coin_interest_usd;
}

/*
 * Section 6: the rules move no money but by the causes they name, in every step; events
 * add to the loss of what is closed; nobody ends below zero.
 */
static void
test_money_is_conserved(void **state)
{
    uint64_t seed = 0x11c1da7e;
    size_t n_closed = 0;
    (void)state;
    for (size_t trial = 0; trial < 6000; trial++) {
        margin_fixture f;
        double gross_usd;
        bool is_whole;
        (trial % 2 == 0 ? fixture_random : fixture_random_kinds)(&f, &seed);
        fixture_random_liquidation(&f, &seed);
        for (size_t k = 0; k < f.account.n_position; k++) {
            if (f.position[k].expiry_ms > 0 && draw(&seed, 2) == 0) {
                f.position[k].expiry_ms = (1 + draw(&seed, 8)) * HOUR_MS;
            }
        }
        fixture_begin(&f, (rip_mode)(trial % 4));
        f.rules.sink = NULL; /* a cure by parts may tell much */
        gross_usd = f.account.wallet_usd;
        is_whole = f.state.initial_usd > 0.0;
        for (size_t k = 0; k < f.account.n_position; k++) {
            /* Coins of spot have no bucket where currencies are not pooled. */
            is_whole &= !(f.venue.collateral.per_currency &&
                          f.position[k].kind == RIP_KIND_SPOT);
            gross_usd += fabs(f.position[k].quantity) *
                         (f.position[k].kind == RIP_KIND_INVERSE_PERP
                              ? 1.0
                              : f.asset[f.position[k].asset].price_usd);
        }
        for (size_t step = 0; step < 8; step++) {
            double before_usd, paid_usd;
            fixture_random_prices(&f, &seed, 1.08);
            f.point.time_ms += HOUR_MS;
            f.point.years = (double)(step + 1) * f.rules.step_years;
            before_usd = rip_account_state_net_worth(&f.state, &f.point);
            paid_usd = costs(&f);
            fixture_step(&f);
            assert_near(before_usd - rip_account_state_net_worth(&f.state, &f.point),
                        costs(&f) - paid_usd, 1e-9 * gross_usd);
            assert_true(!is_whole || rip_account_state_net_worth(&f.state, &f.point) >=
                                         -1e-9 * gross_usd);
        }
        assert_near(f.state.initial_usd -
                        rip_account_state_net_worth(&f.state, &f.point),
                    fixture_loss(&f), 1e-9 * gross_usd);
        if (f.state.n_open == 0) {
            n_closed++;
            assert_true(rip_account_state_net_worth(&f.state, &f.point) >=
                        -1e-9 * gross_usd);
        }
        fixture_free(&f);
    }
    assert_true(n_closed > 200);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimal),
        cmocka_unit_test(test_minimal_pays_its_costs),
        cmocka_unit_test(test_minimal_of_scenarios),
        cmocka_unit_test(test_minimal_of_coins),
        cmocka_unit_test(test_minimal_that_cannot_cure),
        cmocka_unit_test(test_tier_steps),
        cmocka_unit_test(test_tier_steps_at_entry),
        cmocka_unit_test(test_fraction),
        cmocka_unit_test(test_fraction_ends),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_pro_rata),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_limit_at_bankruptcy),
        cmocka_unit_test(test_backstop),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_money_is_conserved),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
