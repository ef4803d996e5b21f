#include "support.h"

#include <gsl/gsl_errno.h>

#include "riptide/margin/tiers.h"

#define N_RANDOM 2000

static const double floor_usd[] = {0.0, 50000.0, 612345.0};
static const double rate[] = {0.004, 0.005, 0.0127};
static const double leverage[] = {125.0, 100.0, 33.0};

static rip_margin_tiers
built(size_t n, const double *deduction_usd)
{
    rip_margin_tiers self;
    assert_int_equal(
        rip_margin_tiers_init(&self, n, floor_usd, rate, leverage, deduction_usd),
        RIP_OK);
    return self;
}

/* MAR-1: cum_k = cum_{k-1} + floor_k (mmr_k - mmr_{k-1}). */
static void
test_deductions_are_derived(void **state)
{
    rip_margin_tiers tiers = built(3, NULL);
    (void)state;
    assert_near(tiers.deduction_usd[0], 0.0, 0.0);
    assert_close(tiers.deduction_usd[1], 50.0, 1e-13);
    assert_close(tiers.deduction_usd[2], 50.0 + 612345.0 * 0.0077, 1e-13);
    rip_margin_tiers_free(&tiers);
    assert_null(tiers.rate);
}

/* MAR-1, with the figures of Binance's FAQ on BTCUSDT: 200 at 50,000, cap inclusive,
   and 200.005 one dollar above. */
static void
test_maintenance_at_a_cap(void **state)
{
    rip_margin_tiers tiers = built(3, NULL);
    (void)state;
    assert_close(rip_margin_tiers_maintenance(&tiers, 50000.0), 200.0, 1e-14);
    assert_close(rip_margin_tiers_maintenance(&tiers, 50001.0), 200.005, 1e-14);
    assert_close(rip_margin_tiers_maintenance(&tiers, 60137.5), 250.6875, 1e-14);
    assert_near(rip_margin_tiers_maintenance(&tiers, 0.0), 0.0, 0.0);
    assert_true(isnan(rip_margin_tiers_maintenance(&tiers, NAN)));
    rip_margin_tiers_free(&tiers);
}

/* MAR-1: a given deduction is taken as it is, MM floors at 0; NaN derives. */
static void
test_given_deductions(void **state)
{
    static const double given[] = {30.0, NAN, 777.0};
    rip_margin_tiers tiers = built(3, given);
    (void)state;
    assert_near(rip_margin_tiers_maintenance(&tiers, 7500.0), 0.0, 1e-13);
    assert_near(rip_margin_tiers_maintenance(&tiers, 1234.5), 0.0, 0.0);
    assert_close(rip_margin_tiers_maintenance(&tiers, 10000.0), 10.0, 1e-14);
    assert_close(tiers.deduction_usd[1], 80.0, 1e-14);
    assert_close(rip_margin_tiers_maintenance(&tiers, 700000.0), 8890.0 - 777.0, 1e-14);
    assert_false(rip_margin_tiers_is_convex(&tiers));
    rip_margin_tiers_free(&tiers);
}

/* MAR-1: IM = max(N / leverage, N / max_leverage_k). */
static void
test_initial_margin(void **state)
{
    rip_margin_tiers tiers = built(3, NULL);
    (void)state;
    assert_close(rip_margin_tiers_initial(&tiers, 40000.0, 20.0), 2000.0, 1e-15);
    assert_close(rip_margin_tiers_initial(&tiers, 40000.0, 150.0), 320.0, 1e-15);
    assert_close(rip_margin_tiers_initial(&tiers, 60000.0, 125.0), 600.0, 1e-15);
    assert_close(rip_margin_tiers_max_leverage(&tiers, 612345.0), 100.0, 0.0);
    assert_close(rip_margin_tiers_max_leverage(&tiers, 612346.0), 33.0, 0.0);
    rip_margin_tiers_free(&tiers);
}

static void
test_refuses(void **state)
{
    static const double nan_rate[] = {0.004, NAN, 0.0127};
    static const double high_rate[] = {0.004, 0.005, 1.01};
    static const double low_leverage[] = {125.0, 0.5, 33.0};
    static const double first[] = {1.0, 50000.0, 612345.0};
    static const double falling[] = {0.0, 50000.0, 50000.0};
    static const double negative[] = {NAN, -1.0, NAN};
    static const struct {
        size_t n;
        const double *floor_usd, *rate, *leverage, *deduction_usd;
    } bad[] = {{0, floor_usd, rate, leverage, NULL},
               {3, floor_usd, nan_rate, leverage, NULL},
               {3, floor_usd, high_rate, leverage, NULL},
               {3, floor_usd, rate, low_leverage, NULL},
               {3, first, rate, leverage, NULL},
               {3, falling, rate, leverage, NULL},
               {3, floor_usd, rate, leverage, negative}};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        rip_margin_tiers tiers;
        assert_int_equal(rip_margin_tiers_init(&tiers, bad[i].n, bad[i].floor_usd,
                                               bad[i].rate, bad[i].leverage,
                                               bad[i].deduction_usd),
                         RIP_ERR_INVALID_ARGUMENT);
        rip_margin_tiers_free(&tiers);
    }
}

static void
test_out_of_memory(void **state)
{
    rip_margin_tiers tiers;
    rip_status status = RIP_ERR_NO_MEMORY;
    long n = 0;
    (void)state;
    for (; status != RIP_OK; n++) {
        support_fail_allocation(n);
        status = rip_margin_tiers_init(&tiers, 3, floor_usd, rate, leverage, NULL);
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        rip_margin_tiers_free(&tiers);
    }
    assert_int_equal(n, 5);
}

/* A schedule of 1 to 5 tiers with rising rates. */
static rip_margin_tiers
random_tiers(uint64_t *seed)
{
    double floors[5] = {0.0}, rates[5], leverages[5];
    const size_t n = 1 + (size_t)(5.0 * support_uniform(seed));
    rip_margin_tiers self;
    for (size_t k = 0; k < n; k++) {
        if (k > 0) {
            floors[k] = floors[k - 1] + 1000.0 + 90000.0 * support_uniform(seed);
        }
        rates[k] = (k > 0 ? rates[k - 1] : 0.0) + 0.02 * support_uniform(seed);
        leverages[k] = 100.0 / (double)(k + 1);
    }
    assert_int_equal(rip_margin_tiers_init(&self, n, floors, rates, leverages, NULL),
                     RIP_OK);
    return self;
}

/* MAR-1: MM is continuous across tiers, never falls, and is convex. */
static void
test_derived_schedules_are_continuous(void **state)
{
    uint64_t seed = 20251010;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        rip_margin_tiers tiers = random_tiers(&seed);
        assert_true(rip_margin_tiers_is_convex(&tiers));
        for (size_t k = 1; k < tiers.n_tier; k++) {
            const double at = tiers.floor_usd[k];
            const double above = nextafter(at, INFINITY);
            const double here = rip_margin_tiers_maintenance(&tiers, at);
            assert_int_equal(rip_margin_tiers_find(&tiers, at), k - 1);
            assert_int_equal(rip_margin_tiers_find(&tiers, above), k);
            assert_near(rip_margin_tiers_maintenance(&tiers, above), here, 1e-11 * at);
            assert_true(2.0 * here <=
                        rip_margin_tiers_maintenance(&tiers, 0.7 * at) +
                            rip_margin_tiers_maintenance(&tiers, 1.3 * at) + 1e-9);
        }
        rip_margin_tiers_free(&tiers);
    }
}

/* The largest share bounds M(N) / N up to a notional, and is reached. */
static void
test_largest_share(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        rip_margin_tiers tiers = random_tiers(&seed);
        const double most = 400000.0 * support_uniform(&seed);
        const double share = rip_margin_tiers_largest_share(&tiers, most);
        const double some = most * support_uniform(&seed);
        assert_true(rip_margin_tiers_maintenance(&tiers, some) <=
                    share * some * (1.0 + 1e-13));
        assert_close(rip_margin_tiers_maintenance(&tiers, most), share * most, 1e-12);
        assert_close(rip_margin_tiers_largest_share(&tiers, INFINITY),
                     tiers.rate[tiers.n_tier - 1], 0.0);
        rip_margin_tiers_free(&tiers);
    }
}

/* A schedule that jumps: its largest share lies at the end of an inner tier. */
static void
test_largest_share_of_a_jump(void **state)
{
    static const double given[] = {0.0, 0.0, 6000.0};
    rip_margin_tiers tiers = built(3, given);
    (void)state;
    assert_false(rip_margin_tiers_is_convex(&tiers));
    assert_close(rip_margin_tiers_largest_share(&tiers, 650000.0), 0.005, 1e-15);
    assert_close(rip_margin_tiers_largest_share(&tiers, 50000.0), 0.004, 1e-15);
    rip_margin_tiers_free(&tiers);
}

static void
test_next_kink(void **state)
{
    static const double given[] = {30.0, NAN, 777.0};
    rip_margin_tiers tiers = built(3, given);
    (void)state;
    /* 30 / 0.004: where the margin leaves zero. */
    assert_close(rip_margin_tiers_next_kink(&tiers, 100.0, 1), 7500.0, 1e-14);
    assert_close(rip_margin_tiers_next_kink(&tiers, 8000.0, 1), 16000.0, 1e-14);
    assert_close(rip_margin_tiers_next_kink(&tiers, 20000.0, 1), 50000.0, 0.0);
    assert_close(rip_margin_tiers_next_kink(&tiers, 50000.0, 1), 777.0 / 0.0127, 1e-14);
    assert_true(isinf(rip_margin_tiers_next_kink(&tiers, 1e9, 1)));
    assert_close(rip_margin_tiers_next_kink(&tiers, 1e9, -1), 612345.0, 0.0);
    assert_near(rip_margin_tiers_next_kink(&tiers, 7000.0, -1), 0.0, 0.0);
    rip_margin_tiers_free(&tiers);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deductions_are_derived),
        cmocka_unit_test(test_maintenance_at_a_cap),
        cmocka_unit_test(test_given_deductions),
        cmocka_unit_test(test_initial_margin),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_derived_schedules_are_continuous),
        cmocka_unit_test(test_largest_share),
        cmocka_unit_test(test_largest_share_of_a_jump),
        cmocka_unit_test(test_next_kink),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
