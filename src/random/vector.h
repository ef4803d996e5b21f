/*
 * One register of lanes: arithmetic by the compilers' vector extensions, and the two
 * operations that C has no word for. Included by kernels, which are compiled once per
 * SIMD level (src/meson.build).
 */
#ifndef RIP_SRC_RANDOM_VECTOR_H
#define RIP_SRC_RANDOM_VECTOR_H

#include <stdint.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define VECTOR_WIDTH 8
#elif defined(__AVX2__)
#define VECTOR_WIDTH 4
#else
#define VECTOR_WIDTH 2
#endif

typedef uint64_t vector_words __attribute__((vector_size(8 * VECTOR_WIDTH)));
typedef double vector_doubles __attribute__((vector_size(8 * VECTOR_WIDTH)));
/* The same in memory, where rows of doubles have any alignment. */
typedef double vector_stored
    __attribute__((vector_size(8 * VECTOR_WIDTH), aligned(8), may_alias));

/* The product of the low 32 bits of each lane with b. */
static inline vector_words
vector_product(vector_words a, uint32_t b)
{
#if defined(__AVX512F__)
    return (vector_words)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
    return (vector_words)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#elif defined(__SSE2__)
    return (vector_words)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(b));
#else
    return (a & UINT32_MAX) * (uint64_t)b;
#endif
}

/* Bit i: whether lane i of a is above b. */
static inline uint64_t
vector_above(vector_doubles a, double b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)a, _mm512_set1_pd(b), _CMP_GT_OQ);
#elif defined(__AVX2__)
    return (uint64_t)_mm256_movemask_pd(
        _mm256_cmp_pd((__m256d)a, _mm256_set1_pd(b), _CMP_GT_OQ));
#elif defined(__SSE2__)
    return (uint64_t)_mm_movemask_pd(_mm_cmpgt_pd((__m128d)a, _mm_set1_pd(b)));
#else
    return (uint64_t)(a[0] > b) | (uint64_t)(a[1] > b) << 1;
#endif
}

#endif /* RIP_SRC_RANDOM_VECTOR_H */
