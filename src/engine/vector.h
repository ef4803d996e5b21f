/*
 * One register of lanes: arithmetic by the compilers' vector extensions, and the few
 * operations that C has no word for. Included by kernels, which are compiled once per
 * SIMD level (src/meson.build).
 */
#ifndef RIP_SRC_ENGINE_VECTOR_H
#define RIP_SRC_ENGINE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/lanes.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define VECTOR_FLOATS 16
#elif defined(__AVX__)
#define VECTOR_FLOATS 8
#else
#define VECTOR_FLOATS 4
#endif
#define VECTOR_DOUBLES (VECTOR_FLOATS / 2)

/* Steps of a path that are searched together, in whole registers. */
#define VECTOR_STEPS (VECTOR_FLOATS < 16 ? 24 : 32)

typedef float vector_floats __attribute__((vector_size(4 * VECTOR_FLOATS)));
typedef int32_t vector_ints __attribute__((vector_size(4 * VECTOR_FLOATS)));
typedef double vector_doubles __attribute__((vector_size(8 * VECTOR_DOUBLES)));

/* The same in memory, where rows have any alignment. */
typedef float vector_stored_floats
    __attribute__((vector_size(4 * VECTOR_FLOATS), aligned(4), may_alias));
typedef int32_t vector_stored_ints
    __attribute__((vector_size(4 * VECTOR_FLOATS), aligned(4), may_alias));
typedef double vector_stored_doubles
    __attribute__((vector_size(8 * VECTOR_DOUBLES), aligned(8), may_alias));

static inline vector_floats
vector_floats_at(const float *x)
{
    return *(const vector_stored_floats *)x;
}

static inline vector_ints
vector_ints_at(const int32_t *x)
{
    return *(const vector_stored_ints *)x;
}

static inline vector_doubles
vector_doubles_at(const double *x)
{
    return *(const vector_stored_doubles *)x;
}

/* One number of a row for each lane. By registers: what is stored piece by piece cannot
   be loaded at once for a while. */
static inline vector_doubles
vector_doubles_from(const double *row, const size_t *place)
{
    vector_doubles x = {0};
    for (int i = 0; i < VECTOR_DOUBLES; i++) {
        x[i] = row[place[i]];
    }
    return x;
}

static inline vector_floats
vector_all(float x)
{
    return (vector_floats){0} + x;
}

/* The first n bits, n at most 64. */
static inline uint64_t
vector_first_bits(size_t n)
{
    return n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

/* Lanes of a where the condition, the result of a comparison, holds; else of b. */
static inline vector_floats
vector_choose(vector_ints condition, vector_floats a, vector_floats b)
{
    return (vector_floats)((condition & (vector_ints)a) |
                           (~condition & (vector_ints)b));
}

/* a b + c, rounded once where the processor does that; for searches only. */
static inline vector_floats
vector_fma(float a, vector_floats b, vector_floats c)
{
#if defined(__AVX512F__)
    return (vector_floats)_mm512_fmadd_ps(_mm512_set1_ps(a), (__m512)b, (__m512)c);
#elif defined(__FMA__)
    return (vector_floats)_mm256_fmadd_ps(_mm256_set1_ps(a), (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

/* Bit i: whether lane i of a is above that of b; not so with a NaN. */
static inline uint64_t
vector_above(vector_floats a, vector_floats b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ);
#elif defined(__AVX__)
    return (uint64_t)_mm256_movemask_ps(
        _mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ));
#elif defined(__SSE2__)
    return (uint64_t)_mm_movemask_ps(_mm_cmpgt_ps((__m128)a, (__m128)b));
#else
    uint64_t bits = 0;
    for (int i = 0; i < VECTOR_FLOATS; i++) {
        bits |= (uint64_t)(a[i] > b[i]) << i;
    }
    return bits;
#endif
}

/* Bit i: whether the i-th of RIP_LANES floats in registers is above a limit. */
static inline uint64_t
vector_lanes_above(const vector_floats *x, float limit)
{
    const vector_floats limits = vector_all(limit);
    uint64_t bits = 0;
#if defined(__AVX2__) && !defined(__AVX512F__)
    /* Four registers at once: narrowed to bytes within each half, then put in order. */
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (size_t v = 0; v < RIP_LANES / VECTOR_FLOATS; v += 4) {
        const __m256i a =
            _mm256_packs_epi32((__m256i)(x[v] > limits), (__m256i)(x[v + 1] > limits));
        const __m256i b = _mm256_packs_epi32((__m256i)(x[v + 2] > limits),
                                             (__m256i)(x[v + 3] > limits));
        const __m256i bytes =
            _mm256_permutevar8x32_epi32(_mm256_packs_epi16(a, b), order);
        bits |= (uint64_t)(uint32_t)_mm256_movemask_epi8(bytes) << v * VECTOR_FLOATS;
    }
#else
    for (size_t v = 0; v < RIP_LANES / VECTOR_FLOATS; v++) {
        bits |= vector_above(x[v], limits) << v * VECTOR_FLOATS;
    }
#endif
    return bits;
}

/* Bit i: whether lane i of a is not below that of b; so with a NaN. */
static inline uint64_t
vector_not_below(vector_floats a, vector_floats b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_NLT_UQ);
#elif defined(__AVX__)
    return (uint64_t)_mm256_movemask_ps(
        _mm256_cmp_ps((__m256)a, (__m256)b, _CMP_NLT_UQ));
#elif defined(__SSE2__)
    return (uint64_t)_mm_movemask_ps(_mm_cmpnlt_ps((__m128)a, (__m128)b));
#else
    uint64_t bits = 0;
    for (int i = 0; i < VECTOR_FLOATS; i++) {
        bits |= (uint64_t) !(a[i] < b[i]) << i;
    }
    return bits;
#endif
}

static inline uint64_t
vector_doubles_above(vector_doubles a, vector_doubles b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_GT_OQ);
#elif defined(__AVX__)
    return (uint64_t)_mm256_movemask_pd(
        _mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_GT_OQ));
#elif defined(__SSE2__)
    return (uint64_t)_mm_movemask_pd(_mm_cmpgt_pd((__m128d)a, (__m128d)b));
#else
    uint64_t bits = 0;
    for (int i = 0; i < VECTOR_DOUBLES; i++) {
        bits |= (uint64_t)(a[i] > b[i]) << i;
    }
    return bits;
#endif
}

static inline uint64_t
vector_doubles_at_least(vector_doubles a, vector_doubles b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_GE_OQ);
#elif defined(__AVX__)
    return (uint64_t)_mm256_movemask_pd(
        _mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_GE_OQ));
#elif defined(__SSE2__)
    return (uint64_t)_mm_movemask_pd(_mm_cmpge_pd((__m128d)a, (__m128d)b));
#else
    uint64_t bits = 0;
    for (int i = 0; i < VECTOR_DOUBLES; i++) {
        bits |= (uint64_t)(a[i] >= b[i]) << i;
    }
    return bits;
#endif
}

#endif /* RIP_SRC_ENGINE_VECTOR_H */
