/*
 * engine/run.h -- everything one run needs, resolved: the engine's input.    floor 6
 *
 * A run is a value: no file, no parser, no clock. It is built by io/config and
 * io/assemble, is read-only afterwards, and is shared by threads.
 */
#ifndef RIP_ENGINE_RUN_H
#define RIP_ENGINE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/account/book.h"
#include "riptide/margin/venue.h"
#include "riptide/market/market.h"
#include "riptide/market/shock.h"

typedef enum rip_initial_breach {
    RIP_INITIAL_BREACH_LIQUIDATE = 0,
    RIP_INITIAL_BREACH_EXCLUDE,
    RIP_INITIAL_BREACH_ERROR
} rip_initial_breach;

typedef struct rip_run_spec {
    uint64_t seed;
    uint64_t paths;
    uint64_t horizon_ms, step_ms; /* step divides horizon */
    size_t n_mode;
    rip_mode mode[RIP_N_MODE]; /* in the order of run.modes */
    double wipeout_threshold;
    rip_initial_breach initial_breach;
} rip_run_spec;

typedef struct rip_outputs_spec {
    size_t n_level;
    double *level; /* [n_level] owned, each in (0, 1), increasing */
    bool losses;   /* keep every loss */
    uint64_t keep_paths;
    bool system; /* keep per-path system figures */
    struct {
        uint64_t bins;
        double low, high;
    } histogram;
} rip_outputs_spec;

typedef struct rip_run {
    rip_run_spec spec;
    rip_outputs_spec outputs;
    rip_market market;
    rip_shock_spec shock;
    rip_venues venues; /* rules by mode */
    rip_book book;
    double *table; /* owned; what shock.table borrows, or NULL */
} rip_run;

/* Number of steps and length of one in years of 365 days. */
static inline size_t
rip_run_steps(const rip_run *run)
{
    return (size_t)(run->spec.horizon_ms / run->spec.step_ms);
}

static inline double
rip_run_step_years(const rip_run *run)
{
    return (double)run->spec.step_ms / (365.0 * 86400000.0);
}

void rip_run_free(rip_run *self);

#endif /* RIP_ENGINE_RUN_H */
