/*
 * margin/leg.h -- one position in a liquidation by parts: its turn, its cost. floor 4.4
 */
#ifndef RIP_MARGIN_LEG_H
#define RIP_MARGIN_LEG_H

#include "riptide/margin/margin.h"
#include "riptide/margin/state.h"

/* A place in the order of positions (LIQ-2). */
typedef struct rip_margin_turn {
    size_t position; /* SIZE_MAX: none, before the first or after the last */
    double key;      /* smaller goes first */
} rip_margin_turn;

static inline rip_margin_turn
rip_margin_turn_none(void)
{
    return (rip_margin_turn){.position = SIZE_MAX};
}

/*
 * The open position of a bucket that needs margin and comes next in the venue's order,
 * ties by position order. Closing parts of earlier ones does not change it.
 */
rip_margin_turn rip_margin_turn_next(const rip_account_state *state,
                                     const rip_market_point *point,
                                     const rip_margin_bucket *bucket,
                                     const rip_margin_turn *last);

/* What margin equity loses per USD of notional closed: spread, fees, and what an option
   or coins counted beyond what they pay. */
double rip_margin_leg_cost(const rip_account_state *state, size_t position,
                           const rip_market_point *point);

/* Maintenance per USD of notional in the position's tier; in portfolio mode, where
   there are no tiers, what scenarios ask for the position alone (LIQ-1, MAR-6). */
double rip_margin_leg_rate(const rip_account_state *state, size_t position,
                           const rip_market_point *point);

/* The share that leaves a position at the top of the tier `steps` below; 1 if there is
   none. */
double rip_margin_leg_step_share(const rip_account_state *state, size_t position,
                                 const rip_market_point *point, size_t steps);

#endif /* RIP_MARGIN_LEG_H */
