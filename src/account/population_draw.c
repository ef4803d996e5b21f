#include "riptide/account/population_draw.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "riptide/numerics/math.h"
#include "riptide/random/stream.h"

double
rip_population_uniform(uint64_t seed, uint64_t account, size_t part,
                       rip_population_draw_kind kind)
{
    return rip_stream_uniform(seed, part, (uint32_t)kind, account,
                              RIP_PURPOSE_POPULATION, 0);
}

static double
weight_sum(size_t n, const double *weight)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        sum += weight[i];
    }
    return sum;
}

size_t
rip_population_pick(size_t n, const double *weight, double u)
{
    const double target = u * weight_sum(n, weight);
    double sum = 0.0;
    size_t last = n;

    for (size_t i = 0; i < n; i++) {
        sum += weight[i];
        if (weight[i] > 0.0) {
            last = i;
            if (target < sum) {
                return i;
            }
        }
    }
    assert(last < n);
    return last; /* rounding: u was nearly 1 */
}

static bool
discrete_is_valid(const rip_law *law)
{
    for (size_t i = 0; i < law->n_value; i++) {
        if (!(law->value[i] > 0.0 && isfinite(law->value[i]) &&
              law->weight[i] >= 0.0)) {
            return false;
        }
    }
    const double sum = weight_sum(law->n_value, law->weight);
    return sum > 0.0 && isfinite(sum);
}

bool
rip_population_law_is_valid(const rip_law *law)
{
    switch (law->kind) {
    case RIP_LAW_FIXED:
        return law->first > 0.0 && isfinite(law->first);
    case RIP_LAW_LOGNORMAL:
        return law->first > 0.0 && isfinite(law->first) && law->second >= 0.0 &&
               isfinite(law->second);
    case RIP_LAW_PARETO:
        return law->first > 0.0 && isfinite(law->first) && law->second > 0.0;
    case RIP_LAW_DISCRETE:
        return discrete_is_valid(law);
    default:
        return false;
    }
}

double
rip_population_law_draw(const rip_law *law, uint64_t seed, uint64_t account,
                        rip_population_draw_kind kind)
{
    const double u = rip_population_uniform(seed, account, 0, kind);

    switch (law->kind) {
    case RIP_LAW_LOGNORMAL:
        return law->first * rip_math_exp(law->second * rip_math_normal_inverse(u));
    case RIP_LAW_PARETO:
        /* The tail P(X > x) = (first / x)^second, inverted. */
        return law->first * rip_math_exp(-rip_math_log(u) / law->second);
    case RIP_LAW_DISCRETE:
        return law->value[rip_population_pick(law->n_value, law->weight, u)];
    case RIP_LAW_FIXED:
    default:
        return law->first;
    }
}

void
rip_population_law_free(rip_law *law)
{
    free(law->value);
    free(law->weight);
    *law = (rip_law){0};
}
