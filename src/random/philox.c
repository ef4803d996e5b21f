#include "riptide/random/stream.h"

#include "philox.h"

rip_stream_words
rip_stream_philox(const uint32_t counter[4], const uint32_t key[2])
{
    const philox_counter c =
        philox((philox_counter){counter[0], counter[1], counter[2], counter[3]}, key[0],
               key[1]);
    return (rip_stream_words){{c.c0, c.c1, c.c2, c.c3}};
}

rip_stream_words
rip_stream_block(uint64_t seed, uint32_t draw, uint32_t step, uint64_t path,
                 rip_purpose purpose, uint32_t replicate)
{
    assert(path <= UINT32_MAX);
    const uint32_t counter[4] = {draw, step, (uint32_t)path,
                                 rip_stream_purpose(purpose, replicate)};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    return rip_stream_philox(counter, key);
}

double
rip_stream_uniform(uint64_t seed, uint64_t k, uint32_t step, uint64_t path,
                   rip_purpose purpose, uint32_t replicate)
{
    assert(k >> 33 == 0);
    const size_t half = (size_t)(k & 1);
    const rip_stream_words w =
        rip_stream_block(seed, (uint32_t)(k >> 1), step, path, purpose, replicate);
    return rip_stream_to_uniform(w.word[2 * half], w.word[2 * half + 1]);
}
