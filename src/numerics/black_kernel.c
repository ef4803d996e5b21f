/*
 * Compiled once per SIMD level (src/meson.build). The polynomials are chains of
 * dependent operations: in loops of their own, several of them are under way at once.
 */
#include "riptide/numerics/black.h"

enum { PART = 64 };

/* In the order of rip_black_parts. */
typedef struct rows {
    double inside[PART], base[PART], scale[PART];
    double t_a[PART], weight_a[PART], t_b[PART], weight_b[PART];
} rows;

static inline void
apply_polynomial(size_t n, double *restrict t)
{
    for (size_t i = 0; i < n; i++) {
        t[i] = rip_math_normal_tail_polynomial(t[i]);
    }
}

static void
part_of_row(size_t n, const double *restrict forward, const double *restrict deviation,
            double strike, bool is_put, double *restrict value)
{
    rows r;
    for (size_t i = 0; i < n; i++) {
        const rip_black_parts part =
            rip_black_begin(forward[i], strike, deviation[i], is_put);
        r.inside[i] = part.inside;
        r.base[i] = part.base;
        r.scale[i] = part.scale;
        r.t_a[i] = part.t_a;
        r.weight_a[i] = part.weight_a;
        r.t_b[i] = part.t_b;
        r.weight_b[i] = part.weight_b;
    }
    apply_polynomial(n, r.t_a);
    apply_polynomial(n, r.t_b);
    for (size_t i = 0; i < n; i++) {
        const rip_black_parts part = {.inside = r.inside[i],
                                      .base = r.base[i],
                                      .scale = r.scale[i],
                                      .weight_a = r.weight_a[i],
                                      .weight_b = r.weight_b[i]};
        value[i] = rip_black_end(&part, r.t_a[i], r.t_b[i]);
    }
}

void
RIP_SIMD_NAME(rip_black_row)(size_t n, const double *forward, const double *deviation,
                             double strike, bool is_put, double *value)
{
    for (size_t i = 0; i < n; i += PART) {
        part_of_row(n - i < PART ? n - i : PART, forward + i, deviation + i, strike,
                    is_put, value + i);
    }
}
