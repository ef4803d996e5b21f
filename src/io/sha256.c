#include "riptide/io/sha256.h"

#include <string.h>

/* FIPS 180-4, 4.2.2: first 32 bits of the fractional parts of the cube roots of the
   first 64 primes. */
static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

static uint32_t
rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* FIPS 180-4, 6.2.2 step 1: the message schedule w. */
static void
expand(const uint8_t *block, uint32_t *w)
{
    for (size_t t = 0; t < 16; t++) {
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | (uint32_t)block[4 * t + 3];
    }
    for (size_t t = 16; t < 64; t++) {
        const uint32_t x = w[t - 15], y = w[t - 2];
        w[t] = (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10) + w[t - 7] +
               (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[t - 16];
    }
}

/* FIPS 180-4, 6.2.2 steps 2 to 4. The standard moves its letters a to h by one place a
   round; here they stay and the places turn: letter i of round t is v[(i - t) mod 8].
 */
static void
compress(uint32_t *state, const uint8_t *block)
{
    uint32_t w[64], v[8];

    expand(block, w);
    memcpy(v, state, sizeof(v));
    for (size_t t = 0; t < 64; t++) {
        const size_t at = 64 - t;
        const uint32_t a = v[at % 8], b = v[(at + 1) % 8], c = v[(at + 2) % 8];
        const uint32_t e = v[(at + 4) % 8], f = v[(at + 5) % 8], g = v[(at + 6) % 8];
        uint32_t *const d = &v[(at + 3) % 8], *const h = &v[(at + 7) % 8];
        const uint32_t t1 = *h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                            ((e & f) ^ (~e & g)) + round_constant[t] + w[t];
        *d += t1;
        *h = t1 + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
             ((a & b) ^ (a & c) ^ (b & c));
    }
    for (size_t i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

void
rip_sha256_begin(rip_sha256 *self)
{
    *self = (rip_sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void
rip_sha256_add(rip_sha256 *self, const void *data, size_t size)
{
    const uint8_t *byte = data;

    while (size > 0) {
        const size_t used = (size_t)(self->n_byte % 64);
        const size_t n = size < 64 - used ? size : 64 - used;
        memcpy(self->block + used, byte, n);
        self->n_byte += n;
        byte += n;
        size -= n;
        if (used + n == 64) {
            compress(self->state, self->block);
        }
    }
}

void
rip_sha256_end(rip_sha256 *self, char hex[RIP_SHA256_HEX])
{
    static const uint8_t padding[64] = {0x80};
    static const char digit[] = "0123456789abcdef";
    const uint64_t n_bit = 8 * self->n_byte;
    uint8_t length[8];

    for (size_t i = 0; i < 8; i++) {
        length[i] = (uint8_t)(n_bit >> (56 - 8 * i));
    }
    /* One bit 1, then zeros up to 8 bytes before the end of a block. */
    rip_sha256_add(self, padding, 1 + (119 - (size_t)(self->n_byte % 64)) % 64);
    rip_sha256_add(self, length, sizeof(length));
    for (size_t i = 0; i < 32; i++) {
        const uint32_t byte = self->state[i / 4] >> (24 - 8 * (i % 4)) & 0xff;
        hex[2 * i] = digit[byte >> 4];
        hex[2 * i + 1] = digit[byte & 15];
    }
    hex[64] = '\0';
}
