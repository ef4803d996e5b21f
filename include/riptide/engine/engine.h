/*
 * engine/engine.h -- the stepper: begin, advance by blocks, sums.            floor 6.4
 *
 * Holds no file, signal or clock: the command owns the loop, progress, checkpoints and
 * signals. Results do not depend on how the blocks are cut into calls, on threads or on
 * the SIMD level.
 */
#ifndef RIP_ENGINE_ENGINE_H
#define RIP_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/base/stopwatch.h"
#include "riptide/engine/accumulator.h"
#include "riptide/engine/run.h"
#include "riptide/engine/wave.h"

typedef struct rip_engine_options {
    int n_thread;
    bool screen;             /* false: every trial by the scalar rules, for tests */
    double (*clock_s)(void); /* NULL: stages are not timed */
} rip_engine_options;

typedef struct rip_engine rip_engine; /* opaque */

/*
 * Prepares a run (borrowed, must outlive the engine). Draws the pilot paths that place
 * the fine histograms of VaR, which depends on the run alone.
 */
RIP_NODISCARD rip_status rip_engine_begin(rip_engine **self, const rip_run *run,
                                          const rip_engine_options *options);
void rip_engine_free(rip_engine *self);

/* Number of blocks of the whole run: paths 0 .. paths-1 in blocks of RIP_LANES. */
uint64_t rip_engine_blocks(const rip_run *run);

/*
 * Simulates blocks first .. first + n - 1 and adds them to the sums. Each block must be
 * advanced once. n is at most rip_engine_max_blocks() when per-path figures are kept.
 */
RIP_NODISCARD rip_status rip_engine_advance(rip_engine *self, uint64_t first,
                                            uint64_t n);
uint64_t rip_engine_max_blocks(const rip_engine *self);

/* Per-path figures of the last call to advance; NULL if none are kept. Borrowed. */
const rip_wave *rip_engine_wave(const rip_engine *self);

/* Gives back the memory of accounts and blocks, and the OpenMP threads of the process;
   no advance after it. The sums and the last wave stay. rip_engine_free does it, too.
 */
void rip_engine_rest(rip_engine *self);

/* The sums so far. Borrowed; valid between calls to advance. */
const rip_accumulator *rip_engine_sums(const rip_engine *self);

/* Seconds of all threads in a stage so far, without waiting for each other; 0 if stages
   are not timed. */
double rip_engine_spent_s(const rip_engine *self, rip_stage stage);

/*
 * Adds sums of blocks that another engine of the same run has done; they are not to be
 * advanced again. Errors: RIP_ERR_INVALID_ARGUMENT if they are of another run.
 */
RIP_NODISCARD rip_status rip_engine_restore(rip_engine *self,
                                            const rip_accumulator *sums);

#endif /* RIP_ENGINE_ENGINE_H */
