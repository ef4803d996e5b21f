/*
 * base/error.h -- sentences for the user, collected.                         floor 0
 *
 * An error list gathers every problem of a configuration or a command so that all are
 * shown at once. Each entry is one line, "PLACE: KEY: what is wrong (what is allowed)",
 * where PLACE is FILE:LINE:COLUMN or "-s KEY". Only floors 7 and above write here.
 */
#ifndef RIP_BASE_ERROR_H
#define RIP_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/status.h"

#define RIP_ERROR_MAX_LINES 200 /* further problems are counted, not kept */

typedef struct rip_error {
    size_t n_line;   /* lines kept */
    size_t n_total;  /* problems reported */
    char **line;     /* [n_line] owned, each owned, without newline */
    rip_status code; /* of the first problem */
} rip_error;

/* Adds one printf-formatted line; returns code, so that callers can `return` it. */
rip_status rip_error_add(rip_error *self, rip_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether a line is kept. */
bool rip_error_has(const rip_error *self, const char *line);

/* Releases what self owns and zeroes it. Accepts a zeroed struct. */
void rip_error_free(rip_error *self);

#endif /* RIP_BASE_ERROR_H */
