/*
 * engine/sums.h -- which exact sums a run keeps, and where they are.       floor 6.3
 *
 * One table (sums.c) lists the sections of the accumulator with their axes. Per account
 * there is a row `held`, the account as if it had no margin, held to the horizon, and a
 * row per mode with what margin changes: a mode's figure is held + its row, and on a
 * path where nothing happens to an account the modes' rows get nothing. Counts and sums
 * are exact in modular arithmetic, so a row may hold a negative change.
 *
 * Money of account i is in units of scale[i] 2^-40, squares in scale[i]^2 2^-30
 * (engine/exact.h), scale[i] from the initial equity or, if that is less, from the
 * notional of all positions, so that a small exposure in a large wallet keeps its
 * digits. Population money uses population_scale likewise. Shares of accounts are sums
 * of the integer unit[i]: the account's weight, all of them together about 2^45.
 *
 * A loss is the sum of its causes, so what the market took is the loss less all others;
 * a deficit is minus the gap. An account's sums by batch are in 2^batch_shift quanta,
 * so coarse that 64 bits hold any run's: whole quanta up to 2^18 paths, 2^-25 of the
 * scale at 2^32. Those of the population are few, and whole.
 *
 * VaR and ES need the law near a quantile. Each (account, mode, level) has a zone
 * placed by the pilot paths and cut into n_fine bins (engine/fine.h) with the count and
 * the exact sum of positions inside the bin, and the count, sum and sum of squares of
 * losses above the zone.
 */
#ifndef RIP_ENGINE_SUMS_H
#define RIP_ENGINE_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/engine/accumulator.h"
#include "riptide/engine/exact.h"
#include "riptide/engine/fine.h"
#include "riptide/engine/outcome.h"
#include "riptide/engine/run.h"

#define RIP_SUMS_BATCHES   64   /* path p belongs to batch p mod 64 */
#define RIP_SUMS_SHARES    102  /* exactly 0, 100 bins, exactly 1 */
#define RIP_SUMS_MOVES     20   /* bins of 5 % of index drawdown */
#define RIP_SUMS_RANKS     100  /* worst paths kept */
#define RIP_SUMS_PILOT     1024 /* paths that place the fine histograms */
#define RIP_SUMS_FINE_BITS 20   /* position inside a fine bin */
#define RIP_SUMS_UNIT_BITS 45   /* of the weights of all accounts together */

typedef struct rip_sums {
    size_t n_mode, n_account, n_step, n_asset, n_level;
    size_t n_bin; /* loss histogram bins, open ends included */
    size_t n_fine, n_population_fine;
    size_t n_rank;
    unsigned batch_shift;
    /* per account, borrowed from nothing: fixed by the run */
    double *initial_equity;   /* [n_account] owned, USD */
    uint64_t *unit;           /* [n_account] owned, integer weight */
    bool *excluded;           /* [n_account][n_mode] owned: left out (DEF-5) */
    double population_equity; /* by weight, USD: what all can lose */
    double population_weight; /* real accounts, by weight */
    double population_scale;  /* power of two, USD */
    uint64_t *total_unit;     /* [n_mode] owned: sum of unit of accounts counted */
    rip_accumulator store;    /* owns the memory of all that follows */
    /* per account: [n_account][...] with row 0 = held, row 1 + m = change by mode m */
    rip_exact_sum *loss_sum;          /* [account][1 + mode] */
    uint64_t *loss_batch;             /* [account][1 + mode][batch], modulo 2^64 */
    rip_exact_sum *loss_square;       /* [account][1 + mode] */
    rip_exact_sum *cause_sum;         /* [account][1 + mode][cause], market left 0 */
    uint32_t *histogram;              /* [account][1 + mode][bin] */
    uint32_t *wipeouts;               /* [account][mode][batch] */
    uint32_t *liquidations;           /* [account][mode][batch] */
    uint32_t *terminal_wipeouts;      /* [account][mode] */
    uint32_t *full_liquidations;      /* [account][mode] */
    uint32_t *deficits;               /* [account][mode] */
    uint32_t *wipeout_pairs;          /* [account][mode][mode]: first and not second */
    rip_exact_sum *difference_square; /* [account][mode][mode], first < second */
    uint32_t *liquidation_time;       /* [account][mode][time] */
    rip_fine_zone *fine_zone;         /* [account][mode][level] of loss, USD */
    uint32_t *fine_count;             /* [account][mode][level][fine] */
    uint64_t *fine_sum;               /* [account][mode][level][fine] */
    uint32_t *tail_count;             /* [account][mode][level] */
    rip_exact_sum *tail_sum;          /* [account][mode][level] */
    rip_exact_sum *tail_square;       /* [account][mode][level] */
    /* population */
    uint64_t *paths;                        /* [1] */
    rip_exact_sum *total_sum;               /* [mode] */
    rip_exact_sum *total_square;            /* [mode] */
    rip_exact_sum *total_difference_square; /* [mode][mode], first < second */
    rip_exact_sum *total_cause_sum;         /* [mode][cause][batch] */
    rip_exact_sum *total_cause_square;      /* [mode][cause] */
    rip_exact_sum *share_sum;               /* [mode][share][batch] */
    rip_exact_sum *share_square;            /* [mode][share] */
    rip_exact_sum *share_difference_square; /* [mode][mode], of wiped, first < second */
    rip_exact_sum *liquidated_by_sum;       /* [mode][time] */
    rip_exact_sum *liquidated_by_square;    /* [mode][time] */
    rip_exact_sum *wiped_by_sum;            /* [mode][time] */
    rip_exact_sum *wiped_by_square;         /* [mode][time] */
    uint64_t *wiped_share;                  /* [mode][share bin] */
    rip_exact_sum *forced_sum;              /* [mode][time][asset] */
    rip_exact_sum *forced_square;           /* [mode][time][asset] */
    rip_exact_sum *forced_by_move;          /* [mode][move] */
    rip_exact_sum *forced_by_move_square;   /* [mode][move] */
    rip_exact_sum *wiped_by_move;           /* [mode][move] */
    rip_exact_sum *wiped_by_move_square;    /* [mode][move] */
    uint64_t *paths_by_move;                /* [move] */
    rip_fine_zone *population_fine_zone;    /* [mode][level] of the total, USD */
    uint64_t *population_fine_count;        /* [mode][level][population fine] */
    uint64_t *population_fine_sum;          /* [mode][level][population fine] */
    uint64_t *population_tail_count;        /* [mode][level] */
    rip_exact_sum *population_tail_sum;     /* [mode][level] */
    rip_exact_sum *population_tail_square;  /* [mode][level] */
    rip_ranked *worst;                      /* [mode][rank] */
    /* fixed by the run, in the store so that it can be read without the run */
    double *scale;                  /* [account] power of two, USD */
    double *fixed_population_scale; /* [1] population_scale */
} rip_sums;

/*
 * Lays out zeroed sums for a run. excluded [n_account][n_mode] is copied.
 * Errors: RIP_ERR_NO_MEMORY. Whatever it returns, self may be freed.
 */
RIP_NODISCARD rip_status rip_sums_init(rip_sums *self, const rip_run *run,
                                       const bool *excluded);
void rip_sums_free(rip_sums *self);

/* Bytes of the accumulator of a run, for estimates of memory and output. */
size_t rip_sums_size(const rip_run *run);

/* Lays out a zeroed store for a run of which only sizes are known. */
RIP_NODISCARD rip_status rip_sums_store(rip_accumulator *store, const rip_run *run);

/*
 * A view on a store of the same run (borrowed, read only), for estimates, shards and
 * readers: of the run it takes sizes and weights; equity [n_account] is what the
 * accounts begin with [USD]. Errors: RIP_ERR_INVALID_ARGUMENT if the sections are not
 * those of the run; RIP_ERR_NO_MEMORY. Whatever it returns, self may be freed; the
 * store stays.
 */
RIP_NODISCARD rip_status rip_sums_view(rip_sums *self, const rip_run *run,
                                       const double *equity, const bool *excluded,
                                       const rip_accumulator *store);

/* Fills in the sizes only. */
void rip_sums_sizes(rip_sums *self, const rip_run *run);

#endif /* RIP_ENGINE_SUMS_H */
