#include "support.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "riptide/base/lanes.h"
#include "riptide/numerics/curve.h"
#include "riptide/numerics/curve_kernel.h"
#include "riptide/numerics/math.h"
#include "riptide/numerics/student.h"

static const double dofs[] = {2.0001, 2.1, 2.7,   3.0,   4.0,
                              5.31,   8.0, 19.99, 20.01, 77.7};
enum { N_DOF = sizeof(dofs) / sizeof(dofs[0]) };

/* A variable's probability by GSL against that of the normal it was made from: the
   difference over the density is the error. */
static void
test_chi_square_against_gsl(void **state)
{
    (void)state;
    for (size_t d = 0; d < N_DOF; d++) {
        for (double z = -8.2; z <= 8.2; z += 0.0517) {
            const double x = rip_student_chi_square(z, dofs[d]);
            const double p =
                z < 0.0 ? gsl_cdf_chisq_P(x, dofs[d]) : gsl_cdf_chisq_Q(x, dofs[d]);
            const double error = (p - rip_math_normal_tail(fabs(z))) /
                                 (x * gsl_ran_chisq_pdf(x, dofs[d]));
            assert_near(error, 0.0, 1e-13);
        }
    }
}

static void
test_t_against_gsl(void **state)
{
    (void)state;
    for (size_t d = 0; d < N_DOF; d++) {
        for (double z = 0.001; z <= 8.2; z += 0.0517) {
            const double t = rip_student_t(z, dofs[d]);
            const double error =
                (gsl_cdf_tdist_Q(t, dofs[d]) - rip_math_normal_tail(z)) /
                (t * gsl_ran_tdist_pdf(t, dofs[d]));
            /* GSL's own errors; test_quantiles_of_a_separate_program sees more. */
            assert_near(error, 0.0, 1e-12 + 1e-14 / z);
            assert_close(rip_student_t(-z, dofs[d]), -t, 0.0);
        }
        assert_near(rip_student_t(0.0, dofs[d]), 0.0, 0.0);
    }
}

/* Forty-digit arithmetic (mpmath), rounded. */
static void
test_quantiles_of_a_separate_program(void **state)
{
    static const struct {
        double z, dof, chi_square, t;
    } rows[] = {{-7.75, 2.25, 3.7901917636038937e-13, 1870398.0467957116},
                {-2.0, 4.0, 0.46028955041518395, 2.8693094146288269},
                {-0.5, 3.5, 1.8456567736729057, 0.54745721964058518},
                {1.25, 5.5, 9.791049060276459, 1.4143214076033652},
                {6.5, 2.75, 50.563133640881875, 5767.9906088188037},
                {3.25, 250.0, 329.09736382440556, 3.2879766214709913}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_close(rip_student_chi_square(rows[i].z, rows[i].dof), rows[i].chi_square,
                     6e-14);
        assert_close(rip_student_t(fabs(rows[i].z), rows[i].dof), rows[i].t, 1e-14);
    }
    assert_close(rip_student_chi_square(1.5, 1e5), 100671.65195562643, 1e-14);
    assert_close(rip_student_t(1.5, 1e5), 1.5000121876004889, 1e-14);
}

/* Textbook tables. */
static void
test_published_quantiles(void **state)
{
    const double z95 = rip_math_normal_inverse(0.95);
    const double z975 = rip_math_normal_inverse(0.975);
    (void)state;
    assert_close(rip_student_t(z975, 4.0), 2.776445, 2e-7);
    assert_close(rip_student_t(z975, 30.0), 2.0422725, 5e-8);
    assert_close(rip_student_t(rip_math_normal_inverse(0.9995), 3.0), 12.92398, 5e-7);
    assert_close(rip_student_chi_square(z95, 10.0), 18.307038, 2e-8);
    assert_close(rip_student_chi_square(-z95, 10.0), 3.940299, 2e-7);
    assert_close(rip_student_chi_square(z95, 100.0), 124.342113, 5e-9);
}

/* Many degrees of freedom: the expansions of Cornish and Fisher. */
static void
test_limit_of_many_degrees(void **state)
{
    (void)state;
    for (double z = -6.0; z <= 6.0; z += 0.37) {
        const double cube = z * z * z, n = 1e6;
        const double t = z + (cube + z) / (4.0 * n) +
                         (5.0 * cube * z * z + 16.0 * cube + 3.0 * z) / (96.0 * n * n);
        assert_close(rip_student_t(z, n), t, 1e-11);
        const double x = n + z * sqrt(2.0 * n) + 2.0 / 3.0 * (z * z - 1.0) +
                         (cube - 7.0 * z) / (9.0 * sqrt(2.0 * n)) -
                         (6.0 * z * cube + 14.0 * z * z - 32.0) / (405.0 * n);
        assert_close(rip_student_chi_square(z, n), x, 1e-12);
    }
}

static void
test_maps_increase(void **state)
{
    (void)state;
    for (size_t d = 0; d < N_DOF; d++) {
        for (double z = -8.2; z < 8.2; z += 0.013) {
            assert_true(rip_student_chi_square(z + 1e-9, dofs[d]) >
                        rip_student_chi_square(z, dofs[d]));
            assert_true(rip_student_t(z + 1e-9, dofs[d]) > rip_student_t(z, dofs[d]));
        }
    }
}

/* The root that student_t shocks need, and its tabulated form. */
static double
mixing_variable(double z, double dof)
{
    return sqrt((dof - 2.0) / rip_student_chi_square(z, dof));
}

static void
check_curve(double (*f)(double, double), double dof, double tolerance)
{
    rip_curve curve;
    uint64_t seed = 1;
    assert_int_equal(rip_curve_init(&curve, f, dof), RIP_OK);
    for (int round = 0; round < 30; round++) {
        double z[RIP_LANES], y[RIP_LANES];
        for (size_t i = 0; i < RIP_LANES; i++) {
            z[i] = 16.42 * (support_uniform(&seed) - 0.5);
        }
        rip_curve_apply(&curve, z, y);
        for (size_t i = 0; i < RIP_LANES; i++) {
            assert_close(y[i], f(z[i], dof), tolerance);
        }
        rip_curve_apply(&curve, z, z);
        assert_memory_equal(y, z, sizeof(y));
    }
    rip_curve_free(&curve);
    assert_null(curve.coefficient);
}

static void
test_curves_keep_the_accuracy(void **state)
{
    (void)state;
    for (size_t d = 0; d < N_DOF; d++) {
        check_curve(mixing_variable, dofs[d], dofs[d] < 3.0 ? 1e-11 : 5e-13);
        check_curve(rip_student_t, dofs[d], dofs[d] < 3.0 ? 1e-11 : 5e-13);
    }
}

/* A curve ends where normals do: beyond, it stays at its end. */
static void
test_curve_beyond_its_end(void **state)
{
    rip_curve curve;
    double z[RIP_LANES], y[RIP_LANES];
    (void)state;
    assert_int_equal(rip_curve_init(&curve, mixing_variable, 4.0), RIP_OK);
    for (size_t i = 0; i < RIP_LANES; i++) {
        z[i] = i % 2 == 0 ? 1e300 : -INFINITY;
    }
    rip_curve_apply(&curve, z, y);
    assert_close(y[0], mixing_variable(8.3125, 4.0), 1e-9);
    assert_close(y[1], mixing_variable(-8.3125, 4.0), 1e-9);
    rip_curve_free(&curve);
}

static void
test_curve_levels_agree_to_the_bit(void **state)
{
    rip_curve curve;
    uint64_t seed = 2;
    (void)state;
    assert_int_equal(rip_curve_init(&curve, mixing_variable, 3.3), RIP_OK);
    for (int round = 0; round < 100; round++) {
        double z[RIP_LANES], one[RIP_LANES], other[RIP_LANES];
        for (size_t i = 0; i < RIP_LANES; i++) {
            z[i] = 17.0 * (support_uniform(&seed) - 0.5);
        }
        rip_curve_row_baseline(curve.coefficient, z, one);
        for (rip_simd l = RIP_SIMD_BASELINE; l <= rip_simd_choose(NULL); l++) {
            RIP_SIMD_AT(l, rip_curve_row)(curve.coefficient, z, other);
            assert_memory_equal(one, other, sizeof(one));
        }
    }
    rip_curve_free(&curve);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chi_square_against_gsl),
        cmocka_unit_test(test_t_against_gsl),
        cmocka_unit_test(test_quantiles_of_a_separate_program),
        cmocka_unit_test(test_published_quantiles),
        cmocka_unit_test(test_limit_of_many_degrees),
        cmocka_unit_test(test_maps_increase),
        cmocka_unit_test(test_curves_keep_the_accuracy),
        cmocka_unit_test(test_curve_beyond_its_end),
        cmocka_unit_test(test_curve_levels_agree_to_the_bit),
    };
    return cmocka_run_group_tests_name("numerics_student", tests, NULL, NULL);
}
