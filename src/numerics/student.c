#include "riptide/numerics/student.h"

#include <math.h>
#include <stdbool.h>

#include "riptide/numerics/math.h"

enum { MOST_TERMS = 200000, MOST_STEPS = 100 };

static const double SETTLED = 1e-14;    /* relative step after which Newton ends */
static const double NEGLIGIBLE = 1e-17; /* relative term that ends a series */
static const double TINY = 1e-300;      /* stands for 0 in continued fractions */
static const double LARGE = 10.0;       /* from here on Stirling's series is exact */

/* Stirling's series: log Gamma(a) - (a - 1/2) log a + a - log(2 pi) / 2, a >= LARGE. */
static double
stirling(double a)
{
    const double r = 1.0 / (a * a);
    double s = -691.0 / 360360.0;
    s = s * r + 1.0 / 1188.0;
    s = s * r - 1.0 / 1680.0;
    s = s * r + 1.0 / 1260.0;
    s = s * r - 1.0 / 360.0;
    s = s * r + 1.0 / 12.0;
    return s / a;
}

/* x^a e^-x / Gamma(a + 1) */
static double
gamma_term(double a, double x)
{
    if (a < LARGE) {
        return gamma_term(a + 1.0, x) * (a + 1.0) / x;
    }
    /* The difference from x = a counts when a is large, log x when x is small. */
    const double d = (x - a) / a;
    const double log_ratio = d > -0.5 ? rip_math_log1p(d) : rip_math_log(x / a);
    const double exponent = a * (log_ratio - d) - stirling(a);
    return rip_math_exp(exponent) / sqrt(2.0 * RIP_MATH_PI * a);
}

/* The regularised incomplete gamma functions: lower + upper = 1. */
typedef struct two_tails {
    double lower, upper;
} two_tails;

/* term is gamma_term(a, x); the lower tail by its series, for x < a + 1. */
static two_tails
gamma_series(double a, double x, double term)
{
    double part = 1.0, sum = 1.0;
    for (int n = 1; n < MOST_TERMS && part > NEGLIGIBLE * sum; n++) {
        part *= x / (a + n);
        sum += part;
    }
    return (two_tails){.lower = term * sum, .upper = 1.0 - term * sum};
}

/* The upper tail by its continued fraction (Lentz's method), for x >= a + 1. */
static two_tails
gamma_fraction(double a, double x, double term)
{
    double b = x + 1.0 - a, c = 1.0 / TINY, d = 1.0 / b, h = d;
    for (int n = 1; n < MOST_TERMS; n++) {
        const double numerator = -n * (n - a);
        b += 2.0;
        d = numerator * d + b;
        d = 1.0 / (fabs(d) < TINY ? TINY : d);
        c = b + numerator / c;
        c = fabs(c) < TINY ? TINY : c;
        h *= c * d;
        if (fabs(c * d - 1.0) <= 2e-16) {
            break;
        }
    }
    const double upper = term * a * h;
    return (two_tails){.lower = 1.0 - upper, .upper = upper};
}

static two_tails
gamma_tails(double a, double x, double term)
{
    return x < a + 1.0 ? gamma_series(a, x, term) : gamma_fraction(a, x, term);
}

/* Half a chi-square quantile, roughly: Wilson and Hilferty (1931), or the first term of
   the series where that has no sense. */
static double
first_guess(double z, double a)
{
    const double root = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * sqrt(a));
    if (root > 0.3) {
        return a * root * root * root;
    }
    const double log_gamma = -rip_math_log(gamma_term(a, 1.0)) - 1.0;
    return rip_math_exp((rip_math_log(rip_math_normal_tail(-z)) + log_gamma) / a);
}

double
rip_student_chi_square(double z, double dof)
{
    const double a = 0.5 * dof;
    const double wanted = rip_math_log(rip_math_normal_tail(fabs(z)));
    double x = first_guess(z, a);
    /* The logarithm of a tail is concave, in log x for the lower and in x for the upper
       one, so Newton's method cannot fail to converge. */
    for (int i = 0; i < MOST_STEPS; i++) {
        const double term = gamma_term(a, x);
        const two_tails p = gamma_tails(a, x, term);
        const bool low = z < 0.0;
        const double excess = rip_math_log(low ? p.lower : p.upper) - wanted;
        const double slope = a * term / (low ? p.lower : -p.upper);
        const double step = excess / slope; /* relative to x */
        x = low ? x * rip_math_exp(-step) : x * (1.0 - step);
        if (!(fabs(step) > SETTLED)) {
            break;
        }
    }
    return 2.0 * x;
}

/* Gamma(a + 1/2) / (Gamma(a) sqrt(pi)): the density of t at 0 times sqrt(dof), for
   a = dof / 2. */
static double
density_at_zero(double a)
{
    if (a < LARGE) {
        return density_at_zero(a + 1.0) * a / (a + 0.5);
    }
    const double exponent =
        a * rip_math_log1p(0.5 / a) - 0.5 + stirling(a + 0.5) - stirling(a);
    return sqrt(a / RIP_MATH_PI) * rip_math_exp(exponent);
}

/* The continued fraction of the incomplete beta function I_x(a, b), Lentz's method,
   without its factor x^a (1 - x)^b / (a B(a, b)). */
static double
beta_fraction(double a, double b, double x)
{
    double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (fabs(d) < TINY ? TINY : d);
    double h = d;
    for (int m = 1; m < MOST_TERMS; m++) {
        const double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        const double odd =
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 + even * d;
        d = 1.0 / (fabs(d) < TINY ? TINY : d);
        c = 1.0 + even / c;
        c = fabs(c) < TINY ? TINY : c;
        h *= d * c;
        d = 1.0 + odd * d;
        d = 1.0 / (fabs(d) < TINY ? TINY : d);
        c = 1.0 + odd / c;
        c = fabs(c) < TINY ? TINY : c;
        h *= d * c;
        if (fabs(d * c - 1.0) <= 2e-16) {
            break;
        }
    }
    return h;
}

/* P(T > t) and the density at t > 0, for a = dof / 2. */
typedef struct tail_and_density {
    double tail, density;
} tail_and_density;

static tail_and_density
t_tail(double t, double dof)
{
    const double a = 0.5 * dof;
    const double square = t * t;
    const double x = dof / (dof + square), y = square / (dof + square);
    const double at_zero = density_at_zero(a);
    /* (1 + t^2 / dof)^-a, and the beta function's factor x^a y^b / B(a, 1/2). */
    const double power = rip_math_exp(-a * rip_math_log1p(square / dof));
    const double factor = at_zero * power * sqrt(y);
    tail_and_density r = {.density = at_zero / sqrt(dof) * power * sqrt(x)};
    if (x < (a + 1.0) / (a + 2.5)) {
        r.tail = 0.5 * factor * beta_fraction(a, 0.5, x) / a;
    } else {
        r.tail = 0.5 - factor * beta_fraction(0.5, a, y);
    }
    return r;
}

double
rip_student_t(double z, double dof)
{
    const double size = fabs(z);
    const double wanted = rip_math_log(rip_math_normal_tail(size));
    double t = size;
    /* t has heavier tails, so |z| is below the root; where the tail's logarithm is
       convex Newton's method climbs to it, elsewhere it overshoots once and returns. */
    for (int i = 0; i < MOST_STEPS; i++) {
        const tail_and_density p = t_tail(t, dof);
        const double step = (rip_math_log(p.tail) - wanted) * p.tail / p.density;
        t += step;
        if (!(fabs(step) > SETTLED * t)) {
            break;
        }
    }
    return z < 0.0 ? -t : t;
}
