#include "riptide/margin/position.h"

#include <math.h>

#include "riptide/margin/formula.h"
#include "riptide/margin/margin.h"

/* A bucket may miss the full price by this share of it: rounding, no loan. */
#define LOAN_ROUNDING 1e-9

rip_instrument_view
rip_margin_position_view(const rip_account_state *state, size_t position,
                         const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    return (rip_instrument_view){.price_usd = point->price_usd[held->asset],
                                 .basis = state->asset[held->asset].basis,
                                 .volatility =
                                     point->volatility != NULL
                                         ? point->volatility[held->volatility_row]
                                         : held->implied_volatility,
                                 .time_ms = point->time_ms};
}

rip_requirement
rip_margin_position_requirement(const rip_account_state *state, size_t position,
                                const rip_market_point *point)
{
    return (rip_requirement){.venue = rip_margin_position_venue(state, position),
                             .position = &state->position[position],
                             .quantity = state->held[position].quantity,
                             .view = rip_margin_position_view(state, position, point)};
}

/* Whether two numbers are the same; there is no NaN. */
static bool
is_equal(double a, double b)
{
    return a <= b && a >= b;
}

double
rip_margin_position_mark(const rip_account_state *state, size_t position,
                         const rip_instrument_view *view)
{
    rip_position_state *now = &state->held[position];
    if (!is_equal(now->mark_price_usd, view->price_usd) ||
        !is_equal(now->mark_volatility, view->volatility) ||
        now->mark_time_ms != view->time_ms) {
        now->mark = rip_instrument_mark(&state->position[position], view);
        now->mark_price_usd = view->price_usd;
        now->mark_volatility = view->volatility;
        now->mark_time_ms = view->time_ms;
    }
    return now->mark;
}

double
rip_margin_position_notional(const rip_account_state *state, size_t position,
                             const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    const double quantity = state->held[position].quantity;
    if (held->kind <= RIP_KIND_LINEAR_PERP) {
        return fabs(quantity) * point->price_usd[held->asset];
    }
    const rip_instrument_view view = rip_margin_position_view(state, position, point);
    return rip_instrument_notional(held, quantity, &view);
}

double
rip_margin_position_loan(const rip_account_state *state, size_t position)
{
    const rip_position *held = &state->position[position];
    const double price_usd = held->quantity * held->entry_usd;
    const double loan_usd = price_usd - held->bucket; /* INS-1 */
    if (held->kind != RIP_KIND_SPOT || !state->held[position].is_isolated ||
        !(loan_usd > LOAN_ROUNDING * price_usd)) {
        return 0.0;
    }
    return loan_usd * (state->held[position].quantity / held->quantity);
}

/* Interest per year on what was borrowed for the position [USD]. */
static double
interest_per_year(const rip_account_state *state, size_t position, double price_usd)
{
    const rip_position *held = &state->position[position];
    if (held->quantity < 0.0) {
        return -state->held[position].quantity * price_usd *
               state->market->asset[held->asset].borrow_rate;
    }
    return rip_margin_position_loan(state, position) * state->market->borrow_rate_usd;
}

/* Coins paid by an inverse perpetual since time 0 (INS-3). */
static double
coins_paid(const rip_account_state *state, size_t position,
           const rip_market_point *point)
{
    return point->funding_coin == NULL
               ? 0.0
               : state->held[position].quantity *
                     point->funding_coin[state->position[position].asset];
}

double
rip_margin_position_paid(const rip_account_state *state, size_t position,
                         const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    switch (held->kind) {
    case RIP_KIND_LINEAR_PERP:
        return state->held[position].quantity * point->funding[held->asset]; /* INS-3 */
    case RIP_KIND_INVERSE_PERP:
        return coins_paid(state, position, point) * point->price_usd[held->asset];
    case RIP_KIND_SPOT:
        return interest_per_year(state, position, point->price_usd[held->asset]) *
               point->years;
    case RIP_KIND_LINEAR_FUTURE:
    case RIP_KIND_OPTION:
    case RIP_N_KIND:
        break;
    }
    return 0.0;
}

double
rip_margin_position_cost(const rip_account_state *state, size_t position,
                         const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    if (held->kind == RIP_KIND_INVERSE_PERP) {
        /* q / S coins at S are q USD, whatever S is (INS-3). */
        return state->held[position].quantity * state->asset[held->asset].funding_rate *
               (double)point->n_payment;
    }
    return rip_margin_position_paid(state, position, point);
}

bool
rip_margin_position_pays_interest(const rip_account_state *state, size_t position)
{
    return state->position[position].kind == RIP_KIND_SPOT &&
           interest_per_year(state, position, 1.0) != 0.0;
}

/* What a position adds that is no linear perpetual. */
static double
other_result(const rip_account_state *state, size_t position,
             const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    const double quantity = state->held[position].quantity;
    const double paid_usd = rip_margin_position_paid(state, position, point);
    if (held->kind == RIP_KIND_SPOT) {
        return rip_formula_result(quantity, held->entry_usd,
                                  point->price_usd[held->asset], paid_usd);
    }
    const rip_instrument_view view = rip_margin_position_view(state, position, point);
    if (held->kind == RIP_KIND_OPTION) {
        return quantity * rip_margin_position_mark(state, position, &view) *
               rip_instrument_currency(held, view.price_usd);
    }
    return rip_instrument_value(held, quantity, &view) *
               rip_instrument_currency(held, view.price_usd) -
           paid_usd;
}

double
rip_margin_position_result(const rip_account_state *state, size_t position,
                           const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    const double quantity = state->held[position].quantity;
    return held->kind == RIP_KIND_LINEAR_PERP
               ? rip_formula_result(quantity, held->entry_usd,
                                    point->price_usd[held->asset],
                                    quantity * point->funding[held->asset])
               : other_result(state, position, point);
}

bool
rip_margin_position_is_by_scenarios(const rip_account_state *state, size_t position)
{
    return !state->held[position].is_isolated && state->pool_mode == RIP_MODE_PORTFOLIO;
}

/* INS-2: the share of an option's value that counts. */
static double
option_weight(const rip_account_state *state, size_t position)
{
    if (rip_margin_position_is_by_scenarios(state, position)) {
        return 1.0;
    }
    if (state->position[position].quantity < 0.0) {
        return 0.0; /* the requirement holds it */
    }
    return state->held[position].is_isolated
               ? 1.0
               : state->venue->collateral.long_option_value;
}

double
rip_margin_position_counted(const rip_account_state *state, size_t position,
                            const rip_market_point *point)
{
    return state->position[position].kind == RIP_KIND_OPTION
               ? option_weight(state, position) *
                     rip_margin_position_result(state, position, point)
               : rip_margin_position_result(state, position, point);
}

double
rip_margin_position_profit(const rip_account_state *state, size_t position,
                           const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    const double result_usd = rip_margin_position_result(state, position, point);
    if (held->kind != RIP_KIND_OPTION) {
        return result_usd;
    }
    return result_usd -
           state->held[position].quantity * held->entry_usd *
               rip_instrument_currency(held, point->price_usd[held->asset]);
}

bool
rip_margin_position_is_margined(const rip_account_state *state, size_t position)
{
    const rip_position *held = &state->position[position];
    const bool is_isolated = state->held[position].is_isolated;
    if (held->kind == RIP_KIND_LINEAR_PERP || held->quantity < 0.0) {
        return true;
    }
    if (held->kind == RIP_KIND_SPOT) {
        return is_isolated ? rip_margin_position_loan(state, position) > 0.0
                           : state->borrows;
    }
    return held->kind != RIP_KIND_OPTION ||
           rip_margin_position_is_by_scenarios(state, position);
}

/* By the tiers alone; the operations of requirement.c (MAR-1). */
static rip_margin_figures
plain_figures(const rip_account_state *state, size_t position,
              const rip_market_point *point, bool is_margined)
{
    const rip_position *held = &state->position[position];
    const rip_margin_tiers *tiers =
        &rip_margin_position_venue(state, position)->tiers[held->asset];
    const double notional_usd =
        fabs(state->held[position].quantity) * point->price_usd[held->asset];
    const size_t k = rip_margin_tiers_find(tiers, notional_usd);
    const double margin_usd = tiers->rate[k] * notional_usd - tiers->deduction_usd[k];
    const double most = tiers->max_leverage[k];
    return (rip_margin_figures){
        .is_margined = is_margined,
        .maintenance_usd = !is_margined || margin_usd < 0.0 ? 0.0 : margin_usd,
        .initial_usd = notional_usd / (held->leverage < most ? held->leverage : most)};
}

/* By the venue's other terms (MAR-2, INS-2). */
static rip_margin_figures
other_figures(const rip_account_state *state, size_t position,
              const rip_market_point *point, bool is_margined)
{
    const rip_requirement asked =
        rip_margin_position_requirement(state, position, point);
    return (rip_margin_figures){
        .is_margined = is_margined,
        .maintenance_usd = is_margined ? rip_requirement_maintenance(&asked) : 0.0,
        .initial_usd = rip_requirement_initial(&asked)};
}

rip_margin_figures
rip_margin_position_figures(const rip_account_state *state, size_t position,
                            const rip_market_point *point)
{
    const bool is_margined = state->position[position].kind == RIP_KIND_LINEAR_PERP ||
                             rip_margin_position_is_margined(state, position);
    if (!is_margined && !state->held[position].is_isolated) {
        return (rip_margin_figures){0}; /* paid in full out of the wallet */
    }
    return state->is_plain ? plain_figures(state, position, point, is_margined)
                           : other_figures(state, position, point, is_margined);
}

double
rip_margin_position_maintenance(const rip_account_state *state, size_t position,
                                const rip_market_point *point)
{
    return rip_margin_position_figures(state, position, point).maintenance_usd;
}

double
rip_margin_position_initial(const rip_account_state *state, size_t position,
                            const rip_market_point *point)
{
    return rip_margin_position_figures(state, position, point).initial_usd;
}
