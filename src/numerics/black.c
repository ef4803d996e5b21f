#include "riptide/numerics/black.h"

#include <assert.h>

#include "riptide/numerics/math.h"

double
rip_black_value(double forward, double strike, double deviation, bool is_put)
{
    assert(forward >= 0.0 && strike > 0.0 && deviation >= 0.0);
    const rip_black_parts part = rip_black_begin(forward, strike, deviation, is_put);
    return rip_black_end(&part, rip_math_normal_tail_polynomial(part.t_a),
                         rip_math_normal_tail_polynomial(part.t_b));
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
