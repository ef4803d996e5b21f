#include "margin_fixture.h"

#include <gsl/gsl_errno.h>

#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"
#include "support.h"

/* INS-1: the loan is q * entry - bucket, equity q S - loan (1 + rate t), MM mmr q S. */
static void
test_spot_bought_on_a_loan(void **state)
{
    margin_fixture f;
    size_t k;
    (void)state;
    fixture_init(&f);
    f.market.borrow_rate_usd = 0.08;
    k = fixture_add(&f, ETH, RIP_KIND_SPOT, 0.4, 2.5);
    f.position[k].entry_usd = 2500.0;
    f.position[k].bucket = 600.0;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[ETH] = 2450.0;
    f.point.years = 0.5;
    fixture_assess(&f);
    assert_close(rip_margin_position_loan(&f.state, k), 400.0, 1e-14);
    assert_close(f.bucket[k].equity_usd, 980.0 - 400.0 * 1.04, 1e-13);
    assert_close(f.bucket[k].maintenance_usd, 4.9, 1e-14);
    assert_true(rip_margin_position_is_margined(&f.state, k));
    assert_true(rip_margin_position_pays_interest(&f.state, k));
    fixture_free(&f);
}

/* INS-1, short: a coin loan of |q|, which grows by its rate. */
static void
test_spot_sold_short(void **state)
{
    margin_fixture f;
    size_t k;
    (void)state;
    fixture_init(&f);
    f.asset[ETH].borrow_rate = 0.03;
    k = fixture_add(&f, ETH, RIP_KIND_SPOT, -0.4, 2.5);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[ETH] = 2700.0;
    f.point.years = 0.25;
    fixture_assess(&f);
    /* cash |q| entry + bucket, less the coins owed */
    assert_close(f.bucket[k].equity_usd,
                 0.4 * 2603.7 + f.position[k].bucket - 0.4 * 2700.0 * 1.0075, 1e-12);
    assert_near(rip_margin_position_loan(&f.state, k), 0.0, 0.0);
    assert_true(rip_margin_position_is_margined(&f.state, k));
    fixture_free(&f);
}

/* INS-1: at leverage 1 there is no loan, no margin and no liquidation. */
static void
test_spot_paid_in_full(void **state)
{
    margin_fixture f;
    size_t k;
    (void)state;
    fixture_init(&f);
    f.market.borrow_rate_usd = 0.08;
    k = fixture_add(&f, ETH, RIP_KIND_SPOT, 0.7127, 1.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_false(rip_margin_position_is_margined(&f.state, k));
    assert_false(rip_margin_position_pays_interest(&f.state, k));
    f.price_usd[ETH] = 1e-6;
    fixture_step(&f);
    assert_int_equal(f.state.liquidation_step, 0);
    assert_int_equal(f.n_event, 0);
    fixture_free(&f);
}

/* INS-1: a bucket that misses the price by a rounding is no loan; one that misses it by
   little is. Of perpetuals and in pools there is no loan at all. */
static void
test_smallest_loan(void **state)
{
    margin_fixture f;
    size_t k, other;
    (void)state;
    fixture_init(&f);
    k = fixture_add(&f, ETH, RIP_KIND_SPOT, 0.7127, 1.0);
    other = fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 0.7127, 10.0);
    f.position[k].bucket *= 1.0 - 1e-12;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_false(rip_margin_position_is_margined(&f.state, k));
    assert_near(rip_margin_position_loan(&f.state, other), 0.0, 0.0);
    f.position[k].bucket -= 0.25;
    assert_true(rip_margin_position_is_margined(&f.state, k));
    assert_close(rip_margin_position_loan(&f.state, k), 0.25, 1e-7);
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_near(rip_margin_position_loan(&f.state, k), 0.0, 0.0);
    fixture_free(&f);
}

/* INS-1: in a pool coins are margined only if the wallet does not cover them. */
static void
test_spot_in_a_pool(void **state)
{
    margin_fixture f;
    size_t k;
    (void)state;
    fixture_init(&f);
    k = fixture_add(&f, ETH, RIP_KIND_SPOT, 3.0, 1.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_false(f.state.borrows);
    assert_close(rip_margin_pool_cash(&f.state), 10000.0 - 3.0 * 2603.7, 1e-13);
    assert_near(rip_margin_pool_loan(&f.state), 0.0, 0.0);
    assert_near(rip_margin_position_maintenance(&f.state, k, &f.point), 0.0, 0.0);
    assert_near(rip_margin_position_initial(&f.state, k, &f.point), 0.0, 0.0);
    f.account.wallet_usd = 3.0 * 2603.7; /* to the last cent */
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_false(f.state.borrows);
    f.account.wallet_usd -= 0.125;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_true(f.state.borrows);
    f.position[k].quantity = 0.5;
    f.account.wallet_usd = 0.5 * 2603.7 - 0.125;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_true(f.state.borrows);
    f.account.wallet_usd = 0.5 * 2603.7 + 0.125;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_near(rip_margin_pool_loan(&f.state), 0.0, 0.0);
    f.account.wallet_usd = 10000.0;
    f.position[k].quantity = 5.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_true(f.state.borrows);
    assert_close(rip_margin_pool_loan(&f.state), 5.0 * 2603.7 - 10000.0, 1e-13);
    assert_close(rip_margin_position_maintenance(&f.state, k, &f.point),
                 0.005 * 5.0 * 2603.7, 1e-13);
    fixture_free(&f);
}

/* INS-3: longs pay q * F, shorts receive it; F is a sum of mark * rate. Three payments
   of 0.0001 on one coin at 60,000 are 18 USD. */
static void
test_funding_by_index(void **state)
{
    margin_fixture f;
    size_t in, out, coin;
    (void)state;
    fixture_init(&f);
    in = fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 1.0, 10.0);
    out = fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, -0.25, 10.0);
    coin = fixture_add(&f, BTC, RIP_KIND_SPOT, 0.5, 1.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    f.funding[BTC] = 3.0 * 0.0001 * 60000.0;
    assert_close(rip_margin_position_paid(&f.state, in, &f.point), 18.0, 1e-14);
    assert_close(rip_margin_position_paid(&f.state, out, &f.point), -4.5, 1e-14);
    assert_near(rip_margin_position_paid(&f.state, coin, &f.point), 0.0, 0.0);
    f.price_usd[BTC] = 52000.0;
    assert_close(rip_margin_position_result(&f.state, in, &f.point), -137.5 - 18.0,
                 1e-13);
    fixture_free(&f);
}

/* MAR-1 of one position: by its notional at the mark. */
static void
test_margin_of_a_position(void **state)
{
    static const double floor_usd[] = {0.0, 50000.0}, rate[] = {0.004, 0.005};
    margin_fixture f;
    size_t k;
    (void)state;
    fixture_init(&f);
    fixture_tiers(&f, BTC, 2, floor_usd, rate);
    k = fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, -1.1534, 20.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_close(rip_margin_position_notional(&f.state, k, &f.point), 60135.3925,
                 1e-14);
    assert_close(rip_margin_position_maintenance(&f.state, k, &f.point), 250.6769625,
                 1e-13);
    assert_close(rip_margin_position_initial(&f.state, k, &f.point), 3006.769625,
                 1e-13);
    fixture_free(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spot_bought_on_a_loan),
        cmocka_unit_test(test_spot_sold_short),
        cmocka_unit_test(test_spot_paid_in_full),
        cmocka_unit_test(test_smallest_loan),
        cmocka_unit_test(test_spot_in_a_pool),
        cmocka_unit_test(test_funding_by_index),
        cmocka_unit_test(test_margin_of_a_position),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
