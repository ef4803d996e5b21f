/*
 * market/student_t.h -- log-returns with heavy tails.                        floor 4
 *
 * The diffusion of market/diffusion.h with Student's t innovations of dof > 2 degrees
 * of freedom, scaled to unit variance. The mixing variable
 *
 *     m = sqrt((dof - 2) / X),   X chi-square of dof degrees of freedom,  E m^2 = 1,
 *
 * is shared by all assets, so that m y is multivariate t with the given correlation:
 *
 *     step     one X a step
 *     period   one X in each period of period_steps steps; normal given X within it
 *     path     one X a path: the horizon's law is exactly multivariate t
 *
 * X is the quantile at a normal of the address (seed, path, step or period or 0,
 * RIP_PURPOSE_MIXING). With the mixing `asset`, t marginals are joined by the Gaussian
 * copula: each y becomes sqrt((dof - 2) / dof) times the t quantile at Phi(y), so the
 * rank correlation is the Gaussian one and tails are independent in the limit.
 *
 * exp(t) has no mean: the drift term is that of the normal law, by convention.
 */
#ifndef RIP_MARKET_STUDENT_T_H
#define RIP_MARKET_STUDENT_T_H

#include "riptide/market/shock.h"

extern const rip_shock_model rip_market_student_t;

#endif /* RIP_MARKET_STUDENT_T_H */
