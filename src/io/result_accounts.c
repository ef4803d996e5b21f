#include <math.h>
#include <stdlib.h>

#include "riptide/io/result_parts.h"

/* Columns are put together here, one at a time. */
typedef struct table {
    const rip_book *book;
    const rip_market *market;
    rip_h5_group group;
    const char *axis;
    size_t n_row;
    union {
        void *raw;
        double *number;
        uint32_t *count;
        const char **text;
    } column; /* owned; [n_row] of 8 bytes */
} table;

static rip_status
begin(table *self, const rip_result *result, const char *path, const char *axis,
      size_t n_row)
{
    *self = (table){.book = &result->source.run->book,
                    .market = &result->source.run->market,
                    .axis = axis,
                    .n_row = n_row};
    self->column.raw = calloc(n_row + 1, sizeof(double));
    if (self->column.raw == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return rip_h5_group_begin(&self->group, rip_image_file(result->image), path,
                              result->deflate);
}

static void
end(table *self)
{
    rip_h5_group_end(&self->group);
    free(self->column.raw);
}

static rip_status
put(const table *self, const char *name, const char *unit, const char *doc,
    rip_h5_type type)
{
    const rip_h5_dataset what = {.name = name,
                                 .unit = unit,
                                 .doc = doc,
                                 .type = type,
                                 .n_dim = 1,
                                 .dim = {self->axis}};
    return rip_h5_put(&self->group, &what, self->column.raw);
}

/* Coins in the wallets [account, asset], if there are any. */
static rip_status
put_coins(table *to, const rip_result *result)
{
    const rip_h5_dataset what = {.name = "balance_coin",
                                 .unit = "1",
                                 .doc = "Coins of each asset in the wallet",
                                 .type = RIP_H5_F64,
                                 .n_dim = 2,
                                 .dim = {to->axis, "asset"}};
    const rip_book *book = to->book;
    const size_t n_asset = to->market->n_asset;
    rip_status status = RIP_OK;
    double *amount = NULL;

    if (book->n_coin == 0) {
        return RIP_OK;
    }
    amount = calloc(book->n_account * n_asset, sizeof(*amount));
    if (amount == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < book->n_account; i++) {
        const rip_account *account = &book->account[i];
        for (size_t k = 0; k < account->n_coin; k++) {
            const rip_coin *coin = &book->coin[account->first_coin + k];
            amount[i * n_asset + coin->asset] = coin->amount;
        }
    }
    RIP_TRY(rip_result_axis(result, &to->group, RIP_DIM_ASSET, 0));
    status = rip_h5_put(&to->group, &what, amount);
out:
    free(amount);
    return status;
}

rip_status
rip_result_accounts(const rip_result *self)
{
    const rip_account *account = self->source.run->book.account;
    const size_t n = self->source.run->book.n_account;
    rip_status status = RIP_OK;
    table to = {0};

    RIP_TRY(begin(&to, self, "accounts", "account", n));
    RIP_TRY(rip_result_axis(self, &to.group, RIP_DIM_ACCOUNT, 0));
    for (size_t i = 0; i < n; i++) {
        to.column.number[i] = account[i].wallet_usd;
    }
    RIP_TRY(put(&to, "balance", "USD", "Balance before any spot purchase", RIP_H5_F64));
    for (size_t i = 0; i < n; i++) {
        to.column.number[i] = account[i].weight;
    }
    RIP_TRY(put(&to, "weight", "1", "Real accounts it stands for", RIP_H5_F64));
    for (size_t i = 0; i < n; i++) {
        to.column.text[i] = rip_mode_name(account[i].mode);
    }
    RIP_TRY(put(&to, "mode", "1", "Its own margin mode", RIP_H5_TEXT));
    for (size_t i = 0; i < n; i++) {
        to.column.count[i] = (uint32_t)account[i].n_position;
    }
    RIP_TRY(put(&to, "positions", "1", "Number of its positions", RIP_H5_U32));
    status = put_coins(&to, self);
out:
    end(&to);
    return status;
}

static const char *
symbol(const table *to, const rip_position *held)
{
    return to->market->asset[held->asset].symbol;
}

static const char *
kind(const table *to, const rip_position *held)
{
    (void)to;
    return rip_book_kind_name(held->kind);
}

static const char *
top_up(const table *to, const rip_position *held)
{
    static const char *const rule[] = {"none", "to_maintenance", "to_initial",
                                       "fraction"};

    (void)to;
    return rule[held->top_up.rule];
}

static const char *
settlement(const table *to, const rip_position *held)
{
    return held->coin_settled ? symbol(to, held) : "USD";
}

static const char *
option_type(const table *to, const rip_position *held)
{
    (void)to;
    if (held->kind != RIP_KIND_OPTION) {
        return "";
    }
    return held->is_put ? "put" : "call";
}

static const char *
margin_mode(const table *to, const rip_position *held)
{
    (void)to;
    return rip_mode_name(held->margin_mode);
}

static rip_status
put_words(table *to)
{
    static const struct {
        const char *name, *doc;
        const char *(*text)(const table *to, const rip_position *held);
    } column[] = {
        {"symbol", "Symbol of its asset", symbol},
        {"kind", "Kind of instrument", kind},
        {"top_up", "Top-up policy of its bucket", top_up},
        {"settlement", "Currency it settles in", settlement},
        {"type", "Of an option: call or put", option_type},
        {"margin_mode", "Its mode in `mixed`", margin_mode},
    };
    const rip_book *book = to->book;
    rip_status status = RIP_OK;

    for (size_t a = 0; a < book->n_account; a++) {
        for (size_t k = 0; k < book->account[a].n_position; k++) {
            to->column.text[book->account[a].first_position + k] = book->account[a].id;
        }
    }
    RIP_TRY(put(to, "account", "1", "Id of its account", RIP_H5_TEXT));
    for (size_t c = 0; c < sizeof(column) / sizeof(column[0]); c++) {
        for (size_t i = 0; i < to->n_row; i++) {
            to->column.text[i] = column[c].text(to, &book->position[i]);
        }
        RIP_TRY(put(to, column[c].name, "1", column[c].doc, RIP_H5_TEXT));
    }
out:
    return status;
}

static double
expiry_hours(const rip_position *held)
{
    return held->expiry_ms > 0 ? (double)held->expiry_ms / 3600000.0 : NAN;
}

static double
strike(const rip_position *held)
{
    return held->kind == RIP_KIND_OPTION ? held->strike_usd : NAN;
}

static double
implied_volatility(const rip_position *held)
{
    return held->kind == RIP_KIND_OPTION ? held->implied_volatility : NAN;
}

/* The terms of dated instruments; NaN for the others. */
static rip_status
put_terms(table *to)
{
    static const struct {
        const char *name, *unit, *doc;
        double (*number)(const rip_position *held);
    } column[] = {
        {"expiry", "h", "Time to expiry at the start", expiry_hours},
        {"strike", "USD", "Strike of an option", strike},
        {"implied_volatility", "1", "Of an option at the start, stressed",
         implied_volatility},
    };
    rip_status status = RIP_OK;

    for (size_t c = 0; c < sizeof(column) / sizeof(column[0]); c++) {
        for (size_t i = 0; i < to->n_row; i++) {
            to->column.number[i] = column[c].number(&to->book->position[i]);
        }
        RIP_TRY(put(to, column[c].name, column[c].unit, column[c].doc, RIP_H5_F64));
    }
out:
    return status;
}

/* The numbers of a position, as offsets into it. */
static rip_status
put_numbers(table *to)
{
    static const struct {
        const char *name, *unit, *doc;
        size_t offset;
    } column[] = {
        {"quantity", "1", "Base units, of an inverse perpetual USD; signed",
         offsetof(rip_position, quantity)},
        {"entry", "USD", "Entry price", offsetof(rip_position, entry_usd)},
        {"leverage", "1", "Leverage", offsetof(rip_position, leverage)},
        {"margin", "USD", "Posted isolated margin in the settlement currency",
         offsetof(rip_position, bucket)},
        {"stop_loss", "USD", "Stop price", offsetof(rip_position, stop_usd)},
        {"top_up_fraction", "1", "Share of the first bucket added at a time",
         offsetof(rip_position, top_up.fraction)},
    };
    rip_status status = RIP_OK;

    for (size_t c = 0; c < sizeof(column) / sizeof(column[0]); c++) {
        for (size_t i = 0; i < to->n_row; i++) {
            to->column.number[i] =
                *(const double *)((const char *)&to->book->position[i] +
                                  column[c].offset);
        }
        RIP_TRY(put(to, column[c].name, column[c].unit, column[c].doc, RIP_H5_F64));
    }
    for (size_t i = 0; i < to->n_row; i++) {
        to->column.count[i] = to->book->position[i].top_up.times;
    }
    RIP_TRY(put(to, "top_up_times", "1", "Most top-ups of its bucket", RIP_H5_U32));
out:
    return status;
}

rip_status
rip_result_positions(const rip_result *self)
{
    static const rip_h5_dataset position = {.name = "position",
                                            .unit = "1",
                                            .doc = "Number of the position",
                                            .type = RIP_H5_U32,
                                            .n_dim = 1};
    const size_t n = self->source.run->book.n_position;
    rip_status status = RIP_OK;
    table to = {0};

    RIP_TRY(begin(&to, self, "positions", "position", n));
    for (size_t i = 0; i < n; i++) {
        to.column.count[i] = (uint32_t)i;
    }
    RIP_TRY(rip_h5_scale(&to.group, &position, n, to.column.raw));
    RIP_TRY(put_words(&to));
    RIP_TRY(put_terms(&to));
    RIP_TRY(put_numbers(&to));
out:
    end(&to);
    return status;
}
