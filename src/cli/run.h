/*
 * cli/run.h -- a run from its configuration to its result.                    floor 9
 *
 * Waves of blocks are simulated one after the other; between two of them progress is
 * shown, a checkpoint saved when it is due, and a signal answered: it saves one and
 * ends the run, which goes on with --resume and ends with the bits of an undisturbed
 * one.
 *
 * `run` and `sweep --point` differ in where the configuration comes from and how the
 * result is named; the rest is here. Between begin and finish the caller loads `input`
 * and sets `path`, and `point` if there is one.
 */
#ifndef RIP_CLI_RUN_H
#define RIP_CLI_RUN_H

#include "load.h"
#include "progress.h"
#include "riptide/engine/engine.h"
#include "riptide/io/checkpoint.h"
#include "riptide/io/provenance.h"
#include "riptide/io/result.h"
#include "timing.h"

#define RUN_PARTING 100 /* bytes of the line that an early signal leaves */

/* The options that both commands take. */
#define RUN_OPTIONS                                                                    \
    {"-j", "N", "threads; default: the CPUs this process may use", 0},                 \
        {"--force", NULL, "overwrite an existing result", 0},                          \
        {"--progress", "STYLE", "auto, bar, plain or none, on stderr", 0},             \
        {"-q", NULL, "print no summary and, unless told, no progress", 0},             \
        {"--resume", NULL, "go on with FILE.checkpoint, if there is one", 0},          \
    {                                                                                  \
        "--checkpoint", "DURATION", "time between two checkpoints; default: 10s", 0    \
    }

typedef struct run_job {
    const cli_arguments *arguments;
    rip_error *error;
    load input; /* owned */
    rip_provenance provenance;
    const rip_result_point *point; /* borrowed; NULL: not a point of a sweep */
    char *path;                    /* owned; of the result */
    char parting[RUN_PARTING];
    long n_thread;
    progress_style style;
    progress shown;
    timing timing;
    rip_shard shard;      /* {0, 0}: the whole run */
    bool resumes;         /* --resume */
    double interval_s;    /* between two checkpoints */
    double saved_s;       /* when the last one was saved, of progress_clock() */
    uint64_t first, end;  /* blocks of the shard, */
    uint64_t next;        /* the next of them to simulate */
    uint64_t total, done; /* paths of the shard, and how many of them are done */
    rip_engine *engine;
    rip_result *result;
    rip_checkpoint *checkpoint;
} run_job;

/* Reads RUN_OPTIONS, begins the clock, and from now on answers signals. *self may be
 * freed whatever it returns. */
RIP_NODISCARD rip_status run_begin(run_job *self, const cli_arguments *arguments,
                                   rip_error *error);

/* Simulates, writes the result, prints its summary. */
RIP_NODISCARD rip_status run_finish(run_job *self);
void run_free(run_job *self);

#endif /* RIP_CLI_RUN_H */
