/*
 * io/checkpoint.h -- an interrupted run goes on where it was.               floor 7.63
 *
 * FILE.checkpoint holds the exact sums of all blocks that are done, the number of the
 * next one, and what they belong to: program version and revision, resolved
 * configuration, digests of the input files, shard. It has a checksum and is replaced
 * as a result is (io/durable.h), so that it is always a whole one. Per-path figures, if
 * any are kept, go to FILE.checkpoint.paths.PID, wave after wave; they are synced
 * before the checkpoint that counts on them. No process writes into another's: who goes
 * on copies them into its own first, so a job that is requeued while its first process
 * still lives on a node that was cut off does no harm.
 *
 *     RIP_TRY(rip_checkpoint_begin(&checkpoint, path, &source));
 *     RIP_TRY(rip_checkpoint_resume(checkpoint, engine, result, &next, notes, error));
 *     for each wave from block `next` on:
 *         RIP_TRY(rip_result_append(result, wave, error));
 *         RIP_TRY(rip_checkpoint_append(checkpoint, wave, error));
 *         now and then, and when a signal asks to stop:
 *             RIP_TRY(rip_checkpoint_save(checkpoint, sums, next, error));
 *     RIP_TRY(rip_result_finish(result, sums, error));
 *     rip_checkpoint_remove(checkpoint);
 * out:
 *     rip_checkpoint_free(checkpoint);
 */
#ifndef RIP_IO_CHECKPOINT_H
#define RIP_IO_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/io/result.h"

typedef struct rip_checkpoint rip_checkpoint; /* opaque */

/*
 * Begins the checkpoints of the result that will be named path; nothing is written yet.
 * source is borrowed. Errors: RIP_ERR_NO_MEMORY. *self may be freed whatever it
 * returns.
 */
RIP_NODISCARD rip_status rip_checkpoint_begin(rip_checkpoint **self, const char *path,
                                              const rip_result_source *source);

/*
 * Goes on with FILE.checkpoint: adds its sums to the engine's, its per-path figures to
 * the result, and gives the next block to simulate; without one that is the first of
 * the shard. A damaged one is renamed FILE.checkpoint.damaged, which a line in notes
 * says, and the run starts afresh. Call it before the first block.
 *
 * Errors, with a line: RIP_ERR_CONFIG if it is of another configuration, program, shard
 * or input; RIP_ERR_OUTPUT; RIP_ERR_NO_MEMORY.
 */
RIP_NODISCARD rip_status rip_checkpoint_resume(rip_checkpoint *self, rip_engine *engine,
                                               rip_result *result, uint64_t *next,
                                               rip_error *notes, rip_error *error);

/* In the place of rip_checkpoint_resume: an older checkpoint is removed. */
void rip_checkpoint_discard(rip_checkpoint *self);

/* Keeps the per-path figures of a wave; waves come in path order. NULL: none. */
RIP_NODISCARD rip_status rip_checkpoint_append(rip_checkpoint *self,
                                               const rip_wave *wave, rip_error *error);

/* Saves: the sums, of all blocks of the shard before `next`. Errors: RIP_ERR_OUTPUT. */
RIP_NODISCARD rip_status rip_checkpoint_save(rip_checkpoint *self,
                                             const rip_accumulator *sums, uint64_t next,
                                             rip_error *error);

/* Removes what was saved, when the result has its name. */
void rip_checkpoint_remove(rip_checkpoint *self);

/* Releases; what was saved stays. NULL is accepted. */
void rip_checkpoint_free(rip_checkpoint *self);

/*
 * Tells if path is a finished result of this very source: `--resume` has nothing to do.
 * *finished is false if there is no such file. Errors, with a line: RIP_ERR_CONFIG if
 * it is a result of something else; RIP_ERR_OUTPUT if it is damaged or no result.
 */
RIP_NODISCARD rip_status rip_checkpoint_finished(const char *path,
                                                 const rip_result_source *source,
                                                 bool *finished, rip_error *error);

/*
 * Removes what a run whose result is finished has left beside it, if it was killed
 * before its end: checkpoint and temporary files, not those of processes that live.
 */
void rip_checkpoint_tidy(rip_checkpoint *self, const char *path);

#endif /* RIP_IO_CHECKPOINT_H */
