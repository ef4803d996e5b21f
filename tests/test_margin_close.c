/* What a close does: fill, fee, leftover, deficit, and who keeps what. */
#include "margin_fixture.h"

#include <gsl/gsl_errno.h>

#include "riptide/margin/close.h"
#include "riptide/margin/pool.h"
#include "support.h"

/* 0.25 BTC long at 10x (bucket 1,303.4375), spread and fees. */
static size_t
one_long(margin_fixture *f)
{
    fixture_init(f);
    f->venue.liquidation.half_spread = 0.001;
    f->venue.fees.taker = 0.0005;
    f->venue.fees.liquidation = 0.0125;
    return fixture_add(f, BTC, RIP_KIND_LINEAR_PERP, 0.25, 10.0);
}

static void
close_bucket(margin_fixture *f, size_t bucket)
{
    fixture_assess(f);
    rip_margin_close_by_force(&f->state, &f->point, &f->sink, &f->bucket[bucket]);
}

/* LIQ-3, LIQ-4, LIQ-5: the worked example of margin/close.h. */
static void
test_isolated_close(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 50041.5;
    f.point.step = 3;
    close_bucket(&f, 0);
    assert_close(rip_account_state_balance(&f.state), 10000.0 - 1303.4375 + 604.29225,
                 1e-13);
    assert_close(fixture_cause(&f, RIP_CAUSE_SLIPPAGE), 12.510375, 1e-13);
    assert_close(fixture_cause(&f, RIP_CAUSE_FEES), 162.634875, 1e-13);
    assert_close(f.held[0].market_usd, 524.0, 1e-13);
    assert_close(f.state.forced_notional_usd, 12510.375, 1e-14);
    assert_int_equal(f.held[0].status, RIP_POSITION_LIQUIDATED);
    assert_int_equal(f.state.liquidation_step, 3);
    assert_int_equal(f.state.n_open, 0);
    assert_int_equal(f.n_event, 2);
    assert_int_equal(f.event[0].kind, RIP_EVENT_CLOSE);
    assert_close(f.event[0].price_usd, 50041.5 * 0.999, 1e-14);
    assert_close(f.event[0].quantity, 0.25, 0.0);
    assert_close(f.event[0].notional_usd, 12510.375, 1e-14);
    assert_int_equal(f.event[1].kind, RIP_EVENT_FEE);
    assert_close(f.told_usd, fixture_loss(&f), 1e-13);
    fixture_free(&f);
}

/* LIQ-3, short: the fill is above the mark. */
static void
test_short_fill(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    f.position[0].quantity = -0.25;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 53000.0;
    close_bucket(&f, 0);
    assert_close(f.event[0].price_usd, 53053.0, 1e-14);
    assert_close(f.event[0].amount_usd, 0.25 * (53053.0 - 52137.5), 1e-12);
    assert_close(fixture_cause(&f, RIP_CAUSE_SLIPPAGE), 13.25, 1e-13);
    fixture_free(&f);
}

/* LIQ-5: what is left may be confiscated instead. */
static void
test_confiscated_leftover(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    f.venue.isolated.leftover = RIP_LEFTOVER_CONFISCATED;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 50041.5;
    close_bucket(&f, 0);
    assert_close(rip_account_state_balance(&f.state), 10000.0 - 1303.4375, 1e-14);
    assert_close(fixture_cause(&f, RIP_CAUSE_CONFISCATED), 604.29225, 1e-12);
    assert_close(fixture_loss(&f), 1303.4375, 1e-13);
    assert_close(f.told_usd, 1303.4375, 1e-13);
    fixture_free(&f);
}

/* LIQ-4: a fee takes no more than there is; it never makes bad debt. */
static void
test_fee_is_capped(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 47000.0; /* 1303.4375 - 1284.375 - 11.75 are left */
    close_bucket(&f, 0);
    assert_close(fixture_cause(&f, RIP_CAUSE_FEES), 7.3125, 1e-11);
    assert_near(f.state.deficit_usd, 0.0, 0.0);
    assert_close(fixture_loss(&f), 1303.4375, 1e-13);
    fixture_free(&f);
}

/* LIQ-6, MAR-4: beyond the bucket others pay; the rest of the account is untouched. */
static void
test_isolated_deficit(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 40000.0;
    close_bucket(&f, 0);
    /* -3034.375 - 10 + 1303.4375 */
    assert_close(f.state.deficit_usd, 1740.9375, 1e-13);
    assert_close(fixture_cause(&f, RIP_CAUSE_GAP), -1740.9375, 1e-13);
    assert_close(rip_account_state_balance(&f.state), 10000.0 - 1303.4375, 1e-14);
    assert_near(fixture_cause(&f, RIP_CAUSE_FEES), 0.0, 0.0);
    assert_close(fixture_loss(&f), 1303.4375, 1e-12);
    assert_int_equal(f.event[1].kind, RIP_EVENT_DEFICIT);
    assert_close(f.told_usd, 1303.4375, 1e-12);
    fixture_free(&f);
}

/* DEF-1, LIQ-6: a pool ends at nothing, never below. */
static void
test_pool_deficit(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 2.5, 10.0);
    f.account.wallet_usd = 2000.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 40000.0;
    f.price_usd[ETH] = 2700.0;
    close_bucket(&f, 0);
    /* 2000 - 3034.375 + 240.75 - 10 - 6.75 */
    assert_close(f.state.deficit_usd, 810.375, 1e-13);
    assert_near(rip_account_state_balance(&f.state), 0.0, 0.0);
    assert_near(rip_account_state_net_worth(&f.state, &f.point), 0.0, 0.0);
    assert_close(fixture_loss(&f), 2000.0, 1e-13);
    assert_int_equal(f.state.n_open, 0);
    assert_int_equal(fixture_count(&f, RIP_EVENT_CLOSE), 2);
    assert_close(f.told_usd, 2000.0, 1e-13);
    fixture_free(&f);
}

/* DEF-4: what is left of a cross account stays in its wallet, whatever `leftover`
   says; the fee is on all that was closed. */
static void
test_pool_remainder(void **state)
{
    margin_fixture f;
    (void)state;
    (void)one_long(&f);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 2.5, 10.0);
    f.venue.isolated.leftover = RIP_LEFTOVER_CONFISCATED;
    f.account.wallet_usd = 2000.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 50000.0;
    close_bucket(&f, 0);
    assert_close(fixture_cause(&f, RIP_CAUSE_FEES), 0.013 * (12500.0 + 6509.25), 1e-13);
    assert_close(rip_account_state_balance(&f.state),
                 2000.0 - 534.375 - 0.014 * (12500.0 + 6509.25), 1e-13);
    fixture_free(&f);
}

/* DEF-4: coins that are paid in full stay after a close, and keep floating. */
static void
test_coins_stay(void **state)
{
    margin_fixture f;
    size_t coin;
    (void)state;
    (void)one_long(&f);
    coin = fixture_add(&f, ETH, RIP_KIND_SPOT, 0.3, 1.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 40000.0;
    close_bucket(&f, 0);
    assert_int_equal(f.held[coin].status, RIP_POSITION_OPEN);
    assert_int_equal(f.state.n_open, 1);
    assert_near(f.state.deficit_usd, 0.0, 0.0);
    f.price_usd[ETH] = 1000.0;
    assert_close(rip_account_state_net_worth(&f.state, &f.point),
                 rip_margin_pool_cash(&f.state) + 300.0, 1e-13);
    fixture_free(&f);
}

/* DEF-4: ... unless cash is missing: then they are sold, one by one, as far as needed,
   and pay their fee too. */
static void
test_coins_are_sold(void **state)
{
    margin_fixture f;
    size_t first, second;
    (void)state;
    (void)one_long(&f);
    f.venue.liquidation.half_spread = 0.0;
    first = fixture_add(&f, ETH, RIP_KIND_SPOT, 0.3, 1.0);
    second = fixture_add(&f, SOL, RIP_KIND_SPOT, 4.0, 1.0);
    f.account.wallet_usd = 3000.0; /* 1,749.97 in cash */
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_false(f.state.borrows);
    f.price_usd[BTC] = 44537.5; /* 1,900 lost, fee 144.746875 */
    close_bucket(&f, 0);
    assert_int_equal(f.held[first].status, RIP_POSITION_LIQUIDATED);
    assert_int_equal(f.held[second].status, RIP_POSITION_OPEN);
    assert_close(fixture_cause(&f, RIP_CAUSE_FEES), 0.013 * (11134.375 + 781.11),
                 1e-13);
    assert_true(rip_margin_pool_cash(&f.state) > 0.0);
    assert_close(rip_account_state_net_worth(&f.state, &f.point),
                 3000.0 - 1900.0 - 0.013 * (11134.375 + 781.11), 1e-13);
    assert_close(f.told_usd, fixture_loss(&f), 1e-13);
    fixture_free(&f);
}

/* LIQ-4: coins are sold for the fee as well, so that it is no debt. */
static void
test_coins_pay_the_fee(void **state)
{
    margin_fixture f;
    size_t coin;
    (void)state;
    (void)one_long(&f);
    f.venue.liquidation.half_spread = 0.0;
    coin = fixture_add(&f, ETH, RIP_KIND_SPOT, 0.3, 1.0);
    f.account.wallet_usd = 2700.0; /* 1,918.89 in cash */
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 44537.5; /* 18.89 are left of it, the fee is 144.746875 */
    close_bucket(&f, 0);
    assert_int_equal(f.held[coin].status, RIP_POSITION_LIQUIDATED);
    assert_near(rip_margin_pool_loan(&f.state), 0.0, 0.0);
    assert_near(f.state.deficit_usd, 0.0, 0.0);
    fixture_free(&f);
}

/* LIQ-3, LIQ-4, DEF-4: a stop pays the taker fee only, returns its bucket even where
   leftovers are confiscated, and is no liquidation (DEF-3). */
static void
test_stop(void **state)
{
    margin_fixture f;
    size_t k;
    (void)state;
    k = one_long(&f);
    f.venue.isolated.leftover = RIP_LEFTOVER_CONFISCATED;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 50041.5;
    f.point.step = 2;
    rip_margin_close_by_stop(&f.state, &f.point, &f.sink, k);
    assert_close(fixture_cause(&f, RIP_CAUSE_FEES), 6.2551875, 1e-13);
    assert_close(rip_account_state_balance(&f.state),
                 10000.0 - 524.0 - 12.510375 - 6.2551875, 1e-13);
    assert_int_equal(f.held[k].status, RIP_POSITION_STOPPED);
    assert_int_equal(f.state.liquidation_step, 0);
    assert_near(f.state.forced_notional_usd, 0.0, 0.0);
    assert_int_equal(f.event[0].kind, RIP_EVENT_STOP);
    assert_close(f.told_usd, fixture_loss(&f), 1e-13);
    fixture_free(&f);
}

/* LIQ-6: a stop that fills beyond the bucket leaves a deficit, and the account whole.
 */
static void
test_stop_through_bankruptcy(void **state)
{
    margin_fixture f;
    size_t k;
    (void)state;
    k = one_long(&f);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 40000.0;
    rip_margin_close_by_stop(&f.state, &f.point, &f.sink, k);
    assert_close(f.state.deficit_usd, 1740.9375, 1e-13);
    assert_close(rip_account_state_balance(&f.state), 10000.0 - 1303.4375, 1e-14);
    f.account.wallet_usd = 2000.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 40000.0;
    rip_margin_close_by_stop(&f.state, &f.point, &f.sink, k);
    assert_close(f.state.deficit_usd, 1044.375, 1e-13);
    assert_near(rip_account_state_balance(&f.state), 0.0, 0.0);
    fixture_free(&f);
}

/* INS-1: cash lost to a stop beyond the balance is a loan on the coins. */
static void
test_stop_that_borrows(void **state)
{
    margin_fixture f;
    size_t k;
    (void)state;
    k = one_long(&f);
    (void)fixture_add(&f, ETH, RIP_KIND_SPOT, 3.0, 1.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 50000.0;
    rip_margin_close_by_stop(&f.state, &f.point, &f.sink, k);
    assert_false(f.state.borrows);
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 42000.0;
    assert_false(f.state.borrows);
    rip_margin_close_by_stop(&f.state, &f.point, &f.sink, k);
    assert_true(f.state.borrows);
    assert_close(rip_margin_pool_loan(&f.state),
                 3.0 * 2603.7 - 10000.0 + 2534.375 + 10.5 + 5.25, 1e-12);
    assert_near(f.state.deficit_usd, 0.0, 0.0);
    fixture_free(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_isolated_close),
        cmocka_unit_test(test_short_fill),
        cmocka_unit_test(test_confiscated_leftover),
        cmocka_unit_test(test_fee_is_capped),
        cmocka_unit_test(test_isolated_deficit),
        cmocka_unit_test(test_pool_deficit),
        cmocka_unit_test(test_pool_remainder),
        cmocka_unit_test(test_coins_stay),
        cmocka_unit_test(test_coins_are_sold),
        cmocka_unit_test(test_coins_pay_the_fee),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_through_bankruptcy),
        cmocka_unit_test(test_stop_that_borrows),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
