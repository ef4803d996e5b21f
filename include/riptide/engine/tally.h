/*
 * engine/tally.h -- what all accounts together did on the paths of one block.
 *                                                                          floor 6.5
 * Gathers, lane by lane, the sums over accounts that a path is judged by (the unit of
 * error is the path), and at the end of the block adds their values and squares to the
 * population's sums. All in integers, so the order of accounts does not matter.
 */
#ifndef RIP_ENGINE_TALLY_H
#define RIP_ENGINE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/engine/block.h"
#include "riptide/engine/engine.h"
#include "riptide/engine/evaluate.h"
#include "riptide/engine/sums.h"

typedef struct rip_tally {
    size_t n_mode, n_time, n_asset;
    double to_quantum; /* 2^40 / population_scale */
    uint64_t unit;     /* of the account being added */
    bool failed;       /* a figure left its range */
    int64_t *held;     /* [RIP_LANES] total loss of all accounts held to the horizon */
    int64_t *change;   /* [mode][RIP_LANES] what the mode changes in it */
    int64_t *deficit;  /* [mode][RIP_LANES] */
    int64_t *held_cause;   /* [cause][RIP_LANES] of all accounts held to the horizon */
    int64_t *cause_change; /* [mode][cause][RIP_LANES] what the mode changes in it */
    uint64_t *share;       /* [mode][share][RIP_LANES] units of accounts */
    uint32_t *n_wiped;     /* [mode][RIP_LANES] accounts */
    uint64_t *liquidated_at; /* [mode][time][RIP_LANES] units */
    uint64_t *wiped_at;      /* [mode][time][RIP_LANES] units */
    int64_t *forced;         /* [mode][time][asset][RIP_LANES] */
    bool *forced_any;        /* [mode][time][asset] */
    void *storage;           /* owns all of the above */
    size_t size;
} rip_tally;

RIP_NODISCARD rip_status rip_tally_init(rip_tally *self, const rip_sums *sums);
void rip_tally_free(rip_tally *self);

/* Empties the tally for a new block. */
void rip_tally_clear(rip_tally *self);

/* Adds one account's evaluation. */
void rip_tally_account(rip_tally *self, const rip_run *run, const rip_sums *sums,
                       size_t account, const rip_block *block,
                       const rip_evaluation *evaluation);

/* A forced close of an account that stands for `weight` real ones. */
void rip_tally_forced(rip_tally *self, size_t mode, size_t lane, uint32_t step,
                      uint32_t asset, double notional_usd);

/* Total loss of a lane in a mode [multiples of population_scale 2^-40]. */
int64_t rip_tally_total(const rip_tally *self, size_t mode, size_t lane);

/* Adds the block to the population's sums. Returns false if a figure left its exact
   range (engine/exact.h): the run must fail. */
bool rip_tally_flush(const rip_tally *self, const rip_block *block, rip_sums *sums);

/* Copies per-path figures into wave at the block's place. */
void rip_tally_keep(const rip_tally *self, const rip_block *block, const rip_sums *sums,
                    double fund_usd, rip_wave *wave);

#endif /* RIP_ENGINE_TALLY_H */
