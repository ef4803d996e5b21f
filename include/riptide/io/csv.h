/*
 * io/csv.h -- a strict table of text fields from a CSV file.                 floor 7.1
 *
 * RFC 4180 with these choices: fields are separated by commas; lines end with LF or
 * CRLF, the last one may lack its end; a byte order mark and empty lines at the end are
 * skipped; a field may stand in double quotes, a quote inside written twice; spaces
 * belong to the field. All rows have as many fields as the first. Refused: empty files,
 * empty lines between others, control bytes (a line break inside quotes among them),
 * text that is not UTF-8, and whatever exceeds the limits below. Messages have the
 * place FILE:LINE:COLUMN, COLUMN being that of the field's first character.
 */
#ifndef RIP_IO_CSV_H
#define RIP_IO_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/error.h"

#define RIP_CSV_MAX_BYTES   ((size_t)1 << 30)
#define RIP_CSV_MAX_FIELD   1000u  /* bytes */
#define RIP_CSV_MAX_COLUMNS 10000u /* fields in a row */

typedef struct rip_csv_cell {
    uint32_t offset; /* of the field in text */
    uint32_t column; /* of its first character in the file, counted from 1 */
} rip_csv_cell;

typedef struct rip_csv {
    char *name; /* owned; stands for the file in messages */
    size_t n_row, n_column;
    char *text;         /* owned; the fields, each ends with NUL */
    rip_csv_cell *cell; /* [n_row][n_column] owned */
} rip_csv;

/*
 * Reads text[length], which is copied. Every problem is added to error; several rows
 * can have one. Errors: RIP_ERR_DATA, RIP_ERR_NO_MEMORY. Whatever it returns, self may
 * be freed.
 */
RIP_NODISCARD rip_status rip_csv_parse(rip_csv *self, const char *name,
                                       const char *text, size_t length,
                                       rip_error *error);
void rip_csv_free(rip_csv *self);

/* The field, without its quotes. */
static inline const char *
rip_csv_text(const rip_csv *self, size_t row, size_t column)
{
    return self->text + self->cell[row * self->n_column + column].offset;
}

/* Adds "FILE:LINE:COLUMN: ..." of class RIP_ERR_DATA, which it returns. */
rip_status rip_csv_report(const rip_csv *self, size_t row, size_t column,
                          rip_error *error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * True if text is a finite decimal number: digits with an optional sign, point and
 * exponent, whatever the locale; no spaces, hexadecimal, infinities, NaN.
 */
bool rip_csv_is_number(const char *text, double *value);

#endif /* RIP_IO_CSV_H */
