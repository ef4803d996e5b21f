/*
 * cli/progress.h -- how far a run is, on stderr.                              floor 9
 */
#ifndef RIP_CLI_PROGRESS_H
#define RIP_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum progress_style {
    PROGRESS_NONE = 0,
    PROGRESS_PLAIN, /* a line every 30 s and at the end */
    PROGRESS_BAR    /* redrawn in place, at most ten times a second */
} progress_style;

typedef struct progress {
    progress_style style;
    uint64_t total;          /* paths */
    uint64_t before;         /* done when it began: a run that goes on */
    double began_s, shown_s; /* of the monotonic clock */
} progress;

/* A style by its name, `auto` by what stderr is; false if there is no such name. */
bool progress_find(const char *name, progress_style *style);

/* Seconds of a clock that never goes back. */
double progress_clock(void);

/* before: how many paths are done already. */
void progress_begin(progress *self, progress_style style, uint64_t total,
                    uint64_t before);
void progress_update(progress *self, uint64_t done);
/* The last word, whether all is done or the run has been stopped. */
void progress_end(progress *self, uint64_t done);

#endif /* RIP_CLI_PROGRESS_H */
