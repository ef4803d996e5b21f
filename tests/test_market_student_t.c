#include "support.h"

#include <stdbool.h>

#include <gsl/gsl_cdf.h>

#include "market_fixture.h"

static const rip_mixing mixings[] = {RIP_MIXING_STEP, RIP_MIXING_PERIOD,
                                     RIP_MIXING_PATH, RIP_MIXING_ASSET};

static rip_shock_spec
student_t(double dof, rip_mixing mixing, uint64_t period_steps)
{
    return (rip_shock_spec){.kind = RIP_SHOCK_STUDENT_T,
                            .seed = 20251010,
                            .dof = dof,
                            .mixing = mixing,
                            .period_steps = period_steps};
}

/* Distribution function of t scaled to unit variance. */
static double
unit_t_law(double x, double dof)
{
    return gsl_cdf_tdist_P(x * sqrt(dof / (dof - 2.0)), dof);
}

/* Whatever is shared, a single increment has the t law of unit variance. */
static void
test_law_of_an_increment(void **state)
{
    enum { N = 64000 };
    static const double dofs[] = {2.05, 3.7, 30.0};
    static double x[N];
    (void)state;
    for (size_t d = 0; d < 3; d++) {
        for (size_t m = 0; m < 4; m++) {
            rip_market_spec spec = market_fixture_spec(3, 0.8);
            const rip_shock_spec shock = student_t(dofs[d], mixings[m], 2);
            market_fixture f;
            market_fixture_begin(&f, &spec, &shock, 2);
            market_fixture_sample(&f, 2, N, x);
            assert_true(market_fixture_kolmogorov(N, x, unit_t_law, dofs[d]) < 2.2);
            market_fixture_end(&f);
        }
    }
}

/* Variance 1 and kurtosis 3 + 6 / (dof - 4), with standard errors from the moments of
   t: those of order 4 and 8 exist for 11 degrees of freedom. */
static void
test_variance_and_kurtosis(void **state)
{
    const double dof = 11.0, n_path = 128000.0;
    const double kurtosis = 3.0 + 6.0 / (dof - 4.0);
    /* E x^8 = 105 (dof - 2)^3 / ((dof - 4)(dof - 6)(dof - 8)). */
    const double eighth =
        105.0 * pow(dof - 2.0, 3) / ((dof - 4) * (dof - 6) * (dof - 8));
    (void)state;
    for (size_t m = 0; m < 4; m++) {
        rip_market_spec spec = market_fixture_spec(2, 0.5);
        const rip_shock_spec shock = student_t(dof, mixings[m], 3);
        double square = 0.0, fourth = 0.0;
        market_fixture f;
        market_fixture_begin(&f, &spec, &shock, 1);
        for (uint64_t block = 0; block < 2000; block++) {
            market_fixture_fill(&f, block);
            for (size_t i = 0; i < RIP_LANES; i++) {
                const double x = market_fixture_innovation(&f, 0, 1, i);
                square += x * x;
                fourth += x * x * x * x;
            }
        }
        assert_near(square / n_path, 1.0, 4.5 * sqrt((kurtosis - 1.0) / n_path));
        assert_near(fourth / n_path, kurtosis,
                    4.5 * sqrt((eighth - kurtosis * kurtosis) / n_path));
        market_fixture_end(&f);
    }
}

/* The ratio of an innovation to the normal one of the same address: m. */
static double
ratio(const market_fixture *t, const market_fixture *g, size_t step, size_t asset,
      size_t lane)
{
    return market_fixture_innovation(t, step, asset, lane) /
           market_fixture_innovation(g, step, asset, lane);
}

/* Where the mixing variable is common and where it changes: 7 steps, periods of 3. */
static void
check_sharing(rip_mixing mixing, const size_t group[7])
{
    rip_market_spec spec = market_fixture_spec(3, 0.4),
                    same = market_fixture_spec(3, 0.4);
    const rip_shock_spec shock = student_t(4.0, mixing, 3);
    const rip_shock_spec normal = {.kind = RIP_SHOCK_GAUSSIAN, .seed = shock.seed};
    market_fixture t, g;
    market_fixture_begin(&t, &spec, &shock, 7);
    market_fixture_begin(&g, &same, &normal, 7);
    market_fixture_fill(&t, 5);
    market_fixture_fill(&g, 5);
    for (size_t i = 0; i < RIP_LANES; i++) {
        for (size_t step = 0; step < 7; step++) {
            const double m = ratio(&t, &g, step, 0, i);
            assert_true(m > 0.0);
            assert_close(ratio(&t, &g, step, 1, i), m, 1e-8);
            assert_close(ratio(&t, &g, step, 2, i), m, 1e-8);
            for (size_t other = 0; other < step; other++) {
                const bool shared = fabs(ratio(&t, &g, other, 0, i) / m - 1.0) < 1e-8;
                assert_int_equal(shared, group[other] == group[step]);
            }
        }
    }
    market_fixture_end(&t);
    market_fixture_end(&g);
}

static void
test_what_shares_a_mixing_variable(void **state)
{
    (void)state;
    check_sharing(RIP_MIXING_STEP, (const size_t[7]){0, 1, 2, 3, 4, 5, 6});
    check_sharing(RIP_MIXING_PERIOD, (const size_t[7]){0, 0, 0, 1, 1, 1, 2});
    check_sharing(RIP_MIXING_PATH, (const size_t[7]){0, 0, 0, 0, 0, 0, 0});
}

/* One variable a path: the sum over the horizon is exactly t as well. */
static void
test_horizon_law_of_mixing_by_path(void **state)
{
    enum { N = 64000, N_STEP = 12 };
    static double x[N];
    rip_market_spec spec = market_fixture_spec(2, 0.8);
    const rip_shock_spec shock = student_t(3.0, RIP_MIXING_PATH, 1);
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, N_STEP);
    for (size_t i = 0; i < N; i++) {
        if (i % RIP_LANES == 0) {
            market_fixture_fill(&f, i / RIP_LANES);
        }
        x[i] = 0.0;
        for (size_t t = 0; t < N_STEP; t++) {
            x[i] += market_fixture_innovation(&f, t, 1, i % RIP_LANES) / sqrt(N_STEP);
        }
    }
    assert_true(market_fixture_kolmogorov(N, x, unit_t_law, 3.0) < 2.2);
    market_fixture_end(&f);
}

/* How often two assets are below their 1 % quantiles together, and below zero. */
static void
joint_frequencies(rip_mixing mixing, double rho, double *tail, double *orthant)
{
    enum { N_BLOCK = 10000 };
    const double dof = 4.0;
    const double quantile = gsl_cdf_tdist_Pinv(0.01, dof) * sqrt((dof - 2.0) / dof);
    rip_market_spec spec = market_fixture_spec(2, rho);
    const rip_shock_spec shock = student_t(dof, mixing, 1);
    market_fixture f;
    *tail = *orthant = 0.0;
    market_fixture_begin(&f, &spec, &shock, 1);
    for (uint64_t block = 0; block < N_BLOCK; block++) {
        market_fixture_fill(&f, block);
        for (size_t i = 0; i < RIP_LANES; i++) {
            const double x = market_fixture_innovation(&f, 0, 0, i);
            const double y = market_fixture_innovation(&f, 0, 1, i);
            *tail += x < quantile && y < quantile ? 1.0 : 0.0;
            *orthant += x < 0.0 && y < 0.0 ? 1.0 : 0.0;
        }
    }
    *tail /= (double)N_BLOCK * RIP_LANES;
    *orthant /= (double)N_BLOCK * RIP_LANES;
    market_fixture_end(&f);
}

/* McNeil, Frey and Embrechts, Quantitative Risk Management (2005), table 5.2: at a
   correlation of 0.5 the 1 % quantiles are exceeded together with probability 1.29e-3
   under the Gaussian copula, 2.22 times as often under that of t with 4 degrees. The
   orthant is 1/4 + asin(rho) / (2 pi) for both. */
static void
test_joint_tails(void **state)
{
    const double n = 640000.0, gauss = 1.294e-3, rho = 0.5;
    const double quadrant = 0.25 + asin(rho) / (2.0 * 3.14159265358979);
    double tail, orthant;
    (void)state;
    joint_frequencies(RIP_MIXING_STEP, rho, &tail, &orthant);
    assert_near(tail, 2.22 * gauss, 4.5 * sqrt(2.22 * gauss / n) + 0.005 * gauss);
    assert_near(orthant, quadrant, 4.5 * 0.48 / sqrt(n));
    joint_frequencies(RIP_MIXING_ASSET, rho, &tail, &orthant);
    assert_near(tail, gauss, 4.5 * sqrt(gauss / n));
    assert_near(orthant, quadrant, 4.5 * 0.48 / sqrt(n));
}

/* The multivariate t has the correlation that was asked for; 1 + 2 rho^2 times the
   fourth moment bounds the error. */
static void
test_correlation(void **state)
{
    const double rho = 0.65, dof = 9.0, n = 192000.0;
    rip_market_spec spec = market_fixture_spec(3, rho);
    const rip_shock_spec shock = student_t(dof, RIP_MIXING_STEP, 1);
    double product = 0.0;
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, 1);
    for (uint64_t block = 0; block < 3000; block++) {
        market_fixture_fill(&f, block);
        for (size_t i = 0; i < RIP_LANES; i++) {
            product += market_fixture_innovation(&f, 0, 1, i) *
                       market_fixture_innovation(&f, 0, 2, i);
        }
    }
    const double spread =
        sqrt(((1.0 + 2.0 * rho * rho) * (dof - 2.0) / (dof - 4.0) - rho * rho) / n);
    assert_near(product / n, rho, 4.5 * spread);
    market_fixture_end(&f);
}

/* With many degrees of freedom every mixing comes to the normal increments. */
static void
test_limit_of_many_degrees(void **state)
{
    (void)state;
    for (size_t m = 0; m < 4; m++) {
        rip_market_spec spec = market_fixture_spec(3, 0.4);
        rip_market_spec same = market_fixture_spec(3, 0.4);
        const rip_shock_spec shock = student_t(1e6, mixings[m], 2);
        const rip_shock_spec normal = {.kind = RIP_SHOCK_GAUSSIAN, .seed = shock.seed};
        market_fixture t, g;
        market_fixture_begin(&t, &spec, &shock, 4);
        market_fixture_begin(&g, &same, &normal, 4);
        market_fixture_fill(&t, 1);
        market_fixture_fill(&g, 1);
        for (size_t k = 0; k < (size_t)4 * 3 * RIP_LANES; k++) {
            assert_near(t.panel.value[k], g.panel.value[k], 1e-4);
        }
        for (size_t i = 0; i < RIP_LANES; i++) {
            assert_close(ratio(&t, &g, 3, 1, i), 1.0, 0.005);
        }
        market_fixture_end(&t);
        market_fixture_end(&g);
    }
}

/* As in test_market_gaussian.c, by mixing. */
static void
test_bits_are_known(void **state)
{
    static const uint64_t want[] = {0x85cfa969914de924, 0xf81bab715a1d76ea,
                                    0xd2f942dd04e1a8c, 0x591b4f41d042ff02};
    (void)state;
    for (size_t m = 0; m < 4; m++) {
        rip_market_spec spec = market_fixture_spec(7, 0.65);
        const rip_shock_spec shock = student_t(3.7, mixings[m], 8);
        market_fixture f;
        market_fixture_begin(&f, &spec, &shock, 24);
        market_fixture_fill(&f, 1);
        assert_int_equal(market_fixture_fingerprint(&f), want[m]);
        market_fixture_end(&f);
    }
}

static void
test_degrees_that_are_too_few(void **state)
{
    rip_market_spec spec = market_fixture_spec(2, 0.5);
    rip_shock_spec shock = student_t(2.5, RIP_MIXING_STEP, 1);
    market_fixture f;
    (void)state;
    market_fixture_begin(&f, &spec, &shock, 1);
    const double bad[] = {2.0, 1.0, -3.0, NAN};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        void *plan = NULL;
        shock.dof = bad[i];
        assert_int_equal(f.model->plan(&plan, &shock, &f.market, 1, f.step_years),
                         RIP_ERR_INVALID_ARGUMENT);
        f.model->free(plan);
    }
    market_fixture_end(&f);
}

static void
test_memory_that_fails(void **state)
{
    (void)state;
    for (size_t m = 0; m < 4; m++) {
        rip_market_spec spec = market_fixture_spec(2, 0.5);
        const rip_shock_spec shock = student_t(4.0, mixings[m], 1);
        market_fixture_starve(&spec, &shock);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_law_of_an_increment),
        cmocka_unit_test(test_variance_and_kurtosis),
        cmocka_unit_test(test_what_shares_a_mixing_variable),
        cmocka_unit_test(test_horizon_law_of_mixing_by_path),
        cmocka_unit_test(test_joint_tails),
        cmocka_unit_test(test_correlation),
        cmocka_unit_test(test_limit_of_many_degrees),
        cmocka_unit_test(test_bits_are_known),
        cmocka_unit_test(test_degrees_that_are_too_few),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests_name("market_student_t", tests, NULL, NULL);
}
