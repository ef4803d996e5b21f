#include "riptide/io/holdings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/report.h"

#define MAX_MESSAGE 1000 /* bytes */
#define MAX_KEY     (RIP_REPORT_PATH)

void
rip_holdings_free(rip_holdings *self)
{
    free(self->account);
    free(self->position);
    free(self->stop);
    free(self->coin);
    rip_csv_free(&self->accounts);
    rip_csv_free(&self->positions);
    *self = (rip_holdings){0};
}

/* The column of a key, or n_column. */
static size_t
find_column(const rip_csv *csv, const char *key)
{
    size_t j = 0;

    while (j < csv->n_column && strcmp(rip_csv_text(csv, 0, j), key) != 0) {
        j++;
    }
    return j;
}

static rip_status
refuse_cell(const rip_csv *csv, size_t row, const char *key, rip_error *error,
            const char *message)
{
    return rip_csv_report(csv, row, find_column(csv, key), error, "%s: %s", key,
                          message);
}

static rip_status
refuse_node(const rip_node *entry, const char *prefix, const char *key,
            rip_error *error, const char *message)
{
    const rip_node *node = rip_node_find(entry, key);

    return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG), "%s: %s%s%s: %s",
                         (node != NULL ? node : entry)->place, prefix,
                         key[0] != '\0' ? "." : "", key, message);
}

rip_status
rip_holdings_refuse_account(const rip_holdings *self, size_t account, const char *key,
                            rip_error *error, const char *format, ...)
{
    char message[MAX_MESSAGE], prefix[MAX_KEY];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (self->list == NULL) {
        return refuse_cell(&self->accounts, account + 1, key, error, message);
    }
    (void)snprintf(prefix, sizeof(prefix), "accounts.list[%zu]", account);
    return refuse_node(self->list->child[account], prefix, key, error, message);
}

rip_status
rip_holdings_refuse_position(const rip_holdings *self, size_t position, const char *key,
                             rip_error *error, const char *format, ...)
{
    const rip_holdings_position *held = &self->position[position];
    char message[MAX_MESSAGE], prefix[MAX_KEY];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (self->list == NULL) {
        return refuse_cell(&self->positions, held->row, key, error, message);
    }
    (void)snprintf(prefix, sizeof(prefix), "accounts.list[%zu].positions[%zu]",
                   held->account, held->row);
    const rip_node *entries =
        rip_node_find(self->list->child[held->account], "positions");
    return refuse_node(entries->child[held->row], prefix, key, error, message);
}

rip_status
rip_holdings_refuse_stop(const rip_holdings *self, size_t account, size_t stop,
                         rip_error *error, const char *message)
{
    const size_t column = self->stop[stop].column;
    char prefix[MAX_KEY];

    if (self->list == NULL) {
        return rip_csv_report(&self->accounts, account + 1, column, error, "%s: %s",
                              rip_csv_text(&self->accounts, 0, column), message);
    }
    (void)snprintf(prefix, sizeof(prefix), "accounts.list[%zu].stop_loss", account);
    const rip_node *stops = rip_node_find(self->list->child[account], "stop_loss");
    return refuse_node(stops, prefix, stops->child[column]->key, error, message);
}
