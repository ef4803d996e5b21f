/*
 * market/gsl.h -- the shock models by GSL's own samplers (run.draws: gsl).   floor 4
 *
 * An independent and slow twin of the fast path with the same laws: one path after
 * another, gsl_ran_multivariate_gaussian for the correlated normals, gsl_ran_chisq for
 * the mixing variable, gsl_cdf_tdist_Pinv for the t copula. Every path consumes its own
 * stream (seed, path, RIP_PURPOSE_GSL) from the start, so results do not depend on
 * threads, shards or resumes; they use libm, so their bits are those of one machine.
 */
#ifndef RIP_MARKET_GSL_H
#define RIP_MARKET_GSL_H

#include "riptide/market/shock.h"

extern const rip_shock_model rip_market_gsl_gaussian;
extern const rip_shock_model rip_market_gsl_student_t;
extern const rip_shock_model rip_market_gsl_replay;

#endif /* RIP_MARKET_GSL_H */
