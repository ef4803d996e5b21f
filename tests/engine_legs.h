/* engine_legs.h -- runs of equal long perpetuals, for closed forms and examples. */
#ifndef RIP_TESTS_ENGINE_LEGS_H
#define RIP_TESTS_ENGINE_LEGS_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/engine/run.h"

typedef struct legs_spec {
    size_t n_leg; /* each on an asset of its own, price and notional 100 */
    bool apart;   /* an account each, instead of one for all */
    double volatility, correlation;
    double drift;    /* per year */
    double leverage; /* bucket = 100 / leverage; wallet: all buckets */
    double maintenance_rate;
    uint64_t step_ms, horizon_ms, paths, seed;
} legs_spec;

/*
 * A run of one venue without costs, in the modes isolated, cross and portfolio (moves
 * of
 * +-15 %, `correlated` with 0.5, factors 1). What is left of a bucket returns.
 */
void fixture_legs_run(rip_run *run, const legs_spec *spec);

#endif /* RIP_TESTS_ENGINE_LEGS_H */
