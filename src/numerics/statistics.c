#include "riptide/numerics/statistics.h"

#include <assert.h>
#include <math.h>

#include "riptide/numerics/math.h"

void
rip_statistics_wilson(double count, double n, double z, double *lower, double *upper)
{
    assert(n > 0.0 && count >= 0.0 && count <= n);
    const double square = z * z;
    const double middle = count + 0.5 * square;
    const double spread = z * sqrt(count * (n - count) / n + 0.25 * square);
    const double low = (middle - spread) / (n + square);
    const double high = (middle + spread) / (n + square);
    *lower = low > 0.0 ? low : 0.0;
    *upper = high < 1.0 ? high : 1.0;
}

double
rip_statistics_none_of(double n, double confidence)
{
    assert(n > 0.0 && confidence > 0.0 && confidence < 1.0);
    /* 1 - exp(x) by the series where it would cancel. */
    const double x = rip_math_log(1.0 - confidence) / n;
    if (x > -1e-5) {
        return -x * (1.0 + x * (0.5 + x / 6.0));
    }
    return 1.0 - rip_math_exp(x);
}

void
rip_statistics_proportion(double count, double n, double *lower, double *upper)
{
    assert(n >= 0.0 && count >= 0.0 && count <= n);
    *lower = 0.0;
    *upper = 1.0;
    if (!(n > 0.0)) {
        return;
    }
    if (count == 0.0) {
        *upper = rip_statistics_none_of(n, RIP_CONFIDENCE99);
    } else if (count == n) {
        *lower = 1.0 - rip_statistics_none_of(n, RIP_CONFIDENCE99);
    } else {
        rip_statistics_wilson(count, n, RIP_Z99, lower, upper);
    }
}

/* Binomial weights relative to the mode; beyond `edge` they are nothing. */
typedef struct binomial {
    double n, odds;         /* p / (1 - p) */
    double mode;            /* of the law */
    double below, at_least; /* sums of weights under the mode, and from it on */
} binomial;

static const double NOTHING = 1e-30;

/* P(k + 1) / P(k) */
static double
ratio(const binomial *law, double k)
{
    return (law->n - k) / (k + 1.0) * law->odds;
}

static binomial
binomial_law(uint64_t n, double level)
{
    binomial law = {.n = (double)n, .odds = level / (1.0 - level)};
    law.mode = floor((law.n + 1.0) * level);
    law.mode = law.mode < law.n ? law.mode : law.n;
    double weight = 1.0;
    for (double k = law.mode; k <= law.n && weight > NOTHING; k += 1.0) {
        law.at_least += weight;
        weight *= ratio(&law, k);
    }
    weight = 1.0;
    for (double k = law.mode; k > 0.0 && weight > NOTHING; k -= 1.0) {
        weight /= ratio(&law, k - 1.0);
        law.below += weight;
    }
    return law;
}

/*
 * The largest l with P(B < l) <= tail, in weights. The sum starts at the mode and takes
 * weights away, except where the rest would be less than its rounding error.
 */
static double
lower_rank(const binomial *law, double tail)
{
    double l = law->mode, rest = law->below, weight = 1.0;
    while (l < law->n && rest + weight <= tail) {
        rest += weight;
        weight *= ratio(law, l);
        l += 1.0;
    }
    weight = 1.0;
    while (l > 0.0 && rest > tail) {
        weight /= ratio(law, l - 1.0);
        rest -= weight;
        l -= 1.0;
    }
    return l;
}

/* The smallest u with P(B >= u) <= tail. */
static double
upper_rank(const binomial *law, double tail)
{
    double u = law->mode, rest = law->at_least, weight = 1.0;
    while (u <= law->n && rest > tail) {
        rest -= weight;
        weight *= ratio(law, u);
        u += 1.0;
    }
    return u;
}

void
rip_statistics_ranks(uint64_t n, double level, double confidence, uint64_t *lower,
                     uint64_t *upper)
{
    assert(level > 0.0 && level < 1.0 && confidence > 0.0 && confidence < 1.0);
    assert(n >> 53 == 0);
    const binomial law = binomial_law(n, level);
    const double tail = 0.5 * (1.0 - confidence) * (law.below + law.at_least);
    *lower = (uint64_t)lower_rank(&law, tail);
    *upper = (uint64_t)upper_rank(&law, tail);
}
