/*
 * engine_plain.h -- a run path by path and step by step, without the engine.
 *
 * Nothing is screened, nothing is shared between modes and nothing is summed: every
 * account is stepped by the scalar rules on every path, and what came of it is kept.
 */
#ifndef RIP_TESTS_ENGINE_PLAIN_H
#define RIP_TESTS_ENGINE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/engine/engine.h"
#include "riptide/engine/output.h"
#include "riptide/engine/run.h"

typedef struct plain_outcome {
    double loss_usd;
    double cause_usd[RIP_N_CAUSE];
    double deficit_usd;
    uint32_t liquidation_step, wipeout_step; /* 0: none */
    bool terminal_wipeout, fully_liquidated;
} plain_outcome;

typedef struct plain {
    const rip_run *run;
    size_t n_mode, n_account, n_path, n_step, n_asset;
    plain_outcome *outcome; /* [mode][account][path] */
    double *forced;         /* [mode][path][time][asset], by weight, USD */
    double *price;          /* [path][time][asset] */
} plain;

void plain_run(plain *self, const rip_run *run);
void plain_free(plain *self);

const plain_outcome *plain_at(const plain *self, size_t mode, size_t account,
                              size_t path);

/* Runs the engine on all blocks of the run, and derives the estimates unless NULL. */
rip_engine *plain_engine(rip_estimates *estimates, const rip_run *run, int n_thread);

/* A dataset of the estimates by its name; fails if there is none. */
const void *plain_dataset(const rip_estimates *estimates, const char *name);

#endif /* RIP_TESTS_ENGINE_PLAIN_H */
