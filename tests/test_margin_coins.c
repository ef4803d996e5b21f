/* Coin wallets, inverse perpetuals and currencies as collateral. */
#include "support.h"

#include <gsl/gsl_errno.h>

#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"

#include "margin_kinds.h"

/* A margin fixture whose BTC has another price. */
static void
begin(margin_fixture *f, double price_usd)
{
    fixture_init(f);
    f->asset[BTC].price_usd = price_usd;
    f->account.wallet_usd = 0.0;
}

/* MAR-5, MAR-7: Binance developer forum, topic 6292: 101 BTC and 10,000,000 USD
   contracts long from 45,000 at 12.5 % less 11.81 BTC. */
static void
test_inverse_long_cross(void **state)
{
    static const double floors = 0.0, rate = 0.125, most = 4.0, deduction = 11.81;
    margin_fixture f;
    (void)state;
    begin(&f, 45000.0);
    rip_margin_tiers_free(&f.venue.tiers[BTC]);
    assert_int_equal(rip_margin_tiers_init(&f.venue.tiers[BTC], 1, &floors, &rate,
                                           &most, &deduction),
                     RIP_OK);
    (void)fixture_coins(&f, BTC, 101.0);
    (void)fixture_inverse(&f, BTC, 1e7, 4.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_close(rip_margin_price_liquidation(&f.state, &f.point, &f.scratch, 0),
                 1e7 * 1.125 / (101.0 + 11.81 + 1e7 / 45000.0), 1e-14);
    assert_close(rip_margin_price_liquidation(&f.state, &f.point, &f.scratch, 0),
                 33578.859744834, 1e-12);
    fixture_free(&f);
}

/* MAR-2, MAR-7, MAR-8: Bybit help centre, inverse cross example: 0.5 BTC, 10,000 long
   from 8,000; at 5,718.57 equity is the closing fee, at 5,714.29 nothing. */
static void
test_inverse_bankruptcy(void **state)
{
    static const double floors = 0.0, rate = 0.0;
    margin_fixture f;
    (void)state;
    begin(&f, 8000.0);
    fixture_tiers(&f, BTC, 1, &floors, &rate);
    f.venue.closing_fee_reserved = 0.00075;
    (void)fixture_coins(&f, BTC, 0.5);
    (void)fixture_inverse(&f, BTC, 10000.0, 100.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_near(rip_margin_price_liquidation(&f.state, &f.point, &f.scratch, 0),
                5718.57, 0.005);
    assert_close(rip_margin_price_bankruptcy(&f.state, &f.point, &f.scratch, 0),
                 10000.0 / 1.75, 1e-14);
    fixture_free(&f);
}

/* MAR-4, MAR-7: an isolated inverse short: N (1 - mmr) / (N / E - WB - cum), the bucket
   in coins; and a wallet that holds the rest. */
static void
test_inverse_short_isolated(void **state)
{
    margin_fixture f;
    const double held = 31000.0 / 52137.5, posted = held / 5.0;
    (void)state;
    fixture_init(&f);
    (void)fixture_coins(&f, BTC, 0.3);
    (void)fixture_inverse(&f, BTC, -31000.0, 5.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_close(rip_account_state_coins(&f.state, 0), 0.3 - posted, 1e-15);
    assert_close(rip_margin_price_liquidation(&f.state, &f.point, &f.scratch, 0),
                 31000.0 * (1.0 - 0.005) / (held - posted), 1e-13);
    f.price_usd[BTC] = 55000.0;
    fixture_assess(&f);
    assert_close(f.bucket[0].equity_usd, 55000.0 * (posted - held + 31000.0 / 55000.0),
                 1e-12);
    assert_close(f.bucket[0].maintenance_usd, 0.005 * 31000.0, 1e-14);
    fixture_free(&f);
}

/* MAR-5, with the numbers of pool.h: a coin's total takes the haircut, not its parts;
   a negative total counts in full. */
static void
test_haircut(void **state)
{
    double haircut[FIXTURE_ASSETS] = {0.05};
    margin_fixture f;
    (void)state;
    begin(&f, 50000.0);
    (void)fixture_coins(&f, BTC, 0.8);
    (void)fixture_inverse(&f, BTC, 31000.0, 10.0);
    f.venue.collateral.haircut = haircut;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 48000.0;
    assert_close(rip_margin_pool_equity(&f.state, RIP_MARGIN_POOLED, &f.point),
                 (0.8 + 0.62 - 31000.0 / 48000.0) * 48000.0 * 0.95, 1e-14);
    assert_close(rip_margin_pool_worth(&f.state, &f.point),
                 (0.8 + 0.62 - 31000.0 / 48000.0) * 48000.0, 1e-14);
    f.price_usd[BTC] = 20000.0;
    assert_close(rip_margin_pool_equity(&f.state, RIP_MARGIN_POOLED, &f.point),
                 (0.8 + 0.62 - 1.55) * 20000.0, 1e-13);
    f.venue.collateral.haircut = NULL;
    fixture_free(&f);
}

/* INS-1: a close in part that leaves cash missing makes coins collateral of a loan, as
   a stop does: 0.5 % of 10,414.80 is asked for as well. */
static void
test_loan_of_a_close_in_part(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    f.venue.liquidation.size = RIP_LIQUIDATION_MINIMAL;
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 1.0, 20.0);
    (void)fixture_add(&f, ETH, RIP_KIND_SPOT, 4.0, 1.0);
    f.account.wallet_usd = 10464.8; /* 50 more than the coins cost */
    fixture_begin(&f, RIP_MODE_CROSS);
    fixture_assess(&f);
    assert_close(f.bucket[0].maintenance_usd, 260.6875, 1e-13);
    f.price_usd[BTC] =
        41837.5; /* 164.80 of 209.1875: 8,877.50 to close, then 10,414.80 */
    fixture_step(&f);
    assert_close(f.held[0].quantity, 1.0 - 19292.3 / 41837.5, 1e-12);
    assert_close(f.held[1].quantity, 4.0, 0.0);
    fixture_assess(&f);
    assert_close(f.bucket[0].equity_usd, 164.8, 1e-11);
    assert_close(f.bucket[0].maintenance_usd, 164.8, 1e-11);
    fixture_free(&f);
}

/* MAR-5: spot coins are collateral of their own currency; what they cost is USD. */
static void
test_haircut_of_spot(void **state)
{
    double haircut[FIXTURE_ASSETS] = {0.0, 0.1};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, ETH, RIP_KIND_SPOT, 2.0, 1.0);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.1, 10.0);
    (void)fixture_coins(&f, ADA, 100.0);
    f.venue.collateral.haircut = haircut;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[ETH] = 2500.0;
    f.price_usd[BTC] = 52000.0;
    assert_close(rip_margin_pool_equity(&f.state, RIP_MARGIN_POOLED, &f.point),
                 10000.0 - 2.0 * 2603.7 - 13.75 + 0.9 * 2.0 * 2500.0 + 33.19, 1e-14);
    f.venue.collateral.haircut = NULL;
    fixture_free(&f);
}

/* MAR-5: without pooling each currency has its own bucket and breaches by itself. */
static void
test_per_currency(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    f.venue.collateral.per_currency = true;
    (void)fixture_coins(&f, BTC, 0.1);
    (void)fixture_inverse(&f, BTC, 31000.0, 10.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 2.0, 10.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_int_equal(f.state.model->n_bucket(&f.state), 2);
    f.price_usd[BTC] = 44000.0; /* 0.1 - 31,000 / 44,000 + 0.5946 < 0 */
    fixture_assess(&f);
    assert_false(rip_margin_is_breached(&f.venue, &f.bucket[0]));
    assert_close(f.bucket[0].equity_usd, 10000.0, 0.0);
    assert_close(f.bucket[0].maintenance_usd, 0.005 * 2.0 * 2603.7, 1e-14);
    assert_true(rip_margin_is_breached(&f.venue, &f.bucket[1]));
    assert_ptr_equal(rip_margin_bucket_of(f.bucket, 2, &f.state, 0), &f.bucket[1]);
    f.venue.collateral.per_currency = false;
    fixture_assess(&f);
    assert_false(rip_margin_is_breached(&f.venue, &f.bucket[0]));
    fixture_free(&f);
}

/* LIQ-6, DEF-1: ... and owes by itself: what is missing in a coin when nothing is open
   in it any more is a deficit at once, whatever is open in other currencies. */
static void
test_currency_answers_for_itself(void **state)
{
    const double owed = 31000.0 / 44000.0 - 31000.0 / 52137.5 - 0.1;
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    f.venue.collateral.per_currency = true;
    (void)fixture_coins(&f, BTC, 0.1);
    (void)fixture_inverse(&f, BTC, 31000.0, 10.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 2.0, 10.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 44000.0;
    fixture_step(&f);
    assert_int_equal(f.held[0].status, RIP_POSITION_LIQUIDATED);
    assert_int_equal(f.held[1].status, RIP_POSITION_OPEN);
    assert_close(f.state.deficit_usd, owed * 44000.0, 1e-12);
    assert_close(fixture_cause(&f, RIP_CAUSE_GAP), -owed * 44000.0, 1e-12);
    assert_close(rip_account_state_net_worth(&f.state, &f.point), 10000.0, 1e-13);
    f.price_usd[BTC] = 60000.0; /* no coin is owed any more */
    assert_close(rip_account_state_net_worth(&f.state, &f.point), 10000.0, 1e-13);
    fixture_free(&f);
}

/* INS-3: an inverse perpetual pays q / S rate in coins; what that cost is valued when
   it was paid. DEF-1: coins at their price. */
static void
test_coin_funding(void **state)
{
    double paid[FIXTURE_ASSETS] = {0.0001 / 50000.0 + 0.0001 / 40000.0};
    double cause_usd[RIP_N_CAUSE];
    margin_fixture f;
    (void)state;
    begin(&f, 52137.5);
    f.asset[BTC].funding_rate = 0.0001;
    (void)fixture_coins(&f, BTC, 0.7);
    (void)fixture_inverse(&f, BTC, 31000.0, 10.0);
    for (rip_mode mode = RIP_MODE_ISOLATED; mode <= RIP_MODE_CROSS; mode++) {
        double loss_usd;
        fixture_begin(&f, mode);
        assert_close(f.state.initial_usd, 0.7 * 52137.5, 1e-15);
        f.point.funding_coin = paid;
        f.point.n_payment = 2;
        f.price_usd[BTC] = 40000.0;
        assert_close(rip_margin_position_paid(&f.state, 0, &f.point),
                     31000.0 * paid[BTC] * 40000.0, 1e-14);
        loss_usd = rip_account_state_loss(&f.state, &f.point, cause_usd);
        assert_close(cause_usd[RIP_CAUSE_FUNDING], 6.2, 1e-14);
        assert_close(
            loss_usd,
            0.7 * (52137.5 - 40000.0) +
                40000.0 * (31000.0 / 40000.0 - 31000.0 / 52137.5 + 31000.0 * paid[BTC]),
            1e-12);
        assert_close(rip_account_state_net_worth(&f.state, &f.point),
                     f.state.initial_usd - loss_usd, 1e-12);
    }
    fixture_free(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inverse_long_cross),
        cmocka_unit_test(test_inverse_bankruptcy),
        cmocka_unit_test(test_inverse_short_isolated),
        cmocka_unit_test(test_haircut),
        cmocka_unit_test(test_loan_of_a_close_in_part),
        cmocka_unit_test(test_haircut_of_spot),
        cmocka_unit_test(test_per_currency),
        cmocka_unit_test(test_currency_answers_for_itself),
        cmocka_unit_test(test_coin_funding),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
