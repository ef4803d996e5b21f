/*
 * Compiled once per SIMD level (src/meson.build); plain C that the compiler vectorises.
 */
#include <math.h>

#include "philox.h"
#include "riptide/numerics/math.h"
#include "riptide/random/normal_kernel.h"
#include "riptide/random/stream.h"

enum {
    ROWS = 8,  /* rows inverted together, so that their tails fill whole vectors */
    GROUP = 16 /* tails are padded to a multiple of this */
};

/* The uniforms of one draw: two rows. */
static void
draw(const rip_normal_address *at, uint32_t number, double *restrict u0,
     double *restrict u1)
{
    const uint32_t step = at->step, first = at->first_path, purpose = at->purpose;
    const uint32_t k0 = at->key[0], k1 = at->key[1];
    for (uint32_t i = 0; i < RIP_LANES; i++) {
        const philox_counter c =
            philox((philox_counter){number, step, first + i, purpose}, k0, k1);
        u0[i] = rip_stream_to_uniform(c.c0, c.c1);
        u1[i] = rip_stream_to_uniform(c.c2, c.c3);
    }
}

/* Rows first .. first + n - 1 of uniforms; first is even. */
static void
uniforms(const rip_normal_address *at, size_t first, size_t n, double *u)
{
    double unused[RIP_LANES];
    for (size_t f = 0; f < n; f += 2) {
        draw(at, (uint32_t)((first + f) / 2), u + f * RIP_LANES,
             f + 1 < n ? u + (f + 1) * RIP_LANES : unused);
    }
}

/* Where the n tail arguments of u[n_value] are, and the arguments. */
static size_t
find_tails(size_t n_value, const double *restrict u, uint32_t *restrict place,
           double *restrict tail)
{
    size_t n = 0;
    for (size_t i = 0; i < n_value; i++) {
        place[n] = (uint32_t)i;
        tail[n] = u[i];
        n += fabs(u[i] - 0.5) <= 0.425 ? 0 : 1;
    }
    return n;
}

static void
invert_central(size_t n_value, double *restrict z)
{
    for (size_t i = 0; i < n_value; i++) {
        z[i] = rip_math_normal_inverse_central(z[i] - 0.5);
    }
}

static void
invert_tails(size_t n, double *restrict tail)
{
    for (size_t i = 0; i < n; i += GROUP) {
        for (size_t j = 0; j < GROUP; j++) {
            tail[i + j] = rip_math_normal_inverse_tail(tail[i + j]);
        }
    }
}

/* Uniforms into normals, in place. Most are in the central part, so the tails (15 %)
   are gathered and inverted apart. */
static void
invert(size_t n_row, double *z)
{
    uint32_t place[ROWS * RIP_LANES + GROUP];
    double tail[ROWS * RIP_LANES + GROUP];
    const size_t n = find_tails(n_row * RIP_LANES, z, place, tail);
    for (size_t i = n; i < n + GROUP; i++) {
        tail[i] = 0.05;
    }
    invert_central(n_row * RIP_LANES, z);
    invert_tails(n, tail);
    for (size_t i = 0; i < n; i++) {
        z[place[i]] = tail[i];
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
