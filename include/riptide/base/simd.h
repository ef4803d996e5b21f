/*
 * base/simd.h -- which of the compiled SIMD levels is in use.                floor 0
 *
 * A kernel is one plain C file that src/meson.build compiles once per level, each time
 * with its own RIP_SIMD_SUFFIX (_baseline, _v3, _v4: the levels of the x86-64 psABI).
 * A kernel names what it exports by RIP_SIMD_NAME and everything else in it is static.
 * Levels differ in speed only: every operation is an IEEE 754 double or an integer, in
 * fixed order, without contraction. A caller chooses by RIP_SIMD_PICK:
 *
 *     void RIP_SIMD_NAME(rip_scale)(double *x) { ... }    in the kernel
 *
 *     RIP_SIMD_DECLARE(void, rip_scale, (double *x));     beside it
 *     RIP_SIMD_PICK(rip_scale)(x);                        in the caller
 */
#ifndef RIP_BASE_SIMD_H
#define RIP_BASE_SIMD_H

typedef enum rip_simd { RIP_SIMD_BASELINE = 0, RIP_SIMD_V3, RIP_SIMD_V4 } rip_simd;

/*
 * The best level that this processor has and that the environment variable
 * RIPTIDE_SIMD (baseline, v3 or v4; anything else is ignored) does not forbid. Decided
 * at the first call; any thread may ask.
 */
rip_simd rip_simd_level(void);

/* The level that a given value of RIPTIDE_SIMD (NULL: not set) leads to. */
rip_simd rip_simd_choose(const char *wanted);

/* "baseline", "v3" or "v4". */
const char *rip_simd_name(rip_simd level);

#define RIP_SIMD_PASTE_(name, suffix) name##suffix
#define RIP_SIMD_PASTE(name, suffix)  RIP_SIMD_PASTE_(name, suffix)

/* Inside a kernel: the name at the level it is being compiled for. */
#ifdef RIP_SIMD_SUFFIX
#define RIP_SIMD_NAME(name) RIP_SIMD_PASTE(name, RIP_SIMD_SUFFIX)
#endif

#ifdef __x86_64__
#define RIP_SIMD_DECLARE(type, name, parameters)                                       \
    type name##_baseline parameters;                                                   \
    type name##_v3 parameters;                                                         \
    type name##_v4 parameters
#define RIP_SIMD_DECLARE_OBJECT(type, name)                                            \
    extern type name##_baseline, name##_v3, name##_v4
#define RIP_SIMD_AT(level, name)                                                       \
    ((level) == RIP_SIMD_V4   ? name##_v4                                              \
     : (level) == RIP_SIMD_V3 ? name##_v3                                              \
                              : name##_baseline)
#define RIP_SIMD_OBJECT_AT(level, name)                                                \
    ((level) == RIP_SIMD_V4   ? &name##_v4                                             \
     : (level) == RIP_SIMD_V3 ? &name##_v3                                             \
                              : &name##_baseline)
#else
#define RIP_SIMD_DECLARE(type, name, parameters) type name##_baseline parameters
#define RIP_SIMD_DECLARE_OBJECT(type, name)      extern type name##_baseline
#define RIP_SIMD_AT(level, name)                 ((void)(level), name##_baseline)
#define RIP_SIMD_OBJECT_AT(level, name)          ((void)(level), &name##_baseline)
#endif

/* A function at the level in use; the address of an object. */
#define RIP_SIMD_PICK(name)        RIP_SIMD_AT(rip_simd_level(), name)
#define RIP_SIMD_PICK_OBJECT(name) RIP_SIMD_OBJECT_AT(rip_simd_level(), name)

#endif /* RIP_BASE_SIMD_H */
