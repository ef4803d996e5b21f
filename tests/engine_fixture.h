/* engine_fixture.h -- small complete runs for tests of the engine. */
#ifndef RIP_TESTS_ENGINE_FIXTURE_H
#define RIP_TESTS_ENGINE_FIXTURE_H

#include <stdint.h>

#include "riptide/engine/run.h"

/*
 * A run of n_account random accounts (up to 4 positions, hedges included) on n_asset
 * assets of correlation 0.6, n_step hourly steps, all three modes, with fees, spread,
 * funding, tiers, stops and top-ups. leverage sets how much happens.
 */
void fixture_random_run(rip_run *run, size_t n_account, size_t n_asset, size_t n_step,
                        double leverage, uint64_t paths);

/*
 * SELLOFF-1 at reduced size: T = 24 steps, 16 assets, n_account portfolios of 8
 * positions, n_path given paths (a random walk of the fixture's own generator). The
 * rules are those of the job: portfolio margin by `offset` with factor 1 - 0.004 /
 * 0.03.
 */
void fixture_selloff_run(rip_run *run, size_t n_account, uint64_t n_path);

/* A one-asset run: price, volatility, one account with one position. */
void fixture_single_run(rip_run *run, double volatility, double quantity, double wallet,
                        double bucket, double mmr);

#endif /* RIP_TESTS_ENGINE_FIXTURE_H */
