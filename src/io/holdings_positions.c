#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/base/field.h"
#include "riptide/io/holdings.h"
#include "riptide/io/holdings_table.h"
#include "riptide/io/report.h"
#include "riptide/io/schema.h"
#include "riptide/io/words.h"

#define MANY_LINES 20 /* problems from which on no near id is searched for */

enum {
    OWNER,
    SYMBOL,
    KIND,
    QUANTITY,
    ENTRY,
    LEVERAGE,
    MARGIN,
    MARGIN_MODE,
    TOP_UP,
    EXPIRY,
    TYPE,
    STRIKE,
    SETTLEMENT,
    IMPLIED_VOLATILITY,
    N_POSITION_KEY
};

static const char *const position_keys[N_POSITION_KEY] = {
    "account",    "symbol",
    "kind",       "quantity",
    "entry",      "leverage",
    "margin",     "margin_mode",
    "top_up",     "expiry",
    "type",       "strike",
    "settlement", "implied_volatility"};

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
        (void)rip_holdings_table_refuse_symbol(file, held->row, file->column[SYMBOL],
                                               "symbol", symbol, market);
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
    const char *kind, *mode;
    bool good = rip_holdings_table_word(file, KIND, held->row, &kind);

    good =
        rip_holdings_table_number(file, QUANTITY, held->row, &held->quantity) && good;
    good = rip_holdings_table_number(file, ENTRY, held->row, &held->entry_usd) && good;
    good =
        rip_holdings_table_number(file, LEVERAGE, held->row, &held->leverage) && good;
    good = rip_holdings_table_number(file, MARGIN, held->row, &held->margin) && good;
    good = rip_holdings_table_word(file, MARGIN_MODE, held->row, &mode) && good;
    held->has_top_up =
        rip_holdings_table_top_up(file, TOP_UP, held->row, &held->top_up, &good);
    good = read_terms(file, held) && good;
    if (!good) {
        return false;
    }
    held->kind = rip_words_kind(kind);
    held->margin_mode = mode != NULL ? rip_words_mode(mode) : RIP_N_MODE;
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
rip_holdings_read_positions(rip_holdings *self, const rip_market_spec *market,
                            rip_error *error)
{
    rip_status status = RIP_OK;
    size_t *order = calloc(self->n_account + 1, sizeof(*order));

    if (order == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(sort_ids(self, order, error));
    status = read_positions(self, order, market, error);
out:
    free(order);
    return status;
}
