/*
 * cli/table.h -- columns that are as wide as what stands in them.             floor 9
 *
 *     table out;
 *     table_init(&out, "lrL");
 *     table_cell(&out, TABLE_PLAIN, "wiped out");
 *     table_cell(&out, TABLE_PLAIN, "%.2f", 12.34);
 *     table_cell(&out, TABLE_DIM, "(12.1-12.6)");
 *     status = table_print(&out, stdout, terminal_of(stdout));
 *     table_free(&out);
 *
 * Cells are given row by row; table_line puts a line of its own between two rows.
 */
#ifndef RIP_CLI_TABLE_H
#define RIP_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "riptide/base/status.h"
#include "terminal.h"

#define TABLE_CELL 100 /* bytes of a cell, terminator included; longer text is cut */

typedef enum table_style {
    TABLE_PLAIN = 0,
    TABLE_BOLD,
    TABLE_DIM,
    TABLE_WARNING,
    TABLE_BAR
} table_style;

typedef struct table_entry {
    table_style style;
    bool is_line; /* has a line to itself and no part in the widths */
    char text[TABLE_CELL];
} table_entry;

typedef struct table {
    const char *column; /* borrowed: 'l' or 'r', one a column; 'L': left, and close to
                           the column before it */
    size_t n_entry, capacity;
    table_entry *entry; /* [n_entry] owned */
    bool failed;        /* no memory: table_print says so */
} table;

void table_init(table *self, const char *column);
void table_free(table *self);

/* The next cell of the present row; an empty text leaves it empty. */
void table_cell(table *self, table_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A line across; the row before it must be full. */
void table_line(table *self, table_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Errors: RIP_ERR_NO_MEMORY. Failures of out are left in out. */
RIP_NODISCARD rip_status table_print(const table *self, FILE *out, terminal look);

/* text with a style of its own where there are colours. */
void table_text(FILE *out, terminal look, table_style style, const char *text);

#endif /* RIP_CLI_TABLE_H */
