#include "riptide/account/book.h"

#include <assert.h>
#include <stdlib.h>

#include "riptide/account/instrument.h"

void
rip_book_free(rip_book *self)
{
    free(self->account);
    free(self->position);
    free(self->coin);
    free(self->volatility);
    *self = (rip_book){0};
}

static int
compare_rows(const void *a, const void *b)
{
    const rip_volatility_row *left = a, *right = b;

    if (left->asset != right->asset) {
        return left->asset < right->asset ? -1 : 1;
    }
    if (left->expiry_ms != right->expiry_ms) {
        return left->expiry_ms < right->expiry_ms ? -1 : 1;
    }
    return (left->volatility > right->volatility) -
           (left->volatility < right->volatility);
}

static rip_volatility_row
row_of(const rip_position *held)
{
    return (rip_volatility_row){.asset = held->asset,
                                .expiry_ms = held->expiry_ms,
                                .volatility = held->implied_volatility};
}

/* Sorted rows without their repetitions; returns how many are left. */
static size_t
keep_distinct(rip_volatility_row *row, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare_rows(&row[kept - 1], &row[i]) != 0) {
            row[kept++] = row[i];
        }
    }
    return kept;
}

rip_status
rip_book_list_volatilities(rip_book *self)
{
    size_t n = 0;

    for (size_t i = 0; i < self->n_position; i++) {
        n += self->position[i].kind == RIP_KIND_OPTION;
    }
    self->volatility = calloc(n + 1, sizeof(*self->volatility));
    if (self->volatility == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->n_position; i++) {
        if (self->position[i].kind == RIP_KIND_OPTION) {
            self->volatility[self->n_volatility++] = row_of(&self->position[i]);
        }
    }
    qsort(self->volatility, n, sizeof(*self->volatility), compare_rows);
    self->n_volatility = keep_distinct(self->volatility, n);
    for (size_t i = 0; i < self->n_position; i++) {
        const rip_volatility_row key = row_of(&self->position[i]);
        if (self->position[i].kind == RIP_KIND_OPTION) {
            const rip_volatility_row *row =
                bsearch(&key, self->volatility, self->n_volatility,
                        sizeof(*self->volatility), compare_rows);
            self->position[i].volatility_row = (uint32_t)(row - self->volatility);
        }
    }
    return RIP_OK;
}

/* What a position that is not linear adds to net worth at time 0 [USD]. */
static double
start_value(const rip_position *held, const rip_asset *asset)
{
    const rip_instrument_view start = {.price_usd = asset->price_usd,
                                       .basis = asset->basis,
                                       .volatility = held->implied_volatility};
    return rip_instrument_value(held, held->quantity, &start) *
           rip_instrument_currency(held, asset->price_usd);
}

double
rip_book_net_worth(const rip_book *self, size_t account, const rip_asset *asset)
{
    assert(account < self->n_account);
    const rip_account *owner = &self->account[account];
    double worth_usd = owner->wallet_usd;

    for (size_t i = 0; i < owner->n_position; i++) {
        const rip_position *held = &self->position[owner->first_position + i];
        const double price_usd = asset[held->asset].price_usd;
        worth_usd += held->kind <= RIP_KIND_LINEAR_PERP
                         ? held->quantity * (price_usd - held->entry_usd)
                         : start_value(held, &asset[held->asset]);
    }
    for (size_t i = 0; i < owner->n_coin; i++) {
        const rip_coin *coin = &self->coin[owner->first_coin + i];
        worth_usd += coin->amount * asset[coin->asset].price_usd;
    }
    return worth_usd; /* DEF-1 */
}

double
rip_book_buckets(const rip_book *self, size_t account)
{
    assert(account < self->n_account);
    const rip_account *owner = &self->account[account];
    double sum_usd = 0.0;

    for (size_t i = 0; i < owner->n_position; i++) {
        const rip_position *held = &self->position[owner->first_position + i];
        sum_usd += held->coin_settled ? 0.0 : held->bucket;
    }
    return sum_usd;
}

bool
rip_book_is_linear(const rip_book *self, size_t account)
{
    const rip_account *owner = &self->account[account];

    if (owner->n_coin > 0) {
        return false;
    }
    for (size_t i = 0; i < owner->n_position; i++) {
        if (self->position[owner->first_position + i].kind > RIP_KIND_LINEAR_PERP) {
            return false;
        }
    }
    return true;
}

const char *
rip_book_kind_name(rip_kind kind)
{
    static const char *const name[RIP_N_KIND] = {"spot", "linear_perp", "inverse_perp",
                                                 "linear_future", "option"};

    assert(kind < RIP_N_KIND);
    return name[kind];
}
