#include "support.h"

#include <gsl/gsl_errno.h>

#include "riptide/account/instrument.h"
#include "riptide/numerics/math.h"

#define DAY_MS UINT64_C(86400000)

/* Section 2, with the header's numbers: the coins of the fall, priced at the mark. */
static void
test_inverse_perpetual(void **state)
{
    const rip_position held = {
        .kind = RIP_KIND_INVERSE_PERP, .entry_usd = 50000.0, .coin_settled = true};
    const rip_instrument_view view = {.price_usd = 48000.0};
    const double coins = rip_instrument_value(&held, 31000.0, &view);
    (void)state;
    assert_close(coins, 0.62 - 31000.0 / 48000.0, 1e-14);
    assert_close(coins * rip_instrument_currency(&held, 48000.0), -1240.0, 1e-12);
    assert_close(rip_instrument_value(&held, -31000.0, &view), -coins, 0.0);
    assert_close(rip_instrument_notional(&held, -31000.0, &view), 31000.0, 0.0);
    assert_close(rip_instrument_mark(&held, &view), 48000.0, 0.0);
}

/* Section 2: F = S exp(basis t), t the time that is left, none after expiry. */
static void
test_linear_future(void **state)
{
    const rip_position held = {
        .kind = RIP_KIND_LINEAR_FUTURE, .entry_usd = 2650.0, .expiry_ms = 73 * DAY_MS};
    rip_instrument_view view = {.price_usd = 2603.7, .basis = 0.1};
    const double forward_usd = 2603.7 * rip_math_exp(0.1 * 0.2);
    (void)state;
    assert_close(rip_instrument_forward(&held, &view), forward_usd, 1e-15);
    assert_close(rip_instrument_value(&held, -1.7, &view),
                 -1.7 * (forward_usd - 2650.0), 1e-15);
    assert_close(rip_instrument_notional(&held, -1.7, &view), 1.7 * forward_usd, 1e-15);
    view.time_ms = 73 * DAY_MS - DAY_MS / 2;
    assert_close(rip_instrument_years_left(&held, view.time_ms), 0.5 / 365.0, 1e-15);
    view.time_ms = 80 * DAY_MS;
    assert_close(rip_instrument_value(&held, -1.7, &view), -1.7 * (2603.7 - 2650.0),
                 1e-15);
}

/* INS-2: the value counts, the premium only shows the profit. Worked example 3's put.
 */
static void
test_linear_option(void **state)
{
    const rip_position held = {.kind = RIP_KIND_OPTION,
                               .is_put = true,
                               .strike_usd = 50000.0,
                               .expiry_ms = 30 * DAY_MS,
                               .entry_usd = 697.0};
    rip_instrument_view view = {.price_usd = 45000.0, .volatility = 0.9};
    (void)state;
    assert_near(rip_instrument_value(&held, 1.0, &view), 7774.0, 0.5);
    assert_close(rip_instrument_profit(&held, -2.0, &view),
                 rip_instrument_value(&held, -2.0, &view) + 2.0 * 697.0, 1e-15);
    assert_close(rip_instrument_notional(&held, -2.0, &view), 90000.0, 0.0);
    view.time_ms = 30 * DAY_MS;
    assert_close(rip_instrument_value(&held, 1.0, &view), 5000.0, 0.0);
}

/* An inverse option pays coins: its USD mark over the forward. Call - put = 1 - K/F. */
static void
test_inverse_option(void **state)
{
    rip_position held = {.kind = RIP_KIND_OPTION,
                         .strike_usd = 55000.0,
                         .expiry_ms = 91 * DAY_MS,
                         .coin_settled = true};
    const rip_instrument_view view = {
        .price_usd = 52137.5, .basis = 0.07, .volatility = 0.63};
    const double forward_usd = rip_instrument_forward(&held, &view);
    const double call = rip_instrument_mark(&held, &view);
    (void)state;
    held.is_put = true;
    assert_close(call - rip_instrument_mark(&held, &view), 1.0 - 55000.0 / forward_usd,
                 1e-12);
    held.is_put = false;
    held.coin_settled = false;
    assert_close(rip_instrument_mark(&held, &view), call * forward_usd, 1e-15);
    assert_close(rip_instrument_currency(&held, 52137.5), 1.0, 0.0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inverse_perpetual),
        cmocka_unit_test(test_linear_future),
        cmocka_unit_test(test_linear_option),
        cmocka_unit_test(test_inverse_option),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
