/*
 * sweep/merge.h -- points of one sweep become one sweep file.               floor 8.3
 *
 * The file has the datasets of a run with the swept parameters as leading dimensions
 * and coordinates, in the order of the keys; `zip` and `latin` have one dimension
 * `point` and each key as a coordinate on it (contract section 4). Axes that differ
 * between points (a swept horizon, say) become the union of their values. What a point
 * does not have is missing: NaN, or `_FillValue` where whole numbers stand. A column of
 * /accounts or /positions that is the same at every point is stored once, without the
 * swept dimensions; /accumulators stays behind.
 *
 * With a baseline, every probability or mean X has `X_change`, `X_change_lower` and
 * `X_change_upper` against the point's baseline (sweep/change.h).
 *
 * Every point is opened twice and held one at a time; the file grows as in io/result.h.
 */
#ifndef RIP_SWEEP_MERGE_H
#define RIP_SWEEP_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/error.h"
#include "riptide/io/provenance.h"

typedef struct rip_sweep_merge_source {
    size_t n_file;
    const char *const *file; /* [n_file] borrowed; in any order */
    const char *out;
    bool overwrite;
    bool partial;     /* parts may be missing, and what is wrong is left out */
    rip_error *notes; /* borrowed; says what was left out, and what is missing */
    rip_provenance *provenance;
} rip_sweep_merge_source;

/*
 * Merges the points. Errors, one line for each file that is wrong: RIP_ERR_CONFIG if it
 * is no point, or of another sweep, or one there is already, or if points are missing;
 * with `partial` such files are left out, unless nothing is left. The first point says
 * what the others are held against. RIP_ERR_OUTPUT if it is damaged, or as
 * rip_result_finish says of the file that is written; RIP_ERR_NO_MEMORY.
 */
RIP_NODISCARD rip_status rip_sweep_merge(const rip_sweep_merge_source *source,
                                         rip_error *error);

#endif /* RIP_SWEEP_MERGE_H */
