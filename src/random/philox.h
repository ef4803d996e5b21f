/*
 * The rounds of Philox 4x32-10.
 */
#ifndef RIP_SRC_RANDOM_PHILOX_H
#define RIP_SRC_RANDOM_PHILOX_H

#include <stdint.h>

/* Multipliers, and what is added to the key after a round (Salmon et al. 2011). */
#define PHILOX_M0 UINT32_C(0xD2511F53)
#define PHILOX_M1 UINT32_C(0xCD9E8D57)
#define PHILOX_W0 UINT32_C(0x9E3779B9)
#define PHILOX_W1 UINT32_C(0xBB67AE85)

typedef struct philox_counter {
    uint32_t c0, c1, c2, c3;
} philox_counter;

static inline philox_counter
philox(philox_counter c, uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)PHILOX_M0 * c.c0;
        const uint64_t p1 = (uint64_t)PHILOX_M1 * c.c2;
        c = (philox_counter){.c0 = (uint32_t)(p1 >> 32) ^ c.c1 ^ k0,
                             .c1 = (uint32_t)p1,
                             .c2 = (uint32_t)(p0 >> 32) ^ c.c3 ^ k1,
                             .c3 = (uint32_t)p0};
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    return c;
}

#endif /* RIP_SRC_RANDOM_PHILOX_H */
