/*
 * Fuzz target of the CSV readers: bytes up to the first 0x1e are accounts.csv, the rest
 * is positions.csv. Whatever they hold, the readers refuse it or give holdings that
 * keep the promises of io/holdings.h.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/holdings.h"

#define SEPARATOR 0x1e

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(int promise)
{
    if (!promise) {
        abort();
    }
}

static void
check_holdings(const rip_holdings *holdings, size_t n_asset)
{
    size_t next = 0;

    expect(holdings->n_account > 0);
    for (size_t i = 0; i < holdings->n_account; i++) {
        const rip_holdings_account *account = &holdings->account[i];
        expect(account->id[0] != '\0' && account->weight > 0.0);
        expect(isfinite(account->balance_usd) && !(account->leverage <= 0.0));
        expect(account->first_position == next);
        next += account->n_position;
        for (size_t k = 0; k < account->n_stop; k++) {
            const rip_holdings_stop *stop = &holdings->stop[account->first_stop + k];
            expect(stop->asset < n_asset && stop->price_usd > 0.0);
        }
    }
    expect(next == holdings->n_position);
    for (size_t i = 0; i < holdings->n_position; i++) {
        const rip_holdings_position *held = &holdings->position[i];
        expect(held->account < holdings->n_account && held->asset < n_asset);
        expect(isfinite(held->quantity) && !(held->entry_usd <= 0.0));
        expect(held->quantity > 0.0 || held->quantity < 0.0);
        expect(held->kind < RIP_N_KIND && !(held->margin <= 0.0));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rip_asset asset[] = {{.symbol = "BTC"}, {.symbol = "ETH"}};
    const rip_market_spec market = {.n_asset = 2, .asset = asset};
    rip_holdings holdings = {0};
    rip_error error = {0};
    const uint8_t *cut = size > 0 ? memchr(data, SEPARATOR, size) : NULL;
    const size_t n_first = cut != NULL ? (size_t)(cut - data) : size;
    const size_t n_second = cut != NULL ? size - n_first - 1 : 0;
    const char *text = size > 0 ? (const char *)data : "";

    rip_status first =
        rip_csv_parse(&holdings.accounts, "accounts.csv", text, n_first, &error);
    rip_status second = rip_csv_parse(&holdings.positions, "positions.csv",
                                      text + size - n_second, n_second, &error);
    if (first == RIP_OK && second == RIP_OK) {
        first = rip_holdings_from_files(&holdings, &market, &error);
    }
    if (first == RIP_OK && second == RIP_OK) {
        expect(error.n_total == 0);
        check_holdings(&holdings, market.n_asset);
    } else {
        expect(error.n_total > 0);
    }
    rip_holdings_free(&holdings);
    rip_error_free(&error);
    return 0;
}
