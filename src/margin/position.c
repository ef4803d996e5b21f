#include "riptide/margin/position.h"

#include <math.h>

#include "riptide/margin/formula.h"
#include "riptide/margin/margin.h"

/* A bucket may miss the full price by this share of it: rounding, no loan. */
#define LOAN_ROUNDING 1e-9

bool
rip_margin_position_is_open(const rip_account_state *state, size_t position)
{
    return state->held[position].status == RIP_POSITION_OPEN;
}

bool
rip_margin_position_is_pooled(const rip_account_state *state, size_t position)
{
    return rip_margin_position_is_open(state, position) &&
           !state->held[position].is_isolated;
}

const rip_venue *
rip_margin_position_venue(const rip_account_state *state, size_t position)
{
    return state->held[position].is_isolated ? state->isolated_venue : state->venue;
}

double
rip_margin_position_notional(const rip_account_state *state, size_t position,
                             const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    return fabs(state->held[position].quantity) * point->price_usd[held->asset];
}

double
rip_margin_position_loan(const rip_account_state *state, size_t position)
{
    const rip_position *held = &state->position[position];
    const double price_usd = held->quantity * held->entry_usd;
    const double loan_usd = price_usd - held->bucket; /* INS-1 */
    if (held->kind != RIP_KIND_SPOT || !state->held[position].is_isolated) {
        return 0.0;
    }
    return loan_usd > LOAN_ROUNDING * price_usd ? loan_usd : 0.0;
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

double
rip_margin_position_paid(const rip_account_state *state, size_t position,
                         const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    if (held->kind == RIP_KIND_LINEAR_PERP) {
        return state->held[position].quantity * point->funding[held->asset]; /* INS-3 */
    }
    return interest_per_year(state, position, point->price_usd[held->asset]) *
           point->years;
}

bool
rip_margin_position_pays_interest(const rip_account_state *state, size_t position)
{
    return state->position[position].kind == RIP_KIND_SPOT &&
           interest_per_year(state, position, 1.0) != 0.0;
}

double
rip_margin_position_result(const rip_account_state *state, size_t position,
                           const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    return rip_formula_result(state->held[position].quantity, held->entry_usd,
                              point->price_usd[held->asset],
                              rip_margin_position_paid(state, position, point));
}

bool
rip_margin_position_is_margined(const rip_account_state *state, size_t position)
{
    const rip_position *held = &state->position[position];
    if (held->kind != RIP_KIND_SPOT || held->quantity < 0.0) {
        return true;
    }
    return state->held[position].is_isolated
               ? rip_margin_position_loan(state, position) > 0.0
               : state->borrows;
}

double
rip_margin_position_maintenance(const rip_account_state *state, size_t position,
                                const rip_market_point *point)
{
    if (!rip_margin_position_is_margined(state, position)) {
        return 0.0;
    }
    return rip_margin_tiers_maintenance(
        &rip_margin_position_venue(state, position)
             ->tiers[state->position[position].asset],
        rip_margin_position_notional(state, position, point));
}

double
rip_margin_position_initial(const rip_account_state *state, size_t position,
                            const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    if (!rip_margin_position_is_margined(state, position) &&
        !state->held[position].is_isolated) {
        return 0.0; /* paid in full out of the wallet */
    }
    return rip_margin_tiers_initial(
        &rip_margin_position_venue(state, position)->tiers[held->asset],
        rip_margin_position_notional(state, position, point), held->leverage);
}
