#include "support.h"

#include <gsl/gsl_cdf.h>

#include "riptide/numerics/math.h"
#include "riptide/random/normal.h"
#include "riptide/random/normal_kernel.h"
#include "riptide/random/stream.h"

enum { MOST = 19, WIDE = 256 };

static const uint64_t SEED = 0x123456789abcdef0;
static double rows[WIDE * RIP_LANES], other[WIDE * RIP_LANES];

static uint32_t
shock(void)
{
    return rip_stream_purpose(RIP_PURPOSE_SHOCK, 2);
}

/* Row f of lane i is number f of path first + i, whatever the number of rows. */
static void
test_uniforms_by_address(void **state)
{
    (void)state;
    for (size_t n = 1; n <= MOST; n++) {
        rip_uniform_fill(SEED, 5, 6400, shock(), n, rows);
        for (size_t f = 0; f < n; f++) {
            for (size_t i = 0; i < RIP_LANES; i++) {
                assert_close(
                    rows[f * RIP_LANES + i],
                    rip_stream_uniform(SEED, f, 5, 6400 + i, RIP_PURPOSE_SHOCK, 2),
                    0.0);
            }
        }
    }
}

static void
test_normals_by_inversion(void **state)
{
    (void)state;
    for (size_t n = 1; n <= MOST; n++) {
        rip_uniform_fill(SEED, 71, 64, shock(), n, other);
        rip_normal_fill(SEED, 71, 64, shock(), n, rows);
        for (size_t k = 0; k < n * RIP_LANES; k++) {
            assert_close(rows[k], rip_math_normal_inverse(other[k]), 0.0);
        }
    }
}

/* No row is written past the last one asked for. */
static void
test_rows_asked_for_only(void **state)
{
    (void)state;
    for (size_t n = 1; n <= MOST; n++) {
        for (size_t i = 0; i < RIP_LANES; i++) {
            rows[n * RIP_LANES + i] = other[n * RIP_LANES + i] = -7.0;
        }
        rip_normal_fill(SEED, 0, 0, shock(), n, rows);
        rip_uniform_fill(SEED, 0, 0, shock(), n, other);
        for (size_t i = 0; i < RIP_LANES; i++) {
            assert_close(rows[n * RIP_LANES + i], -7.0, 0.0);
            assert_close(other[n * RIP_LANES + i], -7.0, 0.0);
        }
    }
}

static void
test_levels_agree_to_the_bit(void **state)
{
    const rip_normal_address at = {.key = {(uint32_t)SEED, (uint32_t)(SEED >> 32)},
                                   .step = 3,
                                   .first_path = 0xffffffc0,
                                   .purpose = 1};
    (void)state;
    for (rip_simd level = RIP_SIMD_BASELINE; level <= rip_simd_choose(NULL); level++) {
        for (size_t n = 1; n <= MOST; n++) {
            rip_normal_rows_baseline(&at, n, other);
            RIP_SIMD_AT(level, rip_normal_rows)(&at, n, rows);
            assert_memory_equal(rows, other, n * RIP_LANES * sizeof(*rows));
            rip_normal_uniforms_baseline(&at, n, other);
            RIP_SIMD_AT(level, rip_normal_uniforms)(&at, n, rows);
            assert_memory_equal(rows, other, n * RIP_LANES * sizeof(*rows));
        }
    }
}

/* The inverse of GSL is an independent program of the same accuracy. */
static void
test_agrees_with_gsl(void **state)
{
    (void)state;
    for (uint32_t step = 0; step < 20; step++) {
        rip_uniform_fill(SEED, step, 0, shock(), WIDE, other);
        rip_normal_fill(SEED, step, 0, shock(), WIDE, rows);
        for (size_t k = 0; k < WIDE * (size_t)RIP_LANES; k++) {
            assert_close(rows[k], gsl_cdf_ugaussian_Pinv(other[k]), 2e-14);
        }
    }
}

/* Mean, variance, skewness, kurtosis and tail counts of 1.6 million normals, each
   within 4.5 standard errors. */
static void
test_law(void **state)
{
    double sum[5] = {0};
    double beyond = 0.0;
    const double n = 100.0 * WIDE * RIP_LANES;
    (void)state;
    for (uint32_t step = 0; step < 100; step++) {
        rip_normal_fill(77, step, 128, shock(), WIDE, rows);
        for (size_t k = 0; k < WIDE * (size_t)RIP_LANES; k++) {
            const double z = rows[k];
            sum[1] += z;
            sum[2] += z * z;
            sum[3] += z * z * z;
            sum[4] += z * z * z * z;
            beyond += fabs(z) > 3.0;
        }
    }
    assert_near(sum[1] / n, 0.0, 4.5 * sqrt(1.0 / n));
    assert_near(sum[2] / n, 1.0, 4.5 * sqrt(2.0 / n));
    assert_near(sum[3] / n, 0.0, 4.5 * sqrt(15.0 / n));
    assert_near(sum[4] / n, 3.0, 4.5 * sqrt(96.0 / n));
    assert_near(beyond / n, 0.0026997960632602, 4.5 * sqrt(0.0027 / n));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uniforms_by_address),
        cmocka_unit_test(test_normals_by_inversion),
        cmocka_unit_test(test_rows_asked_for_only),
        cmocka_unit_test(test_levels_agree_to_the_bit),
        cmocka_unit_test(test_agrees_with_gsl),
        cmocka_unit_test(test_law),
    };
    return cmocka_run_group_tests_name("random_normal", tests, NULL, NULL);
}
