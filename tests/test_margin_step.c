#include "margin_fixture.h"

#include <gsl/gsl_errno.h>

#include "riptide/margin/position.h"
#include "support.h"

#define N_RANDOM 4000
#define N_STEP   12

/* 0.2 BTC long at 10x: bucket 1,042.75, breach at or below 47,159.547... */
static size_t
one_long(margin_fixture *f)
{
    fixture_init(f);
    return fixture_add(f, BTC, RIP_KIND_LINEAR_PERP, 0.2, 10.0);
}

/* DEF-3, MAR-3: the step liquidates a breached bucket and notes when. */
static void
test_liquidation(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 47160.0;
    fixture_step(&f);
    assert_int_equal(f.n_event, 0);
    f.price_usd[BTC] = 47159.0;
    fixture_step(&f);
    assert_int_equal(f.state.liquidation_step, 2);
    assert_int_equal(f.event[0].kind, RIP_EVENT_BREACH);
    assert_int_equal(f.event[0].step, 2);
    assert_close(f.last_breach_equity_usd, 1042.75 - 0.2 * 4978.5, 1e-12);
    assert_close(f.last_breach_maintenance_usd, 47.159, 1e-13);
    assert_int_equal(f.state.wipeout_step, 0);
    fixture_free(&f);
}

/* DEF-5: an account in breach at time 0 is liquidated at the first check, not earlier.
 */
static void
test_initial_breach(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    f.position[0].entry_usd = 58000.0;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_true(rip_margin_starts_in_breach(&f.state, &f.point, f.bucket));
    assert_int_equal(f.state.n_open, 1);
    fixture_step(&f);
    assert_int_equal(f.state.liquidation_step, 1);
    fixture_free(&f);
}

/* INS-3: funding is paid before the check, on the quantity held. */
static void
test_funding_comes_before_the_check(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 47200.0;
    f.funding[BTC] = 50.0; /* 10 USD, 8.05 too many */
    fixture_step(&f);
    assert_int_equal(f.state.liquidation_step, 1);
    assert_close(f.held[0].funding_usd, 10.0, 1e-14);
    /* 1042.75 - 987.5 - 10 come back */
    assert_close(rip_account_state_balance(&f.state), 10000.0 - 987.5 - 10.0, 1e-13);
    f.funding[BTC] = 70.0; /* a closed position pays no more */
    assert_close(fixture_loss(&f), 997.5, 1e-13);
    fixture_free(&f);
}

/* Section 3: stops fill before the check, at the step's price even through a gap. */
static void
test_stop_before_liquidation(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    f.position[0].stop_usd = 48000.0;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = nextafter(48000.0, 1e9);
    fixture_step(&f);
    assert_int_equal(f.state.n_open, 1);
    f.price_usd[BTC] = 48000.0;
    fixture_step(&f);
    assert_int_equal(f.state.n_open, 0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 47150.0;
    fixture_step(&f);
    assert_int_equal(f.held[0].status, RIP_POSITION_STOPPED);
    assert_int_equal(f.state.liquidation_step, 0);
    assert_close(rip_account_state_balance(&f.state), 10000.0 - 0.2 * 4987.5, 1e-13);
    fixture_free(&f);
}

/* Section 3: a short's stop is above; the stop price itself fills. */
static void
test_stop_of_a_short(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    f.position[0].quantity = -0.2;
    f.position[0].stop_usd = 54000.5;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 40000.0;
    fixture_step(&f);
    assert_int_equal(f.state.n_open, 1);
    f.price_usd[BTC] = 54000.5;
    fixture_step(&f);
    assert_int_equal(f.held[0].status, RIP_POSITION_STOPPED);
    assert_close(rip_account_state_balance(&f.state), 10000.0 - 0.2 * 1863.0, 1e-13);
    fixture_free(&f);
}

static rip_margin_bucket
after_breach(margin_fixture *f, rip_top_up policy, double wallet_usd)
{
    (void)one_long(f);
    f->position[0].top_up = policy;
    f->account.wallet_usd = wallet_usd;
    fixture_begin(f, RIP_MODE_ISOLATED);
    f->price_usd[BTC] = 47000.0; /* equity 15.25, maintenance 47, initial 940 */
    fixture_step(f);
    fixture_assess(f);
    return f->bucket[0];
}

/* MAR-4: `none` leaves the bucket to its fate. */
static void
test_no_top_up(void **state)
{
    margin_fixture f;
    (void)state;
    assert_int_equal(after_breach(&f, (rip_top_up){0}, 1e4).n_position, 0);
    assert_close(rip_account_state_balance(&f.state), 1e4 - 1042.75 + 15.25, 1e-13);
    fixture_free(&f);
}

/* MAR-4: `to_maintenance` lifts equity to just above the trigger. */
static void
test_top_up_to_maintenance(void **state)
{
    const rip_top_up policy = {.rule = RIP_TOP_UP_TO_MAINTENANCE};
    margin_fixture f;
    rip_margin_bucket bucket = after_breach(&f, policy, 1e4);
    (void)state;
    assert_near(bucket.equity_usd - 47.0, 1e-9 * 1042.75, 1e-8);
    assert_false(rip_margin_is_breached(&f.venue, &bucket));
    assert_near(rip_account_state_balance(&f.state), 1e4 - 1042.75 - 31.75, 1e-5);
    assert_int_equal(f.state.liquidation_step, 0);
    assert_int_equal(f.event[1].kind, RIP_EVENT_TOP_UP);
    assert_near(f.event[1].amount_usd, 0.0, 0.0);
    assert_near(f.event[1].notional_usd, 31.75, 1e-5);
    fixture_free(&f);
}

/* MAR-4: as little as is missing; 0.109 here. */
static void
test_small_top_up(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    f.position[0].top_up = (rip_top_up){.rule = RIP_TOP_UP_TO_MAINTENANCE};
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 47159.0;
    fixture_step(&f);
    assert_int_equal(f.state.n_open, 1);
    assert_near(10000.0 - 1042.75 - rip_account_state_balance(&f.state), 0.109, 1e-5);
    fixture_free(&f);
}

/* MAR-4: `to_initial` lifts equity to the initial margin at the current mark. */
static void
test_top_up_to_initial(void **state)
{
    const rip_top_up policy = {.rule = RIP_TOP_UP_TO_INITIAL};
    margin_fixture f;
    (void)state;
    assert_close(after_breach(&f, policy, 1e4).equity_usd, 940.0, 1e-13);
    assert_close(rip_account_state_balance(&f.state), 1e4 - 1042.75 - 924.75, 1e-13);
    fixture_free(&f);
}

/* MAR-4: while it lasts: what is left moves, if that cures. */
static void
test_top_up_with_what_is_left(void **state)
{
    const rip_top_up policy = {.rule = RIP_TOP_UP_TO_INITIAL};
    margin_fixture f;
    (void)state;
    assert_close(after_breach(&f, policy, 1042.75 + 32.0).equity_usd, 47.25, 1e-12);
    assert_near(rip_account_state_balance(&f.state), 0.0, 1e-12);
    fixture_free(&f);
}

/* MAR-4: ... and nothing moves if it would not lift equity above maintenance. */
static void
test_no_top_up_in_vain(void **state)
{
    const rip_top_up policy = {.rule = RIP_TOP_UP_TO_INITIAL};
    margin_fixture f;
    (void)state;
    assert_int_equal(after_breach(&f, policy, 1042.75 + 31.7).n_position, 0);
    assert_int_equal(fixture_count(&f, RIP_EVENT_TOP_UP), 0);
    assert_close(rip_account_state_balance(&f.state), 31.7 + 15.25, 1e-12);
    fixture_free(&f);
}

/* MAR-4: a fraction of the initial bucket, up to `times` per bucket. */
static void
test_top_up_by_fraction(void **state)
{
    const rip_top_up policy = {
        .rule = RIP_TOP_UP_FRACTION, .times = 2, .fraction = 0.05};
    margin_fixture f;
    (void)state;
    assert_close(after_breach(&f, policy, 1e4).equity_usd, 15.25 + 52.1375, 1e-12);
    f.price_usd[BTC] = 46800.0;
    fixture_step(&f);
    assert_int_equal(f.held[0].n_top_up, 2);
    assert_int_equal(f.state.n_open, 1);
    f.price_usd[BTC] = 46635.0; /* 0.36 are missing */
    fixture_step(&f);
    assert_int_equal(f.held[0].status, RIP_POSITION_LIQUIDATED);
    assert_int_equal(fixture_count(&f, RIP_EVENT_TOP_UP), 2);
    assert_close(fixture_loss(&f), 0.2 * 5502.5, 1e-13);
    fixture_free(&f);
}

/* Section 3: all buckets are topped up before any is liquidated, so what a liquidation
   returns comes too late. */
static void
test_top_up_before_liquidations(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.2, 10.0);
    f.position[1].top_up = (rip_top_up){.rule = RIP_TOP_UP_TO_MAINTENANCE};
    f.account.wallet_usd = 2.0 * 1042.75 + 25.0;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 47000.0; /* 31.75 wanted, 25 free, 15.25 about to return */
    fixture_step(&f);
    assert_int_equal(f.state.n_open, 0);
    assert_int_equal(fixture_count(&f, RIP_EVENT_BREACH), 2);
    fixture_free(&f);
}

/* DEF-3: wiped out at the end of a step at or below the threshold; absorbing. */
static void
test_wipeout(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    f.account.wallet_usd = 2000.0;
    f.rules.wipeout_threshold = 0.25;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 52137.5 - 7499.0;
    fixture_step(&f);
    assert_int_equal(f.state.wipeout_step, 0);
    f.price_usd[BTC] = 52137.5 - 7501.0;
    fixture_step(&f);
    assert_int_equal(f.state.wipeout_step, 2);
    assert_int_equal(f.state.liquidation_step, 0);
    assert_int_equal(f.event[0].kind, RIP_EVENT_WIPEOUT);
    f.price_usd[BTC] = 60000.0;
    fixture_step(&f);
    f.price_usd[BTC] = 40000.0;
    fixture_step(&f);
    assert_int_equal(f.state.wipeout_step, 2);
    assert_int_equal(fixture_count(&f, RIP_EVENT_WIPEOUT), 1);
    fixture_free(&f);
}

/* DEF-3: at the threshold itself too: 0.25 of 2,000, in numbers that are exact. */
static void
test_wipeout_at_the_threshold(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    f.position[0].quantity = 0.25;
    f.account.wallet_usd = 2000.0;
    f.rules.wipeout_threshold = 0.25;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 52137.5 - 6000.0;
    fixture_step(&f);
    assert_int_equal(f.state.wipeout_step, 1);
    fixture_free(&f);
}

/* INS-1: a pool's borrowed cash pays interest each step, simple, into the causes as
   funding. */
static void
test_interest_on_borrowed_cash(void **state)
{
    margin_fixture f;
    double cause_usd[RIP_N_CAUSE];
    (void)state;
    fixture_init(&f);
    f.market.borrow_rate_usd = 0.11;
    (void)fixture_add(&f, ETH, RIP_KIND_SPOT, 5.0, 1.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    fixture_step(&f);
    fixture_step(&f);
    /* 3,018.5 borrowed for two hours */
    assert_close(f.state.interest_usd, 2.0 * 3018.5 * 0.11 / 8760.0, 1e-12);
    assert_close(rip_account_state_loss(&f.state, &f.point, cause_usd),
                 f.state.interest_usd, 1e-12);
    assert_close(cause_usd[RIP_CAUSE_FUNDING], f.state.interest_usd, 0.0);
    assert_close(rip_account_state_net_worth(&f.state, &f.point),
                 10000.0 - f.state.interest_usd, 1e-13);
    fixture_begin(&f, RIP_MODE_ISOLATED); /* a bucket of the full price: no loan */
    fixture_step(&f);
    assert_near(f.state.interest_usd, 0.0, 0.0);
    fixture_free(&f);
}

/* MAR-4: with no fee outside the buckets, an isolated account loses at most its buckets
   and top-ups. */
static void
test_isolated_loss_is_limited(void **state)
{
    uint64_t seed = 31;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        double most_usd = 0.0;
        fixture_random(&f, &seed);
        fixture_begin(&f, RIP_MODE_ISOLATED);
        for (int step = 0; step < N_STEP; step++) {
            fixture_random_prices(&f, &seed, 1.15);
            fixture_step(&f);
        }
        for (size_t k = 0; k < f.account.n_position; k++) {
            /* Unrealised profit at time 0 can be lost as well (DEF-1). */
            most_usd += f.position[k].bucket +
                        fmax(0.0, f.position[k].quantity *
                                      (f.asset[f.position[k].asset].price_usd -
                                       f.position[k].entry_usd));
        }
        for (size_t e = 0; e < f.n_event; e++) {
            most_usd +=
                f.event[e].kind == RIP_EVENT_TOP_UP ? f.event[e].notional_usd : 0.0;
        }
        assert_true(fixture_loss(&f) <= most_usd * (1.0 + 1e-12));
        fixture_free(&f);
    }
}

static double
open_result(const margin_fixture *f)
{
    double sum_usd = 0.0;
    for (size_t k = 0; k < f->account.n_position; k++) {
        if (f->held[k].status == RIP_POSITION_OPEN) {
            const size_t asset = f->position[k].asset;
            sum_usd += f->position[k].quantity *
                       (f->price_usd[asset] - f->asset[asset].price_usd);
            sum_usd -= rip_margin_position_paid(&f->state, k, &f->point);
        }
    }
    return sum_usd;
}

static double
gross_notional(const margin_fixture *f)
{
    double sum_usd = 0.0;
    for (size_t k = 0; k < f->account.n_position; k++) {
        sum_usd += fabs(f->position[k].quantity) * f->position[k].entry_usd;
    }
    return sum_usd;
}

/* Section 6 in every mode: loss = initial - present net worth = sum of the causes =
   what the events told and what is still open, to 1e-9 of gross notional; net worth is
   never negative (DEF-1, LIQ-6); a fee and a deficit never meet in one bucket (LIQ-4).
 */
static void
test_money_is_conserved(void **state)
{
    uint64_t seed = 1929;
    size_t n_told[RIP_EVENT_WIPEOUT + 1] = {0};
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random(&f, &seed);
        f.market.borrow_rate_usd = 20.0 * support_uniform(&seed);
        f.asset[ETH].borrow_rate = 20.0 * support_uniform(&seed);
        fixture_begin(&f, (rip_mode)(i % RIP_N_MODE));
        for (int step = 0; step < N_STEP; step++) {
            const double tiny_usd = 1e-9 * gross_notional(&f);
            double worth_usd, told_usd;
            fixture_random_prices(&f, &seed, 1.12);
            f.funding[BTC] += 5.0 * (support_uniform(&seed) - 0.4);
            f.funding[SOL] += 0.1 * (support_uniform(&seed) - 0.4);
            fixture_step(&f);
            worth_usd = rip_account_state_net_worth(&f.state, &f.point);
            assert_true(worth_usd >= -tiny_usd);
            assert_near(fixture_loss(&f), f.state.initial_usd - worth_usd, tiny_usd);
            told_usd = f.told_usd - open_result(&f) + f.state.interest_usd;
            assert_near(told_usd, fixture_loss(&f), tiny_usd);
            assert_near(-fixture_cause(&f, RIP_CAUSE_GAP), f.state.deficit_usd,
                        1e-14 * f.state.deficit_usd);
        }
        for (size_t e = 0; e < f.n_event; e++) {
            n_told[f.event[e].kind]++;
            if (e > 0 && f.event[e].kind == RIP_EVENT_DEFICIT) {
                assert_true(f.event[e - 1].kind != RIP_EVENT_FEE);
            }
        }
        fixture_free(&f);
    }
    for (size_t kind = 0; kind <= RIP_EVENT_WIPEOUT; kind++) {
        assert_true(n_told[kind] > 20); /* the test has seen everything */
    }
}

/* Nobody has to listen: the state is the same. */
static void
test_silence_changes_nothing(void **state)
{
    uint64_t seed = 77;
    (void)state;
    for (int i = 0; i < 500; i++) {
        margin_fixture f, g;
        fixture_random(&f, &seed);
        fixture_begin(&f, (rip_mode)(i % RIP_N_MODE));
        for (int step = 0; step < N_STEP; step++) {
            fixture_random_prices(&f, &seed, 1.15);
            g = f;
            g.rules.sink = NULL;
            g.state.held = g.held;
            g.point.price_usd = g.price_usd;
            g.point.funding = g.funding;
            fixture_step(&g);
            fixture_step(&f);
            assert_memory_equal(f.held, g.held, sizeof(f.held));
            assert_near(rip_account_state_balance(&g.state) -
                            rip_account_state_balance(&f.state),
                        0.0, 0.0);
            assert_near(fixture_loss(&g) - fixture_loss(&f), 0.0, 0.0);
        }
        fixture_free(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_liquidation),
        cmocka_unit_test(test_initial_breach),
        cmocka_unit_test(test_funding_comes_before_the_check),
        cmocka_unit_test(test_stop_before_liquidation),
        cmocka_unit_test(test_stop_of_a_short),
        cmocka_unit_test(test_no_top_up),
        cmocka_unit_test(test_top_up_to_maintenance),
        cmocka_unit_test(test_small_top_up),
        cmocka_unit_test(test_top_up_to_initial),
        cmocka_unit_test(test_top_up_with_what_is_left),
        cmocka_unit_test(test_no_top_up_in_vain),
        cmocka_unit_test(test_top_up_by_fraction),
        cmocka_unit_test(test_top_up_before_liquidations),
        cmocka_unit_test(test_wipeout),
        cmocka_unit_test(test_wipeout_at_the_threshold),
        cmocka_unit_test(test_interest_on_borrowed_cash),
        cmocka_unit_test(test_isolated_loss_is_limited),
        cmocka_unit_test(test_money_is_conserved),
        cmocka_unit_test(test_silence_changes_nothing),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
