/* engine_wild.h -- random complete runs that use every rule the engine screens. */
#ifndef RIP_TESTS_ENGINE_WILD_H
#define RIP_TESTS_ENGINE_WILD_H

#include <stdint.h>

#include "riptide/engine/run.h"

/*
 * A small run that is different for every seed: 7 accounts with up to 6 positions
 * (perpetuals and spot, long and short, hedges, stops, all top-up policies; or plain)
 * on 4 assets; a venue with or without fees, spread, jumps between tiers, extra
 * scenarios, any rule between underlyings, either leftover and trigger; funding and
 * interest or none; a horizon and a number of paths that are not multiples of anything.
 */
void fixture_wild_run(rip_run *run, uint64_t seed);

#endif /* RIP_TESTS_ENGINE_WILD_H */
