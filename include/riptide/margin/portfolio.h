/*
 * margin/portfolio.h -- one bucket, worst loss of scenarios (MAR-6).   floor 4
 *
 * The requirement R is the worst loss, by the venue's rule, over the grid (`add`,
 * `joint`, `offset`, `correlated`) and the extra scenarios, which are joint and compete
 * as they are, floored at 0, plus the contingencies, and not less than the ladder
 * charges the gross notional. Maintenance is mm_factor * R, initial margin im_factor *
 * R. What one underlying loses in a scenario is in margin/scenario.h.
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

/* Contingencies [USD] by name. */
rip_contingency rip_margin_portfolio_contingency(const rip_account_state *state,
                                                 const rip_market_point *point);

/* R [USD] of an open position held alone, contingencies and minimum included. */
double rip_margin_portfolio_alone(const rip_account_state *state,
                                  const rip_market_point *point, size_t position);

#endif /* RIP_MARGIN_PORTFOLIO_H */
