/*
 * sweep/change.h -- the change of a figure between two runs on the same paths.
 *                                                                          floor 8.1
 * Two points of a sweep share their random numbers, so the difference of their
 * estimates is far more certain than each. Path p is in batch p mod 64; with S_b and
 * S'_b the sums of a figure over batch b at the point and at its baseline, and N and N'
 * their numbers of paths,
 *
 *     D   = sum of D_b,   D_b = S_b / N - S'_b / N'            the change
 *     V   = 64 / 63 * sum of (D_b - D w_b)^2                   its variance
 *
 * where w_b is the share of the paths that are in batch b. Means get D -+ t sqrt(V), t
 * the 0.995 quantile of Student's law with 63 degrees of freedom. (Batch means:
 * L. W. Schmeiser, Batch size effects in the analysis of simulation output, Operations
 * Research 30, 1982.)
 *
 * A probability moves by few, whole events: with jumps of size u / N the score interval
 * of a sum of rare events (as Wilson's of a proportion) replaces it,
 *
 *     D -+ (t^2 u / 2 + t sqrt(V N^2 + t^2 u^2 / 4)) / N,
 *     u = V N^2 / sum of |D_b N|, at most 1,
 *
 * which is wider for few events and the same for many. If no batch differs at all, the
 * bound with no event among N paths stands on both sides (statistics.h). Fewer than 64
 * paths have no interval.
 *
 * A figure without batches still has an interval at each point. Whatever the
 * dependence, the standard error of a difference is at most the sum of both, so that
 *
 *     lower - upper'  to  upper - lower'
 *
 * covers the change at least as often as each covers its own figure.
 *
 * Example: 640 paths, ten a batch; one event in each of batches 0 to 3 at the point and
 * none at the baseline: D = 0.00625, V N^2 = 3.8095, u = 0.95238, and the interval is
 * -0.00865 to 0.02115.
 */
#ifndef RIP_SWEEP_CHANGE_H
#define RIP_SWEEP_CHANGE_H

#include <stddef.h>
#include <stdint.h>

#define RIP_SWEEP_CHANGE_BATCHES 64

typedef struct rip_sweep_change {
    double value, lower, upper;
} rip_sweep_change;

/* A figure of one point, by batches. */
typedef struct rip_sweep_batches {
    double estimate;   /* sum of `sum` over n_path; NaN: there is none */
    const double *sum; /* [64] borrowed */
    uint64_t n_path;
} rip_sweep_batches;

/* The change of a mean, and of a probability or a share of accounts. */
rip_sweep_change rip_sweep_change_mean(const rip_sweep_batches *point,
                                       const rip_sweep_batches *baseline);
rip_sweep_change rip_sweep_change_share(const rip_sweep_batches *point,
                                        const rip_sweep_batches *baseline);

/* The same from the two intervals alone. */
rip_sweep_change rip_sweep_change_bound(const rip_sweep_change *point,
                                        const rip_sweep_change *baseline);

#endif /* RIP_SWEEP_CHANGE_H */
