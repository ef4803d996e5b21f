/*
 * engine/pilot.h -- where to put the fine histograms of VaR and ES.        floor 6.9
 *
 * The first min(paths, 1024) paths of the run, whatever the shard, are simulated once
 * more than needed and their losses kept. The zone of a level (engine/fine.h) runs from
 * the order statistic five standard deviations of the binomial rank below the level to
 * the one five above. If that is beyond the last, an exponential tail says where the
 * knee is, and the zone ends at the whole initial equity, which no loss exceeds. The
 * chance that a quantile lies outside its zone is below 10^-6; then the loss histogram
 * takes over with its wider bins and the error says so.
 */
#ifndef RIP_ENGINE_PILOT_H
#define RIP_ENGINE_PILOT_H

#include <stddef.h>

#include "riptide/base/status.h"
#include "riptide/engine/block.h"
#include "riptide/engine/evaluate.h"
#include "riptide/engine/sums.h"
#include "riptide/engine/tally.h"

typedef struct rip_pilot {
    size_t n_path, n_mode, n_account;
    float *loss;   /* [n_account][n_mode][n_path] owned, USD */
    double *total; /* [n_mode][n_path] owned, USD */
} rip_pilot;

RIP_NODISCARD rip_status rip_pilot_init(rip_pilot *self, const rip_run *run);
void rip_pilot_free(rip_pilot *self);

/* Keeps the losses of an account, and of all accounts together, on a block. */
void rip_pilot_keep(rip_pilot *self, size_t account, const rip_block *block,
                    const rip_evaluation *evaluation);
void rip_pilot_keep_total(rip_pilot *self, const rip_block *block,
                          const rip_tally *tally, const rip_sums *sums);

/* Writes the edges of all zones into sums; reorders the kept losses. */
void rip_pilot_place(rip_pilot *self, const rip_run *run, rip_sums *sums);

#endif /* RIP_ENGINE_PILOT_H */
