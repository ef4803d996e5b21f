#include "riptide/numerics/black.h"

#include <assert.h>

#include "riptide/numerics/math.h"

/* Value of the call if it is out of the money, else of the put. */
static double
outside_value(double forward, double strike, double deviation)
{
    const double side = forward <= strike ? 1.0 : -1.0; /* call: 1 */
    const double d1 = rip_math_log(forward / strike) / deviation + 0.5 * deviation;
    const double value = side * (forward * rip_math_normal_cdf(side * d1) -
                                 strike * rip_math_normal_cdf(side * (d1 - deviation)));
    return value > 0.0 ? value : 0.0; /* far outside both terms are roundings */
}

double
rip_black_value(double forward, double strike, double deviation, bool is_put)
{
    const double inside = is_put ? strike - forward : forward - strike;
    assert(forward >= 0.0 && strike > 0.0 && deviation >= 0.0);
    if (!(forward > 0.0)) {
        return is_put ? strike : 0.0;
    }
    return (deviation > 0.0 ? outside_value(forward, strike, deviation) : 0.0) +
           (inside > 0.0 ? inside : 0.0);
}

double
rip_black_delta(double forward, double strike, double deviation, bool is_put)
{
    double call;
    assert(forward >= 0.0 && strike > 0.0 && deviation >= 0.0);
    if (forward > 0.0 && deviation > 0.0) {
        call = rip_math_normal_cdf(rip_math_log(forward / strike) / deviation +
                                   0.5 * deviation);
    } else {
        call = forward > strike ? 1.0 : 0.0;
    }
    return is_put ? call - 1.0 : call;
}
