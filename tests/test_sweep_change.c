#include "support.h"

#include <math.h>
#include <string.h>

#include "riptide/sweep/change.h"

#define N 64

/* The worked example of the header, by hand with another program. */
static void
test_example(void **state)
{
    double sum[N] = {1, 1, 1, 1}, zero[N] = {0};
    const rip_sweep_batches point = {4.0 / 640, sum, 640};
    const rip_sweep_batches base = {0.0, zero, 640};
    const rip_sweep_change change = rip_sweep_change_share(&point, &base);

    (void)state;
    assert_close(change.value, 0.00625, 1e-15);
    assert_close(change.lower, -0.0086519103600039, 1e-11);
    assert_close(change.upper, 0.0211519103600039, 1e-11);
}

/* The change of a mean: the batch differences 1 and -1 in turn have variance 64/63. */
static void
test_mean(void **state)
{
    double sum[N], zero[N];

    (void)state;
    for (size_t b = 0; b < N; b++) {
        zero[b] = 52.137 * (double)b;
        sum[b] = zero[b] + (b % 2 == 0 ? 3.0 : 1.0);
    }
    const rip_sweep_batches point = {sum[0], sum, 128},
                            base = {sum[0] - 1.0, zero, 128};
    const rip_sweep_change change = rip_sweep_change_mean(&point, &base);
    assert_close(change.value, 1.0, 1e-14);
    /* V = 64/63 sum of (1/128)^2 over 64 batches; t is 2.656145. */
    const double half = 2.656145029762259 * sqrt(64.0 / 63.0 * 64.0) / 128.0;
    assert_close(change.upper - change.value, half, 1e-12);
    assert_close(change.value - change.lower, half, 1e-12);
}

/* Batches that all move alike have no variance, also where they differ by one path. */
static void
test_uneven_batches(void **state)
{
    double sum[N], zero[N] = {0};

    (void)state;
    for (size_t b = 0; b < N; b++) {
        sum[b] = b < 36 ? 11.0 : 10.0; /* 676 paths: all of them */
    }
    const rip_sweep_batches point = {1.0, sum, 676}, base = {0.0, zero, 676};
    const rip_sweep_change mean = rip_sweep_change_mean(&point, &base);
    assert_near(mean.upper - mean.lower, 0.0, 1e-7);
    const rip_sweep_change share = rip_sweep_change_share(&point, &base);
    assert_close(share.value, 1.0, 1e-15);
    assert_true(share.upper <= 1.0 && share.lower > 0.97 && share.lower < 1.0);
    const rip_sweep_change back = rip_sweep_change_share(&base, &point);
    assert_true(back.lower >= -1.0 && back.upper < -0.97 && back.upper > -1.0);
}

/* No event anywhere: the one-sided bound with none of n, on both sides. */
static void
test_nothing_moves(void **state)
{
    double sum[N], same[N];

    (void)state;
    for (size_t b = 0; b < N; b++) {
        sum[b] = same[b] = (double)(b % 3);
    }
    const rip_sweep_batches point = {0.05, sum, 1280}, base = {0.05, same, 1280};
    const rip_sweep_change change = rip_sweep_change_share(&point, &base);
    assert_near(change.value, 0.0, 0.0);
    assert_close(change.upper, 0.0035913249189180, 1e-12); /* 1 - 0.01^(1/1280) */
    assert_close(change.lower, -0.0035913249189180, 1e-12);
}

/* Too few paths for batches, and figures that do not exist. */
static void
test_no_interval(void **state)
{
    double sum[N] = {1};
    const rip_sweep_batches few = {1.0 / 63, sum, 63}, none = {NAN, sum, 640};
    const rip_sweep_batches some = {1.0 / 640, sum, 640};
    const rip_sweep_change a = rip_sweep_change_share(&some, &few);
    const rip_sweep_change b = rip_sweep_change_mean(&few, &some);
    const rip_sweep_change c = rip_sweep_change_share(&none, &some);
    const rip_sweep_change d = rip_sweep_change_mean(&some, &none);

    (void)state;
    assert_true(isnan(a.lower) && isnan(a.upper) && !isnan(a.value));
    assert_true(isnan(b.lower) && isnan(b.upper) && !isnan(b.value));
    assert_true(isnan(c.value) && isnan(c.lower) && isnan(c.upper));
    assert_true(isnan(d.value) && isnan(d.lower) && isnan(d.upper));
}

static void
test_bound(void **state)
{
    const rip_sweep_change point = {0.127, 0.11, 0.15}, base = {0.05, 0.04, 0.07};
    const rip_sweep_change change = rip_sweep_change_bound(&point, &base);

    (void)state;
    assert_close(change.value, 0.077, 1e-14);
    assert_close(change.lower, 0.04, 1e-14);
    assert_close(change.upper, 0.11, 1e-14);
}

/* Share of replicates whose interval covers a true change `up - down` per path. */
static double
coverage(double up, double down, uint64_t n, uint64_t *seed)
{
    const size_t n_replicate = 4000;
    size_t covered = 0;

    for (size_t r = 0; r < n_replicate; r++) {
        double sum[N] = {0}, base[N] = {0}, total = 0.0;
        for (uint64_t p = 0; p < n; p++) {
            const double u = support_uniform(seed);
            sum[p % N] += u < up;
            base[p % N] += u > 1.0 - down;
            total += (u < up) - (u > 1.0 - down);
        }
        const rip_sweep_batches point = {total / (double)n, sum, n};
        const rip_sweep_batches zero = {0.0, base, n};
        const rip_sweep_change change = rip_sweep_change_share(&point, &zero);
        covered += change.lower <= up - down && up - down <= change.upper;
    }
    return (double)covered / (double)n_replicate;
}

/* 99 % are covered, from a handful of events to thousands; 4000 replicates have a
   standard error of 0.16 %. */
static void
test_coverage(void **state)
{
    static const double rates[][2] = {{0.0005, 0.0}, {0.002, 0.0},  {0.004, 0.002},
                                      {0.02, 0.0},   {0.05, 0.048}, {0.2, 0.1}};
    uint64_t seed = 20251010;

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        const double share = coverage(rates[i][0], rates[i][1], 2000, &seed);
        if (!(share > 0.983)) {
            fail_msg("rates %g and %g: covered %.4f of the time", rates[i][0],
                     rates[i][1], share);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),        cmocka_unit_test(test_mean),
        cmocka_unit_test(test_uneven_batches), cmocka_unit_test(test_nothing_moves),
        cmocka_unit_test(test_no_interval),    cmocka_unit_test(test_bound),
        cmocka_unit_test(test_coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
