/*
 * margin/portfolio_bound.h -- linear forms of portfolio margin.              floor 3.3
 *
 * Of linear instruments the loss in a scenario is linear in the prices, and so is the
 * sum of the underlyings' own worst losses: `add` is one form; `joint`, `offset` and
 * extra scenarios are one form a scenario, exact at all prices. While -0.99 does not
 * cut a move, losses are convex in the move and 0 at 0, so the ends of the grid stand
 * for all of it.
 *
 * `correlated` has the norm f = sqrt(r' C r), r_u = S_u b_u, which is convex in the
 * prices. Two linear bounds from above serve:
 *
 *     f <= sum_u |r_u| sqrt(C_uu)                   at all prices
 *     f <= g S + k     where every S_u is within a share w of its starting price
 *
 * with g S = <r0, r> / f0 the tangent at the start (<x, y> = x' C y). With a = g S and
 * p^2 = f^2 - a^2 = |r - r0|^2 - (a - f0)^2, f - a = sqrt(a^2 + p^2) - a, which is
 * largest for the smallest a and the largest p:
 *
 *     a >= f0 - w sum_u |g_u S0_u|          p^2 <= w^2 sum_uv |C_uv r0_u r0_v|
 *
 * The first is taken if it leaves half of the slack at the start, else the second with
 * the widest w whose k takes at most a third of it; forms of one term and a form of
 * guards keep the prices inside.
 */
#ifndef RIP_MARGIN_PORTFOLIO_BOUND_H
#define RIP_MARGIN_PORTFOLIO_BOUND_H

#include "riptide/margin/margin.h"

/* As rip_margin_model has them. */
size_t rip_margin_portfolio_bound_n_form(const rip_account_state *state);
bool rip_margin_portfolio_bound(const rip_account_state *state, rip_margin_form *form,
                                size_t *n_written);

#endif /* RIP_MARGIN_PORTFOLIO_BOUND_H */
