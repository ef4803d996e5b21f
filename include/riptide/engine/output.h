/*
 * engine/output.h -- the list of everything a result contains.               floor 6.5
 *
 * One table describes every dataset that is derived from the accumulators: its group,
 * name, unit, axes and meaning (contract section 3). rip_estimates holds the values in
 * the same order. The writer, the summary and the tests read this list.
 */
#ifndef RIP_ENGINE_OUTPUT_H
#define RIP_ENGINE_OUTPUT_H

#include <stddef.h>

#include "riptide/engine/accumulator.h"
#include "riptide/engine/run.h"

typedef enum rip_dim {
    RIP_DIM_MODE = 0,
    RIP_DIM_OTHER_MODE,
    RIP_DIM_ACCOUNT,
    RIP_DIM_LEVEL,
    RIP_DIM_LOSS_BIN,
    RIP_DIM_BIN_EDGE,
    RIP_DIM_ASSET,
    RIP_DIM_CAUSE,
    RIP_DIM_TIME,
    RIP_DIM_BATCH,
    RIP_DIM_SHARE_BIN,
    RIP_DIM_MOVE_BIN,
    RIP_DIM_RANK,
    RIP_DIM_PATH,
    RIP_N_DIM
} rip_dim;

typedef enum rip_output_type {
    RIP_OUTPUT_F64 = 0, /* double */
    RIP_OUTPUT_U32,     /* uint32_t */
    RIP_OUTPUT_U64      /* uint64_t */
} rip_output_type;

#define RIP_OUTPUT_MAX_DIM 4

typedef struct rip_output {
    const char *group; /* "" for the root, else "batches" */
    const char *name;
    const char *unit; /* "1", "USD", "h" */
    const char *doc;  /* one sentence: the long_name */
    rip_output_type type;
    size_t n_dim;
    rip_dim dim[RIP_OUTPUT_MAX_DIM];
} rip_output;

/* The table; its length. */
size_t rip_output_count(void);
const rip_output *rip_output_at(size_t index);

/* Index of a dataset by group and name, or rip_output_count(). */
size_t rip_output_find(const char *group, const char *name);

/* Name of an axis as in the contract ("mode", "other_mode", ...); static storage. */
const char *rip_output_dim_name(rip_dim dim);

typedef struct rip_estimates {
    size_t size[RIP_N_DIM]; /* length of every axis */
    void **data;            /* [rip_output_count()] owned, each owned, row-major */
} rip_estimates;

/*
 * Derives every dataset from the accumulated integers of a run.
 * Errors: RIP_ERR_NO_MEMORY. *self may be freed whatever it returns.
 */
RIP_NODISCARD rip_status rip_estimates_init(rip_estimates *self, const rip_run *run,
                                            const rip_accumulator *sums);
/*
 * The same in two steps, since the figures by batch are large: first all others, then
 * those. Of the run only spec, outputs and the accounts' weights need be known, as of a
 * stored result: what is known before any shock (initial_...) is copied from start.
 * start NULL: it is computed, which needs the whole run.
 */
RIP_NODISCARD rip_status rip_estimates_derive(rip_estimates *self, const rip_run *run,
                                              const rip_accumulator *sums,
                                              const rip_estimates *start);
RIP_NODISCARD rip_status rip_estimates_batches(rip_estimates *self, const rip_run *run,
                                               const rip_accumulator *sums);
/* Gives back the memory of one output, which is not looked at any more (initial_...
   are, by the second step). */
void rip_estimates_drop(rip_estimates *self, size_t output);
void rip_estimates_free(rip_estimates *self);

#endif /* RIP_ENGINE_OUTPUT_H */
