/*
 * io/holdings_table.h -- a CSV file whose columns are keys of a field list.  floor 7.2
 *
 * Cells obey the same fields as values in a list of the configuration: the same ranges,
 * words, defaults and messages.
 */
#ifndef RIP_IO_HOLDINGS_TABLE_H
#define RIP_IO_HOLDINGS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/account/position.h"
#include "riptide/base/error.h"
#include "riptide/base/field.h"
#include "riptide/io/csv.h"
#include "riptide/market/market.h"

#define RIP_HOLDINGS_TABLE_ABSENT   SIZE_MAX
#define RIP_HOLDINGS_TABLE_MAX_KEYS 14

typedef struct rip_holdings_table {
    const rip_csv *csv; /* borrowed; row 0 is the header */
    rip_error *error;   /* borrowed */
    size_t n_key;
    const char *const *key; /* [n_key] */
    const char *later;      /* words: columns that must be empty so far */
    const char *prefix[2];  /* of columns that the caller looks up; NULL: none */
    rip_field field[RIP_HOLDINGS_TABLE_MAX_KEYS]; /* [n_key] what a cell may hold */
    size_t column[RIP_HOLDINGS_TABLE_MAX_KEYS];   /* [n_key] or ABSENT */
} rip_holdings_table;

/* Cells of key k hold what `key` of the list `fields`, which has it, may hold. */
void rip_holdings_table_take(rip_holdings_table *self, size_t k,
                             const rip_field *fields, const char *key);

/* Finds the columns; unknown, repeated and absent ones are reported. */
RIP_NODISCARD rip_status rip_holdings_table_begin(rip_holdings_table *self);

/*
 * The number in a row, its default, or NaN if it has none. False, and said, if the cell
 * is not allowed.
 */
bool rip_holdings_table_number(const rip_holdings_table *self, size_t k, size_t row,
                               double *value);
/* The duration in a row [ms], 0 if it has none. */
bool rip_holdings_table_duration(const rip_holdings_table *self, size_t k, size_t row,
                                 uint64_t *milliseconds);
/* The word or name in a row, its default, or NULL if it has none. */
bool rip_holdings_table_word(const rip_holdings_table *self, size_t k, size_t row,
                             const char **text);
/* A number in a column that the caller looked up; field and key are its. */
bool rip_holdings_table_cell(const rip_holdings_table *self, const rip_field *field,
                             size_t row, size_t column, double *value);

/* Whether the row has a top_up, by one of its words; what is wrong is said and makes
 *good false. */
bool rip_holdings_table_top_up(const rip_holdings_table *self, size_t k, size_t row,
                               rip_top_up *top_up, bool *good);

/* "LABEL: no asset XBT in market.assets (did you mean BTC?)" */
rip_status rip_holdings_table_refuse_symbol(const rip_holdings_table *self, size_t row,
                                            size_t column, const char *label,
                                            const char *symbol,
                                            const rip_market_spec *market);

#endif /* RIP_IO_HOLDINGS_TABLE_H */
