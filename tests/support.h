/* support.h -- what every test includes: cmocka and a comparison for double. */
#ifndef RIP_TESTS_SUPPORT_H
#define RIP_TESTS_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka's assert_float_equal compares as float; this compares as double. */
#define assert_close(got, want, rel_tol)                                               \
    do {                                                                               \
        const double got_ = (got), want_ = (want);                                     \
        if (!(fabs(got_ - want_) <= (rel_tol)*fmax(fabs(want_), 1e-300))) {            \
            fail_msg("%s = %.17g, want %.17g (rel %.1e)", #got, got_, want_,           \
                     (double)(rel_tol));                                               \
        }                                                                              \
    } while (0)

/* Absolute comparison, for values that may be zero. */
#define assert_near(got, want, abs_tol)                                                \
    do {                                                                               \
        const double got_ = (got), want_ = (want);                                     \
        if (!(fabs(got_ - want_) <= (abs_tol))) {                                      \
            fail_msg("%s = %.17g, want %.17g (abs %.1e)", #got, got_, want_,           \
                     (double)(abs_tol));                                               \
        }                                                                              \
    } while (0)

/* From now on the first n allocations succeed, the rest fail; n < 0 ends it. */
void support_fail_allocation(long n);

/* Zeroed memory of n elements, n >= 0, that must be there. */
void *support_room(size_t n, size_t size);

/* A fixed-seed uniform in (0, 1) for property tests: *state is advanced. */
double support_uniform(uint64_t *state);

#endif /* RIP_TESTS_SUPPORT_H */
