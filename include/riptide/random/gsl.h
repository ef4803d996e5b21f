/*
 * random/gsl.h -- the streams of random/stream.h as a generator of GSL.    floor 1.2
 *
 * gsl_rng_get returns the words of the blocks draw = 0, 1, 2, ... at one address in
 * order, 32 bits each; gsl_rng_uniform takes two of them and lies in the open interval
 * (0, 1). gsl_rng_set(rng, seed) goes to the start of (seed, step 0, path 0,
 * RIP_PURPOSE_GSL); rip_gsl_seek goes anywhere, so that a stream a path makes results
 * independent of threads and shards. Serves users, calibration and run.draws: gsl; the
 * fast path never uses it.
 *
 *     gsl_rng *rng = gsl_rng_alloc(rip_gsl_philox);
 *
 * or, without allocation,
 *
 *     rip_gsl_state state;
 *     gsl_rng rng = {.type = rip_gsl_philox, .state = &state};
 */
#ifndef RIP_RANDOM_GSL_H
#define RIP_RANDOM_GSL_H

#include <stdint.h>

#include <gsl/gsl_rng.h>

#include "riptide/random/stream.h"

typedef struct rip_gsl_state {
    uint32_t key[2];
    uint32_t counter[4]; /* of the next block */
    uint32_t word[4];    /* of the block in use */
    uint32_t n_used;     /* of its words, 4: all */
} rip_gsl_state;

extern const gsl_rng_type *const rip_gsl_philox;

/* Goes to the start of an address; rng is of type rip_gsl_philox, path < 2^32. */
void rip_gsl_seek(gsl_rng *rng, uint64_t seed, uint32_t step, uint64_t path,
                  rip_purpose purpose, uint32_t replicate);

#endif /* RIP_RANDOM_GSL_H */
