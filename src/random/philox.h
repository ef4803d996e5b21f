/*
 * The rounds of Philox 4x32-10, inline so that kernels can run them on lanes.
 */
#ifndef RIP_SRC_RANDOM_PHILOX_H
#define RIP_SRC_RANDOM_PHILOX_H

#include <stdint.h>

typedef struct philox_counter {
    uint32_t c0, c1, c2, c3;
} philox_counter;

static inline philox_counter
philox(philox_counter c, uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = UINT64_C(0xD2511F53) * c.c0;
        const uint64_t p1 = UINT64_C(0xCD9E8D57) * c.c2;
        c = (philox_counter){.c0 = (uint32_t)(p1 >> 32) ^ c.c1 ^ k0,
                             .c1 = (uint32_t)p1,
                             .c2 = (uint32_t)(p0 >> 32) ^ c.c3 ^ k1,
                             .c3 = (uint32_t)p0};
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    return c;
}

#endif /* RIP_SRC_RANDOM_PHILOX_H */
