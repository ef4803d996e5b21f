/*
 * cli/telling.h -- the events of a trial, written down as they come.          floor 9
 */
#ifndef RIP_CLI_TELLING_H
#define RIP_CLI_TELLING_H

#include <stdbool.h>

#include "json.h"
#include "riptide/engine/run.h"
#include "riptide/engine/trace.h"
#include "table.h"

typedef struct telling {
    const rip_run *run; /* borrowed, like the rest of what is set by the caller */
    size_t account;
    rip_mode mode;
    json *json;        /* NULL: a table */
    table *table;      /* NULL: JSON */
    uint32_t step;     /* of the last line */
    double amount_usd; /* of all events so far */
} telling;

/* A listener of rip_trace_run; context is a telling. */
void telling_add(void *context, const rip_trace_event *event);

/* The columns of the table, and its head. */
#define TELLING_COLUMNS "rllrrrrr"
void telling_head(table *self);

#endif /* RIP_CLI_TELLING_H */
