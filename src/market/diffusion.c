#include "riptide/market/diffusion.h"

#include <math.h>
#include <stdlib.h>

#include "riptide/market/diffusion_kernel.h"
#include "riptide/random/normal.h"

enum { BLOCK = RIP_DIFFUSION_BLOCK };

/* Entry (i, j) of the factor, times the row's scale, in the kernel's blocks. */
static void
lay_out_factor(rip_diffusion *self, const double *factor)
{
    const size_t n = self->n_asset;
    for (size_t i = 0; i < n; i++) {
        double *block = self->factor + i / BLOCK * BLOCK * n;
        for (size_t j = 0; j <= i; j++) {
            block[j * BLOCK + i % BLOCK] = self->scale[i] * factor[i * n + j];
        }
    }
}

static rip_status
allocate(rip_diffusion *self)
{
    const size_t n = self->n_asset;
    self->drift = calloc(n, sizeof(*self->drift));
    self->scale = calloc(n, sizeof(*self->scale));
    self->factor = calloc((n + BLOCK - 1) / BLOCK * BLOCK * n, sizeof(*self->factor));
    if (self->drift == NULL || self->scale == NULL || self->factor == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

rip_status
rip_diffusion_init(rip_diffusion *self, uint64_t seed, rip_purpose purpose,
                   const rip_market *market, size_t n_step, double step_years)
{
    rip_status status;
    *self =
        (rip_diffusion){.seed = seed, .purpose = purpose, .n_asset = market->n_asset};
    RIP_TRY(allocate(self));
    for (size_t i = 0; i < self->n_asset; i++) {
        const rip_asset *asset = &market->asset[i];
        const double variance = asset->volatility * asset->volatility;
        self->drift[i] = (asset->drift - 0.5 * variance) * step_years +
                         market->stress_drift[i] / (double)n_step;
        self->scale[i] = asset->volatility * sqrt(step_years);
    }
    lay_out_factor(self, market->factor);
out:
    return status;
}

rip_status
rip_diffusion_init_normals(rip_diffusion *self, uint64_t seed, rip_purpose purpose,
                           const rip_market *market)
{
    rip_status status;
    *self =
        (rip_diffusion){.seed = seed, .purpose = purpose, .n_asset = market->n_asset};
    RIP_TRY(allocate(self));
    for (size_t i = 0; i < self->n_asset; i++) {
        self->scale[i] = 1.0;
    }
    lay_out_factor(self, market->factor);
out:
    return status;
}

void
rip_diffusion_free(rip_diffusion *self)
{
    free(self->drift);
    free(self->scale);
    free(self->factor);
    *self = (rip_diffusion){0};
}

size_t
rip_diffusion_scratch(const rip_diffusion *self)
{
    return self->n_asset * RIP_LANES * sizeof(double);
}

void
rip_diffusion_step(const rip_diffusion *self, size_t step, const double *mixing,
                   rip_panel *panel, double *scratch)
{
    rip_normal_fill(self->seed, (uint32_t)step, panel->first_path,
                    rip_stream_purpose(self->purpose, 0), self->n_asset, scratch);
    rip_stopwatch_lap(panel->watch, RIP_STAGE_NORMALS);
    RIP_SIMD_PICK(rip_diffusion_rows)
    (self->n_asset, self->factor, self->drift, mixing, scratch,
     rip_panel_row(panel, step, 0));
    rip_stopwatch_lap(panel->watch, RIP_STAGE_SHOCKS);
}
