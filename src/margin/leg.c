#include "riptide/margin/leg.h"

#include <math.h>

#include "riptide/margin/fill.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"

/* A step ends this share below the floor of a tier, so that roundings do not leave the
   position above it. */
#define BELOW_FLOOR 1e-14

/* Value since entry, funding and interest left aside [USD]. */
static double
profit_of(const rip_account_state *state, size_t position,
          const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    const rip_instrument_view view = rip_margin_position_view(state, position, point);
    return rip_instrument_profit(held, state->held[position].quantity, &view) *
           rip_instrument_currency(held, view.price_usd);
}

static double
key_of(const rip_account_state *state, size_t position, const rip_market_point *point,
       rip_liquidation_order order)
{
    switch (order) {
    case RIP_ORDER_LARGEST_MAINTENANCE:
        return -rip_margin_own_maintenance(state, point, position);
    case RIP_ORDER_WORST_PNL:
        return profit_of(state, position, point);
    case RIP_ORDER_LARGEST_NOTIONAL:
        return -rip_margin_position_notional(state, position, point);
    case RIP_ORDER_DELTA_FIRST:
        return state->position[position].kind == RIP_KIND_OPTION ? 1.0 : 0.0;
    case RIP_ORDER_PRO_RATA:
        break;
    }
    return 0.0;
}

static bool
is_before(const rip_margin_turn *a, const rip_margin_turn *b)
{
    return a->key < b->key || (!(b->key < a->key) && a->position < b->position);
}

rip_margin_turn
rip_margin_turn_next(const rip_account_state *state, const rip_market_point *point,
                     const rip_margin_bucket *bucket, const rip_margin_turn *last)
{
    const rip_liquidation_order order =
        rip_margin_bucket_venue(bucket, state)->liquidation.order;
    rip_margin_turn next = rip_margin_turn_none();
    for (size_t k = 0; k < state->account->n_position; k++) {
        rip_margin_turn turn = {.position = k};
        if (!rip_margin_bucket_has(bucket, state, k) ||
            !rip_margin_position_is_margined(state, k) || k == last->position) {
            continue;
        }
        turn.key = key_of(state, k, point, order);
        if ((last->position == SIZE_MAX || is_before(last, &turn)) &&
            (next.position == SIZE_MAX || is_before(&turn, &next))) {
            next = turn;
        }
    }
    return next;
}

double
rip_margin_leg_cost(const rip_account_state *state, size_t position,
                    const rip_market_point *point)
{
    const rip_venue *venue = rip_margin_position_venue(state, position);
    const double notional_usd = rip_margin_position_notional(state, position, point);
    double cost = rip_margin_fill_cost(state, position, point) / notional_usd +
                  venue->fees.taker + venue->fees.liquidation;
    if (state->position[position].kind == RIP_KIND_OPTION) {
        cost -= (rip_margin_position_result(state, position, point) -
                 rip_margin_position_counted(state, position, point)) /
                notional_usd; /* INS-2 */
    }
    if (state->position[position].kind == RIP_KIND_SPOT &&
        !state->held[position].is_isolated) {
        cost -= copysign(rip_margin_pool_uncounted(state, position, point),
                         state->held[position].quantity); /* MAR-5 */
    }
    return cost;
}

double
rip_margin_leg_rate(const rip_account_state *state, size_t position,
                    const rip_market_point *point)
{
    const rip_requirement asked =
        rip_margin_position_requirement(state, position, point);
    return rip_margin_position_is_by_scenarios(state, position) ||
                   state->position[position].kind == RIP_KIND_OPTION
               ? rip_margin_own_maintenance(state, point, position) /
                     rip_margin_position_notional(state, position, point)
               : rip_requirement_marginal(&asked);
}

double
rip_margin_leg_step_share(const rip_account_state *state, size_t position,
                          const rip_market_point *point, size_t steps)
{
    const rip_requirement asked =
        rip_margin_position_requirement(state, position, point);
    const rip_margin_tiers *tiers = &asked.venue->tiers[asked.position->asset];
    const double measure = rip_requirement_maintenance_measure(&asked);
    const size_t tier = rip_margin_tiers_find(tiers, measure);
    return tier < steps ? 1.0
                        : 1.0 - (1.0 - BELOW_FLOOR) *
                                    tiers->floor_usd[tier - steps + 1] / measure;
}
