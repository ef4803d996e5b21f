#include "riptide/market/prices.h"

#include <assert.h>

#include "riptide/market/prices_kernel.h"

bool
rip_prices_has_funding(const rip_market *market)
{
    bool paid = false;
    for (size_t a = 0; a < market->n_asset; a++) {
        paid = paid || market->asset[a].funding_rate != 0.0;
    }
    return paid && market->funding_interval_ms > 0;
}

void
rip_prices_form(const rip_market *market, rip_panel *panel)
{
    void (*const form_row)(const double *, double *) = RIP_SIMD_PICK(rip_prices_row);
    for (size_t a = 0; a < market->n_asset; a++) {
        double start[RIP_LANES];
        for (size_t i = 0; i < RIP_LANES; i++) {
            start[i] = market->asset[a].price_usd;
        }
        const double *before = start;
        for (size_t t = 0; t < panel->n_step; t++) {
            double *row = rip_panel_row(panel, t, a);
            form_row(before, row);
            before = row;
        }
    }
}

void
rip_prices_funding(const rip_market *market, uint64_t step_ms, const rip_panel *panel,
                   double *funding)
{
    static const double nothing[RIP_LANES];
    const uint64_t interval_ms = market->funding_interval_ms;
    const size_t n_asset = market->n_asset;
    assert(interval_ms > 0);
    for (size_t t = 0; t < panel->n_step; t++) {
        /* INS-3: the intervals that end in this step. */
        const uint64_t due =
            (t + 1) * step_ms / interval_ms - t * step_ms / interval_ms;
        for (size_t a = 0; a < n_asset; a++) {
            const double rate = (double)due * market->asset[a].funding_rate;
            const double *price = rip_panel_row(panel, t, a);
            double *index = funding + (t * n_asset + a) * RIP_LANES;
            const double *before = t > 0 ? index - n_asset * RIP_LANES : nothing;
            for (size_t i = 0; i < RIP_LANES; i++) {
                index[i] = before[i] + rate * price[i];
            }
        }
    }
}
