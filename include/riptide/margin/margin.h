/*
 * margin/margin.h -- the interface of a margin mode: two faces.              floor 3.1
 *
 * `assess` is the exact rule: equity and requirement of every bucket of an account in
 * its present state. `bound` is its shadow for the engine: linear forms in the prices
 * which, while all are positive over a box of prices, prove that no bucket can breach
 * there. The engine screens by `bound` only and decides by `assess` only.
 *
 * A form promises: if, for a box of prices and funding indices, the smallest value of
 *
 *     constant_usd + sum_k weight[k] * price[asset[k]] - funding, funding being the
 *     largest of sum_k funding_weight[k] * index[asset[k]] over the box
 *
 * is > 0, and no price with a negative weight exceeds cap_usd[k], and prices with
 * positive weight are cut at cap_usd[k] first, then equity > ratio * requirement for
 * the bucket(s) the form stands for, at every point of the box.
 */
#ifndef RIP_MARGIN_MARGIN_H
#define RIP_MARGIN_MARGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/margin/state.h"

/* Currency of a pool's bucket, if not the index of one of the account's coins. */
#define RIP_MARGIN_POOLED SIZE_MAX       /* all of them */
#define RIP_MARGIN_USD    (SIZE_MAX - 1) /* USD alone */

/*
 * Positions that share collateral: one in its own bucket, or those of a pool, which are
 * the open positions among first_position .. first_position + n_position - 1 that have
 * none (and settle in its currency, if pools are per currency).
 */
typedef struct rip_margin_bucket {
    rip_mode mode; /* whose rules it has: isolated, cross or portfolio */
    size_t first_position, n_position; /* of the account; 0: empty */
    size_t currency;                   /* of a pool */
    bool needs_none;        /* nothing in it needs margin: in breach only if it owes */
    double equity_usd;      /* margin equity (DEF-2) */
    double maintenance_usd; /* requirement to stay */
    double initial_usd;     /* requirement to open */
} rip_margin_bucket;

#define RIP_MARGIN_FORM_ACCOUNT SIZE_MAX /* a form of no single position */

/*
 * One linear form; the arrays have room for the account's positions and coins. An exact
 * form says more than it promises: where no price exceeds its cap and it is negative by
 * more than all roundings, the bucket is in breach.
 */
typedef struct rip_margin_form {
    double constant_usd;
    size_t position; /* whose bucket or stop it is about, or RIP_MARGIN_FORM_ACCOUNT */
    bool exact;
    size_t n_term;
    uint32_t *asset;        /* [n_term] each asset at most once */
    double *weight;         /* [n_term] per USD of price */
    double *cap_usd;        /* [n_term] price up to which the form holds */
    double *funding_weight; /* [n_term] quantity that pays funding */
} rip_margin_form;

typedef struct rip_margin_model {
    rip_mode mode;
    const char *doc;
    /* Buckets of an account, at most rip_margin_max_buckets. */
    size_t (*n_bucket)(const rip_account_state *state);
    /* Fills bucket[n_bucket]; closed positions give empty buckets (n_position 0). */
    void (*assess)(const rip_account_state *state, const rip_market_point *point,
                   rip_margin_bucket *bucket);
    /* Largest number of forms `bound` writes for this account; not less for more
       positions. */
    size_t (*n_form)(const rip_account_state *state);
    /*
     * Writes forms that together cover every bucket in its present state, n_written of
     * them; false: unknown, nothing can be excluded.
     */
    bool (*bound)(const rip_account_state *state, rip_margin_form *form,
                  size_t *n_written);
} rip_margin_model;

/* Most buckets of an account in any mode. */
static inline size_t
rip_margin_max_buckets(size_t n_position, size_t n_coin)
{
    return n_position + n_coin + 1;
}

/* Whether an open position belongs to a bucket that is not empty. */
bool rip_margin_bucket_has(const rip_margin_bucket *self,
                           const rip_account_state *state, size_t position);

/* The bucket of an open position among the n that its model wrote. */
const rip_margin_bucket *rip_margin_bucket_of(const rip_margin_bucket *bucket, size_t n,
                                              const rip_account_state *state,
                                              size_t position);

/* The rules a bucket has. */
static inline const rip_venue *
rip_margin_bucket_venue(const rip_margin_bucket *self, const rip_account_state *state)
{
    return self->mode == RIP_MODE_ISOLATED ? state->isolated_venue : state->venue;
}

/* Whether a bucket is in breach (MAR-3). Empty buckets never are. */
bool rip_margin_is_breached(const rip_venue *venue, const rip_margin_bucket *bucket);

/* Breach at time 0 (DEF-5): any bucket of a state just reset. bucket: scratch
 * [n_bucket]. */
bool rip_margin_starts_in_breach(const rip_account_state *state,
                                 const rip_market_point *start,
                                 rip_margin_bucket *bucket);

#endif /* RIP_MARGIN_MARGIN_H */
