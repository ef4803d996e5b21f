/*
 * sweep/points.h -- the points of a sweep, and the configuration of each.    floor 8.1
 *
 * A configuration's `sweep` names keys and says which values they take. A `grid` has
 * one dimension a key, in the order written, and every combination is a point, the last
 * key fastest (row-major); `zip` and `latin` have one dimension, `point`. Point K is
 * the configuration without `sweep` in which every key has its value of K, applied in
 * the order written: what `run -s KEY=VALUE ...` does. Nothing touches the seed, so all
 * points share their random numbers.
 *
 * A Latin hypercube of n points cuts every range into n equal parts; a key takes one
 * value in each part, the parts in an order of their own. Key j draws, with u_k the
 * k-th uniform of purpose SWEEP at step j of the sweep's seed (random/stream.h):
 *
 *     order   0, 1, .., n-1, shuffled: for k = n-1 .. 1 swap entries k and
 *             floor(u_{2k} (k + 1))
 *     value   low + (high - low) (order_k + u_{2k+1}) / n
 *
 * A key that takes whole numbers only gets low + floor((high - low + 1) x) of the same
 * x in (0, 1). The numbers of a key depend on nothing but n, the seed and its position.
 */
#ifndef RIP_SWEEP_POINTS_H
#define RIP_SWEEP_POINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/error.h"
#include "riptide/io/config.h"
#include "riptide/io/document.h"

#define RIP_SWEEP_MAX_POINTS 1000000
#define RIP_SWEEP_MAX_KEYS   16

/* One swept key. */
typedef struct rip_sweep_key {
    char *name; /* owned; the dotted path */
    size_t n_value;
    rip_node **value; /* [n_value] owned, each owned; places lead into the sweep */
    size_t baseline;  /* index of its value in the baseline; n_value: not named there */
} rip_sweep_key;

typedef struct rip_sweep_points {
    bool is_grid; /* one dimension a key; else one dimension in all */
    bool has_baseline;
    size_t n_point;
    size_t n_key;
    rip_sweep_key *key;  /* [n_key] owned */
    size_t zip_baseline; /* without a grid: the one point that the baseline is */
} rip_sweep_points;

/*
 * Reads a resolved `sweep`, a map. Problems that do not need the rest of the
 * configuration are added to error: lengths, repeated values, ranges, the baseline.
 * *self may be freed whatever it returns.
 */
RIP_NODISCARD rip_status rip_sweep_points_init(rip_sweep_points *self,
                                               const rip_node *sweep, rip_error *error);
void rip_sweep_points_free(rip_sweep_points *self);

/* Number of dimensions, and the length of one. */
size_t rip_sweep_points_dims(const rip_sweep_points *self);
size_t rip_sweep_points_length(const rip_sweep_points *self, size_t dim);

/* Which of its values key has at a point; that value. */
size_t rip_sweep_points_index(const rip_sweep_points *self, size_t point, size_t key);
const rip_node *rip_sweep_points_value(const rip_sweep_points *self, size_t point,
                                       size_t key);

/* The point that this one is compared with; needs has_baseline. */
size_t rip_sweep_points_baseline(const rip_sweep_points *self, size_t point);

/*
 * The configuration of a point; source is what self came from. *config may be freed
 * whatever it returns.
 */
RIP_NODISCARD rip_status rip_sweep_points_load(const rip_sweep_points *self,
                                               size_t point, rip_config *config,
                                               const rip_config_source *source,
                                               rip_error *error);

/*
 * Does for every point what its run would do before the first path: resolves the
 * configuration, assembles the run from it and its input files, looks for accounts that
 * may not start. Adds what is wrong to error, each line once and with the first point
 * it is about and its values, until the list is full.
 */
RIP_NODISCARD rip_status rip_sweep_points_check(const rip_sweep_points *self,
                                                const rip_config_source *source,
                                                rip_error *error);

#endif /* RIP_SWEEP_POINTS_H */
