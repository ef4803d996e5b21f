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
enum {
    OWNER,
    SYMBOL,
    KIND,
    QUANTITY,
    ENTRY,
    POSITION_LEVERAGE,
    MARGIN,
    MARGIN_MODE,
    POSITION_TOP_UP,
    EXPIRY,
    TYPE,
    STRIKE,
    SETTLEMENT,
    IMPLIED_VOLATILITY,
    N_POSITION_KEY
};

static const char *const account_keys[N_ACCOUNT_KEY] = {
    "id", "mode", "weight", "balance", "leverage", "top_up"};
static const char *const position_keys[N_POSITION_KEY] = {
    "account",    "symbol",
    "kind",       "quantity",
    "entry",      "leverage",
    "margin",     "margin_mode",
    "top_up",     "expiry",
    "type",       "strike",
    "settlement", "implied_volatility"};

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
    const char *header = rip_csv_text(file->csv, 0, column);
    const bool is_balance = strncmp(header, BALANCES, strlen(BALANCES)) == 0;
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
                          row > 0 ? header : is_balance ? "balances" : "stop_loss",
                          quoted, nearest != NULL ? " (did you mean " : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "?)" : "");
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
            status = refuse_symbol(self, 0, j, symbol, market);
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

/* A word of an enum whose first, "", is that of an absent cell. */
static bool
read_word(const rip_holdings_table *file, size_t key, size_t row, size_t n,
          const char *const *list, size_t *index)
{
    const char *word;
    const bool good = rip_holdings_table_word(file, key, row, &word);

    *index = good && word != NULL ? rip_words_index(word, n, list) : 0;
    return good;
}

/* The keys of dated instruments. */
static bool
read_terms(const rip_holdings_table *file, rip_holdings_position *held)
{
    size_t type, settlement;
    bool good = rip_holdings_table_duration(file, EXPIRY, held->row, &held->expiry_ms);

    good = read_word(file, TYPE, held->row, 3, rip_words_option_type, &type) && good;
    good =
        rip_holdings_table_number(file, STRIKE, held->row, &held->strike_usd) && good;
    good =
        read_word(file, SETTLEMENT, held->row, 3, rip_words_settlement, &settlement) &&
        good;
    good = rip_holdings_table_number(file, IMPLIED_VOLATILITY, held->row,
                                     &held->implied_volatility) &&
           good;
    held->type = (rip_option_type)type;
    held->settlement = (rip_settlement)settlement;
    return good;
}

static bool
read_position(const rip_holdings_table *file, rip_holdings_position *held)
{
    const char *kind, *top_up, *mode;
    bool good = rip_holdings_table_word(file, KIND, held->row, &kind);

    good =
        rip_holdings_table_number(file, QUANTITY, held->row, &held->quantity) && good;
    good = rip_holdings_table_number(file, ENTRY, held->row, &held->entry_usd) && good;
    good = rip_holdings_table_number(file, POSITION_LEVERAGE, held->row,
                                     &held->leverage) &&
           good;
    good = rip_holdings_table_number(file, MARGIN, held->row, &held->margin) && good;
    good = rip_holdings_table_word(file, MARGIN_MODE, held->row, &mode) && good;
    good = rip_holdings_table_word(file, POSITION_TOP_UP, held->row, &top_up) && good;
    good = read_terms(file, held) && good;
    if (!good) {
        return false;
    }
    held->kind = rip_words_kind(kind);
    held->margin_mode = mode != NULL ? rip_words_mode(mode) : RIP_N_MODE;
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
                               .key = position_keys};
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
