/*
 * market/prices.h -- from log increments to prices and funding.              floor 3.2
 *
 *     S(t) = S(t-1) exp(dx(t)),   S(0) the asset's price
 *
 * Funding is an index: what a long unit has paid since time 0 in USD (INS-3). An
 * interval that ends inside a step, or with it, is paid at the step's mark, so a step
 * longer than the interval pays every interval it contains:
 *
 *     index(t) = index(t-1) + (floor(t s / f) - floor((t-1) s / f)) rate S(t)
 *
 * for steps of s and intervals of f. Example: steps of 3 h and an interval of 8 h pay
 * at the end of steps 3, 6 and 8 (9, 18 and 24 h).
 */
#ifndef RIP_MARKET_PRICES_H
#define RIP_MARKET_PRICES_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/market/market.h"
#include "riptide/market/panel.h"

/* Whether some asset pays funding. */
bool rip_prices_has_funding(const rip_market *market);

/* Turns a panel of log increments (a factor an asset) into prices, in place. */
void rip_prices_form(const rip_market *market, rip_panel *panel);

/* Funding index of every asset at the end of every step, from a panel of prices, into
   funding[n_step][n_asset][RIP_LANES]. */
void rip_prices_funding(const rip_market *market, uint64_t step_ms,
                        const rip_panel *panel, double *funding);

#endif /* RIP_MARKET_PRICES_H */
