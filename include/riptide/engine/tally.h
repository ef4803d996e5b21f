/*
 * engine/tally.h -- what all accounts together did on the paths of one block.
 *                                                                          floor 6.8
 * Gathers, lane by lane, the sums over accounts that a path is judged by (the unit of
 * error is the path), and at the end of the block adds their values and squares to the
 * population's sums. All in integers, so the order of accounts does not matter. As in
 * engine/sums.h there is what the accounts held to the horizon have, and what a mode
 * changes in it; a loss is the sum of its causes, of which the market's is the rest.
 */
#ifndef RIP_ENGINE_TALLY_H
#define RIP_ENGINE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/base/simd.h"
#include "riptide/base/status.h"
#include "riptide/engine/block.h"
#include "riptide/engine/evaluate.h"
#include "riptide/engine/forced.h"
#include "riptide/engine/sums.h"
#include "riptide/engine/wave.h"

typedef struct rip_tally {
    size_t n_mode, n_time, n_asset;
    bool failed;   /* a figure left its range */
    int64_t *held; /* [RIP_LANES] total loss of all accounts held to the horizon */
    int64_t *held_funding; /* [RIP_LANES] the part of it by funding */
    int64_t *change;       /* [mode][RIP_LANES] what the mode changes in held */
    int64_t *cause;  /* [mode][cause][RIP_LANES] and in the causes, market left 0 */
    uint64_t *share; /* [mode][share][RIP_LANES] units of accounts; of the wiped and the
                        liquidated by the flush only, from those at their times */
    uint32_t *n_wiped;       /* [mode][RIP_LANES] accounts */
    uint64_t *liquidated_at; /* [mode][time][RIP_LANES] units */
    uint64_t *wiped_at;      /* [mode][time][RIP_LANES] units */
    rip_forced forced;       /* its rows are in storage, too */
    void *storage;           /* owns all of the above */
    size_t size;             /* of storage */
} rip_tally;

RIP_NODISCARD rip_status rip_tally_init(rip_tally *self, const rip_sums *sums);
void rip_tally_free(rip_tally *self);

/* Bytes of a tally. */
size_t rip_tally_size(const rip_sums *sums);

/* Empties the tally for a new block. */
void rip_tally_clear(rip_tally *self);

/* By SIMD level (kernel_tally.c): adds one account's evaluation; its forced volume is
   in self->forced already. */
RIP_SIMD_DECLARE(void, rip_tally_account,
                 (rip_tally * self, const rip_sums *sums, size_t account, double weight,
                  const rip_block *block, const rip_evaluation *evaluation));

/* Sum and sum of squares of a row of forced volume, which is added to that of the
   paths; whether it was in range. */
RIP_SIMD_DECLARE(bool, rip_tally_forced,
                 (const int64_t *forced, int64_t *path_total, int64_t *sum,
                  int64_t *square));

/* Total loss of a lane in a mode [multiples of population_scale 2^-40]; its part by a
   cause. */
int64_t rip_tally_total(const rip_tally *self, size_t mode, size_t lane);
int64_t rip_tally_cause(const rip_tally *self, size_t mode, rip_cause cause,
                        size_t lane);

/* Completes the shares and adds the block to the population's sums. Returns false if a
   figure left its exact range (engine/exact.h): the run must fail. */
bool rip_tally_flush(rip_tally *self, const rip_block *block, rip_sums *sums);

/* Copies per-path figures into wave at the block's place. */
void rip_tally_keep(const rip_tally *self, const rip_block *block, const rip_sums *sums,
                    rip_wave *wave);

#endif /* RIP_ENGINE_TALLY_H */
