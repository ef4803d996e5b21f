/* Options: worked example 3, scenarios of volatility, what their values count. */
#include "support.h"

#include <gsl/gsl_errno.h>
#include <stdlib.h>

#include "riptide/margin/portfolio.h"
#include "riptide/margin/position.h"
#include "riptide/margin/scenario.h"
#include "riptide/numerics/black.h"
#include "riptide/numerics/math.h"

#include "margin_kinds.h"

/* The grid of the contract's sample venue: seven moves by three states, and an extra
   scenario. */
static void
sample_venue(margin_fixture *f)
{
    rip_venue *venue = &f->venue;
    for (size_t s = 0; s < 21; s++) {
        venue->portfolio.scenario[s] =
            (rip_scenario){.spot = 0.05 * (double)(s / 3) - 0.15,
                           .weight = 1.0,
                           .volatility = (int)(s % 3) - 1};
    }
    venue->portfolio.scenario[21] =
        (rip_scenario){.spot = -0.3, .weight = 0.35, .volatility = 1, .extra = true};
    venue->portfolio.n_scenario = 22;
    venue->portfolio.volatility_shock = (rip_volatility_shock){.up = 0.5,
                                                               .down = 0.3,
                                                               .power_short = 0.3,
                                                               .power_long = 0.13,
                                                               .pivot_days = 30.0};
    venue->portfolio.mm_factor = 0.8;
    venue->option_margin = RIP_OPTION_MARGIN_DERIBIT;
}

/* One BTC long at 60,000 and a put. */
static void
begin_hedge(margin_fixture *f, double strike_usd)
{
    fixture_init(f);
    sample_venue(f);
    f->asset[BTC].price_usd = 60000.0;
    f->account.wallet_usd = 12000.0;
    (void)fixture_add(f, BTC, RIP_KIND_LINEAR_PERP, 1.0, 10.0);
    (void)fixture_option(
        f, BTC, 1.0,
        (fixture_terms){
            .is_put = true, .strike_usd = strike_usd, .days = 30.0, .volatility = 0.6});
}

/* Worked example 3, MAR-6: what a put takes off the requirement of its perpetual. */
static void
test_put_lowers_portfolio(void **state)
{
    margin_fixture f;
    (void)state;
    begin_hedge(&f, 50000.0);
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    fixture_assess(&f);
    assert_near(f.bucket[0].maintenance_usd, 6193.0, 0.5);
    assert_close(0.8 * rip_margin_portfolio_alone(&f.state, &f.point, 0), 7200.0,
                 1e-14);
    assert_close(f.bucket[0].equity_usd, 12000.0 + f.position[1].entry_usd, 1e-14);
    /* Of one underlying every rule between underlyings asks for the same. */
    fixture_assume(&f, 0.5);
    f.venue.portfolio.offset_factor = 0.37;
    for (rip_between rule = RIP_BETWEEN_ADD; rule <= RIP_BETWEEN_CORRELATED; rule++) {
        f.venue.portfolio.between = rule;
        fixture_assess(&f);
        assert_near(f.bucket[0].maintenance_usd, 6193.0, 0.5);
    }
    fixture_free(&f);
    begin_hedge(&f, 60000.0);
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    fixture_assess(&f);
    assert_near(f.bucket[0].maintenance_usd, 3072.0, 0.5);
    fixture_free(&f);
}

/* Worked example 3, INS-2: -25 % and iv x 1.5, with the put counted and not. */
static void
test_selloff(void **state)
{
    double volatility = 0.9;
    margin_fixture f;
    (void)state;
    begin_hedge(&f, 50000.0);
    for (int i = 0; i < 3; i++) {
        f.venue.collateral.long_option_value = i == 2 ? 1.0 : 0.0;
        fixture_begin(&f, i == 0 ? RIP_MODE_PORTFOLIO : RIP_MODE_CROSS);
        f.price_usd[BTC] = 45000.0;
        f.point.volatility = &volatility;
        fixture_assess(&f);
        assert_near(rip_margin_position_result(&f.state, 1, &f.point), 7774.0, 0.5);
        assert_int_equal(rip_margin_is_breached(&f.venue, &f.bucket[0]), i == 1);
        assert_near(f.bucket[0].equity_usd, i == 1 ? -3000.0 : 4774.0, 0.5);
        if (i == 0) {
            assert_near(f.bucket[0].maintenance_usd, 2028.0, 0.5);
        }
    }
    fixture_free(&f);
}

/* MAR-6: the term structure of the shocks, and their floor. */
static void
test_volatility_shock(void **state)
{
    margin_fixture f;
    const rip_venue *venue = &f.venue;
    (void)state;
    fixture_init(&f);
    sample_venue(&f);
    assert_close(rip_margin_scenario_volatility(venue, 0.6, 30.0, 1), 0.9, 1e-15);
    assert_close(rip_margin_scenario_volatility(venue, 0.6, 30.0, -1), 0.42, 1e-15);
    assert_close(rip_margin_scenario_volatility(venue, 0.6, 7.0, 0), 0.6, 0.0);
    assert_close(rip_margin_scenario_volatility(venue, 0.6, 7.5, 1),
                 0.6 * (1.0 + 0.5 * rip_math_pow(4.0, 0.3)), 1e-14);
    assert_close(rip_margin_scenario_volatility(venue, 0.6, 120.0, -1),
                 0.6 * (1.0 - 0.3 * rip_math_pow(0.25, 0.13)), 1e-14);
    /* A day at least; and not below 0. */
    assert_close(rip_margin_scenario_volatility(venue, 0.6, 0.2, 1),
                 0.6 * (1.0 + 0.5 * rip_math_pow(30.0, 0.3)), 1e-14);
    f.venue.portfolio.volatility_shock.down = 0.9;
    assert_near(rip_margin_scenario_volatility(venue, 0.6, 1.0, -1), 0.0, 0.0);
    f.venue.portfolio.volatility_shock.floor = 1.1;
    assert_close(rip_margin_scenario_volatility(venue, 0.6, 30.0, 1), 1.1, 0.0);
    assert_close(rip_margin_scenario_volatility(venue, 0.6, 30.0, -1), 0.06, 1e-14);
    fixture_free(&f);
}

/* MAR-6: L. McMillan, Options as a Strategic Investment, SPAN example: the printed
   array of a long call of 500 (level, volatility and shocks were fitted to it). */
static void
test_span_array(void **state)
{
    static const double move[] = {
        -0.048338018092920175, -0.03222534539528012, -0.01611267269764006, 0.0,
        0.01611267269764006,   0.03222534539528012,  0.048338018092920175};
    static const double printed[] = {3990.0,  3380.0,  3430.0,  2540.0,  2340.0,
                                     1270.0,  610.0,   -460.0,  -1730.0, -2640.0,
                                     -4540.0, -5210.0, -7640.0, -8060.0};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    f.asset[BTC].price_usd = 413.753;
    f.venue.portfolio.n_scenario = 14;
    for (size_t s = 0; s < 14; s++) {
        f.venue.portfolio.scenario[s] = (rip_scenario){
            .spot = move[s / 2], .weight = 1.0, .volatility = s % 2 == 0 ? -1 : 1};
    }
    f.venue.portfolio.volatility_shock =
        (rip_volatility_shock){.up = 0.1414, .down = 0.1895};
    (void)fixture_option(
        &f, BTC, 500.0,
        (fixture_terms){.strike_usd = 410.0, .days = 55.0, .volatility = 0.10431});
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    for (size_t s = 0; s < 14; s++) {
        assert_near(rip_margin_portfolio_scenario_loss(&f.state, &f.point, s),
                    printed[s], 15.0);
    }
    fixture_free(&f);
}

/* MAR-6: a public capture of Deribit's private/pme/simulate: short one ETH of inverse
   perpetuals at 2,000, +18 % the worst, 0.5 % on rolls. */
static void
test_inverse_portfolio(void **state)
{
    static const double moves[] = {-0.18, -0.135, -0.09, -0.045, 0.0,
                                   0.045, 0.09,   0.135, 0.18};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    fixture_grid(&f, 9, moves);
    f.asset[ETH].price_usd = 2000.0;
    f.venue.portfolio.contingency.roll = 0.005;
    f.venue.portfolio.gain_offset = 0.6;
    f.venue.portfolio.mm_factor = 0.8;
    (void)fixture_coins(&f, ETH, 1.0);
    (void)fixture_inverse(&f, ETH, -1998.974106, 50.0);
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    fixture_assess(&f);
    assert_close(rip_margin_portfolio_worst(&f.state, &f.point), 304.92825345762714,
                 1e-12);
    assert_close(f.bucket[0].initial_usd, 314.92312453, 1e-8);
    assert_close(f.bucket[0].maintenance_usd, 251.938499624, 1e-8);
    fixture_free(&f);
}

/* MAR-6: an inverse option is its USD value over the forward, the moved one too; it is
   no instrument of a linear option of the same terms, whose gains are offset in part.
 */
static void
test_inverse_options(void **state)
{
    static const double down = -0.1;
    const fixture_terms terms = {
        .is_put = true, .strike_usd = 2500.0, .days = 73.0, .volatility = 0.7};
    fixture_terms inverse = terms;
    const double forward_usd = 2603.7 * rip_math_exp(0.1 * 0.2);
    const double spread = 0.7 * sqrt(0.2);
    const double before_usd = rip_black_value(forward_usd, 2500.0, spread, true);
    const double after_usd = rip_black_value(0.9 * forward_usd, 2500.0, spread, true);
    const double coin_gain_usd =
        (after_usd / (0.9 * forward_usd) - before_usd / forward_usd) * 2603.7;
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    fixture_grid(&f, 1, &down);
    f.asset[ETH].basis = 0.1;
    f.venue.portfolio.gain_offset = 0.6;
    inverse.is_inverse = true;
    (void)fixture_option(&f, ETH, -3.0, inverse);
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    assert_close(rip_margin_portfolio_worst(&f.state, &f.point), 3.0 * coin_gain_usd,
                 1e-12);
    (void)fixture_option(&f, ETH, 1.0, terms);
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    assert_close(rip_margin_portfolio_worst(&f.state, &f.point),
                 3.0 * coin_gain_usd - 0.6 * (after_usd - before_usd), 1e-12);
    fixture_free(&f);
}

/* MAR-6: contingencies on what instruments net to; basis on what futures and
   perpetuals hedge of each other; short options by type; the ladder's slices. */
static void
test_contingencies(void **state)
{
    rip_ladder_step *steps = calloc(2, sizeof(*steps));
    margin_fixture f;
    rip_contingency charged;
    double gross_usd;
    (void)state;
    assert_non_null(steps);
    fixture_init(&f);
    f.venue.portfolio.contingency = (rip_contingency){
        .perp = 0.01, .future = 0.02, .short_option = 0.04, .basis = 0.08, .roll = 0.1};
    f.asset[BTC].price_usd = 50000.0;
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.5, 10.0);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, -0.2, 10.0);
    (void)fixture_future(&f, BTC, -0.4, 30.0, 10.0);
    (void)fixture_future(&f, BTC, -0.1, 60.0, 10.0);
    (void)fixture_option(
        &f, BTC, -0.3,
        (fixture_terms){.strike_usd = 60000.0, .days = 30.0, .volatility = 0.5});
    (void)fixture_option(
        &f, BTC, 0.1,
        (fixture_terms){.strike_usd = 70000.0, .days = 30.0, .volatility = 0.5});
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    charged = rip_margin_portfolio_contingency(&f.state, &f.point);
    assert_close(charged.perp, 0.01 * 15000.0, 1e-12);
    assert_close(charged.future, 0.02 * 25000.0, 1e-12);
    assert_close(charged.roll, 0.1 * 40000.0, 1e-12);
    assert_close(charged.basis, 0.08 * 15000.0, 1e-12);
    assert_close(charged.short_option, 0.04 * 10000.0, 1e-12);
    gross_usd = 50000.0 * (0.5 + 0.2 + 0.4 + 0.1 + 0.3 + 0.1);
    steps[0] = (rip_ladder_step){.up_to_usd = 10000.0, .factor = 1.0};
    steps[1] = (rip_ladder_step){.up_to_usd = 50000.0, .factor = 2.0};
    f.venue.portfolio.ladder = steps;
    f.venue.portfolio.n_ladder = 2;
    fixture_assess(&f);
    assert_close(f.bucket[0].maintenance_usd, 10000.0 + 2.0 * (gross_usd - 10000.0),
                 1e-12);
    fixture_free(&f);
}

/* MAR-6: profits are summed by instrument before they are offset in part. */
static void
test_gain_offset_by_instrument(void **state)
{
    static const double down = -0.1;
    margin_fixture f;
    double gain_usd;
    (void)state;
    fixture_init(&f);
    fixture_grid(&f, 1, &down);
    f.venue.portfolio.gain_offset = 0.6;
    (void)fixture_future(&f, ETH, 3.0, 10.0, 10.0);
    (void)fixture_future(&f, ETH, -1.0, 10.0, 10.0); /* the same instrument */
    (void)fixture_future(&f, ETH, -1.5, 20.0, 10.0);
    (void)fixture_option(
        &f, ETH, 2.0,
        (fixture_terms){
            .is_put = true, .strike_usd = 2400.0, .days = 10.0, .volatility = 0.7});
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    const rip_margin_scene put = {.state = &f.state, .point = &f.point, .only = 3};
    gain_usd = -rip_margin_scenario_loss(&put, 3, -0.1, 0);
    assert_true(gain_usd > 50.0);
    assert_close(rip_margin_portfolio_worst(&f.state, &f.point),
                 260.37 * 2.0 - 0.6 * (260.37 * 1.5 + gain_usd), 1e-12);
    fixture_free(&f);
}

/* INS-2: a long option in its own bucket needs nothing, has no liquidation price and is
   never in breach, though its bucket holds nothing else; a short one has its rule. */
static void
test_isolated_options(void **state)
{
    margin_fixture f;
    (void)state;
    begin_hedge(&f, 50000.0);
    (void)fixture_option(
        &f, BTC, -0.7,
        (fixture_terms){.strike_usd = 66000.0, .days = 9.0, .volatility = 0.6});
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 200000.0; /* the put is worth nothing */
    fixture_assess(&f);
    assert_true(f.bucket[1].needs_none);
    assert_false(rip_margin_is_breached(&f.venue, &f.bucket[1]));
    assert_true(isnan(rip_margin_price_liquidation(&f.state, &f.point, &f.scratch, 1)));
    fixture_assess(&f);
    assert_close(f.bucket[2].equity_usd, 0.3 * 0.7 * 66000.0, 1e-14);
    assert_close(f.bucket[2].maintenance_usd,
                 0.075 * 0.7 * 200000.0 -
                     rip_margin_position_result(&f.state, 2, &f.point),
                 1e-12);
    assert_true(rip_margin_is_breached(&f.venue, &f.bucket[2]));
    assert_true(isnan(rip_margin_price_bankruptcy(&f.state, &f.point, &f.scratch, 2)));
    fixture_free(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_lowers_portfolio),
        cmocka_unit_test(test_selloff),
        cmocka_unit_test(test_volatility_shock),
        cmocka_unit_test(test_span_array),
        cmocka_unit_test(test_inverse_portfolio),
        cmocka_unit_test(test_inverse_options),
        cmocka_unit_test(test_contingencies),
        cmocka_unit_test(test_gain_offset_by_instrument),
        cmocka_unit_test(test_isolated_options),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
