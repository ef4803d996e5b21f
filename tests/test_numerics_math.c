#include "support.h"

#include <stdbool.h>

#include <gsl/gsl_cdf.h>

#include "riptide/numerics/math.h"

/* |got - want| in units in the last place of want, which is normal. */
static double
ulps(double got, long double want)
{
    const int exponent = ilogbl(want);
    return (double)(fabsl((long double)got - want) / scalbnl(1.0L, exponent - 52));
}

typedef struct function {
    const char *name;
    double (*own)(double);
    long double (*exact)(long double);
    double low, high;
    bool logarithmic; /* arguments spread over decades */
    double most_ulps;
} function;

static long double
exact_tail(long double x)
{
    return 0.5L * erfcl(x * 0.707106781186547524400844362104849039L);
}

static long double
exact_cdf(long double x)
{
    return exact_tail(-x);
}

/* What the header promises, against 64-bit mantissas. */
static const function functions[] = {
    {"exp", rip_math_exp, expl, -708.3, 709.7, false, 1.0},
    {"exp", rip_math_exp, expl, -1.0, 1.0, false, 1.0},
    {"exp", rip_math_exp, expl, 1e-20, 1.0, true, 1.0},
    {"log", rip_math_log, logl, 0.5, 2.0, false, 0.9},
    {"log", rip_math_log, logl, 5e-324, 1.7e308, true, 0.9},
    {"log", rip_math_log_positive, logl, 1e-300, 1e300, true, 0.9},
    {"log1p", rip_math_log1p, log1pl, -0.99999, 1.0, false, 2.1},
    {"log1p", rip_math_log1p, log1pl, 1e-300, 1e300, true, 2.1},
    {"sin", rip_math_sin, sinl, 1e-300, 1.0, true, 1.0},
    {"normal_cdf", rip_math_normal_cdf, exact_cdf, -37.0, 8.0, false, 4.5},
    {"normal_cdf", rip_math_normal_cdf, exact_cdf, -1.0, 1.0, false, 4.5},
    {"normal_tail", rip_math_normal_tail, exact_tail, 0.0, 37.0, false, 4.5},
};

static void
test_accuracy(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (size_t f = 0; f < sizeof(functions) / sizeof(functions[0]); f++) {
        const function *at = &functions[f];
        for (int i = 0; i < 200000; i++) {
            const double u = support_uniform(&seed);
            const double x =
                at->logarithmic ? exp(log(at->low) + u * (log(at->high) - log(at->low)))
                                : at->low + u * (at->high - at->low);
            const double error = ulps(at->own(x), at->exact(x));
            if (!(error <= at->most_ulps)) {
                fail_msg("%s(%.17g) is %.17g: %.2f ulp", at->name, x, at->own(x),
                         error);
            }
        }
    }
}

/* sin and cos: an absolute error within 1e-5 of a zero, ulps elsewhere. */
static void
test_accuracy_on_the_circle(void **state)
{
    uint64_t seed = 2;
    (void)state;
    for (int i = 0; i < 400000; i++) {
        const double range = i % 2 == 0 ? 10.0 : 0x1p20;
        const double x = (2.0 * support_uniform(&seed) - 1.0) * range;
        const rip_math_circle c = rip_math_sin_cos(x);
        const long double s = sinl(x), k = cosl(x);
        assert_true(fabsl(s) < 1e-5L ? fabsl(c.sin - s) <= 2e-21L
                                     : ulps(c.sin, s) <= 1.0);
        assert_true(fabsl(k) < 1e-5L ? fabsl(c.cos - k) <= 2e-21L
                                     : ulps(c.cos, k) <= 1.0);
        assert_close(rip_math_sin(x), c.sin, 0.0);
        assert_close(rip_math_cos(x), c.cos, 0.0);
    }
    /* The multiples of pi/2 nearest to doubles are the hard cases. */
    for (int n = 1; n < 600000; n += 7) {
        const double x = n * 1.5707963267948966;
        const rip_math_circle c = rip_math_sin_cos(x);
        const long double small = n % 2 == 0 ? sinl(x) : cosl(x);
        assert_true(fabsl((n % 2 == 0 ? c.sin : c.cos) - small) <= 2e-21L);
    }
}

static void
test_accuracy_of_powers(void **state)
{
    uint64_t seed = 3;
    (void)state;
    for (int i = 0; i < 600000; i++) {
        const double u = support_uniform(&seed) - 0.5, v = support_uniform(&seed) - 0.5;
        /* Bases of all sizes; exponents of all sizes; bases near 1 with large ones. */
        const double x =
            i % 3 == 0 ? exp(1400.0 * u) : (i % 3 == 1 ? u + 0.5 : 1.0 + u);
        const double y =
            i % 2 == 0 ? 40.0 * v : (i % 3 == 2 ? 4000.0 * v : exp(60.0 * v));
        const long double want = powl(x, y);
        if (want > 1e-307L && want < 1e308L) {
            const bool moderate = want > 1e-40L && want < 1e40L;
            assert_true(ulps(rip_math_pow(x, y), want) <= (moderate ? 1.0 : 2.1));
        }
    }
}

/* Not an approximation of its own: kernels may use either for small arguments. */
static void
test_small_exp_has_the_bits_of_exp(void **state)
{
    uint64_t seed = 8;
    (void)state;
    for (int i = 0; i < 300000; i++) {
        const double u = 2.0 * support_uniform(&seed) - 1.0;
        const double x = RIP_MATH_EXP_SMALL * (i % 2 == 0 ? u : u * u * u * u * u);
        assert_int_equal(rip_math_bits(rip_math_exp_small(x)),
                         rip_math_bits(rip_math_exp(x)));
    }
    assert_int_equal(rip_math_bits(rip_math_exp_small(-0.0)), rip_math_bits(1.0));
    assert_int_equal(rip_math_bits(rip_math_exp_small(RIP_MATH_EXP_SMALL)),
                     rip_math_bits(rip_math_exp(RIP_MATH_EXP_SMALL)));
    assert_int_equal(rip_math_bits(rip_math_exp_small(-RIP_MATH_EXP_SMALL)),
                     rip_math_bits(rip_math_exp(-RIP_MATH_EXP_SMALL)));
}

static void
check_inverse(double p)
{
    const double x = rip_math_normal_inverse(p);
    /* Newton's step on the exact law is the error. */
    const long double density = expl(-0.5L * x * x) / 2.506628274631000502415765L;
    const long double residual =
        p < 0.5 ? exact_cdf(x) - p : (1.0L - p) - exact_tail(x);
    const double error = ulps(x, x - residual / density);
    if (!(error <= 9.0)) {
        fail_msg("normal_inverse(%.17g) is %.17g: %.2f ulp", p, x, error);
    }
}

static void
test_accuracy_of_the_inverse_normal(void **state)
{
    uint64_t seed = 4;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        const double u = support_uniform(&seed);
        check_inverse(u);
        check_inverse(exp(-690.0 * u));
        check_inverse(1.0 - 0x1p-53 - 0.01 * u * u * u);
        check_inverse(0.015625 + 1e-6 * (u - 0.5));
    }
    check_inverse(0x1p-53);
    check_inverse(1e-300);
    check_inverse(0.5 + 0x1p-53);
}

/* Mirrored probabilities give mirrored quantiles, and the map never falls. */
static void
test_inverse_normal_is_odd_and_increasing(void **state)
{
    uint64_t seed = 6;
    (void)state;
    for (int i = 0; i < 300000; i++) {
        const double u = (0.5 + floor(support_uniform(&seed) * 0x1p52)) * 0x1p-52;
        const double next = nextafter(u, 1.0);
        assert_close(rip_math_normal_inverse(1.0 - u), -rip_math_normal_inverse(u),
                     0.0);
        assert_true(rip_math_normal_inverse(next) >=
                    rip_math_normal_inverse(u) - 2e-15);
        assert_true(rip_math_normal_inverse(u + 1e-12) > rip_math_normal_inverse(u));
    }
    /* Where the parts of the approximation meet. */
    for (double p = 0.015625 - 1e-13; p < 0.015625 + 1e-13; p += 1e-15) {
        assert_true(rip_math_normal_inverse(p + 1e-14) > rip_math_normal_inverse(p));
    }
}

static void
test_special_arguments(void **state)
{
    (void)state;
    assert_close(rip_math_exp(0.0), 1.0, 0.0);
    assert_close(rip_math_exp(-INFINITY), 0.0, 0.0);
    assert_close(rip_math_exp(-745.2), 0.0, 0.0);
    assert_close(rip_math_exp(-745.1), 5e-324, 0.0);
    assert_true(rip_math_exp(709.8) == INFINITY);
    assert_true(rip_math_exp(INFINITY) == INFINITY);
    assert_true(isnan(rip_math_exp(NAN)));
    assert_close(rip_math_log(1.0), 0.0, 0.0);
    assert_true(rip_math_log(0.0) == -INFINITY);
    assert_true(rip_math_log(INFINITY) == INFINITY);
    assert_true(isnan(rip_math_log(-1e-300)));
    assert_true(isnan(rip_math_log(NAN)));
    assert_close(rip_math_log1p(0.0), 0.0, 0.0);
    assert_true(rip_math_log1p(-1.0) == -INFINITY);
    assert_true(rip_math_log1p(INFINITY) == INFINITY);
    assert_true(isnan(rip_math_log1p(-1.5)));
    assert_true(isnan(rip_math_sin(0x1.1p20)));
    assert_true(isnan(rip_math_cos(-INFINITY)));
    assert_close(rip_math_normal_cdf(0.0), 0.5, 0.0);
    assert_close(rip_math_normal_cdf(INFINITY), 1.0, 0.0);
    assert_near(rip_math_normal_cdf(-INFINITY), 0.0, 0.0);
    assert_true(isnan(rip_math_normal_cdf(NAN)));
    assert_true(rip_math_normal_inverse(0.0) == -INFINITY);
    assert_true(rip_math_normal_inverse(1.0) == INFINITY);
    assert_near(rip_math_normal_inverse(0.5), 0.0, 0.0);
    assert_true(isnan(rip_math_normal_inverse(-0.1)));
    assert_true(isnan(rip_math_normal_inverse(1.1)));
    assert_true(isnan(rip_math_normal_inverse(NAN)));
}

static void
test_special_powers(void **state)
{
    (void)state;
    assert_close(rip_math_pow(0.0, 0.0), 1.0, 0.0);
    assert_close(rip_math_pow(NAN, 0.0), 1.0, 0.0);
    assert_close(rip_math_pow(1.0, NAN), 1.0, 0.0);
    assert_near(rip_math_pow(0.0, 2.5), 0.0, 0.0);
    assert_true(rip_math_pow(0.0, -0.5) == INFINITY);
    assert_near(rip_math_pow(INFINITY, -1.0), 0.0, 0.0);
    assert_true(rip_math_pow(INFINITY, 0.1) == INFINITY);
    assert_true(rip_math_pow(2.0, 1024.0) == INFINITY);
    assert_near(rip_math_pow(2.0, -1075.5), 0.0, 0.0);
    assert_close(rip_math_pow(2.0, -1074.0), 5e-324, 0.0);
    assert_close(rip_math_pow(2.0, 10.0), 1024.0, 0.0);
    assert_true(rip_math_pow(2.0, INFINITY) == INFINITY);
    assert_near(rip_math_pow(2.0, -INFINITY), 0.0, 0.0);
    assert_true(isnan(rip_math_pow(-1.0, 2.0)));
    assert_true(isnan(rip_math_pow(2.0, NAN)));
}

/* FNV-1a of the bits of f over a fixed set of arguments. */
static uint64_t
fingerprint(double (*f)(double), double low, double high)
{
    uint64_t seed = 9, hash = 0xcbf29ce484222325;
    for (int i = 0; i < 20000; i++) {
        const double x = low + support_uniform(&seed) * (high - low);
        hash = (hash ^ rip_math_bits(f(x))) * 0x100000001b3;
    }
    return hash;
}

static double
pow_of_root(double x)
{
    return rip_math_pow(x, 0.3);
}

/* The same bits on every compiler and processor: they are numbers of this program's
   results. A change of an approximation changes them, on purpose only. */
static void
test_bits_are_known(void **state)
{
    (void)state;
    assert_int_equal(fingerprint(rip_math_exp, -30.0, 30.0), 0xda20f3e4bdf575f5);
    assert_int_equal(fingerprint(rip_math_log, 1e-9, 10.0), 0xc25cd79100145b63);
    assert_int_equal(fingerprint(rip_math_log1p, -0.9, 10.0), 0xd156e45c0fbbd426);
    assert_int_equal(fingerprint(pow_of_root, 1e-9, 1e9), 0xdd0a596221a7fbc7);
    assert_int_equal(fingerprint(rip_math_sin, -100.0, 100.0), 0x10a34251254b60ac);
    assert_int_equal(fingerprint(rip_math_normal_cdf, -9.0, 9.0), 0x1e98c865a1d9c55a);
    assert_int_equal(fingerprint(rip_math_normal_inverse, 0.0, 1.0),
                     0xf6c0ea556d4c7577);
}

/* GSL's functions are a second opinion where there is no long double reference. */
static void
test_agrees_with_gsl(void **state)
{
    uint64_t seed = 12;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        const double u = support_uniform(&seed), x = 16.0 * (u - 0.5);
        assert_close(rip_math_normal_inverse(u), gsl_cdf_ugaussian_Pinv(u), 2e-14);
        assert_close(rip_math_normal_cdf(x), gsl_cdf_ugaussian_P(x), 5e-15);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_accuracy_on_the_circle),
        cmocka_unit_test(test_accuracy_of_powers),
        cmocka_unit_test(test_small_exp_has_the_bits_of_exp),
        cmocka_unit_test(test_accuracy_of_the_inverse_normal),
        cmocka_unit_test(test_inverse_normal_is_odd_and_increasing),
        cmocka_unit_test(test_special_arguments),
        cmocka_unit_test(test_special_powers),
        cmocka_unit_test(test_bits_are_known),
        cmocka_unit_test(test_agrees_with_gsl),
    };
    return cmocka_run_group_tests_name("numerics_math", tests, NULL, NULL);
}
