#include "support.h"

#include <gsl/gsl_cdf.h>

#include "riptide/numerics/statistics.h"

static const double Z95 = 1.959963984540054;

/* Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
   Medicine 17 (1998), table I, method 3; more digits by a separate program. */
static void
test_published_wilson_intervals(void **state)
{
    static const struct {
        double count, n, lower, upper;
    } rows[] = {{81, 263, 0.25528851987827423, 0.36620957698280007},
                {15, 148, 0.06238639953073628, 0.16048724172330804},
                {0, 20, 0.0, 0.16112515805281939},
                {1, 29, 0.0061132142927626605, 0.17175521879320288},
                {3, 100000, 1.0202758544517339e-5, 8.8208049251767313e-5}};
    double lower, upper;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rip_statistics_wilson(rows[i].count, rows[i].n, Z95, &lower, &upper);
        assert_near(lower, rows[i].lower, 1e-15);
        assert_close(upper, rows[i].upper, 1e-14);
    }
    rip_statistics_wilson(3, 100000, RIP_Z99, &lower, &upper);
    assert_close(lower, 7.5776171475226833e-6, 1e-13);
    assert_close(upper, 0.00011876296629561289, 1e-13);
}

/* Both ends solve |k / n - p| = z sqrt(p (1 - p) / n). */
static void
test_wilson_solves_its_equation(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (int i = 0; i < 10000; i++) {
        const double n = 1.0 + floor(exp(15.0 * support_uniform(&seed)));
        const double count = n * support_uniform(&seed);
        const double z = 0.5 + 4.0 * support_uniform(&seed);
        double lower, upper, mirrored_lower, mirrored_upper;
        rip_statistics_wilson(count, n, z, &lower, &upper);
        assert_true(0.0 <= lower && lower <= count / n && count / n <= upper &&
                    upper <= 1.0);
        const double below = count / n - lower, above = upper - count / n;
        assert_near(below * below, z * z * lower * (1.0 - lower) / n, 1e-12);
        assert_near(above * above, z * z * upper * (1.0 - upper) / n, 1e-12);
        rip_statistics_wilson(n - count, n, z, &mirrored_lower, &mirrored_upper);
        assert_near(mirrored_lower, 1.0 - upper, 1e-12);
        assert_near(mirrored_upper, 1.0 - lower, 1e-12);
    }
}

/* 1 - 0.01^(1/n), without cancellation for large n. */
static void
test_bound_with_no_event(void **state)
{
    (void)state;
    assert_close(rip_statistics_none_of(1.0, 0.99), 0.99, 1e-14);
    assert_close(rip_statistics_none_of(20.0, 0.99), 0.2056717652757185, 1e-14);
    assert_close(rip_statistics_none_of(1e5, 0.99), 4.6050641496536059e-5, 1e-11);
    assert_close(rip_statistics_none_of(1e6, 0.99), 4.6051595822081478e-6, 1e-14);
    assert_close(rip_statistics_none_of(1e12, 0.99), 4.6051701859774876e-12, 1e-14);
    /* Where the series takes over. */
    assert_close(rip_statistics_none_of(460517.0, 0.99),
                 rip_statistics_none_of(460518.0, 0.99) * (460518.0 / 460517.0), 1e-9);
}

static void
test_proportion_chooses_its_interval(void **state)
{
    double lower, upper, l, u;
    (void)state;
    rip_statistics_proportion(0.0, 0.0, &lower, &upper);
    assert_near(lower, 0.0, 0.0);
    assert_close(upper, 1.0, 0.0);
    rip_statistics_proportion(0.0, 1e5, &lower, &upper);
    assert_near(lower, 0.0, 0.0);
    assert_close(upper, rip_statistics_none_of(1e5, 0.99), 0.0);
    rip_statistics_proportion(20.0, 20.0, &lower, &upper);
    assert_close(lower, 1.0 - 0.2056717652757185, 1e-14);
    assert_close(upper, 1.0, 0.0);
    rip_statistics_proportion(3.0, 1e5, &lower, &upper);
    rip_statistics_wilson(3.0, 1e5, RIP_Z99, &l, &u);
    assert_close(lower, l, 0.0);
    assert_close(upper, u, 0.0);
}

/* P(B < l) and P(B >= u) of GSL: the ranks are the tightest with each at most half of
   what the confidence leaves. */
static void
check_ranks(uint64_t n, double level, double confidence)
{
    const double tail = 0.5 * (1.0 - confidence);
    uint64_t lower, upper;
    rip_statistics_ranks(n, level, confidence, &lower, &upper);
    assert_true(lower <= upper && upper <= n + 1);
    const double slack = 1e-9 * tail;
    const unsigned m = (unsigned)n, l = (unsigned)lower, u = (unsigned)upper;
    if (l > 0) {
        assert_true(gsl_cdf_binomial_P(l - 1, level, m) <= tail + slack);
    }
    assert_true(l >= m || gsl_cdf_binomial_P(l, level, m) > tail - slack);
    if (u <= m) {
        assert_true(gsl_cdf_binomial_Q(u - 1, level, m) <= tail + slack);
    }
    if (u >= 2) {
        assert_true(gsl_cdf_binomial_Q(u - 2, level, m) > tail - slack);
    }
}

static void
test_ranks_are_exact(void **state)
{
    static const double levels[] = {0.5,    0.95, 0.99, 0.999,
                                    0.0127, 0.17, 1e-6, 1.0 - 1e-6};
    static const double confidences[] = {1e-6, 0.5, 0.95, 0.99, 0.9999};
    (void)state;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        for (size_t k = 0; k < sizeof(confidences) / sizeof(confidences[0]); k++) {
            for (uint64_t n = 1; n < 400; n += 1 + n / 7) {
                check_ranks(n, levels[i], confidences[k]);
            }
            check_ranks(1000, levels[i], confidences[k]);
            check_ranks(20000, levels[i], confidences[k]);
            check_ranks(1000003, levels[i], confidences[k]);
        }
    }
}

/* Ten thousand values, the 99 % quantile at 95 %: the textbook example has 9880 and
   9920 and covers with 0.9558, from both sides of the law. */
static void
test_example_of_ranks(void **state)
{
    uint64_t lower, upper;
    (void)state;
    rip_statistics_ranks(10000, 0.99, 0.95, &lower, &upper);
    assert_int_equal(lower, 9880);
    assert_int_equal(upper, 9920);
    assert_near(gsl_cdf_binomial_P(9919, 0.99, 10000) -
                    gsl_cdf_binomial_P(9879, 0.99, 10000),
                0.9558, 5e-5);
}

/* Beyond GSL's unsigned counts the law is normal for all purposes. */
static void
test_ranks_of_huge_samples(void **state)
{
    const double n = 1e13, level = 0.9987;
    uint64_t lower, upper;
    (void)state;
    rip_statistics_ranks((uint64_t)n, level, 0.99, &lower, &upper);
    const double spread = RIP_Z99 * sqrt(n * level * (1.0 - level));
    assert_near((double)lower, n * level - spread, 5.0);
    assert_near((double)upper, n * level + spread, 5.0);
}

static void
test_ranks_without_a_bound(void **state)
{
    uint64_t lower, upper;
    (void)state;
    rip_statistics_ranks(10, 0.99, 0.99, &lower, &upper);
    assert_int_equal(upper, 11);
    rip_statistics_ranks(10, 0.01, 0.99, &lower, &upper);
    assert_int_equal(lower, 0);
    rip_statistics_ranks(0, 0.5, 0.99, &lower, &upper);
    assert_int_equal(lower, 0);
    assert_int_equal(upper, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_wilson_intervals),
        cmocka_unit_test(test_wilson_solves_its_equation),
        cmocka_unit_test(test_bound_with_no_event),
        cmocka_unit_test(test_proportion_chooses_its_interval),
        cmocka_unit_test(test_ranks_are_exact),
        cmocka_unit_test(test_example_of_ranks),
        cmocka_unit_test(test_ranks_of_huge_samples),
        cmocka_unit_test(test_ranks_without_a_bound),
    };
    return cmocka_run_group_tests_name("numerics_statistics", tests, NULL, NULL);
}
