/*
 * account/population.h -- a generated population of accounts (section 7).    floor 4
 *
 * Draws accounts reproducibly from their own purpose of the generator, independent of
 * the paths. Everything is addressed by (seed, account, draw): account i does not
 * depend on how many accounts there are.
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
    RIP_SIZE_OWN
} rip_size_by;

typedef struct rip_population_spec {
    uint64_t count;
    uint64_t seed;
    rip_law balance;
    rip_law leverage;
    double leverage_scale;     /* leverage.scale */
    bool scale_holds_notional; /* scale_holds: notional */
    rip_law positions;         /* DISCRETE, whole numbers >= 1 */
    double *asset_weight;      /* [n_asset] owned */
    double long_fraction, side_correlation, hedged_fraction;
    double margin_low, margin_high;
    rip_size_by size_by;
    double mode_weight[RIP_N_MODE]; /* `modes` */
    double top_up_fraction;         /* 0: nobody */
    rip_top_up top_up;
    double stop_fraction, stop_low, stop_high; /* 0: nobody */
    double weight;
} rip_population_spec;

/*
 * Draws the book. Errors: RIP_ERR_NO_MEMORY; RIP_ERR_INVALID_ARGUMENT if a law or range
 * is not valid. *book may be freed whatever it returns.
 */
RIP_NODISCARD rip_status rip_population_draw(rip_book *book,
                                             const rip_population_spec *spec,
                                             const rip_market *market,
                                             const rip_venue *venue);
void rip_population_spec_free(rip_population_spec *self);

#endif /* RIP_ACCOUNT_POPULATION_H */
