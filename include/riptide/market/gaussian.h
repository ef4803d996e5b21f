/*
 * market/gaussian.h -- normal log-returns.                                    floor 4
 *
 * The diffusion of market/diffusion.h as it is: log increments of a step are jointly
 * normal with the market's correlation, and E S(t) = S(0) exp(drift t) exactly.
 */
#ifndef RIP_MARKET_GAUSSIAN_H
#define RIP_MARKET_GAUSSIAN_H

#include "riptide/market/shock.h"

extern const rip_shock_model rip_market_gaussian;

#endif /* RIP_MARKET_GAUSSIAN_H */
