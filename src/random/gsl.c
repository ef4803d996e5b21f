#include "riptide/random/gsl.h"

#include <string.h>

static void
seek(rip_gsl_state *self, uint64_t seed, const uint32_t counter[4])
{
    self->key[0] = (uint32_t)seed;
    self->key[1] = (uint32_t)(seed >> 32);
    memcpy(self->counter, counter, sizeof(self->counter));
    self->n_used = 4;
}

static uint32_t
next_word(rip_gsl_state *self)
{
    if (self->n_used == 4) {
        const rip_stream_words block = rip_stream_philox(self->counter, self->key);
        memcpy(self->word, block.word, sizeof(self->word));
        self->counter[0]++;
        self->n_used = 0;
    }
    return self->word[self->n_used++];
}

static void
set(void *state, unsigned long seed)
{
    seek(state, seed, (const uint32_t[4]){0, 0, 0, RIP_PURPOSE_GSL});
}

static unsigned long
get(void *state)
{
    return next_word(state);
}

static double
get_double(void *state)
{
    const uint32_t high = next_word(state);
    return rip_stream_to_uniform(high, next_word(state));
}

static const gsl_rng_type philox_type = {.name = "philox4x32-10",
                                         .max = UINT32_MAX,
                                         .min = 0,
                                         .size = sizeof(rip_gsl_state),
                                         .set = set,
                                         .get = get,
                                         .get_double = get_double};

const gsl_rng_type *const rip_gsl_philox = &philox_type;

void
rip_gsl_seek(gsl_rng *rng, uint64_t seed, uint32_t step, uint64_t path,
             rip_purpose purpose, uint32_t replicate)
{
    assert(rng->type == rip_gsl_philox && path <= UINT32_MAX);
    seek(rng->state, seed,
         (const uint32_t[4]){0, step, (uint32_t)path,
                             rip_stream_purpose(purpose, replicate)});
}
