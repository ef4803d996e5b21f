/*
 * numerics/statistics.h -- intervals for probabilities and quantiles.      floor 1.2
 *
 * Proportions (Wilson, Probable inference, JASA 22, 1927): with k of n and the
 * two-sided normal quantile z, the interval is all p with |k / n - p| <= z sqrt(p (1 -
 * p) / n),
 *
 *     (k + z^2 / 2 -+ z sqrt(k (n - k) / n + z^2 / 4)) / (n + z^2).
 *
 * With no event among n, p is at most 1 - (1 - c)^(1 / n) at the one-sided confidence
 * c; with events only, at least (1 - c)^(1 / n).
 *
 * Quantiles: between the order statistics of ranks l and u of n independent values lies
 * their quantile of level p with probability P(l <= B < u), B binomial (n, p), whatever
 * the law of the values (David and Nagaraja, Order Statistics, 2003, section 7.1).
 *
 * Example: 3 of 100000 at 99 %: 0.0000076 to 0.00012; 0 of 100000: at most 0.0000461.
 */
#ifndef RIP_NUMERICS_STATISTICS_H
#define RIP_NUMERICS_STATISTICS_H

#include <stdint.h>

#define RIP_Z99          2.5758293035489004 /* standard normal quantile of 0.995 */
#define RIP_CONFIDENCE99 0.99

/* Wilson's interval for count of n > 0 (both may be weighted, 0 <= count <= n). */
void rip_statistics_wilson(double count, double n, double z, double *lower,
                           double *upper);

/*
 * The 99 % interval of a proportion that results carry: Wilson's, or the one-sided
 * bound with none or all of n. n = 0 says nothing: 0 to 1.
 */
void rip_statistics_proportion(double count, double n, double *lower, double *upper);

/* The largest p (upper bound) with no event among n > 0, at a one-sided confidence. */
double rip_statistics_none_of(double n, double confidence);

/*
 * Ranks 0 <= *lower <= *upper <= n + 1 of an interval for the quantile of a level in
 * (0, 1) that covers it with at least the two-sided confidence, each side with at most
 * half of the rest. Rank 0 and n + 1 mean that there is no such bound. Exact, by
 * summing the binomial law from its mode, for any n below 2^53.
 */
void rip_statistics_ranks(uint64_t n, double level, double confidence, uint64_t *lower,
                          uint64_t *upper);

#endif /* RIP_NUMERICS_STATISTICS_H */
