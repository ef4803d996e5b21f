#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "market_fixture.h"

static void
give_matrix(rip_market_spec *spec, const double *matrix)
{
    memcpy(spec->correlation, matrix,
           spec->n_asset * spec->n_asset * sizeof(*spec->correlation));
}

static double *
three_matrix(const double matrix[9])
{
    double *copy = calloc(9, sizeof(*copy));
    assert_non_null(copy);
    memcpy(copy, matrix, 9 * sizeof(*copy));
    return copy;
}

static void
test_assets_after_stress(void **state)
{
    rip_market_spec spec = market_fixture_spec(3, 0.65);
    rip_market market;
    (void)state;
    spec.asset[1].implied_volatility = 0.55;
    spec.stress.volatility = 1.5;
    spec.stress.implied_volatility = 1.25;
    spec.stress.drift = calloc(3, sizeof(*spec.stress.drift));
    assert_non_null(spec.stress.drift);
    spec.stress.drift[2] = -0.2;
    spec.funding_interval_ms = 28800000;
    spec.borrow_rate_usd = 0.07;
    assert_int_equal(rip_market_init(&market, &spec), RIP_OK);
    assert_int_equal(market.n_asset, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(market.asset[i].symbol, spec.asset[i].symbol);
        assert_close(market.asset[i].price_usd, spec.asset[i].price_usd, 0.0);
        assert_close(market.asset[i].volatility, 1.5 * spec.asset[i].volatility, 1e-15);
        assert_close(market.asset[i].drift, spec.asset[i].drift, 0.0);
        assert_near(market.stress_drift[i], i == 2 ? -0.2 : 0.0, 0.0);
    }
    assert_true(isnan(market.asset[0].implied_volatility));
    assert_close(market.asset[1].implied_volatility, 0.55 * 1.25, 1e-15);
    assert_int_equal(market.funding_interval_ms, 28800000);
    assert_close(market.borrow_rate_usd, 0.07, 0.0);
    assert_false(market.repaired);
    rip_market_free(&market);
    rip_market_spec_free(&spec);
}

static void
test_factor_makes_the_correlation(void **state)
{
    rip_market_spec spec = market_fixture_spec(7, 0.813);
    rip_market market;
    (void)state;
    assert_int_equal(rip_market_init(&market, &spec), RIP_OK);
    assert_close(market.smallest_eigenvalue, 1.0 - 0.813, 1e-13);
    for (size_t i = 0; i < 7; i++) {
        for (size_t j = 0; j < 7; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < 7; k++) {
                sum += market.factor[i * 7 + k] * market.factor[j * 7 + k];
            }
            assert_close(market.correlation[i * 7 + j], i == j ? 1.0 : 0.813, 0.0);
            assert_close(sum, i == j ? 1.0 : 0.813, 1e-14);
        }
    }
    rip_market_free(&market);
    rip_market_spec_free(&spec);
}

static void
test_indefinite_correlation(void **state)
{
    static const double rebonato[9] = {1, 0.9, 0.7, 0.9, 1, 0.3, 0.7, 0.3, 1};
    rip_market_spec spec = market_fixture_spec(3, 0.0);
    rip_market market;
    (void)state;
    give_matrix(&spec, rebonato);
    assert_int_equal(rip_market_init(&market, &spec), RIP_ERR_NOT_POSITIVE);
    assert_near(market.smallest_eigenvalue, -0.00735, 5e-6);
    rip_market_free(&market);
    /* Higham's repair, and by how much it moved. */
    spec.repair = true;
    assert_int_equal(rip_market_init(&market, &spec), RIP_OK);
    assert_true(market.repaired);
    assert_near(market.repair_distance, 0.009728, 5e-7);
    assert_near(market.correlation[1], 0.89457529, 5e-9);
    assert_near(market.smallest_eigenvalue, -0.00735, 5e-6);
    rip_market_free(&market);
    rip_market_spec_free(&spec);
}

static void
test_entries_that_are_no_correlations(void **state)
{
    rip_market_spec spec = market_fixture_spec(2, 0.5);
    rip_market market;
    (void)state;
    spec.correlation[1] = 0.6;
    assert_int_equal(rip_market_init(&market, &spec), RIP_ERR_INVALID_ARGUMENT);
    rip_market_free(&market);
    spec.correlation[1] = spec.correlation[2] = NAN;
    assert_int_equal(rip_market_init(&market, &spec), RIP_ERR_INVALID_ARGUMENT);
    rip_market_free(&market);
    spec.n_asset = 0;
    assert_int_equal(rip_market_init(&market, &spec), RIP_ERR_INVALID_ARGUMENT);
    rip_market_free(&market);
    rip_market_spec_free(&spec);
}

static void
test_stress_of_the_correlation(void **state)
{
    static const double given[9] = {1, 0.8, 0.55, 0.8, 1, 0.6, 0.55, 0.6, 1};
    static const double target[9] = {1, 0.2, 0.3, 0.2, 1, -0.1, 0.3, -0.1, 1};
    rip_market_spec spec = market_fixture_spec(3, 0.0);
    rip_market market;
    (void)state;
    give_matrix(&spec, given);
    spec.stress.kind = RIP_CORRELATION_STRESS_ONE;
    spec.stress.weight = 0.25;
    assert_int_equal(rip_market_init(&market, &spec), RIP_OK);
    assert_close(market.correlation[2], 0.75 * 0.55 + 0.25, 1e-15);
    rip_market_free(&market);
    spec.stress.exclude = calloc(3, sizeof(*spec.stress.exclude));
    assert_non_null(spec.stress.exclude);
    spec.stress.exclude[2] = true;
    assert_int_equal(rip_market_init(&market, &spec), RIP_OK);
    assert_close(market.correlation[1], 0.75 * 0.8 + 0.25, 1e-15);
    assert_close(market.correlation[2], 0.55, 0.0);
    rip_market_free(&market);
    spec.stress.exclude[2] = false;
    spec.stress.kind = RIP_CORRELATION_STRESS_MATRIX;
    spec.stress.target = three_matrix(target);
    assert_int_equal(rip_market_init(&market, &spec), RIP_OK);
    assert_close(market.correlation[5], 0.75 * 0.6 - 0.25 * 0.1, 1e-15);
    rip_market_free(&market);
    rip_market_spec_free(&spec);
}

/* Blocks act in the order given; a pair in two of them is moved twice. */
static void
test_stress_of_blocks(void **state)
{
    static const size_t first[2] = {0, 1};
    rip_market_spec spec = market_fixture_spec(4, 0.5);
    rip_market market;
    (void)state;
    spec.stress.kind = RIP_CORRELATION_STRESS_BLOCKS;
    spec.stress.n_block = 2;
    spec.stress.block = calloc(2, sizeof(*spec.stress.block));
    assert_non_null(spec.stress.block);
    for (size_t b = 0; b < 2; b++) {
        spec.stress.block[b] = (rip_correlation_block){
            .n_member = 2, .correlation = 0.9 - (double)b, .weight = 0.5};
        spec.stress.block[b].member = calloc(2, sizeof(size_t));
        assert_non_null(spec.stress.block[b].member);
        memcpy(spec.stress.block[b].member, first, sizeof(first));
    }
    assert_int_equal(rip_market_init(&market, &spec), RIP_OK);
    assert_close(market.correlation[1], 0.5 * (0.5 * 0.5 + 0.5 * 0.9) - 0.5 * 0.1,
                 1e-15);
    assert_close(market.correlation[4], market.correlation[1], 0.0);
    assert_close(market.correlation[2], 0.5, 0.0);
    rip_market_free(&market);
    rip_market_spec_free(&spec);
}

/* Every asset is the same one: a valid stress whose factor has a single column. */
static void
test_everything_perfectly_correlated(void **state)
{
    rip_market_spec spec = market_fixture_spec(5, 0.3);
    rip_market market;
    (void)state;
    spec.stress.kind = RIP_CORRELATION_STRESS_ONE;
    spec.stress.weight = 1.0;
    assert_int_equal(rip_market_init(&market, &spec), RIP_OK);
    for (size_t k = 0; k < 25; k++) {
        assert_close(market.factor[k], k % 5 == 0 ? 1.0 : 0.0, 0.0);
    }
    assert_close(market.smallest_eigenvalue, 0.7, 1e-13);
    rip_market_free(&market);
    rip_market_spec_free(&spec);
}

/* An excluded asset that was close to the others cannot stay as close to all of them
   when they part: the stress makes a sound matrix indefinite. */
static void
test_stress_that_leaves_no_correlation_matrix(void **state)
{
    static const double given[9] = {1, 0.9, 0.9, 0.9, 1, 0.9, 0.9, 0.9, 1};
    static const double target[9] = {1, -0.9, 0, -0.9, 1, 0, 0, 0, 1};
    rip_market_spec spec = market_fixture_spec(3, 0.0);
    rip_market market;
    (void)state;
    give_matrix(&spec, given);
    spec.stress.kind = RIP_CORRELATION_STRESS_MATRIX;
    spec.stress.weight = 1.0;
    spec.stress.target = three_matrix(target);
    spec.stress.exclude = calloc(3, sizeof(*spec.stress.exclude));
    assert_non_null(spec.stress.exclude);
    spec.stress.exclude[2] = true;
    assert_int_equal(rip_market_init(&market, &spec), RIP_ERR_NOT_POSITIVE);
    assert_true(market.smallest_eigenvalue < -0.1);
    rip_market_free(&market);
    spec.repair = true;
    assert_int_equal(rip_market_init(&market, &spec), RIP_OK);
    assert_true(market.repaired && market.repair_distance > 0.1);
    assert_close(market.smallest_eigenvalue, 0.1, 1e-12);
    rip_market_free(&market);
    rip_market_spec_free(&spec);
}

static void
test_symbols(void **state)
{
    rip_market_spec spec = market_fixture_spec(3, 0.5);
    (void)state;
    assert_int_equal(rip_market_find(&spec, "A0"), 0);
    assert_int_equal(rip_market_find(&spec, "A2"), 2);
    assert_int_equal(rip_market_find(&spec, "A"), 3);
    assert_int_equal(rip_market_find(&spec, "a1"), 3);
    rip_market_spec_free(&spec);
    assert_null(spec.asset);
    rip_market_spec_free(&spec);
}

static void
test_memory_that_fails(void **state)
{
    static const double rebonato[9] = {1, 0.9, 0.7, 0.9, 1, 0.3, 0.7, 0.3, 1};
    rip_market_spec spec = market_fixture_spec(3, 0.0);
    rip_status status = RIP_ERR_NO_MEMORY;
    (void)state;
    give_matrix(&spec, rebonato);
    spec.repair = true;
    spec.stress.kind = RIP_CORRELATION_STRESS_ONE;
    spec.stress.weight = 0.5;
    for (long n = 0; status == RIP_ERR_NO_MEMORY; n++) {
        rip_market market;
        support_fail_allocation(n);
        status = rip_market_init(&market, &spec);
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        assert_true(n < 50);
        rip_market_free(&market);
    }
    rip_market_spec_free(&spec);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assets_after_stress),
        cmocka_unit_test(test_factor_makes_the_correlation),
        cmocka_unit_test(test_indefinite_correlation),
        cmocka_unit_test(test_entries_that_are_no_correlations),
        cmocka_unit_test(test_stress_of_the_correlation),
        cmocka_unit_test(test_stress_of_blocks),
        cmocka_unit_test(test_everything_perfectly_correlated),
        cmocka_unit_test(test_stress_that_leaves_no_correlation_matrix),
        cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests_name("market_market", tests, NULL, NULL);
}
