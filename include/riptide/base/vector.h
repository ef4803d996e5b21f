/*
 * base/vector.h -- one register of lanes, for kernels.                       floor 0
 *
 * Arithmetic by the vector extensions of gcc and clang, and the two operations that C
 * has no word for. The width is that of the level a kernel is being compiled for
 * (base/simd.h); lanes do not see each other, so it never shows in a result. Only for
 * kernels: elsewhere the types differ between files.
 */
#ifndef RIP_BASE_VECTOR_H
#define RIP_BASE_VECTOR_H

#include <stdint.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define RIP_VECTOR_WIDTH 8
#elif defined(__AVX2__)
#define RIP_VECTOR_WIDTH 4
#else
#define RIP_VECTOR_WIDTH 2
#endif

typedef uint64_t rip_vector_words __attribute__((vector_size(8 * RIP_VECTOR_WIDTH)));
typedef double rip_vector_doubles __attribute__((vector_size(8 * RIP_VECTOR_WIDTH)));
/* The same in memory, where rows of doubles have any alignment. */
typedef double rip_vector_stored
    __attribute__((vector_size(8 * RIP_VECTOR_WIDTH), aligned(8), may_alias));

/* The product of the low 32 bits of each lane with b. */
static inline rip_vector_words
rip_vector_product(rip_vector_words a, uint32_t b)
{
#if defined(__AVX512F__)
    return (rip_vector_words)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
    return (rip_vector_words)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#elif defined(__SSE2__)
    return (rip_vector_words)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(b));
#else
    return (a & UINT32_MAX) * (uint64_t)b;
#endif
}

/* Bit i: whether lane i of a is above b. */
static inline uint64_t
rip_vector_above(rip_vector_doubles a, double b)
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

#endif /* RIP_BASE_VECTOR_H */
