#include "support.h"

#include <stdlib.h>

#include "market_fixture.h"

#include "riptide/market/models.h"
#include "riptide/market/prices.h"
#include "riptide/numerics/math.h"
#include "riptide/random/stream.h"

enum { N_ASSET = 2, N_STEP = 3 };

/* Prices of 70 paths as they stand: more than a block, less than two. */
static void
test_given_prices_stand(void **state)
{
    enum { N_PATH = 70, N_POINT = (N_STEP + 1) * N_ASSET };
    static double table[N_PATH * N_POINT];
    rip_market_spec spec = market_fixture_spec(N_ASSET, 0.5);
    const rip_shock_spec shock = {
        .kind = RIP_SHOCK_GIVEN, .table = table, .n_given = N_PATH};
    uint64_t seed = 1;
    market_fixture f;
    (void)state;
    for (size_t k = 0; k < sizeof(table) / sizeof(table[0]); k++) {
        table[k] = 60000.0 * support_uniform(&seed);
    }
    market_fixture_begin(&f, &spec, &shock, N_STEP);
    assert_true(f.model->gives_prices);
    for (uint64_t block = 0; block < 2; block++) {
        market_fixture_fill(&f, block);
        for (size_t i = 0; i < RIP_LANES; i++) {
            const size_t wanted = block * RIP_LANES + i;
            const size_t path = wanted < N_PATH ? wanted : N_PATH - 1;
            for (size_t t = 0; t < N_STEP; t++) {
                for (size_t a = 0; a < N_ASSET; a++) {
                    assert_close(rip_panel_row(&f.panel, t, a)[i],
                                 table[path * N_POINT + (t + 1) * N_ASSET + a], 0.0);
                }
            }
        }
    }
    market_fixture_end(&f);
}

static void
test_given_without_a_table(void **state)
{
    rip_market_spec spec = market_fixture_spec(N_ASSET, 0.5);
    const rip_shock_spec none = {.kind = RIP_SHOCK_NONE};
    const rip_shock_spec shock = {.kind = RIP_SHOCK_GIVEN};
    const rip_shock_model *model =
        rip_market_models_find(RIP_SHOCK_GIVEN, RIP_DRAWS_FAST);
    void *plan = NULL;
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &none, N_STEP);
    assert_int_equal(model->plan(&plan, &shock, &f.market, N_STEP, f.step_years),
                     RIP_ERR_INVALID_ARGUMENT);
    model->free(plan);
    market_fixture_end(&f);
}

static const double returns[N_STEP * N_ASSET] = {-0.2, 0.0127, 0.25, -0.9, 0.0, 3.5};

/* Without noise a price is the product as it stands, to the last bit, on all paths. */
static void
test_replayed_prices_are_exact(void **state)
{
    rip_market_spec spec = market_fixture_spec(N_ASSET, 0.5);
    const rip_shock_spec shock = {
        .kind = RIP_SHOCK_REPLAY, .table = returns, .n_given = N_STEP};
    market_fixture f;
    (void)state;
    spec.asset[0].price_usd = 50000.0;
    market_fixture_begin(&f, &spec, &shock, N_STEP);
    market_fixture_fill(&f, 3);
    for (size_t i = 0; i < RIP_LANES; i++) {
        double price = f.market.asset[1].price_usd;
        assert_close(rip_panel_row(&f.panel, 0, 0)[i], 40000.0, 0.0);
        assert_close(rip_panel_row(&f.panel, 1, 0)[i], 50000.0, 0.0);
        assert_close(rip_panel_row(&f.panel, 2, 0)[i], 50000.0, 0.0);
        for (size_t t = 0; t < N_STEP; t++) {
            price *= 1.0 + returns[t * N_ASSET + 1];
            assert_close(rip_panel_row(&f.panel, t, 1)[i], price, 0.0);
        }
    }
    market_fixture_end(&f);
}

/* The residual has the volatility and correlation asked for, and mean 1 in price. */
static void
test_residual_of_a_replay(void **state)
{
    enum { N_BLOCK = 2000 };
    const double n = (double)N_BLOCK * RIP_LANES, sigma = 0.9, rho = 0.3;
    rip_market_spec spec = market_fixture_spec(N_ASSET, 0.95);
    const rip_shock_spec shock = {.kind = RIP_SHOCK_REPLAY,
                                  .seed = 4,
                                  .table = returns,
                                  .n_given = N_STEP,
                                  .residual_volatility = sigma,
                                  .residual_correlation = rho};
    double mean[N_ASSET] = {0}, square[N_ASSET] = {0}, product = 0.0, price = 0.0;
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, N_STEP);
    const double variance = sigma * sigma * f.step_years;
    for (uint64_t block = 0; block < N_BLOCK; block++) {
        market_fixture_fill(&f, block);
        for (size_t i = 0; i < RIP_LANES; i++) {
            double x[N_ASSET];
            for (size_t a = 0; a < N_ASSET; a++) {
                const double growth =
                    rip_panel_row(&f.panel, 2, a)[i] / rip_panel_row(&f.panel, 1, a)[i];
                const double replayed = 1.0 + returns[2 * N_ASSET + a];
                x[a] = (log(growth / replayed) + 0.5 * variance) / sqrt(variance);
                mean[a] += x[a];
                square[a] += x[a] * x[a];
            }
            product += x[0] * x[1];
            price += rip_panel_row(&f.panel, N_STEP - 1, 0)[i];
        }
    }
    for (size_t a = 0; a < N_ASSET; a++) {
        assert_near(mean[a] / n, 0.0, 4.5 / sqrt(n));
        assert_near(square[a] / n, 1.0, 4.5 * sqrt(2.0 / n));
    }
    assert_near(product / n, rho, 4.5 * sqrt((1.0 + rho * rho) / n));
    assert_close(price / n, f.market.asset[0].price_usd,
                 4.5 * sqrt(N_STEP * variance / n));
    market_fixture_end(&f);
}

/* The noise has numbers of its own: those of the shocks would repeat another run's. */
static void
test_numbers_of_a_residual(void **state)
{
    rip_market_spec spec = market_fixture_spec(1, 0.0);
    const rip_shock_spec shock = {.kind = RIP_SHOCK_REPLAY,
                                  .seed = 5,
                                  .table = returns,
                                  .n_given = N_STEP,
                                  .residual_volatility = 0.9};
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, 1);
    market_fixture_fill(&f, 2);
    const double scale = 0.9 * sqrt(f.step_years);
    for (size_t i = 0; i < RIP_LANES; i++) {
        const double u =
            rip_stream_uniform(5, 0, 0, 2 * RIP_LANES + i, RIP_PURPOSE_RESIDUAL, 0);
        const double e = scale * rip_math_normal_inverse(u) - 0.5 * scale * scale;
        assert_close(rip_panel_row(&f.panel, 0, 0)[i],
                     f.market.asset[0].price_usd * 0.8 * exp(e), 1e-15);
    }
    market_fixture_end(&f);
}

static void
test_none_keeps_prices(void **state)
{
    rip_market_spec spec = market_fixture_spec(N_ASSET, 0.5);
    const rip_shock_spec shock = {.kind = RIP_SHOCK_NONE};
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, N_STEP);
    market_fixture_fill(&f, 0);
    rip_prices_form(&f.market, &f.panel);
    for (size_t t = 0; t < N_STEP; t++) {
        for (size_t i = 0; i < RIP_LANES; i++) {
            for (size_t a = 0; a < N_ASSET; a++) {
                assert_close(rip_panel_row(&f.panel, t, a)[i],
                             f.market.asset[a].price_usd, 0.0);
            }
        }
    }
    market_fixture_end(&f);
}

/* A drift of the stress is spread evenly over the horizon in every model that forms
   prices itself. */
static void
test_stress_drift_is_spread_evenly(void **state)
{
    static const rip_shock_kind kinds[] = {RIP_SHOCK_NONE, RIP_SHOCK_GAUSSIAN,
                                           RIP_SHOCK_REPLAY};
    static const double nothing[N_STEP * N_ASSET];
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        rip_market_spec spec = market_fixture_spec(N_ASSET, 0.5);
        const rip_shock_spec shock = {
            .kind = kinds[k], .table = nothing, .n_given = N_STEP};
        market_fixture f;
        spec.asset[1].volatility = 0.0;
        spec.asset[1].drift = 0.0;
        spec.stress.drift = calloc(N_ASSET, sizeof(*spec.stress.drift));
        assert_non_null(spec.stress.drift);
        spec.stress.drift[1] = -0.21;
        market_fixture_begin(&f, &spec, &shock, N_STEP);
        market_fixture_fill(&f, 0);
        if (!f.model->gives_prices) {
            rip_prices_form(&f.market, &f.panel);
        }
        for (size_t t = 0; t < N_STEP; t++) {
            assert_close(rip_panel_row(&f.panel, t, 1)[9],
                         f.market.asset[1].price_usd * exp(-0.07 * (double)(t + 1)),
                         1e-15);
        }
        market_fixture_end(&f);
    }
}

static void
test_table_of_models(void **state)
{
    static const char *const names[RIP_N_SHOCK] = {"gaussian", "none", "student_t",
                                                   "given", "replay"};
    (void)state;
    for (int kind = 0; kind < RIP_N_SHOCK; kind++) {
        const rip_shock_model *fast =
            rip_market_models_find((rip_shock_kind)kind, RIP_DRAWS_FAST);
        const rip_shock_model *gsl =
            rip_market_models_find((rip_shock_kind)kind, RIP_DRAWS_GSL);
        const bool random = kind != RIP_SHOCK_NONE && kind != RIP_SHOCK_GIVEN;
        assert_string_equal(fast->name, names[kind]);
        assert_string_equal(gsl->name, names[kind]);
        assert_int_equal(fast->gives_prices, gsl->gives_prices);
        assert_int_equal(fast != gsl, random);
    }
}

static void
test_memory_that_fails(void **state)
{
    static const rip_shock_kind kinds[] = {RIP_SHOCK_NONE, RIP_SHOCK_GIVEN,
                                           RIP_SHOCK_REPLAY};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        rip_market_spec spec = market_fixture_spec(N_ASSET, 0.5);
        const rip_shock_spec shock = {.kind = kinds[k], .table = returns, .n_given = 1};
        market_fixture_starve(&spec, &shock);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given_prices_stand),
        cmocka_unit_test(test_given_without_a_table),
        cmocka_unit_test(test_replayed_prices_are_exact),
        cmocka_unit_test(test_residual_of_a_replay),
        cmocka_unit_test(test_numbers_of_a_residual),
        cmocka_unit_test(test_none_keeps_prices),
        cmocka_unit_test(test_stress_drift_is_spread_evenly),
        cmocka_unit_test(test_table_of_models),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests_name("market_scenarios", tests, NULL, NULL);
}
