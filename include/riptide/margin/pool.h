/*
 * margin/pool.h -- an account whose positions share their collateral.       floor 3.1
 *
 *     worth  = balances + results of the pool's open positions        (DEF-1)
 *     equity = the same with haircuts and option weights               (DEF-2, MAR-5)
 *     cash   = USD balance - sum q E of open spot positions            (INS-1)
 *
 * Every currency's total - its balance, the values settled in it, the coins of spot
 * positions - counts at its price, less the venue's haircut if it is positive and the
 * currencies are pooled. Without pooling every currency has a bucket of its own.
 *
 * A negative cash balance is borrowed and pays simple interest, the wallet's own
 * interest left aside. Funding of open positions counts in equity at once, in cash when
 * they are closed.
 *
 * Worked example: 0.8 coins with 31,000 USD contracts long from 50,000, at 48,000 and a
 * haircut of 5 %: (0.8 - 0.0258333) * 48,000 * 0.95 = 35,302 USD.
 */
#ifndef RIP_MARGIN_POOL_H
#define RIP_MARGIN_POOL_H

#include <stdbool.h>

#include "riptide/margin/state.h"

/* Net worth of the pool [USD]: no haircut, options in full. */
double rip_margin_pool_worth(const rip_account_state *state,
                             const rip_market_point *point);

/* Margin equity [USD] of the bucket of a currency, or of all (margin.h). */
double rip_margin_pool_equity(const rip_account_state *state, size_t currency,
                              const rip_market_point *point);

/* Whether every currency has a bucket of its own (pooled: false). */
bool rip_margin_pool_is_split(const rip_account_state *state);

/* The share of the price of coins that the bucket of their spot position in the pool
   does not count: a haircut in force, or all where they are in a bucket of their own.
 */
double rip_margin_pool_uncounted(const rip_account_state *state, size_t position,
                                 const rip_market_point *point);

/* USD balance, interest left aside; what is below 0 is borrowed. */
double rip_margin_pool_cash(const rip_account_state *state);

/* Cash borrowed [USD], >= 0. */
double rip_margin_pool_loan(const rip_account_state *state);

#endif /* RIP_MARGIN_POOL_H */
