#include "riptide/margin/line.h"

#include <assert.h>
#include <math.h>

#include "riptide/account/instrument.h"
#include "riptide/margin/scenario.h"
#include "riptide/numerics/black.h"
#include "riptide/numerics/math.h"

/* Lines are lowered by this share of their parts, and deviations spread by it: more
   than all roundings of Black-76 and of the rules. */
#define SLACK 1e-11

#define DAYS_PER_YEAR 365.0

typedef struct range {
    double low, high;
} range;

static range
spread(double a, double b)
{
    return (range){.low = fmin(a, b) * (1.0 - SLACK),
                   .high = fmax(a, b) * (1.0 + SLACK)};
}

/* Time to expiry [years] from time 0 to the horizon. */
static range
years_of(const rip_account_state *state, const rip_position *held)
{
    return (range){.low = rip_instrument_years_left(held, state->horizon_ms),
                   .high = rip_instrument_years_left(held, 0)};
}

/* F / S likewise; it is monotone in time. */
static range
growth_of(const rip_account_state *state, const rip_position *held)
{
    const double basis = state->asset[held->asset].basis;
    const range years = years_of(state, held);
    return spread(rip_math_exp(basis * years.low), rip_math_exp(basis * years.high));
}

/*
 * Implied volatility in a state. On each side of the pivot it is monotone in the tenor,
 * so that the ends of the time left, with the power of either side that time sees, are
 * its extremes.
 */
static range
volatility_of(const rip_account_state *state, const rip_position *held, int shock)
{
    const rip_venue *venue = state->venue;
    const double pivot = venue->portfolio.volatility_shock.pivot_days;
    const range years = years_of(state, held);
    const double first = fmax(DAYS_PER_YEAR * years.high, 1.0);
    const double last = fmax(DAYS_PER_YEAR * years.low, 1.0);
    double at[4];
    size_t n = 2;
    at[0] =
        rip_margin_scenario_volatility(venue, held->implied_volatility, first, shock);
    at[1] =
        rip_margin_scenario_volatility(venue, held->implied_volatility, last, shock);
    if (shock != 0 && last < pivot && first >= pivot) {
        at[n++] = rip_margin_scenario_volatility(venue, held->implied_volatility, pivot,
                                                 shock);
        at[n++] = rip_margin_scenario_volatility(venue, held->implied_volatility,
                                                 nextafter(pivot, 0.0), shock);
    }
    range all = {.low = at[0], .high = at[0]};
    for (size_t i = 1; i < n; i++) {
        all.low = fmin(all.low, at[i]);
        all.high = fmax(all.high, at[i]);
    }
    return spread(all.low, all.high);
}

/* The tangent of Black-76 in the price at the start; forward = scale * price. */
static rip_margin_line
tangent(const rip_position *held, double scale, double deviation,
        const rip_margin_box *box)
{
    const double at_usd = box->start_usd, forward = scale * at_usd;
    const double value =
        rip_black_value(forward, held->strike_usd, deviation, held->is_put);
    const double slope =
        scale * rip_black_delta(forward, held->strike_usd, deviation, held->is_put);
    return (rip_margin_line){value - slope * at_usd, slope};
}

static rip_margin_line
chord(const rip_position *held, double scale, double deviation,
      const rip_margin_box *box)
{
    const double low = rip_black_value(scale * box->low_usd, held->strike_usd,
                                       deviation, held->is_put);
    const double high = rip_black_value(scale * box->high_usd, held->strike_usd,
                                        deviation, held->is_put);
    const double slope = (high - low) / (box->high_usd - box->low_usd);
    return (rip_margin_line){low - slope * box->low_usd, slope};
}

static rip_margin_line
option_line(const rip_account_state *state, const rip_position *held, double quantity,
            const rip_margin_box *box, const rip_margin_shift *shift)
{
    const bool is_long = quantity > 0.0;
    const range growth = growth_of(state, held), years = years_of(state, held);
    const range iv = volatility_of(state, held, shift->volatility);
    /* The worse forward: the lower one of a long call or a short put. */
    const double grown = is_long != held->is_put ? growth.low : growth.high;
    const double scale = grown * shift->factor;
    const double deviation =
        is_long ? iv.low * sqrt(years.low) : iv.high * sqrt(years.high);
    const rip_margin_line value = is_long ? tangent(held, scale, deviation, box)
                                          : chord(held, scale, deviation, box);
    /* An inverse option's coins at today's price: V / F * S, F = growth * factor * S.
     */
    const double per_coin =
        held->coin_settled
            ? 1.0 / (shift->factor * (is_long ? growth.high : growth.low))
            : 1.0;
    const double weight = quantity * per_coin;
    const double size = fabs(weight) * SLACK;
    return (rip_margin_line){weight * value.usd -
                                 size * (held->strike_usd + scale * box->high_usd),
                             weight * value.per_usd - size * scale};
}

rip_margin_line
rip_margin_line_below(const rip_account_state *state, size_t position, double quantity,
                      const rip_margin_box *box, const rip_margin_shift *shift)
{
    const rip_position *held = &state->position[position];
    double per_usd = quantity * shift->factor, usd = 0.0;
    assert(state->horizon_ms > 0 && shift->factor > 0.0);
    switch (held->kind) {
    case RIP_KIND_OPTION:
        return option_line(state, held, quantity, box, shift);
    case RIP_KIND_LINEAR_FUTURE: {
        const range growth = growth_of(state, held);
        per_usd *= quantity > 0.0 ? growth.low : growth.high;
        break;
    }
    case RIP_KIND_INVERSE_PERP:
        per_usd = quantity / held->entry_usd;
        usd = -quantity / shift->factor;
        break;
    case RIP_KIND_SPOT:
    case RIP_KIND_LINEAR_PERP:
    case RIP_N_KIND:
        break;
    }
    return (rip_margin_line){usd - SLACK * fabs(usd), per_usd - SLACK * fabs(per_usd)};
}

/* The lowest value of n lines at a price. */
static double
lowest_at(size_t n, const rip_margin_line *line, double price_usd)
{
    double lowest_usd = INFINITY;
    for (size_t i = 0; i < n; i++) {
        lowest_usd = fmin(lowest_usd, rip_margin_line_at(line[i], price_usd));
    }
    return lowest_usd;
}

/* Whether a line is at no price >= 0 above another one. */
static bool
is_below(rip_margin_line a, rip_margin_line b)
{
    return a.usd <= b.usd && a.per_usd <= b.per_usd;
}

rip_margin_line
rip_margin_line_lowest(size_t n, const rip_margin_line *line, const rip_margin_box *box,
                       bool *everywhere)
{
    const double low_usd = lowest_at(n, line, box->low_usd);
    const double high_usd = lowest_at(n, line, box->high_usd);
    const double slope = (high_usd - low_usd) / (box->high_usd - box->low_usd);
    const double size = SLACK * (fabs(low_usd) + fabs(high_usd));
    const rip_margin_line across = {low_usd - slope * box->low_usd - size, slope};
    for (size_t i = 0; i < n; i++) {
        bool lowest = true;
        for (size_t j = 0; j < n; j++) {
            lowest = lowest && is_below(line[i], line[j]);
        }
        if (lowest) {
            *everywhere = true;
            return line[i];
        }
    }
    *everywhere = false;
    return across;
}
