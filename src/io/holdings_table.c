#include "riptide/io/holdings_table.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "riptide/io/document.h"
#include "riptide/io/report.h"
#include "riptide/io/schema.h"
#include "riptide/io/words.h"

void
rip_holdings_table_take(rip_holdings_table *self, size_t k, const rip_field *fields,
                        const char *key)
{
    const rip_field *found = rip_field_find(fields, key);

    assert(found != NULL && k < RIP_HOLDINGS_TABLE_MAX_KEYS);
    self->field[k] = *found;
    self->field[k].forms &= ~(unsigned)(RIP_FIELD_MAP | RIP_FIELD_TABLE);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t
find_key(const rip_holdings_table *self, const char *name)
{
    size_t k = 0;

    while (k < self->n_key && strcmp(self->key[k], name) != 0) {
        k++;
    }
    return k;
}

/* The prefix that a name is without its point and symbol, or NULL. */
static const char *
bare_prefix(const rip_holdings_table *self, const char *name)
{
    for (size_t i = 0; i < 2 && self->prefix[i] != NULL; i++) {
        const size_t n = strlen(self->prefix[i]) - 1;
        if (strncmp(name, self->prefix[i], n) == 0 && name[n] == '\0') {
            return self->prefix[i];
        }
    }
    return NULL;
}

/* What is wrong with a name that is all but right; false if it is not. */
static bool
explain_column(const rip_holdings_table *self, const char *name, char *text)
{
    const size_t n = strlen(name);
    const char *prefix = bare_prefix(self, name);

    if (prefix != NULL) {
        (void)snprintf(text, RIP_SCHEMA_TEXT, "%sSYMBOL, a column a symbol", prefix);
        return true;
    }
    if (n == 0 || (!is_blank(name[0]) && !is_blank(name[n - 1]))) {
        return false;
    }
    (void)snprintf(text, RIP_SCHEMA_TEXT, "a blank stands %s the name",
                   is_blank(name[0]) ? "before" : "after");
    return true;
}

static rip_status
refuse_column(const rip_holdings_table *self, size_t j)
{
    const char *name = rip_csv_text(self->csv, 0, j);
    char quoted[RIP_REPORT_QUOTE], allowed[RIP_SCHEMA_TEXT] = "";
    const char *nearest = NULL;
    size_t best = 0, used = 0;

    rip_report_quote(name, quoted);
    if (explain_column(self, name, allowed)) {
        return rip_csv_report(self->csv, 0, j, self->error, "%s: unknown column (%s)",
                              quoted, allowed);
    }
    for (size_t k = 0; k < self->n_key; k++) {
        size_t distance;
        if (rip_field_is_near(name, self->key[k], &distance) &&
            (nearest == NULL || distance < best)) {
            nearest = self->key[k];
            best = distance;
        }
        used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s%s",
                                 k > 0 ? ", " : "", self->key[k]);
    }
    if (nearest != NULL) {
        return rip_csv_report(self->csv, 0, j, self->error,
                              "%s: unknown column (did you mean %s?)", quoted, nearest);
    }
    for (size_t i = 0; i < 2 && self->prefix[i] != NULL; i++) {
        used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, ", %sSYMBOL",
                                 self->prefix[i]);
    }
    return rip_csv_report(self->csv, 0, j, self->error,
                          "%s: unknown column (allowed: %s)", quoted, allowed);
}

static bool
is_repeated(const rip_csv *csv, size_t j)
{
    const char *name = rip_csv_text(csv, 0, j);

    for (size_t i = 0; i < j; i++) {
        if (strcmp(rip_csv_text(csv, 0, i), name) == 0) {
            return true;
        }
    }
    return false;
}

static bool
has_prefix(const rip_holdings_table *self, const char *text)
{
    bool found = false;

    for (size_t i = 0; i < 2; i++) {
        const char *prefix = self->prefix[i];
        found = found || (prefix != NULL && strncmp(text, prefix, strlen(prefix)) == 0);
    }
    return found;
}

/* Columns of instruments and modes that are to come: accepted while they are empty. */
static rip_status
check_later(const rip_holdings_table *self, size_t j)
{
    rip_status status = RIP_OK;

    for (size_t i = 1; i < self->csv->n_row; i++) {
        if (rip_csv_text(self->csv, i, j)[0] != '\0') {
            status =
                rip_csv_report(self->csv, i, j, self->error, "%s: not in this version",
                               rip_csv_text(self->csv, 0, j));
        }
    }
    return status;
}

rip_status
rip_holdings_table_begin(rip_holdings_table *self)
{
    const rip_csv *csv = self->csv;
    rip_status status = RIP_OK;
    char allowed[RIP_SCHEMA_TEXT];

    for (size_t k = 0; k < self->n_key; k++) {
        self->column[k] = RIP_HOLDINGS_TABLE_ABSENT;
    }
    for (size_t j = 0; j < csv->n_column; j++) {
        const char *name = rip_csv_text(csv, 0, j);
        const size_t k = find_key(self, name);
        if (is_repeated(csv, j)) {
            status = rip_csv_report(csv, 0, j, self->error,
                                    "%s: a second column of this name", name);
        } else if (k < self->n_key) {
            self->column[k] = j;
        } else if (rip_field_has_word(self->later, name)) {
            const rip_status later = check_later(self, j);
            status = later != RIP_OK ? later : status;
        } else if (!has_prefix(self, name)) {
            status = refuse_column(self, j);
        }
    }
    for (size_t k = 0; k < self->n_key; k++) {
        if (self->column[k] == RIP_HOLDINGS_TABLE_ABSENT &&
            (self->field[k].flags & RIP_FIELD_REQUIRED)) {
            rip_schema_describe(&self->field[k], allowed);
            status = rip_csv_report(csv, 0, csv->n_column, self->error,
                                    "%s: required column is absent (%s)", self->key[k],
                                    allowed);
        }
    }
    return status;
}

/* The slow way to a verdict on a cell: by the field list, which words the refusal. */
static bool
cell_is_allowed(const rip_holdings_table *self, const rip_field *field, size_t row,
                size_t column)
{
    const char *text = rip_csv_text(self->csv, row, column);
    rip_node node = {.kind = RIP_NODE_SCALAR};
    char why[2 * RIP_SCHEMA_TEXT], copy[RIP_CSV_MAX_FIELD + 1];

    (void)snprintf(copy, sizeof(copy), "%s", text);
    node.text = copy;
    if (rip_schema_allows(field, &node, why)) {
        return true;
    }
    (void)rip_csv_report(self->csv, row, column, self->error, "%s: %s",
                         rip_csv_text(self->csv, 0, column), why);
    return false;
}

/* A number inside its range without a look at the ends. */
static bool
is_inside(const rip_field *field, double number)
{
    return number > field->min && number < field->max &&
           (!(field->flags & RIP_FIELD_NONZERO) || number > 0.0 || number < 0.0);
}

bool
rip_holdings_table_cell(const rip_holdings_table *self, const rip_field *field,
                        size_t row, size_t column, double *value)
{
    const char *text = rip_csv_text(self->csv, row, column);

    return (rip_csv_is_number(text, value) && is_inside(field, *value)) ||
           (cell_is_allowed(self, field, row, column) &&
            rip_csv_is_number(text, value));
}

/* The cell, or the default of its key if it is empty or there is no such column; NULL:
   there is none. Says so if there must be one. */
static bool
find_cell(const rip_holdings_table *self, size_t k, size_t row, const char **text)
{
    const size_t j = self->column[k];
    char allowed[RIP_SCHEMA_TEXT];

    *text = j != RIP_HOLDINGS_TABLE_ABSENT ? rip_csv_text(self->csv, row, j) : "";
    if (**text != '\0') {
        return true;
    }
    *text = self->field[k].fallback;
    if (*text == NULL && (self->field[k].flags & RIP_FIELD_REQUIRED)) {
        rip_schema_describe(&self->field[k], allowed);
        (void)rip_csv_report(self->csv, row, j, self->error,
                             "%s: required value is absent (%s)", self->key[k],
                             allowed);
        return false;
    }
    return true;
}

bool
rip_holdings_table_number(const rip_holdings_table *self, size_t k, size_t row,
                          double *value)
{
    const char *text;

    *value = NAN;
    if (!find_cell(self, k, row, &text)) {
        return false;
    }
    if (text == NULL || text == self->field[k].fallback) {
        return text == NULL || rip_csv_is_number(text, value);
    }
    return rip_holdings_table_cell(self, &self->field[k], row, self->column[k], value);
}

bool
rip_holdings_table_duration(const rip_holdings_table *self, size_t k, size_t row,
                            uint64_t *milliseconds)
{
    char copy[RIP_CSV_MAX_FIELD + 1];
    rip_node node = {.kind = RIP_NODE_SCALAR, .text = copy};
    const char *text;

    *milliseconds = 0;
    if (!rip_holdings_table_word(self, k, row, &text)) {
        return false;
    }
    (void)snprintf(copy, sizeof(copy), "%s", text != NULL ? text : "");
    return text == NULL || rip_node_is_duration(&node, milliseconds);
}

/* A word or a name; *text is NULL if there is none. */
bool
rip_holdings_table_word(const rip_holdings_table *self, size_t k, size_t row,
                        const char **text)
{
    const rip_field *field = &self->field[k];

    if (!find_cell(self, k, row, text)) {
        return false;
    }
    if (*text == NULL || *text == field->fallback) {
        return true;
    }
    if ((field->forms & RIP_FIELD_CHOICE) &&
        rip_field_has_word(field->built != NULL ? field->built : field->choices,
                           *text)) {
        return true;
    }
    return cell_is_allowed(self, field, row, self->column[k]);
}

bool
rip_holdings_table_top_up(const rip_holdings_table *self, size_t k, size_t row,
                          rip_top_up *top_up, bool *good)
{
    char copy[RIP_CSV_MAX_FIELD + 1];
    rip_node node = {.kind = RIP_NODE_SCALAR, .text = copy};
    const char *word;

    if (!rip_holdings_table_word(self, k, row, &word)) {
        *good = false;
        return false;
    }
    (void)snprintf(copy, sizeof(copy), "%s", word != NULL ? word : "");
    *top_up = rip_words_top_up(word != NULL ? &node : NULL);
    return word != NULL;
}

/* "no asset XBT in market.assets (did you mean BTC?)" */
rip_status
rip_holdings_table_refuse_symbol(const rip_holdings_table *self, size_t row,
                                 size_t column, const char *label, const char *symbol,
                                 const rip_market_spec *market)
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
    return rip_csv_report(self->csv, row, column, self->error,
                          "%s: no asset %s in market.assets%s%s%s", label, quoted,
                          nearest != NULL ? " (did you mean " : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "?)" : "");
}
