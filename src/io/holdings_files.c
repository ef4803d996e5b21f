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
#define MANY_LINES 20 /* problems from which on no near id is searched for */

enum { ID, MODE, WEIGHT, BALANCE, LEVERAGE, TOP_UP, N_ACCOUNT_KEY };
enum {
    OWNER,
    SYMBOL,
    KIND,
    QUANTITY,
    ENTRY,
    POSITION_LEVERAGE,
    MARGIN,
    POSITION_TOP_UP,
    N_POSITION_KEY
};

static const char *const account_keys[N_ACCOUNT_KEY] = {
    "id", "mode", "weight", "balance", "leverage", "top_up"};
static const char *const position_keys[N_POSITION_KEY] = {
    "account", "symbol", "kind", "quantity", "entry", "leverage", "margin", "top_up"};

static rip_top_up
top_up_of(const char *word)
{
    char copy[RIP_CSV_MAX_FIELD + 1];
    rip_node node = {.kind = RIP_NODE_SCALAR, .text = copy};

    if (word == NULL) {
        return rip_words_top_up(NULL);
    }
    (void)snprintf(copy, sizeof(copy), "%s", word);
    return rip_words_top_up(&node);
}

static bool
read_account(const rip_holdings_table *self, size_t row, rip_holdings_account *account)
{
    const char *id, *mode, *top_up;
    /* Every cell is looked at, so that all problems of a row are said. */
    bool good = rip_holdings_table_word(self, ID, row, &id);

    *account = (rip_holdings_account){.mode = RIP_MODE_ISOLATED};
    good = rip_holdings_table_word(self, MODE, row, &mode) && good;
    good = rip_holdings_table_number(self, WEIGHT, row, &account->weight) && good;
    good = rip_holdings_table_number(self, BALANCE, row, &account->balance_usd) && good;
    good = rip_holdings_table_number(self, LEVERAGE, row, &account->leverage) && good;
    good = rip_holdings_table_word(self, TOP_UP, row, &top_up) && good;
    if (!good) {
        return false;
    }
    (void)snprintf(account->id, sizeof(account->id), "%s", id);
    if (mode != NULL) {
        account->mode = rip_words_mode(mode);
    }
    account->has_top_up = top_up != NULL;
    account->top_up = top_up_of(top_up);
    return true;
}

/* "no asset XBT in market.assets (did you mean BTC?)" */
static rip_status
refuse_symbol(const rip_holdings_table *file, size_t row, size_t column,
              const char *symbol, const rip_market_spec *market)
{
    const char *nearest = NULL;
    char quoted[RIP_REPORT_QUOTE];
    size_t best = 0;

    for (size_t i = 0; i < market->n_asset; i++) {
        size_t distance;
        if (rip_field_is_near(symbol, market->asset[i].symbol, &distance) &&
            (nearest == NULL || distance < best)) {
            nearest = market->asset[i].symbol;
            best = distance;
        }
    }
    rip_report_quote(symbol, quoted);
    return rip_csv_report(file->csv, row, column, file->error,
                          "%s: no asset %s in market.assets%s%s%s",
                          row > 0 ? rip_csv_text(file->csv, 0, column) : "stop_loss",
                          quoted, nearest != NULL ? " (did you mean " : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "?)" : "");
}

/* The stop orders of one column, stop_loss.SYMBOL, are found by asset. */
static rip_status
find_stop_columns(const rip_holdings_table *self, const rip_market_spec *market,
                  size_t *asset)
{
    rip_status status = RIP_OK;

    for (size_t j = 0; j < self->csv->n_column; j++) {
        const char *name = rip_csv_text(self->csv, 0, j);
        asset[j] = ABSENT;
        if (strncmp(name, STOPS, strlen(STOPS)) != 0) {
            continue;
        }
        asset[j] = rip_market_find(market, name + strlen(STOPS));
        if (asset[j] == market->n_asset) {
            status = refuse_symbol(self, 0, j, name + strlen(STOPS), market);
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

/* Room for every cell below a column stop_loss.SYMBOL that holds something. */
static rip_status
make_stops(rip_holdings *self, const rip_holdings_table *file, const size_t *asset)
{
    size_t n = 0;

    for (size_t j = 0; j < file->csv->n_column; j++) {
        for (size_t i = 1; asset[j] != ABSENT && i < file->csv->n_row; i++) {
            n += rip_csv_text(file->csv, i, j)[0] != '\0';
        }
    }
    self->stop = calloc(n + 1, sizeof(*self->stop));
    return self->stop != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

static rip_status
read_accounts(rip_holdings *self, const rip_market_spec *market, rip_error *error)
{
    rip_holdings_table file = {.csv = &self->accounts,
                               .error = error,
                               .n_key = N_ACCOUNT_KEY,
                               .key = account_keys,
                               .later = "balances positions",
                               .prefix = STOPS};
    rip_status status = RIP_OK;
    bool good = true;
    size_t *asset = calloc(file.csv->n_column, sizeof(*asset));

    self->n_account = file.csv->n_row - 1;
    self->account = calloc(self->n_account + 1, sizeof(*self->account));
    if (asset == NULL || self->account == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    for (size_t k = 0; k < N_ACCOUNT_KEY; k++) {
        rip_holdings_table_take(&file, k, rip_schema_account_fields, account_keys[k]);
    }
    file.field[BALANCE].flags |= RIP_FIELD_REQUIRED;
    RIP_TRY(rip_holdings_table_begin(&file));
    RIP_TRY(find_stop_columns(&file, market, asset));
    RIP_TRY(make_stops(self, &file, asset));
    if (self->n_account == 0) {
        status = rip_csv_report(file.csv, 0, 0, error, "no accounts below the header");
        goto out;
    }
    for (size_t i = 0; i < self->n_account; i++) {
        good = read_account(&file, i + 1, &self->account[i]) && good;
        good = read_stops(self, &file, i, asset) && good;
    }
    status = good ? RIP_OK : RIP_ERR_DATA;
out:
    free(asset);
    return status;
}

static int
compare_ids(const void *a, const void *b, void *holdings)
{
    const rip_holdings *self = holdings;
    const size_t i = *(const size_t *)a, j = *(const size_t *)b;
    const int order = strcmp(self->account[i].id, self->account[j].id);

    return order != 0 ? order : (i > j) - (i < j);
}

/* Refuses ids that appear twice. order[n_account] becomes the accounts by id. */
static rip_status
sort_ids(const rip_holdings *self, size_t *order, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_holdings borrowed = *self; /* qsort_r takes no const */

    for (size_t i = 0; i < self->n_account; i++) {
        order[i] = i;
    }
    qsort_r(order, self->n_account, sizeof(*order), compare_ids, &borrowed);
    for (size_t i = 1; i < self->n_account; i++) {
        const char *id = self->account[order[i]].id;
        if (strcmp(id, self->account[order[i - 1]].id) == 0) {
            status = rip_holdings_refuse_account(
                self, order[i], "id", error,
                "%s is said twice (each id once; first in line %zu)", id,
                order[i - 1] + 2);
        }
    }
    return status;
}

/* The account of an id, or n_account. */
static size_t
find_id(const rip_holdings *self, const size_t *order, const char *id)
{
    size_t low = 0, high = self->n_account;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int side = strcmp(self->account[order[middle]].id, id);
        if (side == 0) {
            return order[middle];
        }
        low = side < 0 ? middle + 1 : low;
        high = side < 0 ? high : middle;
    }
    return self->n_account;
}

static bool
refuse_owner(const rip_holdings *self, const rip_holdings_table *file, size_t row,
             const char *id)
{
    const size_t j = file->column[OWNER];
    char quoted[RIP_REPORT_QUOTE];
    const char *nearest = NULL;
    size_t best = 0;

    rip_report_quote(id, quoted);
    for (size_t i = 0; i < self->n_account && file->error->n_total < MANY_LINES; i++) {
        size_t distance;
        if (rip_field_is_near(id, self->account[i].id, &distance) &&
            (nearest == NULL || distance < best)) {
            nearest = self->account[i].id;
            best = distance;
        }
    }
    if (nearest != NULL) {
        (void)rip_csv_report(file->csv, row, j, file->error,
                             "account: %s is not in %s (did you mean %s?)", quoted,
                             self->accounts.name, nearest);
        return false;
    }
    (void)rip_csv_report(file->csv, row, j, file->error, "account: %s is not in %s",
                         quoted, self->accounts.name);
    return false;
}

/* Who holds it, and what. Files are often sorted: the last owner is tried first. */
static bool
find_names(const rip_holdings *self, const rip_holdings_table *file,
           const size_t *order, const rip_market_spec *market,
           rip_holdings_position *held)
{
    const char *owner, *symbol;
    bool good = rip_holdings_table_word(file, OWNER, held->row, &owner);

    if (good && strcmp(self->account[held->account].id, owner) != 0) {
        held->account = find_id(self, order, owner);
        if (held->account == self->n_account) {
            good = refuse_owner(self, file, held->row, owner);
        }
    }
    if (!rip_holdings_table_word(file, SYMBOL, held->row, &symbol)) {
        return false;
    }
    held->asset = (uint32_t)rip_market_find(market, symbol);
    if (held->asset == market->n_asset) {
        (void)refuse_symbol(file, held->row, file->column[SYMBOL], symbol, market);
        return false;
    }
    return good;
}

static bool
read_position(const rip_holdings_table *file, rip_holdings_position *held)
{
    const char *kind, *top_up;
    bool good = rip_holdings_table_word(file, KIND, held->row, &kind);

    good =
        rip_holdings_table_number(file, QUANTITY, held->row, &held->quantity) && good;
    good = rip_holdings_table_number(file, ENTRY, held->row, &held->entry_usd) && good;
    good = rip_holdings_table_number(file, POSITION_LEVERAGE, held->row,
                                     &held->leverage) &&
           good;
    good =
        rip_holdings_table_number(file, MARGIN, held->row, &held->margin_usd) && good;
    good = rip_holdings_table_word(file, POSITION_TOP_UP, held->row, &top_up) && good;
    if (!good) {
        return false;
    }
    held->kind = rip_words_kind(kind);
    held->has_top_up = top_up != NULL;
    held->top_up = top_up_of(top_up);
    return true;
}

static rip_status
read_rows(rip_holdings *self, const rip_holdings_table *file, const size_t *order,
          const rip_market_spec *market)
{
    size_t owner = 0;
    bool good = true;

    for (size_t i = 0; i < self->n_position; i++) {
        rip_holdings_position *held = &self->position[i];
        *held = (rip_holdings_position){.row = i + 1, .account = owner};
        good = find_names(self, file, order, market, held) && good;
        good = read_position(file, held) && good;
        owner = held->account < self->n_account ? held->account : 0;
    }
    return good ? RIP_OK : RIP_ERR_DATA;
}

/* Positions by account, each account's in the order of the file. */
static rip_status
group_positions(rip_holdings *self)
{
    rip_holdings_position *grouped = calloc(self->n_position + 1, sizeof(*grouped));
    size_t next = 0;

    if (grouped == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->n_position; i++) {
        self->account[self->position[i].account].n_position++;
    }
    for (size_t i = 0; i < self->n_account; i++) {
        self->account[i].first_position = next;
        next += self->account[i].n_position;
        self->account[i].n_position = 0;
    }
    for (size_t i = 0; i < self->n_position; i++) {
        rip_holdings_account *owner = &self->account[self->position[i].account];
        grouped[owner->first_position + owner->n_position++] = self->position[i];
    }
    free(self->position);
    self->position = grouped;
    return RIP_OK;
}

static rip_status
read_positions(rip_holdings *self, const size_t *order, const rip_market_spec *market,
               rip_error *error)
{
    rip_holdings_table file = {.csv = &self->positions,
                               .error = error,
                               .n_key = N_POSITION_KEY,
                               .key = position_keys,
                               .later = "margin_mode expiry type strike settlement "
                                        "implied_volatility"};
    rip_status status = RIP_OK;

    rip_holdings_table_take(&file, OWNER, rip_schema_account_fields, "id");
    for (size_t k = OWNER + 1; k < N_POSITION_KEY; k++) {
        rip_holdings_table_take(&file, k, rip_schema_position_fields, position_keys[k]);
    }
    RIP_TRY(rip_holdings_table_begin(&file));
    self->n_position = file.csv->n_row - 1;
    self->position = calloc(self->n_position + 1, sizeof(*self->position));
    if (self->position == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    RIP_TRY(read_rows(self, &file, order, market));
    status = group_positions(self);
out:
    return status;
}

rip_status
rip_holdings_from_files(rip_holdings *self, const rip_market_spec *market,
                        rip_error *error)
{
    rip_status status = RIP_OK;
    size_t *order = NULL;

    RIP_TRY(read_accounts(self, market, error));
    order = calloc(self->n_account + 1, sizeof(*order));
    if (order == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    RIP_TRY(sort_ids(self, order, error));
    status = read_positions(self, order, market, error);
out:
    free(order);
    return status;
}
