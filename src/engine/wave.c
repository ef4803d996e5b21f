#include "riptide/engine/wave.h"

#include <stdlib.h>

#include "riptide/base/lanes.h"

#define WAVE_BYTES ((size_t)64 << 20) /* kept between two writes */

static size_t
bytes_per_path(const rip_run *run)
{
    const rip_outputs_spec *outputs = &run->outputs;
    const size_t n_mode = run->spec.n_mode, n_asset = run->market.n_asset;
    const size_t n_point = (rip_run_steps(run) + 1) * n_asset;
    return (outputs->losses ? n_mode * run->book.n_account * sizeof(float) : 0) +
           (outputs->system ? (n_mode + 1) * (24 + n_asset * sizeof(float)) : 0) +
           (outputs->keep_paths > 0 ? n_point * sizeof(double) : 0);
}

bool
rip_wave_is_kept(const rip_run *run)
{
    return bytes_per_path(run) > 0;
}

size_t
rip_wave_capacity(const rip_run *run)
{
    const size_t bytes = bytes_per_path(run);
    const size_t blocks = bytes > 0 ? WAVE_BYTES / (bytes * RIP_LANES) : 0;
    const uint64_t all = (run->spec.paths + RIP_LANES - 1) / RIP_LANES;
    const size_t least = blocks < 1 ? 1 : blocks;
    return (least < all ? least : (size_t)all) * RIP_LANES;
}

static rip_status
init_system(rip_wave *self, const rip_run *run)
{
    const size_t n_mode = run->spec.n_mode, n_asset = run->market.n_asset;
    const size_t n = self->stride;
    self->wiped_accounts = calloc(n_mode * n, sizeof(*self->wiped_accounts));
    self->total_loss = calloc(n_mode * n, sizeof(*self->total_loss));
    self->fund_draw = calloc(n_mode * n, sizeof(*self->fund_draw));
    self->liquidated_notional =
        calloc(n_mode * n * n_asset, sizeof(*self->liquidated_notional));
    self->market_return = calloc(n, sizeof(*self->market_return));
    self->market_drawdown = calloc(n, sizeof(*self->market_drawdown));
    self->asset_return = calloc(n * n_asset, sizeof(*self->asset_return));
    if (self->wiped_accounts == NULL || self->total_loss == NULL ||
        self->fund_draw == NULL || self->liquidated_notional == NULL ||
        self->market_return == NULL || self->market_drawdown == NULL ||
        self->asset_return == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

rip_status
rip_wave_init(rip_wave *self, const rip_run *run)
{
    const rip_outputs_spec *outputs = &run->outputs;
    const size_t n_point = (rip_run_steps(run) + 1) * run->market.n_asset;
    *self = (rip_wave){.stride = rip_wave_capacity(run)};
    if (outputs->losses) {
        self->loss = calloc(run->spec.n_mode * run->book.n_account * self->stride,
                            sizeof(*self->loss));
    }
    if (outputs->keep_paths > 0) {
        self->price = calloc(self->stride * n_point, sizeof(*self->price));
    }
    if ((outputs->losses && self->loss == NULL) ||
        (outputs->keep_paths > 0 && self->price == NULL)) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return outputs->system ? init_system(self, run) : RIP_OK;
}

void
rip_wave_free(rip_wave *self)
{
    free(self->loss);
    free(self->wiped_accounts);
    free(self->total_loss);
    free(self->fund_draw);
    free(self->liquidated_notional);
    free(self->market_return);
    free(self->market_drawdown);
    free(self->asset_return);
    free(self->price);
    *self = (rip_wave){0};
}

void
rip_wave_begin(rip_wave *self, const rip_run *run, uint64_t first_path, uint64_t end)
{
    const uint64_t last = end < run->spec.paths ? end : run->spec.paths;
    const uint64_t keep = run->outputs.keep_paths;
    self->first_path = first_path;
    self->n_path = (size_t)(last - first_path);
    self->n_price = keep <= first_path ? 0 : (size_t)(keep - first_path);
    self->n_price = self->n_price < self->n_path ? self->n_price : self->n_path;
}
