/*
 * margin/portfolio.h -- one bucket, worst loss of scenarios (MAR-6).   floor 4
 *
 * A scenario moves the price of underlying u by x = max(spot * spot_range_u, -0.99).
 * Its loss on u, with the net quantity q_i of every instrument i on u (spot,
 * perpetual), is
 *
 *     loss_u = losses - gains                 of the profits q_i S_u x of one
 * instrument loss_u = losses - gain_offset * gains   of several
 *
 * and the requirement R is the worst of the venue's rule over the grid (`add`, `joint`,
 * `offset`, `correlated`; MAR-6) and of the extra scenarios, which are joint, floored
 * at 0, plus the contingencies. Maintenance is mm_factor * R, initial margin im_factor
 * * R.
 *
 * Worked example: grid +-15 %, long 0.4 at 52,137.5, short 6.5 at 2,603.7. Losses at
 * -15 %: 3,128.25 and -2,538.6075; so `add` asks for 3,128.25 + 2,538.6075, `joint` for
 * 589.6425, `offset` with factor 0.25 for 0.25 * 589.6425 + 0.75 * 5,666.8575 =
 * 4,397.55375.
 */
#ifndef RIP_MARGIN_PORTFOLIO_H
#define RIP_MARGIN_PORTFOLIO_H

#include "riptide/margin/margin.h"

extern const rip_margin_model rip_margin_portfolio;

/* Weighted loss [USD] of the whole account in one scenario of the venue, all
 * underlyings moved together. */
double rip_margin_portfolio_scenario_loss(const rip_account_state *state,
                                          const rip_market_point *point,
                                          size_t scenario);

/* R [USD] before contingencies: the worst by the venue's rule, >= 0. */
double rip_margin_portfolio_worst(const rip_account_state *state,
                                  const rip_market_point *point);

/* Contingency [USD] on the net perpetual quantity per underlying. */
double rip_margin_portfolio_contingency_perp(const rip_account_state *state,
                                             const rip_market_point *point);

/* R [USD] of an open position held alone, contingency included. */
double rip_margin_portfolio_alone(const rip_account_state *state,
                                  const rip_market_point *point, size_t position);

#endif /* RIP_MARGIN_PORTFOLIO_H */
