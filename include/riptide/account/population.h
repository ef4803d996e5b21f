/*
 * account/population.h -- a generated population of accounts (section 7).    floor 5.1
 *
 * Draws accounts reproducibly from their own purpose of the generator, independent of
 * the paths. Every number is addressed by (seed, account, position, draw): account i
 * does not depend on how many accounts there are, and a new kind of draw changes none
 * of the others.
 *
 * An account: a balance B; a number k of positions, at most as many as there are assets
 * of positive weight; k distinct assets, one after the other by the weights of those
 * left; margin = B U(low, high), split into k equal parts m; one leverage L. A position
 * has bucket m and notional m l with l = min(L scale, what the venue's tier allows at
 * that notional: the largest l for which both hold). With scale_holds_notional the
 * notional is that of scale 1 and the bucket is notional / l instead. All accounts
 * enter at the mark.
 *
 * A hedged account's first part is halved, and its two legs of equal quantity and
 * opposite sides take a half each, so that hedging changes no sum of margin. With
 * probability option_fraction it keeps the whole margin instead and is protected by an
 * option of the same quantity and 30 days, 10 % out of the money: a put, for a short
 * position the call that mirrors it; paid for, at the mark.
 *
 * size_by portfolio: all quantities are then multiplied by one number such that the
 * initial margin of the portfolio model is the margin drawn (not where it is 0, because
 * everything offsets: there the book stays as it is); a bucket is notional over
 * leverage, capped anew. In every case, if buckets add to more than the wallet they
 * shrink together until they fit.
 *
 * The floor is that of a user of margin/models.h, whose portfolio model does the
 * sizing.
 */
#ifndef RIP_ACCOUNT_POPULATION_H
#define RIP_ACCOUNT_POPULATION_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/account/book.h"
#include "riptide/margin/venue.h"

/* A positive random number: fixed, lognormal (median, sigma), pareto (minimum, alpha)
   or one of `values` with `weights`. */
typedef enum rip_law_kind {
    RIP_LAW_FIXED = 0,
    RIP_LAW_LOGNORMAL,
    RIP_LAW_PARETO,
    RIP_LAW_DISCRETE
} rip_law_kind;

typedef struct rip_law {
    rip_law_kind kind;
    double first, second; /* value | median, sigma | minimum, alpha */
    size_t n_value;
    double *value, *weight; /* [n_value] owned, for DISCRETE */
} rip_law;

typedef enum rip_size_by {
    RIP_SIZE_ISOLATED = 0,
    RIP_SIZE_CROSS,
    RIP_SIZE_PORTFOLIO,
    RIP_SIZE_OWN /* a book per mode: not in this version, INVALID_ARGUMENT */
} rip_size_by;

typedef struct rip_population_spec {
    uint64_t count; /* 1 to 2^32 - 1 */
    uint64_t seed;
    rip_law balance;
    rip_law leverage;
    double leverage_scale;     /* leverage.scale */
    bool scale_holds_notional; /* scale_holds: notional */
    rip_law positions;         /* FIXED or DISCRETE, whole numbers >= 1 */
    double *asset_weight;      /* [n_asset] owned */
    double long_fraction, side_correlation, hedged_fraction;
    double option_fraction; /* of the hedged; their assets have an implied volatility */
    double margin_low, margin_high;
    rip_size_by size_by;
    double mode_weight[RIP_N_MODE]; /* `modes` */
    double top_up_fraction;         /* 0: nobody; the others follow the venue's rule */
    rip_top_up top_up;
    double stop_fraction, stop_low, stop_high; /* 0: nobody */
    double weight;
} rip_population_spec;

#define RIP_POPULATION_MAX_USD 1e18 /* of a balance: beyond it nothing is a market */

/*
 * Draws the book. Errors: RIP_ERR_NO_MEMORY; RIP_ERR_INVALID_ARGUMENT if a law or range
 * is not valid, or a balance above RIP_POPULATION_MAX_USD was drawn. *book may be freed
 * whatever it returns.
 */
RIP_NODISCARD rip_status rip_population_draw(rip_book *book,
                                             const rip_population_spec *spec,
                                             const rip_market *market,
                                             const rip_venues *venues);
void rip_population_spec_free(rip_population_spec *self);

#endif /* RIP_ACCOUNT_POPULATION_H */
