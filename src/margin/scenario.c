#include "riptide/margin/scenario.h"

#include <assert.h>
#include <math.h>

#include "riptide/margin/position.h"
#include "riptide/numerics/black.h"
#include "riptide/numerics/math.h"

#define DAYS_PER_YEAR 365.0
#define SHOCK_DAYS    30.0 /* the tenor a volatility shock is stated for */

bool
rip_margin_scenario_has(const rip_margin_scene *self, size_t position)
{
    return self->only == RIP_MARGIN_ALL
               ? rip_margin_position_is_pooled(self->state, position)
               : position == self->only;
}

bool
rip_margin_scenario_is_first(const rip_margin_scene *self, size_t position)
{
    return self->only == RIP_MARGIN_ALL ? self->state->held[position].first_of_asset
                                        : position == self->only;
}

/* The next position on the same underlying, or n_position. */
static size_t
next_of(const rip_margin_scene *self, size_t position)
{
    return self->only == RIP_MARGIN_ALL ? self->state->held[position].next_of_asset
                                        : self->state->account->n_position;
}

/* (30 / days)^power */
static double
shock_scale(const rip_volatility_shock *shock, double days)
{
    const double tenor = fmax(days, 1.0);
    return rip_math_pow(SHOCK_DAYS / tenor, tenor < shock->pivot_days
                                                ? shock->power_short
                                                : shock->power_long);
}

static double
shocked(const rip_volatility_shock *shock, double volatility, double scale, int state)
{
    if (state == 0) {
        return volatility;
    }
    return state > 0 ? fmax(volatility * (1.0 + shock->up * scale), shock->floor)
                     : fmax(volatility * (1.0 - shock->down * scale), 0.0);
}

double
rip_margin_scenario_volatility(const rip_venue *venue, double volatility, double days,
                               int state)
{
    const rip_volatility_shock *shock = &venue->portfolio.volatility_shock;
    return shocked(shock, volatility, state != 0 ? shock_scale(shock, days) : 0.0,
                   state);
}

/* What a scenario does to an underlying. */
typedef struct shift {
    double move;
    int volatility;
} shift;

/* The move of an underlying. */
static double
moved(const rip_venue *venue, uint32_t asset, double spot)
{
    const double move = spot * venue->portfolio.spot_range[asset];
    return move > RIP_MARGIN_HOLDING_LOWEST_MOVE ? move
                                                 : RIP_MARGIN_HOLDING_LOWEST_MOVE;
}

/* Standard deviation of the log of an option's forward in each state of volatility. */
static void
fill_deviations(const rip_margin_scene *self, const rip_position *held,
                const rip_instrument_view *view, double deviation[3])
{
    const rip_volatility_shock *shock = &self->state->venue->portfolio.volatility_shock;
    const double years = rip_instrument_years_left(held, view->time_ms);
    const double scale = shock_scale(shock, years * DAYS_PER_YEAR);
    for (int state = -1; state <= 1; state++) {
        deviation[state + 1] =
            shocked(shock, view->volatility, scale, state) * sqrt(years);
    }
}

static void
option_losses(const rip_margin_scene *self, size_t position, size_t n, const shift *to,
              double *loss_usd)
{
    const rip_account_state *state = self->state;
    const rip_position *held = &state->position[position];
    const rip_instrument_view view =
        rip_margin_position_view(state, position, self->point);
    const double forward_usd = rip_instrument_forward(held, &view);
    double of_state[3], forward[RIP_MARGIN_SCENARIOS], deviation[RIP_MARGIN_SCENARIOS];
    const double mark = rip_margin_position_mark(state, position, &view);
    fill_deviations(self, held, &view, of_state);
    for (size_t i = 0; i < n; i++) {
        forward[i] = forward_usd * (1.0 + to[i].move);
        deviation[i] = of_state[to[i].volatility + 1];
    }
    RIP_SIMD_PICK(rip_black_row)
    (n, forward, deviation, held->strike_usd, held->is_put, loss_usd);
    for (size_t i = 0; i < n; i++) {
        const double after =
            held->coin_settled ? loss_usd[i] / forward[i] : loss_usd[i];
        loss_usd[i] = -state->held[position].quantity * (after - mark) *
                      rip_instrument_currency(held, view.price_usd);
    }
}

static void
position_losses(const rip_margin_scene *self, size_t position, size_t n,
                const shift *to, double *loss_usd)
{
    const rip_account_state *state = self->state;
    const rip_position *held = &state->position[position];
    const double quantity = state->held[position].quantity;
    const rip_instrument_view view =
        rip_margin_position_view(state, position, self->point);
    if (held->kind == RIP_KIND_OPTION) {
        option_losses(self, position, n, to, loss_usd);
        return;
    }
    if (held->kind == RIP_KIND_INVERSE_PERP) {
        for (size_t i = 0; i < n; i++) {
            loss_usd[i] = -quantity * to[i].move / (1.0 + to[i].move);
        }
        return;
    }
    const double mark_usd = rip_instrument_mark(held, &view);
    for (size_t i = 0; i < n; i++) {
        loss_usd[i] = -quantity * mark_usd * to[i].move;
    }
}

bool
rip_margin_scenario_is_same(const rip_position *a, const rip_position *b)
{
    return a->kind == b->kind && a->expiry_ms == b->expiry_ms &&
           (a->kind != RIP_KIND_OPTION ||
            (a->is_put == b->is_put && a->coin_settled == b->coin_settled &&
             !(a->strike_usd < b->strike_usd || a->strike_usd > b->strike_usd)));
}

bool
rip_margin_scenario_begins(const rip_margin_scene *self, size_t first, size_t position)
{
    const rip_position *held = self->state->position;
    for (size_t k = first; k != position; k = next_of(self, k)) {
        if (rip_margin_scenario_has(self, k) &&
            rip_margin_scenario_is_same(&held[k], &held[position])) {
            return false;
        }
    }
    return rip_margin_scenario_has(self, position);
}

/* Adds the losses of all positions of an instrument, of which `begin` is the first. */
static void
add_instrument(const rip_margin_scene *self, size_t begin, size_t n, const shift *to,
               double *loss_usd)
{
    const rip_position *held = self->state->position;
    double own_usd[RIP_MARGIN_SCENARIOS];
    for (size_t k = begin; k < self->state->account->n_position; k = next_of(self, k)) {
        if (rip_margin_scenario_has(self, k) &&
            rip_margin_scenario_is_same(&held[k], &held[begin])) {
            position_losses(self, k, n, to, own_usd);
            for (size_t i = 0; i < n; i++) {
                loss_usd[i] += own_usd[i];
            }
        }
    }
}

/* With the gains of other instruments offset in part. */
static void
offset_losses(const rip_margin_scene *self, size_t first, size_t n, const shift *to,
              double *loss_usd)
{
    double gain_usd[RIP_MARGIN_SCENARIOS] = {0.0}, offset = 1.0;
    size_t n_instrument = 0;
    for (size_t k = first; k < self->state->account->n_position; k = next_of(self, k)) {
        if (rip_margin_scenario_begins(self, first, k)) {
            double own_usd[RIP_MARGIN_SCENARIOS] = {0.0};
            add_instrument(self, k, n, to, own_usd);
            for (size_t i = 0; i < n; i++) {
                loss_usd[i] += fmax(own_usd[i], 0.0);
                gain_usd[i] += fmax(-own_usd[i], 0.0);
            }
            n_instrument++;
        }
    }
    if (n_instrument > 1) {
        offset = self->state->venue->portfolio.gain_offset;
    }
    for (size_t i = 0; i < n; i++) {
        loss_usd[i] -= offset * gain_usd[i];
    }
}

/* All of an underlying nets. */
static void
net_losses(const rip_margin_scene *self, size_t first, size_t n, const shift *to,
           double *loss_usd)
{
    double own_usd[RIP_MARGIN_SCENARIOS];
    for (size_t k = first; k < self->state->account->n_position; k = next_of(self, k)) {
        if (rip_margin_scenario_has(self, k)) {
            position_losses(self, k, n, to, own_usd);
            for (size_t i = 0; i < n; i++) {
                loss_usd[i] += own_usd[i];
            }
        }
    }
}

void
rip_margin_scenario_losses(const rip_margin_scene *self, size_t first, size_t n,
                           const rip_scenario *scenario, double *loss_usd)
{
    const rip_venue *venue = self->state->venue;
    const uint32_t asset = self->state->position[first].asset;
    shift to[RIP_MARGIN_SCENARIOS];
    assert(n <= RIP_MARGIN_SCENARIOS && !self->state->is_linear);
    for (size_t i = 0; i < n; i++) {
        to[i] = (shift){.move = moved(venue, asset, scenario[i].spot),
                        .volatility = scenario[i].volatility};
        loss_usd[i] = 0.0;
    }
    if (venue->portfolio.gain_offset < 1.0) {
        offset_losses(self, first, n, to, loss_usd);
    } else {
        net_losses(self, first, n, to, loss_usd);
    }
}

/* What a linear account holds on an underlying. */
static rip_margin_holding
holding_of(const rip_margin_scene *self, size_t first)
{
    return self->only == RIP_MARGIN_ALL ? rip_margin_holding_of(self->state, first)
                                        : rip_margin_holding_alone(self->state, first);
}

double
rip_margin_scenario_loss(const rip_margin_scene *self, size_t first, double spot,
                         int volatility)
{
    const rip_venue *venue = self->state->venue;
    const rip_scenario scenario = {.spot = spot, .volatility = volatility};
    double loss_usd;
    if (self->state->is_linear) {
        const rip_margin_holding held = holding_of(self, first);
        return self->point->price_usd[held.asset] *
               rip_margin_holding_loss(&held, venue, spot);
    }
    rip_margin_scenario_losses(self, first, 1, &scenario, &loss_usd);
    return loss_usd;
}

double
rip_margin_scenario_worst(const rip_margin_scene *self, size_t first)
{
    const rip_margin_holding held = holding_of(self, first);
    assert(self->state->is_linear);
    return self->point->price_usd[held.asset] *
           rip_margin_holding_worst(&held, self->state->venue);
}

static double
signed_notional(const rip_margin_scene *self, size_t position)
{
    return copysign(rip_margin_position_notional(self->state, position, self->point),
                    self->state->position[position].quantity);
}

/* Net notional of an instrument, of which `begin` is the first. */
static double
instrument_notional(const rip_margin_scene *self, size_t begin)
{
    const rip_position *held = self->state->position;
    double net_usd = 0.0;
    for (size_t k = begin; k < self->state->account->n_position; k = next_of(self, k)) {
        if (rip_margin_scenario_has(self, k) &&
            rip_margin_scenario_is_same(&held[k], &held[begin])) {
            net_usd += signed_notional(self, k);
        }
    }
    return net_usd;
}

/* A linear account has one instrument per underlying that is charged. */
static void
add_linear_contingency(const rip_margin_scene *self, size_t first,
                       rip_contingency *total)
{
    const rip_contingency *rate = &self->state->venue->portfolio.contingency;
    const rip_margin_holding held = holding_of(self, first);
    const double price_usd = self->point->price_usd[held.asset];
    const double size = fabs(held.quantity[RIP_KIND_LINEAR_PERP]);
    total->perp += price_usd * (rate->perp * size);
    total->roll += price_usd * (rate->roll * size);
}

/* Adds what the instruments of an underlying are charged. */
static void
add_contingency(const rip_margin_scene *self, size_t first, rip_contingency *total)
{
    const rip_account_state *state = self->state;
    const rip_contingency *rate = &state->venue->portfolio.contingency;
    double future_usd = 0.0, perp_usd = 0.0, short_usd[2] = {0.0, 0.0};
    for (size_t k = first; k < state->account->n_position; k = next_of(self, k)) {
        const rip_position *held = &state->position[k];
        const bool is_future = held->kind == RIP_KIND_LINEAR_FUTURE;
        double net_usd;
        if (held->kind == RIP_KIND_OPTION && rip_margin_scenario_has(self, k)) {
            short_usd[held->is_put] -= signed_notional(self, k);
        }
        if (held->kind == RIP_KIND_SPOT || held->kind == RIP_KIND_OPTION ||
            !rip_margin_scenario_begins(self, first, k)) {
            continue;
        }
        net_usd = instrument_notional(self, k);
        *(is_future ? &total->future : &total->perp) +=
            (is_future ? rate->future : rate->perp) * fabs(net_usd);
        total->roll += rate->roll * fabs(net_usd);
        *(is_future ? &future_usd : &perp_usd) += net_usd;
    }
    if (future_usd * perp_usd < 0.0) {
        total->basis += rate->basis * fmin(fabs(future_usd), fabs(perp_usd));
    }
    total->short_option +=
        rate->short_option * (fmax(short_usd[0], 0.0) + fmax(short_usd[1], 0.0));
}

rip_contingency
rip_margin_scenario_contingency(const rip_margin_scene *self)
{
    rip_contingency total = {0};
    for (size_t k = 0; k < self->state->account->n_position; k++) {
        if (!rip_margin_scenario_is_first(self, k)) {
            continue;
        }
        if (self->state->is_linear) {
            add_linear_contingency(self, k, &total);
        } else {
            add_contingency(self, k, &total);
        }
    }
    return total;
}

double
rip_margin_scenario_gross(const rip_margin_scene *self)
{
    double gross_usd = 0.0;
    for (size_t k = 0; k < self->state->account->n_position; k++) {
        if (rip_margin_scenario_has(self, k)) {
            gross_usd += rip_margin_position_notional(self->state, k, self->point);
        }
    }
    return gross_usd;
}
