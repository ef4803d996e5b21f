/*
 * Compiled once per SIMD level (src/meson.build).
 */
#include <math.h>

#include "philox.h"
#include "riptide/base/vector.h"
#include "riptide/numerics/math.h"
#include "riptide/random/normal_kernel.h"

enum {
    ROWS = 16,   /* rows inverted together, so that their tails fill whole vectors */
    GROUP = 8,   /* tails are padded to a multiple of this */
    EXPECTED = 4 /* tails of a row, at most GROUP */
};

/* The keys of the rounds, in all lanes. */
typedef struct key_schedule {
    rip_vector_words k0[10], k1[10];
} key_schedule;

static key_schedule
schedule(const uint32_t key[2])
{
    const rip_vector_words zero = {0};
    key_schedule s;
    for (uint32_t round = 0; round < 10; round++) {
        s.k0[round] = zero + (key[0] + round * PHILOX_W0);
        s.k1[round] = zero + (key[1] + round * PHILOX_W1);
    }
    return s;
}

/* philox() of philox.h on lanes. A lane has 64 bits, of which the upper 32 are garbage
   that no product sees. */
typedef struct counter_lanes {
    rip_vector_words c0, c1, c2, c3;
} counter_lanes;

static inline counter_lanes
philox_lanes(counter_lanes c, const key_schedule *key)
{
    for (size_t round = 0; round < 10; round++) {
        const rip_vector_words p0 = rip_vector_product(c.c0, PHILOX_M0);
        const rip_vector_words p1 = rip_vector_product(c.c2, PHILOX_M1);
        c = (counter_lanes){.c0 = p1 >> 32 ^ c.c1 ^ key->k0[round],
                            .c1 = p1,
                            .c2 = p0 >> 32 ^ c.c3 ^ key->k1[round],
                            .c3 = p0};
    }
    return c;
}

/* rip_stream_to_uniform on lanes. */
static inline rip_vector_doubles
to_uniforms(rip_vector_words high, rip_vector_words low)
{
    const rip_vector_words joined = high << 32 | (low & UINT32_MAX);
    const rip_vector_words bits = joined >> 12 | UINT64_C(0x3ff0000000000000);
    return (rip_vector_doubles)bits - (1.0 - 0x1p-53);
}

/* The uniforms of one draw: two rows. */
static void
draw(const rip_normal_address *at, const key_schedule *key, uint32_t number, double *u0,
     double *u1)
{
    const rip_vector_words zero = {0};
    counter_lanes start = {.c0 = zero + number,
                           .c1 = zero + at->step,
                           .c2 = zero + at->first_path,
                           .c3 = zero + at->purpose};
    for (int i = 0; i < RIP_VECTOR_WIDTH; i++) {
        start.c2[i] += (uint64_t)i;
    }
    for (size_t i = 0; i < RIP_LANES; i += RIP_VECTOR_WIDTH) {
        const counter_lanes c = philox_lanes(start, key);
        *(rip_vector_stored *)(u0 + i) = to_uniforms(c.c0, c.c1);
        *(rip_vector_stored *)(u1 + i) = to_uniforms(c.c2, c.c3);
        start.c2 += RIP_VECTOR_WIDTH;
    }
}

/* Rows first .. first + n - 1 of uniforms; first is even. */
static void
uniforms(const rip_normal_address *at, size_t first, size_t n, double *u)
{
    const key_schedule key = schedule(at->key);
    double unused[RIP_LANES];
    for (size_t f = 0; f < n; f += 2) {
        draw(at, &key, (uint32_t)((first + f) / 2), u + f * RIP_LANES,
             f + 1 < n ? u + (f + 1) * RIP_LANES : unused);
    }
}

/* Uniforms of the tails that wait for their normals. */
typedef struct tails {
    size_t n;
    uint32_t place[ROWS * RIP_LANES + GROUP];
    double value[ROWS * RIP_LANES + GROUP];
} tails;

/* Bit i: whether lane i of a row of uniforms is in a tail. */
static uint64_t
find_tails(const double *u)
{
    const rip_vector_words sign = (rip_vector_words){0} + (UINT64_C(1) << 63);
    uint64_t found = 0;
    for (int i = 0; i < RIP_LANES; i += RIP_VECTOR_WIDTH) {
        const rip_vector_doubles q = *(const rip_vector_stored *)(u + i) - 0.5;
        const rip_vector_doubles size =
            (rip_vector_doubles)((rip_vector_words)q & ~sign);
        found |= rip_vector_above(size, RIP_MATH_NORMAL_CENTRAL) << i;
    }
    return found;
}

/* A row has two tails on average and rarely more than EXPECTED: so many places are
   written whether or not they are tails, which spares the processor an unforeseeable
   end of a loop. */
static void
collect_tails(const double *z, size_t row, tails *t)
{
    const double *u = z + row * RIP_LANES;
    uint64_t found = find_tails(u);
    const size_t n = (size_t)__builtin_popcountll(found);
    for (size_t k = 0; k < EXPECTED || found != 0; k++) {
        const size_t i = (size_t)__builtin_ctzll(found | UINT64_C(1) << 63);
        t->place[t->n + k] = (uint32_t)(row * RIP_LANES + i);
        t->value[t->n + k] = u[i];
        found &= found - 1;
    }
    t->n += n;
}

static void
invert_central(size_t n_value, double *restrict z)
{
    for (size_t i = 0; i < n_value; i++) {
        z[i] = rip_math_normal_inverse_central(z[i] - 0.5);
    }
}

static void
invert_tails(tails *t)
{
    for (size_t i = 0; i < GROUP; i++) {
        t->value[t->n + i] = 0.5; /* fills the last group */
    }
    for (size_t i = 0; i < t->n; i += GROUP) {
        for (size_t j = 0; j < GROUP; j++) {
            t->value[i + j] = rip_math_normal_inverse_tail(t->value[i + j]);
        }
    }
}

/* Uniforms into normals, in place. Most are in the central part, so the tails are
   gathered and inverted apart. */
static void
invert(size_t n_row, double *z)
{
    tails t;
    t.n = 0;
    for (size_t row = 0; row < n_row; row++) {
        collect_tails(z, row, &t);
    }
    invert_central(n_row * RIP_LANES, z);
    invert_tails(&t);
    for (size_t i = 0; i < t.n; i++) {
        z[t.place[i]] = t.value[i];
    }
}

void
RIP_SIMD_NAME(rip_normal_uniforms)(const rip_normal_address *at, size_t n_factor,
                                   double *u)
{
    uniforms(at, 0, n_factor, u);
}

void
RIP_SIMD_NAME(rip_normal_rows)(const rip_normal_address *at, size_t n_factor, double *z)
{
    for (size_t first = 0; first < n_factor; first += ROWS) {
        const size_t n = n_factor - first < ROWS ? n_factor - first : ROWS;
        uniforms(at, first, n, z + first * RIP_LANES);
        invert(n, z + first * RIP_LANES);
    }
}
