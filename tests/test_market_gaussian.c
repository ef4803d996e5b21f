#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "market_fixture.h"

#include "riptide/market/diffusion_kernel.h"
#include "riptide/market/prices.h"
#include "riptide/numerics/math.h"
#include "riptide/random/stream.h"

static rip_shock_spec
gaussian(uint64_t seed)
{
    return (rip_shock_spec){.kind = RIP_SHOCK_GAUSSIAN, .seed = seed};
}

/* dx = (drift - sigma^2 / 2) dt + stress_drift / n_step + sigma sqrt(dt) (F z), from
   the addresses of the numbers: path p, step t, number f for factor f. */
static void
check_increments(size_t n_asset, uint64_t block)
{
    const size_t n_step = 3;
    rip_market_spec spec = market_fixture_spec(n_asset, 0.437);
    const rip_shock_spec shock = gaussian(20251010);
    market_fixture f;
    spec.stress.drift = calloc(n_asset, sizeof(*spec.stress.drift));
    assert_non_null(spec.stress.drift);
    spec.stress.drift[n_asset / 2] = -0.21;
    market_fixture_begin(&f, &spec, &shock, n_step);
    market_fixture_fill(&f, block);
    for (size_t t = 0; t < n_step; t++) {
        for (size_t lane = 0; lane < RIP_LANES; lane += 7) {
            const uint64_t path = block * RIP_LANES + lane;
            for (size_t a = 0; a < n_asset; a++) {
                double y = 0.0;
                for (size_t k = 0; k <= a; k++) {
                    const double u = rip_stream_uniform(20251010, k, (uint32_t)t, path,
                                                        RIP_PURPOSE_SHOCK, 0);
                    y += f.market.factor[a * n_asset + k] * rip_math_normal_inverse(u);
                }
                assert_near(market_fixture_innovation(&f, t, a, lane), y, 3e-13);
            }
        }
    }
    market_fixture_end(&f);
}

static void
test_increments_by_the_formula(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 21; n++) {
        check_increments(n, 1000 * n);
    }
}

static void
test_levels_agree_to_the_bit(void **state)
{
    enum { MOST = 21 };
    static double factor[24 * MOST], z[MOST * RIP_LANES], one[MOST * RIP_LANES],
        other[MOST * RIP_LANES];
    double drift[MOST], mixing[RIP_LANES];
    uint64_t seed = 2;
    (void)state;
    for (size_t k = 0; k < sizeof(z) / sizeof(z[0]); k++) {
        z[k] = support_uniform(&seed) - 0.5;
    }
    for (size_t n = 1; n <= MOST; n++) {
        for (size_t k = 0; k < sizeof(factor) / sizeof(factor[0]); k++) {
            factor[k] = support_uniform(&seed);
        }
        for (size_t i = 0; i < n; i++) {
            drift[i] = support_uniform(&seed);
        }
        for (size_t i = 0; i < RIP_LANES; i++) {
            mixing[i] = support_uniform(&seed);
        }
        for (rip_simd l = RIP_SIMD_BASELINE; l <= rip_simd_choose(NULL); l++) {
            const double *const mixings[2] = {NULL, mixing};
            for (size_t m = 0; m < 2; m++) {
                rip_diffusion_rows_baseline(n, factor, drift, mixings[m], z, one);
                RIP_SIMD_AT(l, rip_diffusion_rows)
                (n, factor, drift, mixings[m], z, other);
                assert_memory_equal(one, other, n * RIP_LANES * sizeof(*one));
            }
        }
    }
}

/* Variance, covariance, skewness and kurtosis of innovations within 4.5 standard errors
   of a jointly normal law. */
static void
test_moments_and_correlation(void **state)
{
    enum { N_ASSET = 5, N_STEP = 4, N_BLOCK = 2000 };
    const double n = (double)N_STEP * N_BLOCK * RIP_LANES, rho = 0.65;
    rip_market_spec spec = market_fixture_spec(N_ASSET, rho);
    const rip_shock_spec shock = gaussian(3);
    double product[N_ASSET][N_ASSET] = {{0}}, cube[N_ASSET] = {0},
           fourth[N_ASSET] = {0};
    double mean[N_ASSET] = {0}, after = 0.0;
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, N_STEP);
    for (uint64_t block = 0; block < N_BLOCK; block++) {
        market_fixture_fill(&f, block);
        for (size_t t = 0; t < N_STEP; t++) {
            for (size_t i = 0; i < RIP_LANES; i++) {
                double x[N_ASSET];
                for (size_t a = 0; a < N_ASSET; a++) {
                    x[a] = market_fixture_innovation(&f, t, a, i);
                    mean[a] += x[a];
                    cube[a] += x[a] * x[a] * x[a];
                    fourth[a] += x[a] * x[a] * x[a] * x[a];
                    for (size_t b = 0; b <= a; b++) {
                        product[a][b] += x[a] * x[b];
                    }
                }
                after +=
                    t > 0 ? x[0] * market_fixture_innovation(&f, t - 1, 1, i) : 0.0;
            }
        }
    }
    for (size_t a = 0; a < N_ASSET; a++) {
        assert_near(mean[a] / n, 0.0, 4.5 / sqrt(n));
        assert_near(product[a][a] / n, 1.0, 4.5 * sqrt(2.0 / n));
        assert_near(cube[a] / n, 0.0, 4.5 * sqrt(15.0 / n));
        assert_near(fourth[a] / n, 3.0, 4.5 * sqrt(96.0 / n));
        for (size_t b = 0; b < a; b++) {
            assert_near(product[a][b] / n, rho, 4.5 * sqrt((1.0 + rho * rho) / n));
        }
    }
    /* Steps are independent. */
    assert_near(after / n, 0.0, 4.5 / sqrt(n));
    market_fixture_end(&f);
}

/* E S(T) = S(0) exp(drift T + stress drift), and log S(T) is normal. */
static void
test_mean_price_at_the_horizon(void **state)
{
    enum { N_ASSET = 3, N_STEP = 10, N_BLOCK = 1500 };
    const double n = (double)N_BLOCK * RIP_LANES;
    rip_market_spec spec = market_fixture_spec(N_ASSET, 0.8);
    const rip_shock_spec shock = gaussian(4);
    double sum[N_ASSET] = {0};
    market_fixture f;
    (void)state;
    for (size_t a = 0; a < N_ASSET; a++) {
        spec.asset[a].volatility *= 10.0; /* ten hours, yet a wide law */
        spec.asset[a].drift *= 100.0;
    }
    spec.stress.drift = calloc(N_ASSET, sizeof(*spec.stress.drift));
    assert_non_null(spec.stress.drift);
    spec.stress.drift[1] = -0.3;
    market_fixture_begin(&f, &spec, &shock, N_STEP);
    for (uint64_t block = 0; block < N_BLOCK; block++) {
        market_fixture_fill(&f, block);
        rip_prices_form(&f.market, &f.panel);
        for (size_t a = 0; a < N_ASSET; a++) {
            for (size_t i = 0; i < RIP_LANES; i++) {
                sum[a] += rip_panel_row(&f.panel, N_STEP - 1, a)[i];
            }
        }
    }
    for (size_t a = 0; a < N_ASSET; a++) {
        const rip_asset *asset = &f.market.asset[a];
        const double years = N_STEP * f.step_years;
        const double want =
            asset->price_usd * exp(asset->drift * years + f.market.stress_drift[a]);
        const double spread =
            sqrt((exp(asset->volatility * asset->volatility * years) - 1.0) / n);
        assert_close(sum[a] / n, want, 4.5 * spread);
    }
    market_fixture_end(&f);
}

static double
normal_law(double x, double unused)
{
    (void)unused;
    return gsl_cdf_ugaussian_P(x);
}

static void
test_law_of_an_increment(void **state)
{
    enum { N = 64000 };
    static double x[N];
    rip_market_spec spec = market_fixture_spec(4, 0.9);
    const rip_shock_spec shock = gaussian(5);
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, 1);
    market_fixture_sample(&f, 3, N, x);
    assert_true(market_fixture_kolmogorov(N, x, normal_law, 0.0) < 2.2);
    market_fixture_end(&f);
}

/* A block is the same whatever was drawn before it, and no two blocks are alike. */
static void
test_blocks_by_address(void **state)
{
    enum { N_ASSET = 3, N_STEP = 5 };
    double first[N_STEP * N_ASSET * RIP_LANES];
    rip_market_spec spec = market_fixture_spec(N_ASSET, 0.5);
    const rip_shock_spec shock = gaussian(6);
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, N_STEP);
    market_fixture_fill(&f, 7);
    memcpy(first, f.panel.value, sizeof(first));
    market_fixture_fill(&f, 8);
    for (size_t k = 0; k < sizeof(first) / sizeof(first[0]); k++) {
        assert_true(f.panel.value[k] != first[k]);
    }
    market_fixture_fill(&f, 7);
    assert_memory_equal(f.panel.value, first, sizeof(first));
    market_fixture_end(&f);
}

static void
test_perfect_correlation_moves_all_alike(void **state)
{
    enum { N_ASSET = 6 };
    rip_market_spec spec = market_fixture_spec(N_ASSET, 0.2);
    const rip_shock_spec shock = gaussian(7);
    market_fixture f;
    (void)state;
    spec.stress.kind = RIP_CORRELATION_STRESS_ONE;
    spec.stress.weight = 1.0;
    market_fixture_begin(&f, &spec, &shock, 2);
    market_fixture_fill(&f, 0);
    for (size_t i = 0; i < RIP_LANES; i++) {
        const double x = market_fixture_innovation(&f, 1, 0, i);
        for (size_t a = 1; a < N_ASSET; a++) {
            assert_near(market_fixture_innovation(&f, 1, a, i), x, 1e-12);
        }
    }
    market_fixture_end(&f);
}

static void
test_no_volatility_leaves_the_drift(void **state)
{
    rip_market_spec spec = market_fixture_spec(2, 0.5);
    const rip_shock_spec shock = gaussian(8);
    market_fixture f;
    (void)state;
    spec.asset[0].volatility = 0.0;
    spec.asset[0].drift = -8.76;
    market_fixture_begin(&f, &spec, &shock, 3);
    market_fixture_fill(&f, 0);
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < RIP_LANES; i++) {
            assert_close(rip_panel_row(&f.panel, t, 0)[i], -0.001, 1e-15);
        }
    }
    market_fixture_end(&f);
}

/* Increments and prices are numbers of this program's results: the same bits on every
   compiler, processor and SIMD level. */
static void
test_bits_are_known(void **state)
{
    rip_market_spec spec = market_fixture_spec(7, 0.65);
    const rip_shock_spec shock = gaussian(20251010);
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, 24);
    market_fixture_fill(&f, 1);
    assert_int_equal(market_fixture_fingerprint(&f), 0xccc5af9a9fd35583);
    rip_prices_form(&f.market, &f.panel);
    assert_int_equal(market_fixture_fingerprint(&f), 0x9bae17a3385a3fbb);
    market_fixture_end(&f);
}

static void
test_memory_that_fails(void **state)
{
    rip_market_spec spec = market_fixture_spec(3, 0.5);
    const rip_shock_spec shock = gaussian(9);
    rip_status status = RIP_ERR_NO_MEMORY;
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, 2);
    for (long n = 0; status == RIP_ERR_NO_MEMORY; n++) {
        void *plan = NULL;
        support_fail_allocation(n);
        status = f.model->plan(&plan, &shock, &f.market, 2, f.step_years);
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        assert_true(n < 10);
        if (plan != NULL) {
            f.model->free(plan);
        }
    }
    for (long n = 0; n < 2; n++) {
        rip_panel panel;
        support_fail_allocation(n);
        assert_int_equal(rip_panel_init(&panel, 2, 2), RIP_ERR_NO_MEMORY);
        support_fail_allocation(-1);
        rip_panel_free(&panel);
    }
    market_fixture_end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_increments_by_the_formula),
        cmocka_unit_test(test_levels_agree_to_the_bit),
        cmocka_unit_test(test_moments_and_correlation),
        cmocka_unit_test(test_mean_price_at_the_horizon),
        cmocka_unit_test(test_law_of_an_increment),
        cmocka_unit_test(test_blocks_by_address),
        cmocka_unit_test(test_perfect_correlation_moves_all_alike),
        cmocka_unit_test(test_no_volatility_leaves_the_drift),
        cmocka_unit_test(test_bits_are_known),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests_name("market_gaussian", tests, NULL, NULL);
}
