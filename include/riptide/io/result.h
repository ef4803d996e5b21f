/*
 * io/result.h -- writing a result: contract section 3, results/README.md.    floor 7.6
 *
 * A result is begun, fed with the per-path figures of each wave, and finished with the
 * sums. Until rip_result_finish returns RIP_OK nothing has the final name: the file is
 * built in memory, or beyond RIP_IMAGE_MEMORY bytes in FILE.tmp.PID, then written,
 * synced, renamed, and its folder synced. HDF5 never sees an error of the system (see
 * io/image.h), so that a full disk cannot crash it or be overlooked.
 *
 *     rip_result *result = NULL;
 *     RIP_TRY(rip_result_begin(&result, path, overwrite, &source, error));
 *     RIP_TRY(rip_result_append(result, rip_engine_wave(engine), error));   each wave
 *     RIP_TRY(rip_result_finish(result, rip_engine_sums(engine), error));
 * out:
 *     rip_result_free(result);
 *
 * One thread at a time may use this module, io/stored.h and io/given.h: HDF5 is not
 * thread-safe.
 */
#ifndef RIP_IO_RESULT_H
#define RIP_IO_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/error.h"
#include "riptide/engine/engine.h"
#include "riptide/engine/output.h"
#include "riptide/io/assemble.h"
#include "riptide/io/provenance.h"
#include "riptide/io/shard.h"

#define RIP_RESULT_FORMAT 1 /* riptide_format; also in the file's first block */

typedef struct rip_result rip_result; /* opaque */

/* The point of a sweep that a result is. */
typedef struct rip_result_point {
    uint64_t index, count;
    const char *sweep; /* borrowed; the resolved `sweep`, as YAML */
    char sha256[65];   /* of the resolved configuration with its sweep, hex */
} rip_result_point;

/* Where a result comes from. All pointers are borrowed until the result is freed. */
typedef struct rip_result_source {
    const rip_run *run;
    const rip_config *config; /* resolved */
    const rip_inputs *inputs;
    rip_provenance *provenance; /* measured at the end */
    rip_shard shard;            /* {0, 0}: the whole run */
    bool partial;               /* merged from fewer shards than there are */
    size_t n_part;              /* if partial: */
    const rip_shard *part;      /* [n_part] those that are there, ascending */
    /* Of a run that is known from a stored result only (else NULL, 0): what was known
       before any shock, and the open file (a hid_t) with its /accounts, /positions. */
    const rip_estimates *start;
    int64_t tables;
    const rip_result_point *point; /* NULL: not a point of a sweep */
    size_t memory_bytes;           /* built in memory up to here; 0: RIP_IMAGE_MEMORY */
} rip_result_source;

/*
 * Begins a result that will be named path, and removes temporaries of it that dead
 * processes left. overwrite: a file of that name may be replaced.
 *
 * Errors, with one line: RIP_ERR_CONFIG if the file exists and overwrite is false;
 * RIP_ERR_OUTPUT, "FILE: " and the system's words; RIP_ERR_NO_MEMORY. *self may be
 * freed whatever it returns.
 */
RIP_NODISCARD rip_status rip_result_begin(rip_result **self, const char *path,
                                          bool overwrite,
                                          const rip_result_source *source,
                                          rip_error *error);

/* Stores the per-path figures of a wave, in any order of waves. NULL: nothing kept. */
RIP_NODISCARD rip_status rip_result_append(rip_result *self, const rip_wave *wave,
                                           rip_error *error);

/*
 * Derives every dataset from the sums, writes all, and gives the file its name. If a
 * file of that name has appeared since begin and overwrite is false, the result stays
 * in FILE.tmp.PID, which the message names (RIP_ERR_CONFIG); after any other error
 * nothing is left behind and a file that was to be replaced is as it was.
 */
RIP_NODISCARD rip_status rip_result_finish(rip_result *self,
                                           const rip_accumulator *sums,
                                           rip_error *error);

/* Discards what is not finished, and its temporary. NULL is accepted. */
void rip_result_free(rip_result *self);

#endif /* RIP_IO_RESULT_H */
