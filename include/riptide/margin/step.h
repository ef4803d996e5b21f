/*
 * margin/step.h -- one step of one account: domain.md section 3, in order.   floor 5
 *
 * The time drivers (path by path now, step by step in coupled worlds) call this one
 * function. It reads the market point, changes the state only, and knows no lanes.
 */
#ifndef RIP_MARGIN_STEP_H
#define RIP_MARGIN_STEP_H

#include "riptide/margin/margin.h"
#include "riptide/margin/state.h"

typedef struct rip_step_rules {
    double wipeout_threshold; /* DEF-3 */
    double step_years;
    const rip_event_sink *sink; /* NULL: nobody listens */
} rip_step_rules;

/*
 * Interest, stops, check, top-up, liquidation, deficit, wipeout test, for the step that
 * ends at point (point->step >= 1). bucket is scratch of n_bucket.
 *
 * The events of a step sum to what the account loses by it: with the market result and
 * funding of the positions still open, and the interest paid, all amounts of a trial
 * add to the loss. Moves of money inside the account (TOP_UP) have amount 0.
 */
void rip_margin_step(rip_account_state *state, const rip_market_point *point,
                     const rip_step_rules *rules, rip_margin_bucket *bucket);

/*
 * Forms for what else can end the quiet of an account besides a breach: stop orders and
 * the wipeout test. Same promise as rip_margin_model.bound; writes at most
 * n_position + 2 forms. An account that pays interest is never quiet: returns false.
 */
bool rip_margin_step_bound(const rip_account_state *state, const rip_step_rules *rules,
                           rip_margin_form *form, size_t *n_written);

#endif /* RIP_MARGIN_STEP_H */
