/*
 * margin/pool.h -- an account whose positions share one bucket.             floor 3.1
 *
 *     equity = wallet + sum of results of the open positions          (MAR-5)
 *     cash   = wallet - sum q E of open spot positions                (INS-1)
 *
 * A negative cash balance is borrowed and pays simple interest, the wallet's own
 * interest left aside. Funding of open positions counts in equity at once, in cash when
 * they are closed.
 */
#ifndef RIP_MARGIN_POOL_H
#define RIP_MARGIN_POOL_H

#include <stdbool.h>

#include "riptide/margin/state.h"

/* Equity of the whole account [USD]. */
double rip_margin_pool_equity(const rip_account_state *state,
                              const rip_market_point *point);

/* Cash [USD], interest left aside; what is below 0 is borrowed. */
double rip_margin_pool_cash(const rip_account_state *state);

/* Cash borrowed [USD], >= 0. */
double rip_margin_pool_loan(const rip_account_state *state);

#endif /* RIP_MARGIN_POOL_H */
