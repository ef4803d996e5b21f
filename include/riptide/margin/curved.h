/*
 * margin/curved.h -- linear forms of portfolio margin with options.          floor 3.3
 *
 * For accounts with options, dated futures, inverse perpetuals or coins, the bound of
 * margin/margin.h is put together from lines (margin/line.h). With c = ratio *
 * mm_factor, v the value of an account's positions on an underlying and v_s what is
 * left of it in scenario s, the loss is v - v_s and the slack of the account
 *
 *     equity - c (a loss(s) + b sum_u worst loss_u)
 *         = (1 - c (a + b)) v + c a v_s + c b sum_u min over s' of v_u,s'
 *
 * with the weights a and b of the rule between underlyings: 0, 1 of `add`, 1, 0 of
 * `joint`, f, 1 - f of `offset`; the weight, 0 of an extra scenario. Equity and loss
 * share the value: put like this, what stands in both has gone before it is bounded,
 * and every part is a sum of quantities times values, whose lines are below it. A
 * minimum of lines is concave and lies above its chord. So each scenario is one form,
 * and one more stands for none of them; guards and forms of one term keep the prices of
 * what needs it in its box: 4.2 standard deviations over the horizon, or 2.2 of them if
 * it is to be narrow.
 *
 * If gains are offset in part, an instrument leaves min(v_s, (1 - o) v + o v_s).
 *
 * Not bounded: `correlated`, minimum ladders, haircuts, interest, coins paid as
 * funding, the contingency for basis, implied volatilities that move, and whatever
 * expires before the horizon.
 */
#ifndef RIP_MARGIN_CURVED_H
#define RIP_MARGIN_CURVED_H

#include "riptide/margin/margin.h"

/* Whether there are forms for the state. */
bool rip_margin_curved_is_bounded(const rip_account_state *state);

/* As rip_margin_model's bound. */
bool rip_margin_curved_bound(const rip_account_state *state, rip_margin_form *form,
                             size_t *n_written);

/*
 * Adds to a begun form what is below the worth of the account (DEF-1) in the boxes that
 * the forms of the bound keep.
 */
void rip_margin_curved_add_worth(const rip_account_state *state, rip_margin_form *form);

#endif /* RIP_MARGIN_CURVED_H */
