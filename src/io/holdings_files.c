#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/base/field.h"
#include "riptide/io/holdings.h"
#include "riptide/io/holdings_table.h"
#include "riptide/io/report.h"
#include "riptide/io/schema.h"
#include "riptide/io/words.h"

#define ABSENT     RIP_HOLDINGS_TABLE_ABSENT
#define STOPS      "stop_loss."
#define BALANCES   "balances."
#define MANY_LINES 20 /* problems from which on no near id is searched for */

enum { ID, MODE, WEIGHT, BALANCE, LEVERAGE, TOP_UP, N_ACCOUNT_KEY };
static const char *const account_keys[N_ACCOUNT_KEY] = {
    "id", "mode", "weight", "balance", "leverage", "top_up"};
static bool
read_account(const rip_holdings_table *self, size_t row, rip_holdings_account *account)
{
    const char *id, *mode;
    /* Every cell is looked at, so that all problems of a row are said. */
    bool good = rip_holdings_table_word(self, ID, row, &id);

    *account = (rip_holdings_account){.mode = RIP_MODE_ISOLATED};
    good = rip_holdings_table_word(self, MODE, row, &mode) && good;
    good = rip_holdings_table_number(self, WEIGHT, row, &account->weight) && good;
    good = rip_holdings_table_number(self, BALANCE, row, &account->balance_usd) && good;
    good = rip_holdings_table_number(self, LEVERAGE, row, &account->leverage) && good;
    account->has_top_up =
        rip_holdings_table_top_up(self, TOP_UP, row, &account->top_up, &good);
    if (!good) {
        return false;
    }
    (void)snprintf(account->id, sizeof(account->id), "%s", id);
    if (mode != NULL) {
        account->mode = rip_words_mode(mode);
    }
    return true;
}

/* What a column named by a symbol is: its asset, USD, or neither. */
#define USD (SIZE_MAX - 1)

/* The columns PREFIX.SYMBOL are found by asset; of balances USD is one too. */
static rip_status
find_columns(const rip_holdings_table *self, const rip_market_spec *market,
             const char *prefix, size_t *asset)
{
    rip_status status = RIP_OK;

    for (size_t j = 0; j < self->csv->n_column; j++) {
        const char *name = rip_csv_text(self->csv, 0, j);
        const char *symbol = name + strlen(prefix);
        asset[j] = ABSENT;
        if (strncmp(name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        asset[j] = USD;
        if (strcmp(prefix, BALANCES) != 0 || strcmp(symbol, "USD") != 0) {
            asset[j] = rip_market_find(market, symbol);
        }
        if (asset[j] == market->n_asset) {
            status = rip_holdings_table_refuse_symbol(
                self, 0, j, strcmp(prefix, STOPS) == 0 ? "stop_loss" : "balances",
                symbol, market);
        }
    }
    return status;
}

static bool
read_stops(rip_holdings *self, const rip_holdings_table *file, size_t i,
           const size_t *asset)
{
    const rip_field *stops = rip_field_find(rip_schema_account_fields, "stop_loss");
    bool good = true;

    self->account[i].first_stop = self->n_stop;
    for (size_t j = 0; j < file->csv->n_column; j++) {
        double price_usd;
        if (asset[j] == ABSENT || rip_csv_text(file->csv, i + 1, j)[0] == '\0') {
            continue;
        }
        if (!rip_holdings_table_cell(file, stops->item, i + 1, j, &price_usd)) {
            good = false;
            continue;
        }
        self->stop[self->n_stop++] = (rip_holdings_stop){
            .asset = (uint32_t)asset[j], .price_usd = price_usd, .column = j};
    }
    self->account[i].n_stop = self->n_stop - self->account[i].first_stop;
    return good;
}

/* Balances by currency; those in USD go to the wallet, beside which there is no
   `balance`. */
static bool
read_balances(rip_holdings *self, const rip_holdings_table *file, size_t i,
              const size_t *asset)
{
    const rip_field *balances = rip_field_find(rip_schema_account_fields, "balances");
    rip_holdings_account *account = &self->account[i];
    bool good = true;

    account->first_coin = self->n_coin;
    for (size_t j = 0; j < file->csv->n_column; j++) {
        double amount;
        if (asset[j] == ABSENT || rip_csv_text(file->csv, i + 1, j)[0] == '\0') {
            continue;
        }
        if (!rip_holdings_table_cell(file, balances->item, i + 1, j, &amount)) {
            good = false;
        } else if (asset[j] != USD) {
            self->coin[self->n_coin++] =
                (rip_holdings_coin){.asset = (uint32_t)asset[j], .amount = amount};
        } else if (isnan(account->balance_usd)) {
            account->balance_usd = amount;
        } else {
            (void)rip_csv_report(file->csv, i + 1, j, file->error,
                                 "balances.USD: excludes balance (one of them)");
            good = false;
        }
    }
    account->n_coin = self->n_coin - account->first_coin;
    if (isnan(account->balance_usd)) {
        account->balance_usd = 0.0;
    }
    return good;
}

/* Cells below the columns asset[n_column] that hold something. */
static size_t
count_cells(const rip_holdings_table *file, const size_t *asset)
{
    size_t n = 0;

    for (size_t j = 0; j < file->csv->n_column; j++) {
        for (size_t i = 1; asset[j] != ABSENT && i < file->csv->n_row; i++) {
            n += rip_csv_text(file->csv, i, j)[0] != '\0';
        }
    }
    return n;
}

static bool
has_column(const rip_csv *csv, const char *prefix)
{
    bool found = false;

    for (size_t j = 0; j < csv->n_column; j++) {
        found = found || strncmp(rip_csv_text(csv, 0, j), prefix, strlen(prefix)) == 0;
    }
    return found;
}

/* The rows of accounts.csv; stop and balance say what the columns by symbol are. */
static rip_status
read_account_rows(rip_holdings *self, const rip_holdings_table *file,
                  const size_t *stop, const size_t *balance)
{
    bool good = true;

    self->stop = calloc(count_cells(file, stop) + 1, sizeof(*self->stop));
    self->coin = calloc(count_cells(file, balance) + 1, sizeof(*self->coin));
    if (self->stop == NULL || self->coin == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->n_account; i++) {
        good = read_account(file, i + 1, &self->account[i]) && good;
        good = read_stops(self, file, i, stop) && good;
        good = read_balances(self, file, i, balance) && good;
    }
    return good ? RIP_OK : RIP_ERR_DATA;
}

static rip_status
read_accounts(rip_holdings *self, const rip_market_spec *market, rip_error *error)
{
    rip_holdings_table file = {.csv = &self->accounts,
                               .error = error,
                               .n_key = N_ACCOUNT_KEY,
                               .key = account_keys,
                               .later = "positions",
                               .prefix = {BALANCES, STOPS}};
    rip_status status = RIP_OK;
    size_t *stop = calloc(file.csv->n_column, sizeof(*stop));
    size_t *balance = calloc(file.csv->n_column, sizeof(*balance));

    self->n_account = file.csv->n_row - 1;
    self->account = calloc(self->n_account + 1, sizeof(*self->account));
    if (stop == NULL || balance == NULL || self->account == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    for (size_t k = 0; k < N_ACCOUNT_KEY; k++) {
        rip_holdings_table_take(&file, k, rip_schema_account_fields, account_keys[k]);
    }
    if (!has_column(file.csv, BALANCES)) {
        file.field[BALANCE].flags |= RIP_FIELD_REQUIRED;
    }
    RIP_TRY(rip_holdings_table_begin(&file));
    RIP_TRY(find_columns(&file, market, STOPS, stop));
    RIP_TRY(find_columns(&file, market, BALANCES, balance));
    if (self->n_account == 0) {
        status = rip_csv_report(file.csv, 0, 0, error, "no accounts below the header");
        goto out;
    }
    status = read_account_rows(self, &file, stop, balance);
out:
    free(stop);
    free(balance);
    return status;
}

rip_status
rip_holdings_from_files(rip_holdings *self, const rip_market_spec *market,
                        rip_error *error)
{
    rip_status status = RIP_OK;

    RIP_TRY(read_accounts(self, market, error));
    status = rip_holdings_read_positions(self, market, error);
out:
    return status;
}
