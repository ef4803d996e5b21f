#include "support.h"

#include "riptide/market/prices.h"
#include "riptide/market/prices_kernel.h"
#include "riptide/numerics/math.h"

enum { N_STEP = 25, N_ASSET = 3 };

static rip_asset asset[N_ASSET] = {
    {.price_usd = 52137.5, .funding_rate = 0.0001},
    {.price_usd = 2500.25, .funding_rate = -0.000127},
    {.price_usd = 0.0731},
};

static rip_market
market_of(uint64_t interval_ms)
{
    return (rip_market){
        .n_asset = N_ASSET, .asset = asset, .funding_interval_ms = interval_ms};
}

static void
fill_increments(rip_panel *panel, double size)
{
    uint64_t seed = 17;
    const size_t n = panel->n_step * panel->n_factor * RIP_LANES;
    for (size_t k = 0; k < n; k++) {
        panel->value[k] = size * (support_uniform(&seed) - 0.5);
    }
}

/* S(t) = S(t-1) exp(dx): one rounding a step, and rip_math_exp whatever its size. */
static void
test_prices_from_increments(void **state)
{
    const rip_market market = market_of(0);
    rip_panel panel, increments;
    (void)state;
    assert_int_equal(rip_panel_init(&panel, N_STEP, N_ASSET), RIP_OK);
    assert_int_equal(rip_panel_init(&increments, N_STEP, N_ASSET), RIP_OK);
    for (int k = 0; k < 3; k++) {
        const double size[3] = {0.02, 0.8, 30.0};
        fill_increments(&panel, size[k]);
        fill_increments(&increments, size[k]);
        rip_prices_form(&market, &panel);
        for (size_t a = 0; a < N_ASSET; a++) {
            for (size_t i = 0; i < RIP_LANES; i++) {
                double price = asset[a].price_usd;
                for (size_t t = 0; t < N_STEP; t++) {
                    const double dx = rip_panel_row(&increments, t, a)[i];
                    assert_close(exp(dx), rip_math_exp(dx), 4e-16);
                    price *= rip_math_exp(dx);
                    assert_close(rip_panel_row(&panel, t, a)[i], price, 0.0);
                }
            }
        }
    }
    rip_panel_free(&panel);
    rip_panel_free(&increments);
}

/* A single large value, or none that is a number, changes no other lane. */
static void
test_rows_with_one_large_increment(void **state)
{
    static const double odd[] = {0.0, 0.34, -0.3400001, 5.0, -800.0, 720.0, NAN};
    double before[RIP_LANES], value[RIP_LANES], want[RIP_LANES];
    uint64_t seed = 3;
    (void)state;
    for (size_t k = 0; k < sizeof(odd) / sizeof(odd[0]); k++) {
        for (rip_simd l = RIP_SIMD_BASELINE; l <= rip_simd_choose(NULL); l++) {
            for (size_t i = 0; i < RIP_LANES; i++) {
                before[i] = 1000.0 * support_uniform(&seed);
                value[i] = 0.01 * (support_uniform(&seed) - 0.5);
                value[i] = i == 37 ? odd[k] : value[i];
                want[i] = before[i] * rip_math_exp(value[i]);
            }
            RIP_SIMD_AT(l, rip_prices_row)(before, value);
            for (size_t i = 0; i < RIP_LANES; i++) {
                assert_true(value[i] == want[i] || (isnan(value[i]) && isnan(want[i])));
            }
        }
    }
}

/* INS-3: first at t = interval, at the mark after that step's move; a step longer than
   the interval pays the intervals it contains. */
static void
check_schedule(uint64_t step_ms, uint64_t interval_ms, const uint64_t due[N_STEP])
{
    const rip_market market = market_of(interval_ms);
    static double funding[N_STEP * N_ASSET * RIP_LANES];
    rip_panel panel;
    assert_int_equal(rip_panel_init(&panel, N_STEP, N_ASSET), RIP_OK);
    fill_increments(&panel, 0.1);
    rip_prices_form(&market, &panel);
    rip_prices_funding(&market, step_ms, &panel, funding);
    for (size_t a = 0; a < N_ASSET; a++) {
        for (size_t i = 0; i < RIP_LANES; i++) {
            double paid = 0.0;
            for (size_t t = 0; t < N_STEP; t++) {
                const double mark = rip_panel_row(&panel, t, a)[i];
                paid += (double)due[t] * mark * asset[a].funding_rate;
                assert_close(funding[(t * N_ASSET + a) * RIP_LANES + i], paid, 1e-14);
            }
        }
    }
    rip_panel_free(&panel);
}

static void
test_funding_schedule(void **state)
{
    const uint64_t hour = 3600000;
    (void)state;
    check_schedule(hour, 8 * hour,
                   (const uint64_t[N_STEP]){[7] = 1, [15] = 1, [23] = 1});
    check_schedule(8 * hour, 8 * hour,
                   (const uint64_t[N_STEP]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    check_schedule(24 * hour, 8 * hour,
                   (const uint64_t[N_STEP]){3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
                                            3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3});
    /* Steps of 3 h pay at 9, 18 and 24 h; of 5 h at 10, 20, 25, 35 and 40 h. */
    check_schedule(3 * hour, 8 * hour,
                   (const uint64_t[N_STEP]){[2] = 1,
                                            [5] = 1,
                                            [7] = 1,
                                            [10] = 1,
                                            [13] = 1,
                                            [15] = 1,
                                            [18] = 1,
                                            [21] = 1,
                                            [23] = 1});
    check_schedule(10 * hour, 8 * hour,
                   (const uint64_t[N_STEP]){1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1,
                                            1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1});
    check_schedule(hour, 26 * hour, (const uint64_t[N_STEP]){0});
    check_schedule(1, 7, (const uint64_t[N_STEP]){[6] = 1, [13] = 1, [20] = 1});
}

static void
test_markets_without_funding(void **state)
{
    rip_market market = market_of(28800000);
    (void)state;
    assert_true(rip_prices_has_funding(&market));
    market.asset += 2;
    market.n_asset = 1;
    assert_false(rip_prices_has_funding(&market));
    market = market_of(0);
    assert_false(rip_prices_has_funding(&market));
}

static void
test_panel_begins_empty(void **state)
{
    rip_panel panel;
    (void)state;
    assert_int_equal(rip_panel_init(&panel, 3, 2), RIP_OK);
    for (size_t k = 0; k < (size_t)3 * 2 * RIP_LANES; k++) {
        assert_near(panel.value[k], 0.0, 0.0);
    }
    for (size_t i = 0; i < RIP_LANES; i++) {
        assert_close(panel.weight[i], 1.0, 0.0);
    }
    assert_ptr_equal(rip_panel_row(&panel, 2, 1), panel.value + (size_t)5 * RIP_LANES);
    rip_panel_free(&panel);
    assert_null(panel.value);
    rip_panel_free(&panel);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices_from_increments),
        cmocka_unit_test(test_rows_with_one_large_increment),
        cmocka_unit_test(test_funding_schedule),
        cmocka_unit_test(test_markets_without_funding),
        cmocka_unit_test(test_panel_begins_empty),
    };
    return cmocka_run_group_tests_name("market_prices", tests, NULL, NULL);
}
