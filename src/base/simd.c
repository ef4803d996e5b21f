#include "riptide/base/simd.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [RIP_SIMD_BASELINE] = "baseline", [RIP_SIMD_V3] = "v3", [RIP_SIMD_V4] = "v4"};

#ifdef __x86_64__
/* The features of the psABI's levels that the compiler may use for them. */
static rip_simd
best_of_processor(void)
{
    __builtin_cpu_init();
    if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
          __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
          __builtin_cpu_supports("popcnt"))) {
        return RIP_SIMD_BASELINE;
    }
    if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
          __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
          __builtin_cpu_supports("avx512vl"))) {
        return RIP_SIMD_V3;
    }
    return RIP_SIMD_V4;
}
#else
static rip_simd
best_of_processor(void)
{
    return RIP_SIMD_BASELINE;
}
#endif

rip_simd
rip_simd_choose(const char *wanted)
{
    const rip_simd best = best_of_processor();
    for (rip_simd level = RIP_SIMD_BASELINE; level < best; level++) {
        if (wanted != NULL && strcmp(wanted, names[level]) == 0) {
            return level;
        }
    }
    return best;
}

rip_simd
rip_simd_level(void)
{
    /* Threads that ask at the same time store the same answer. */
    static atomic_int known = -1;
    int level = atomic_load_explicit(&known, memory_order_relaxed);
    if (level < 0) {
        level = (int)rip_simd_choose(getenv("RIPTIDE_SIMD"));
        atomic_store_explicit(&known, level, memory_order_relaxed);
    }
    return (rip_simd)level;
}

const char *
rip_simd_name(rip_simd level)
{
    return names[level];
}
