/*
 * engine/forced.h -- forced volume of all accounts on the paths of a block. floor 6.2
 *
 * Notional at the mark, by weight, as exact integers of population money, per lane, by
 * mode, asset and time: 0, and the end of every step.
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
    uint64_t *any;     /* [mode][asset] borrowed: rip_forced_bit of all times whose row
                          may be other than 0 */
    int64_t *sum;      /* [mode][asset][time][RIP_LANES] borrowed */
} rip_forced;

/* Of times that are 64 apart: one bit. */
static inline uint64_t
rip_forced_bit(size_t time)
{
    return UINT64_C(1) << time % 64;
}

/* The rows of one mode and asset, by time. */
typedef struct rip_forced_rows {
    int64_t *sum;
    uint64_t *any;
} rip_forced_rows;

static inline rip_forced_rows
rip_forced_rows_of(const rip_forced *self, size_t mode, size_t asset)
{
    const size_t row = mode * self->n_asset + asset;
    return (rip_forced_rows){.sum = self->sum + row * self->n_time * RIP_LANES,
                             .any = self->any + row};
}

/* The row of a time; NULL: it is all 0. */
static inline int64_t *
rip_forced_row(const rip_forced_rows *self, size_t time)
{
    return (*self->any & rip_forced_bit(time)) != 0 ? self->sum + time * RIP_LANES
                                                    : NULL;
}

/* Adds to a row; the caller sees to it that the bit of its time is set. */
static inline void
rip_forced_rows_add(const rip_forced_rows *self, size_t lane, size_t time,
                    int64_t quanta)
{
    self->sum[time * RIP_LANES + lane] += quanta;
}

/* A forced close of a notional [USD] times the account's weight. */
static inline void
rip_forced_add(rip_forced *self, size_t mode, size_t lane, size_t time, size_t asset,
               double weighted_usd)
{
    const rip_forced_rows rows = rip_forced_rows_of(self, mode, asset);
    uint64_t spoiled = 0;
    const int64_t quanta =
        rip_exact_round_checked(weighted_usd * self->to_quantum, &spoiled);
    self->failed |= !rip_exact_is_sound(spoiled);
    *rows.any |= rip_forced_bit(time);
    rip_forced_rows_add(&rows, lane, time, quanta);
}

#endif /* RIP_ENGINE_FORCED_H */
