/*
 * io/report.h -- one line about one key: "PLACE: KEY: what is wrong (what is allowed)".
 *                                                                          floor 7.01
 * KEY is the dotted path from the root, kept as a chain on the stack while a tree is
 * walked: market.assets[0].price.
 */
#ifndef RIP_IO_REPORT_H
#define RIP_IO_REPORT_H

#include <stddef.h>

#include "riptide/base/error.h"

#define RIP_REPORT_PATH  400 /* bytes of a dotted path, cut if longer */
#define RIP_REPORT_QUOTE 64  /* bytes of a quoted value */

typedef struct rip_report_path {
    const struct rip_report_path *up; /* borrows; NULL for a child of the root */
    const char *key;                  /* borrows; NULL: an entry of a list */
    size_t index;                     /* of that entry */
} rip_report_path;

/* Writes the dotted path (NULL: the root, "") into text[RIP_REPORT_PATH]. */
void rip_report_path_text(const rip_report_path *path, char *text);

/* Copies value into text[RIP_REPORT_QUOTE], cut and without control characters. */
void rip_report_quote(const char *value, char *text);

/* Adds a line about path, said at place, of class RIP_ERR_CONFIG, which it returns. */
rip_status rip_report(rip_error *error, const char *place, const rip_report_path *path,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif /* RIP_IO_REPORT_H */
