/*
 * market/diffusion.h -- correlated Gaussian log increments.                  floor 3.2
 *
 * The step that every model is built from:
 *
 *     dx = (drift - volatility^2 / 2) dt + stress_drift / n_step
 *          + volatility sqrt(dt) m y,    y = F z
 *
 * z independent standard normals of the address (seed, path, step, purpose), number f
 * for asset f; F the market's factor, so that y has its correlation; m a
 * mixing variable with E m^2 = 1, or 1. With m = 1, E S(t) = S(0) exp(drift t).
 *
 * A diffusion is read-only and shared by threads.
 */
#ifndef RIP_MARKET_DIFFUSION_H
#define RIP_MARKET_DIFFUSION_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/market/market.h"
#include "riptide/market/panel.h"
#include "riptide/random/stream.h"

typedef struct rip_diffusion {
    uint64_t seed;
    rip_purpose purpose;
    size_t n_asset;
    double *drift;  /* [n_asset] owned; of one step, the part that is not random */
    double *scale;  /* [n_asset] owned; volatility sqrt(dt) */
    double *factor; /* owned; rows times scale, in the blocks of diffusion_kernel.h */
} rip_diffusion;

/* Errors: RIP_ERR_NO_MEMORY. Whatever it returns, self may be freed. */
RIP_NODISCARD rip_status rip_diffusion_init(rip_diffusion *self, uint64_t seed,
                                            rip_purpose purpose,
                                            const rip_market *market, size_t n_step,
                                            double step_years);
/* The same with drift 0 and scale 1: steps are the correlated normals y themselves. */
RIP_NODISCARD rip_status rip_diffusion_init_normals(rip_diffusion *self, uint64_t seed,
                                                    rip_purpose purpose,
                                                    const rip_market *market);
void rip_diffusion_free(rip_diffusion *self);

/* Bytes of scratch that a step needs, a multiple of 64. */
size_t rip_diffusion_scratch(const rip_diffusion *self);

/* Increments of one step of a panel; mixing[RIP_LANES] is m of each lane, or NULL. */
void rip_diffusion_step(const rip_diffusion *self, size_t step, const double *mixing,
                        rip_panel *panel, double *scratch);

#endif /* RIP_MARKET_DIFFUSION_H */
