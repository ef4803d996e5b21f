/*
 * sweep/shards.h -- shards of one run become one result.                    floor 8.31
 *
 * The integers of /accumulators are added, in any order, and everything is derived from
 * them as in a run of one piece: the datasets have the same bits. Per-path figures are
 * put behind one another. Only shards are held together that come from one program, one
 * configuration and the same input files. Each is opened twice and held one at a time.
 *
 * What the run was is taken from the shards themselves (io/stored_run.h); the files
 * that it read need not be there.
 */
#ifndef RIP_SWEEP_SHARDS_H
#define RIP_SWEEP_SHARDS_H

#include "riptide/sweep/merge.h"

/*
 * Merges the shards. Errors, one line for each file that is wrong: RIP_ERR_CONFIG if it
 * is no shard, or of another run, or one there is already, or if shards are missing;
 * with `partial` such files are left out, unless nothing is left. RIP_ERR_OUTPUT if it
 * is damaged, or as rip_result_finish says of the file that is written;
 * RIP_ERR_NO_MEMORY.
 */
RIP_NODISCARD rip_status rip_sweep_shards_merge(const rip_sweep_merge_source *source,
                                                rip_error *error);

#endif /* RIP_SWEEP_SHARDS_H */
