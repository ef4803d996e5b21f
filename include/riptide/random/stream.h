/*
 * random/stream.h -- random numbers by address.                            floor 1.1
 *
 * The generator is Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel random
 * numbers: as easy as 1, 2, 3, SC11, 2011): a keyed bijection of 128-bit counters. It
 * has no state. The address of a number is a promise; it never holds a mode, a tile of
 * accounts, a point of a sweep or a thread:
 *
 *     key     k0 = low 32 bits of the seed, k1 = high 32 bits
 *     counter c0 = draw
 *             c1 = step
 *             c2 = path
 *             c3 = purpose | replicate << 8
 *
 * A block of four words w0..w3 gives two uniforms, so the k-th uniform at an address is
 * half k mod 2 of draw k / 2. Half h uses words 2 h (high) and 2 h + 1 (low):
 *
 *     m = (w[2 h] << 32 | w[2 h + 1]) >> 12        52 bits
 *     u = (m + 1/2) 2^-52                          exact, in the open interval (0, 1)
 *
 * so 1 - u is exact too, and u is never nearer to 0 or 1 than 2^-53.
 *
 * Example: seed 0, step 0, path 0, purpose 0, replicate 0, draw 0 gives the words
 * 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
 */
#ifndef RIP_RANDOM_STREAM_H
#define RIP_RANDOM_STREAM_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* What a number is for. Append, never renumber: an address is for ever. */
typedef enum rip_purpose {
    RIP_PURPOSE_SHOCK = 0,  /* normals of the steps */
    RIP_PURPOSE_MIXING,     /* chi-square mixing variables */
    RIP_PURPOSE_POPULATION, /* generated accounts; the path word is the account */
    RIP_PURPOSE_RESIDUAL,   /* noise around a replayed return */
    RIP_PURPOSE_GSL,        /* streams consumed by GSL's own samplers */
    RIP_PURPOSE_SWEEP,      /* points of a Latin hypercube; the step word is the key */
    RIP_PURPOSE_VOLATILITY  /* implied volatilities; the draw is the asset */
} rip_purpose;

/* The four words of one counter. */
typedef struct rip_stream_words {
    uint32_t word[4];
} rip_stream_words;

/* c3: a purpose (below 2^8) of a replicate (below 2^24). */
static inline uint32_t
rip_stream_purpose(rip_purpose purpose, uint32_t replicate)
{
    assert(replicate < UINT32_C(1) << 24);
    return (uint32_t)purpose | replicate << 8;
}

/* The bijection itself: ten rounds on counter[4] under key[2]. */
rip_stream_words rip_stream_philox(const uint32_t counter[4], const uint32_t key[2]);

/* The block of words at an address; path < 2^32. */
rip_stream_words rip_stream_block(uint64_t seed, uint32_t draw, uint32_t step,
                                  uint64_t path, rip_purpose purpose,
                                  uint32_t replicate);

/* The uniform in (0, 1) made of two words. */
static inline double
rip_stream_to_uniform(uint32_t high, uint32_t low)
{
    /* 1 + m 2^-52, less 1 - 2^-53: both exact. */
    const uint64_t bits =
        UINT64_C(0x3ff0000000000000) | (uint64_t)high << 20 | (uint64_t)(low >> 12);
    double u;
    memcpy(&u, &bits, sizeof(u));
    return u - (1.0 - 0x1p-53);
}

/* The k-th uniform at an address, k < 2^33; path < 2^32. */
double rip_stream_uniform(uint64_t seed, uint64_t k, uint32_t step, uint64_t path,
                          rip_purpose purpose, uint32_t replicate);

#endif /* RIP_RANDOM_STREAM_H */
