/* engine_curved.h -- random complete runs of accounts with options and coins. */
#ifndef RIP_TESTS_ENGINE_CURVED_H
#define RIP_TESTS_ENGINE_CURVED_H

#include <stdint.h>

#include "riptide/engine/run.h"

/*
 * A run of engine_wild.h in which most accounts have options of both kinds, dated
 * futures, inverse perpetuals and coins, some of which expire before the horizon, on a
 * venue with states of volatility; implied volatilities that stay or move; in portfolio
 * mode, with or without the others.
 */
void fixture_curved_run(rip_run *run, uint64_t seed);

#endif /* RIP_TESTS_ENGINE_CURVED_H */
