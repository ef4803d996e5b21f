/*
 * engine/estimate.h -- from exact sums to means, errors and intervals.     floor 6.6
 *
 * The two halves of rip_estimates_init (engine/output.h): figures of single accounts
 * and of the population. With n paths, sum S1 and sum of squares S2 of a summand,
 *
 *     mean = S1 / n,    se = sqrt((S2 / n - mean^2) / (n - 1)),
 *
 * NaN for a single path, as are all ends of intervals: one path is a scenario, not a
 * probability. Probabilities of an account have Wilson intervals of their counts.
 * Shares of the population vary by path, which is the unit of error: their interval is
 * Wilson's with the effective number p (1 - p) / se^2 in place of n, at most n times
 * the number of accounts, as if all were independent. With no event at all, or nothing
 * but events, the bound is the exact one-sided one of n paths.
 */
#ifndef RIP_ENGINE_ESTIMATE_H
#define RIP_ENGINE_ESTIMATE_H

#include "riptide/base/status.h"
#include "riptide/engine/output.h"
#include "riptide/engine/quantile.h"
#include "riptide/engine/sums.h"

/* The array of a dataset, by group and name; asserts that the table has it. */
void *rip_estimate_array(const rip_estimates *self, const char *group,
                         const char *name);

/* Standard error of a mean over n from its sums [any unit]; NaN if n < 2. */
double rip_estimate_se(double n, double sum, double sum_square);

/*
 * The 99 % interval of a proportion from count among weight (the effective number) that
 * rest on n paths; NaN for a single path.
 */
void rip_estimate_proportion(double count, double weight, double n, double *lower,
                             double *upper);

/* The run's levels among n paths, an array for the caller to free. */
RIP_NODISCARD rip_status rip_estimate_levels(rip_quantile_level **level,
                                             const rip_run *run, uint64_t n);

/*
 * The cell of a fine bin (engine/fine.h) from its count and the sum of positions in it.
 */
rip_quantile_cell rip_estimate_cell(const rip_fine_zone *zone, size_t n, size_t bin,
                                    double count, double positions);

/* Fill the datasets of accounts and of the population, of each those of the group
   batches apart. */
RIP_NODISCARD rip_status rip_estimate_accounts(rip_estimates *self, const rip_run *run,
                                               const rip_sums *sums);
void rip_estimate_batches(rip_estimates *self, const rip_run *run,
                          const rip_sums *sums);
RIP_NODISCARD rip_status rip_estimate_population(rip_estimates *self,
                                                 const rip_run *run,
                                                 const rip_sums *sums);
void rip_estimate_population_batches(rip_estimates *self, const rip_run *run,
                                     const rip_sums *sums);

/* Fill what is known before any shock: equity, margins, breaches (DEF-1, DEF-5). */
RIP_NODISCARD rip_status rip_estimate_start(rip_estimates *self, const rip_run *run);

#endif /* RIP_ENGINE_ESTIMATE_H */
