#include "support.h"

#include <string.h>

#include <gsl/gsl_linalg.h>

#include "riptide/numerics/correlation.h"

enum { MOST = 24 };

/* A correlation matrix of rank `rank`: products of random unit vectors. */
static void
random_matrix(uint64_t *seed, size_t n, size_t rank, double *matrix)
{
    double vector[MOST][MOST];
    for (size_t i = 0; i < n; i++) {
        double square = 0.0;
        for (size_t k = 0; k < rank; k++) {
            vector[i][k] = 2.0 * support_uniform(seed) - 1.0;
            square += vector[i][k] * vector[i][k];
        }
        for (size_t k = 0; k < rank; k++) {
            vector[i][k] /= sqrt(square);
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < rank; k++) {
                sum += vector[i][k] * vector[j][k];
            }
            matrix[i * n + j] = i == j ? 1.0 : sum;
        }
    }
}

static void
assert_factor(size_t n, const double *matrix, const double *factor)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < n; k++) {
                sum += factor[i * n + k] * factor[j * n + k];
            }
            assert_near(sum, matrix[i * n + j], 1e-12);
            assert_true(j <= i || factor[i * n + j] == 0.0);
        }
        assert_true(factor[i * n + i] >= 0.0);
    }
}

static void
test_entries_at_fault(void **state)
{
    static const double sound[9] = {1, 0.3, -0.127, 0.3, 1, 0.65, -0.127, 0.65, 1};
    static const struct {
        size_t at;
        double value;
        rip_correlation_fault fault;
        size_t row, column;
    } rows[] = {
        {4, 0.999, RIP_CORRELATION_DIAGONAL, 1, 1},
        {8, NAN, RIP_CORRELATION_NOT_FINITE, 2, 2},
        {1, INFINITY, RIP_CORRELATION_NOT_FINITE, 0, 1},
        {5, 1.0000001, RIP_CORRELATION_RANGE, 1, 2},
        {2, -1.0000001, RIP_CORRELATION_RANGE, 0, 2},
        {7, 0.6500001, RIP_CORRELATION_ASYMMETRIC, 1, 2},
    };
    (void)state;
    assert_int_equal(rip_correlation_check(3, sound).fault, RIP_CORRELATION_SOUND);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double matrix[9];
        memcpy(matrix, sound, sizeof(matrix));
        matrix[rows[i].at] = rows[i].value;
        const rip_correlation_entry got = rip_correlation_check(3, matrix);
        assert_int_equal(got.fault, rows[i].fault);
        assert_int_equal(got.row, rows[i].row);
        assert_int_equal(got.column, rows[i].column);
        assert_true(got.value == matrix[3 * got.row + got.column] || isnan(got.value));
    }
}

/* The examples that Higham (2002) gives, and one of Rebonato and Jaeckel (1999), whose
   repaired entries QuantLib's tests list. */
static void
test_published_nearest_matrices(void **state)
{
    static const double three[9] = {1, 1, 0, 1, 1, 1, 0, 1, 1};
    static const double four[16] = {2, -1, 0, 0,  -1, 2, -1, 0,
                                    0, -1, 2, -1, 0,  0, -1, 2};
    static const double rebonato[9] = {1, 0.9, 0.7, 0.9, 1, 0.3, 0.7, 0.3, 1};
    double nearest[16], distance, smallest;
    (void)state;
    assert_int_equal(rip_correlation_smallest_eigenvalue(3, three, &smallest), RIP_OK);
    assert_close(smallest, 1.0 - sqrt(2.0), 1e-14);
    assert_int_equal(rip_correlation_nearest(3, three, nearest, &distance), RIP_OK);
    assert_near(nearest[1], 0.7607, 5e-5);
    assert_near(nearest[2], 0.1573, 5e-5);
    assert_near(nearest[5], 0.7607, 5e-5);
    assert_near(distance, 0.5278, 5e-5);
    assert_int_equal(rip_correlation_nearest(4, four, nearest, &distance), RIP_OK);
    assert_near(nearest[1], -0.8084, 5e-5);
    assert_near(nearest[2], 0.1916, 5e-5);
    assert_near(nearest[3], 0.1068, 5e-5);
    assert_near(nearest[6], -0.6562, 5e-5);
    assert_near(distance, 2.13, 5e-3);
    assert_int_equal(rip_correlation_smallest_eigenvalue(3, rebonato, &smallest),
                     RIP_OK);
    assert_near(smallest, -0.00735, 5e-6);
    assert_int_equal(rip_correlation_nearest(3, rebonato, nearest, &distance), RIP_OK);
    assert_near(nearest[1], 0.89457529, 5e-9);
    assert_near(nearest[2], 0.69662077, 5e-9);
    assert_near(nearest[5], 0.30254360, 5e-9);
    assert_near(distance, 0.009728, 5e-7);
}

/* The nearest point X of a convex set to A: <A - X, Y - X> <= 0 for every Y in it. */
static void
test_nearest_is_a_projection(void **state)
{
    uint64_t seed = 3;
    (void)state;
    for (int round = 0; round < 20; round++) {
        const size_t n = 3 + (size_t)(support_uniform(&seed) * 6.0);
        double given[MOST * MOST], nearest[MOST * MOST], other[MOST * MOST];
        double factor[MOST * MOST], distance;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j <= i; j++) {
                const double value = i == j ? 1.0 : 2.0 * support_uniform(&seed) - 1.0;
                given[i * n + j] = given[j * n + i] = value;
            }
        }
        assert_int_equal(rip_correlation_nearest(n, given, nearest, &distance), RIP_OK);
        assert_int_equal(rip_correlation_check(n, nearest).fault,
                         RIP_CORRELATION_SOUND);
        assert_int_equal(rip_correlation_factor(n, nearest, factor), RIP_OK);
        assert_factor(n, nearest, factor);
        for (int k = 0; k < 50; k++) {
            double product = 0.0;
            random_matrix(&seed, n, 1 + (size_t)k % n, other);
            for (size_t i = 0; i < n * n; i++) {
                product += (given[i] - nearest[i]) * (other[i] - nearest[i]);
            }
            assert_true(product <= 1e-9);
        }
    }
}

static void
test_nearest_leaves_a_sound_matrix(void **state)
{
    uint64_t seed = 4;
    double given[MOST * MOST], nearest[MOST * MOST], distance;
    (void)state;
    random_matrix(&seed, 12, 12, given);
    assert_int_equal(rip_correlation_nearest(12, given, nearest, &distance), RIP_OK);
    assert_near(distance, 0.0, 1e-12);
}

/* GSL's own Cholesky decomposition, for matrices that have one. */
static void
test_factor_is_the_cholesky_factor(void **state)
{
    uint64_t seed = 5;
    (void)state;
    for (size_t n = 1; n <= 17; n++) {
        double given[MOST * MOST], factor[MOST * MOST], copy[MOST * MOST];
        random_matrix(&seed, n, n + 3, given);
        memcpy(copy, given, sizeof(copy));
        gsl_matrix_view view = gsl_matrix_view_array(copy, n, n);
        assert_int_equal(gsl_linalg_cholesky_decomp1(&view.matrix), 0);
        assert_int_equal(rip_correlation_factor(n, given, factor), RIP_OK);
        assert_factor(n, given, factor);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j <= i; j++) {
                assert_near(factor[i * n + j], copy[i * n + j], 1e-12);
            }
        }
    }
}

/* Everything perfectly correlated, and every rank below: valid stresses. */
static void
test_singular_matrices_have_factors(void **state)
{
    uint64_t seed = 6;
    double given[MOST * MOST], factor[MOST * MOST];
    (void)state;
    for (size_t k = 0; k < 25; k++) {
        given[k] = 1.0;
    }
    assert_int_equal(rip_correlation_factor(5, given, factor), RIP_OK);
    for (size_t k = 0; k < 25; k++) {
        assert_close(factor[k], k % 5 == 0 ? 1.0 : 0.0, 0.0);
    }
    given[3] = given[15] = -1.0;
    given[8] = given[16] = -1.0;
    given[13] = given[17] = -1.0;
    given[19] = given[23] = -1.0;
    assert_int_equal(rip_correlation_factor(5, given, factor), RIP_OK);
    assert_factor(5, given, factor);
    for (size_t n = 2; n <= 20; n++) {
        for (size_t rank = 1; rank < n; rank += 1 + n / 5) {
            random_matrix(&seed, n, rank, given);
            assert_int_equal(rip_correlation_factor(n, given, factor), RIP_OK);
            assert_factor(n, given, factor);
        }
    }
}

static void
test_indefinite_matrices_are_refused(void **state)
{
    static const double given[9] = {1, 0.9, 0.7, 0.9, 1, 0.3, 0.7, 0.3, 1};
    double factor[9];
    (void)state;
    assert_int_equal(rip_correlation_factor(3, given, factor), RIP_ERR_NOT_POSITIVE);
    /* An eigenvalue that a rounding error makes negative is none. */
    double three[9] = {1, -0.5, -0.5, -0.5, 1, -0.5, -0.5, -0.5, 1};
    three[1] = three[3] = -0.5 - 1e-13;
    assert_int_equal(rip_correlation_factor(3, three, factor), RIP_OK);
    assert_factor(3, three, factor);
    three[1] = three[3] = -0.5 - 1e-10;
    assert_int_equal(rip_correlation_factor(3, three, factor), RIP_ERR_NOT_POSITIVE);
}

/* R <- (1 - x) R + x 11' */
static void
test_stress_toward_one(void **state)
{
    const double before[9] = {1, 0.3, -0.127, 0.3, 1, 0.65, -0.127, 0.65, 1};
    const bool exclude[3] = {false, false, true};
    double matrix[9];
    (void)state;
    memcpy(matrix, before, sizeof(matrix));
    rip_correlation_stress_one(3, matrix, 0.37, NULL);
    for (size_t k = 0; k < 9; k++) {
        assert_close(matrix[k], 0.63 * before[k] + 0.37, 1e-15);
    }
    memcpy(matrix, before, sizeof(matrix));
    rip_correlation_stress_one(3, matrix, 0.37, exclude);
    assert_close(matrix[1], 0.63 * 0.3 + 0.37, 1e-15);
    assert_close(matrix[3], 0.63 * 0.3 + 0.37, 1e-15);
    assert_close(matrix[2], -0.127, 0.0);
    assert_close(matrix[7], 0.65, 0.0);
    memcpy(matrix, before, sizeof(matrix));
    rip_correlation_stress_one(3, matrix, 0.0, NULL);
    assert_memory_equal(matrix, before, sizeof(matrix));
    rip_correlation_stress_one(3, matrix, 1.0, NULL);
    for (size_t k = 0; k < 9; k++) {
        assert_close(matrix[k], 1.0, 0.0);
    }
}

static void
test_stress_toward_a_matrix(void **state)
{
    const double before[9] = {1, 0.3, -0.127, 0.3, 1, 0.65, -0.127, 0.65, 1};
    const double target[9] = {1, -0.2, 0.9, -0.2, 1, 0.1, 0.9, 0.1, 1};
    const bool exclude[3] = {true, false, false};
    double matrix[9];
    (void)state;
    memcpy(matrix, before, sizeof(matrix));
    rip_correlation_stress_toward(3, matrix, 0.25, target, NULL);
    for (size_t k = 0; k < 9; k++) {
        assert_close(matrix[k], 0.75 * before[k] + 0.25 * target[k], 1e-15);
    }
    memcpy(matrix, before, sizeof(matrix));
    rip_correlation_stress_toward(3, matrix, 1.0, target, exclude);
    assert_close(matrix[1], 0.3, 0.0);
    assert_close(matrix[6], -0.127, 0.0);
    assert_close(matrix[5], 0.1, 1e-15);
}

static void
test_stress_of_a_group(void **state)
{
    const double before[9] = {1, 0.3, -0.127, 0.3, 1, 0.65, -0.127, 0.65, 1};
    const size_t member[2] = {2, 0};
    const rip_correlation_group group = {
        .n_member = 2, .member = member, .correlation = 0.95, .weight = 0.5};
    const bool exclude[3] = {true, false, false};
    double matrix[9];
    (void)state;
    memcpy(matrix, before, sizeof(matrix));
    rip_correlation_stress_group(3, matrix, &group, NULL);
    assert_close(matrix[2], 0.5 * -0.127 + 0.5 * 0.95, 1e-15);
    assert_close(matrix[6], matrix[2], 0.0);
    assert_close(matrix[1], 0.3, 0.0);
    assert_close(matrix[5], 0.65, 0.0);
    assert_close(matrix[0], 1.0, 0.0);
    memcpy(matrix, before, sizeof(matrix));
    rip_correlation_stress_group(3, matrix, &group, exclude);
    assert_memory_equal(matrix, before, sizeof(matrix));
}

/* A convex combination of correlation matrices is one. */
static void
test_stress_keeps_a_matrix_positive(void **state)
{
    uint64_t seed = 7;
    double matrix[MOST * MOST], target[MOST * MOST], factor[MOST * MOST];
    (void)state;
    for (int round = 0; round < 50; round++) {
        random_matrix(&seed, 9, 4, matrix);
        random_matrix(&seed, 9, 2, target);
        rip_correlation_stress_toward(9, matrix, support_uniform(&seed), target, NULL);
        assert_int_equal(rip_correlation_factor(9, matrix, factor), RIP_OK);
        rip_correlation_stress_one(9, matrix, support_uniform(&seed), NULL);
        assert_int_equal(rip_correlation_factor(9, matrix, factor), RIP_OK);
        assert_factor(9, matrix, factor);
    }
}

static void
test_memory_that_fails(void **state)
{
    static const double given[9] = {1, 1, 0, 1, 1, 1, 0, 1, 1};
    double out[9], value;
    rip_status status = RIP_ERR_NO_MEMORY;
    (void)state;
    for (long n = 0; status == RIP_ERR_NO_MEMORY; n++) {
        support_fail_allocation(n);
        status = rip_correlation_nearest(3, given, out, &value);
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        assert_true(n < 20);
    }
    for (long n = 0; n < 3; n++) {
        support_fail_allocation(n);
        assert_int_equal(rip_correlation_smallest_eigenvalue(3, given, &value),
                         RIP_ERR_NO_MEMORY);
        support_fail_allocation(n);
        assert_int_equal(rip_correlation_factor(3, given, out), RIP_ERR_NO_MEMORY);
        support_fail_allocation(-1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_at_fault),
        cmocka_unit_test(test_published_nearest_matrices),
        cmocka_unit_test(test_nearest_is_a_projection),
        cmocka_unit_test(test_nearest_leaves_a_sound_matrix),
        cmocka_unit_test(test_factor_is_the_cholesky_factor),
        cmocka_unit_test(test_singular_matrices_have_factors),
        cmocka_unit_test(test_indefinite_matrices_are_refused),
        cmocka_unit_test(test_stress_toward_one),
        cmocka_unit_test(test_stress_toward_a_matrix),
        cmocka_unit_test(test_stress_of_a_group),
        cmocka_unit_test(test_stress_keeps_a_matrix_positive),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests_name("numerics_correlation", tests, NULL, NULL);
}
