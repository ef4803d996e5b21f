/*
 * margin/price.h -- prices at which a bucket breaches or is empty.           floor 5
 *
 * Liquidation price of a position (MAR-7): the price of its underlying, everything on
 * it repriced and the other underlyings fixed, at which its bucket breaches, that is
 * where the slack
 *
 *     equity(S) - ratio * maintenance(S)
 *
 * changes sign. The slack is linear between the kinks of the tiers, and concave in
 * portfolio margin; each piece is searched outward from the mark, so the tier is the
 * one valid at the root. With options, coins or haircuts it is curved: then pieces of a
 * twelfth of an octave are searched likewise. A book with two sides has a root below
 * and one above the mark: the nearer is the price. If the bucket is in breach already,
 * the root is where that would end. NaN if no root lies in (0, 100 mark).
 *
 * Common move: the log-return of all underlyings at once at which the first bucket of
 * the account breaches.
 *
 * Bankruptcy price (MAR-8): where the position's share of the bucket's equity is used
 * up: mark - share / q, of an inverse perpetual 1 / (1 / mark + share / q) with the
 * share in coins; an option has none. Equity is shared in proportion to maintenance (in
 * portfolio margin: to what the venue asks for the position alone).
 *
 * Worked example: 0.5 long at 2,603.7 in a bucket of 130.185, rates 0.4 %, 0.65 % from
 * 50,000 on: S = (0.5 * 2,603.7 - 130.185) / (0.5 * (1 - 0.004)) = 2,352.7410...; it is
 * empty at 2,603.7 - 260.37 = 2,343.33.
 */
#ifndef RIP_MARGIN_PRICE_H
#define RIP_MARGIN_PRICE_H

#include "riptide/margin/margin.h"

/* Scratch memory of the searches, the caller's. */
typedef struct rip_margin_price_scratch {
    double *price_usd;         /* [n_asset] */
    rip_margin_bucket *bucket; /* [n_bucket] */
} rip_margin_price_scratch;

/* Liquidation price [USD] of a position (MAR-7); NaN if there is none. */
double rip_margin_price_liquidation(const rip_account_state *state,
                                    const rip_market_point *point,
                                    const rip_margin_price_scratch *scratch,
                                    size_t position);

/* Common move [log-return] (MAR-7); NaN if there is none. */
double rip_margin_price_common_move(const rip_account_state *state,
                                    const rip_market_point *point,
                                    const rip_margin_price_scratch *scratch);

/* The share of a bucket's equity that stands for one of its open positions (MAR-8). */
double rip_margin_price_share(const rip_account_state *state,
                              const rip_market_point *point,
                              const rip_margin_bucket *bucket, size_t position);

/* Bankruptcy price [USD] of a position (MAR-8); NaN if none is above 0. */
double rip_margin_price_bankruptcy(const rip_account_state *state,
                                   const rip_market_point *point,
                                   const rip_margin_price_scratch *scratch,
                                   size_t position);

#endif /* RIP_MARGIN_PRICE_H */
