/*
 * engine/forced.h -- forced volume of all accounts on the paths of a block. floor 6.2
 *
 * Notional at the mark, by weight, as exact integers of population money, per lane, by
 * mode, step and asset.
 */
#ifndef RIP_ENGINE_FORCED_H
#define RIP_ENGINE_FORCED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/lanes.h"
#include "riptide/engine/exact.h"

typedef struct rip_forced {
    size_t n_mode, n_time, n_asset;
    double to_quantum; /* 2^40 / population scale */
    bool failed;       /* a volume was out of range */
    bool *any;         /* [mode][time][asset] borrowed: the row is not all 0 */
    int64_t *sum;      /* [mode][time][asset][RIP_LANES] borrowed */
} rip_forced;

/* The rows of one mode and asset, by step. */
typedef struct rip_forced_rows {
    int64_t *sum;
    bool *any;
    size_t n_asset;
} rip_forced_rows;

static inline rip_forced_rows
rip_forced_rows_of(const rip_forced *self, size_t mode, size_t asset)
{
    const size_t row = mode * self->n_time * self->n_asset + asset;
    return (rip_forced_rows){.sum = self->sum + row * RIP_LANES,
                             .any = self->any + row,
                             .n_asset = self->n_asset};
}

static inline void
rip_forced_rows_add(const rip_forced_rows *self, size_t lane, size_t step,
                    int64_t quanta)
{
    const size_t row = step * self->n_asset;
    self->any[row] = true;
    self->sum[row * RIP_LANES + lane] += quanta;
}

/* A forced close of a notional [USD] times the account's weight; step from 1 on. */
static inline void
rip_forced_add(rip_forced *self, size_t mode, size_t lane, size_t step, size_t asset,
               double weighted_usd)
{
    const rip_forced_rows rows = rip_forced_rows_of(self, mode, asset);
    uint64_t spoiled = 0;
    const int64_t quanta =
        rip_exact_round_checked(weighted_usd * self->to_quantum, &spoiled);
    self->failed |= !rip_exact_is_sound(spoiled);
    rip_forced_rows_add(&rows, lane, step, quanta);
}

#endif /* RIP_ENGINE_FORCED_H */
