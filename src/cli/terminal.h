/*
 * cli/terminal.h -- what the reader of stdout can see.                        floor 9
 */
#ifndef RIP_CLI_TERMINAL_H
#define RIP_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

typedef struct terminal {
    bool colour;  /* a terminal that is not dumb, and NO_COLOR is not set */
    bool unicode; /* the locale's characters are UTF-8 */
} terminal;

/* How to write to out, by what it is and by NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG. */
terminal terminal_of(FILE *out);

/* Columns that UTF-8 text takes: its characters, none of which is wide or combining. */
size_t terminal_width(const char *text);

/* "±" or "+-"; "–" (for ranges) or "-". */
const char *terminal_plus_minus(terminal self);
const char *terminal_dash(terminal self);

#define TERMINAL_BAR       ((size_t)10)           /* characters of a full bar */
#define TERMINAL_BAR_BYTES (3 * TERMINAL_BAR + 1) /* as UTF-8, terminator included */

/*
 * A bar for share in [0, 1] of the full length into text[TERMINAL_BAR_BYTES], in
 * eighths of a character where there are such characters. What is not nothing has a
 * trace.
 */
const char *terminal_bar(terminal self, double share, char *text);

#endif /* RIP_CLI_TERMINAL_H */
