#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"

#define BAR_INTERVAL_S   0.1
#define PLAIN_INTERVAL_S 30.0
#define BAR_MAX          40 /* characters of the bar itself */

static bool
is_terminal(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

bool
progress_find(const char *name, progress_style *style)
{
    if (strcmp(name, "auto") == 0) {
        *style = is_terminal() ? PROGRESS_BAR : PROGRESS_PLAIN;
    } else if (strcmp(name, "bar") == 0) {
        *style = PROGRESS_BAR;
    } else if (strcmp(name, "plain") == 0) {
        *style = PROGRESS_PLAIN;
    } else if (strcmp(name, "none") == 0) {
        *style = PROGRESS_NONE;
    } else {
        return false;
    }
    return true;
}

double
progress_clock(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void
progress_begin(progress *self, progress_style style, uint64_t total, uint64_t before)
{
    const double now = progress_clock();

    *self = (progress){.style = style,
                       .total = total,
                       .before = before,
                       .began_s = now,
                       .shown_s = now};
}

/* "6,800 of 20,000 paths, 34 %, 12,345 paths/s, 0:01 left" */
static void
describe(const progress *self, uint64_t done, double now, char *text, size_t size)
{
    const double elapsed = now - self->began_s;
    const double rate = elapsed > 0.0 ? (double)(done - self->before) / elapsed : 0.0;
    const double share =
        self->total > 0 ? (double)done / (double)self->total : 1.0; /* an empty shard */
    const int percent = (int)(100.0 * share);
    char a[FIGURES_TEXT], b[FIGURES_TEXT], c[FIGURES_TEXT], d[FIGURES_TEXT];
    int n = snprintf(text, size, "%s of %s paths, %d %%, %s paths/s",
                     figures_count(done, a), figures_count(self->total, b), percent,
                     figures_count((uint64_t)(rate + 0.5), c));

    if (done < self->total && rate > 0.0) {
        (void)snprintf(text + n, size - (size_t)n, ", %s left",
                       figures_time((double)(self->total - done) / rate, d));
    } else if (done == self->total) {
        (void)snprintf(text + n, size - (size_t)n, ", took %s",
                       figures_time(elapsed, d));
    }
}

static size_t
terminal_width(void)
{
    struct winsize size = {0};

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                           : 80;
}

static void
draw_bar(const progress *self, uint64_t done, const char *words)
{
    const size_t width = terminal_width(), taken = strlen(words) + 4;
    const size_t room = width > taken ? width - taken : 0;
    const size_t n = room < BAR_MAX ? room : BAR_MAX;
    const size_t full = self->total > 0
                            ? (size_t)((double)n * ((double)done / (double)self->total))
                            : n;
    char bar[BAR_MAX + 1];

    memset(bar, '#', full);
    memset(bar + full, '-', n - full);
    bar[n] = '\0';
    if (n >= 8) {
        (void)fprintf(stderr, "\r[%s] %s\033[K", bar, words);
    } else {
        (void)fprintf(stderr, "\r%.*s\033[K", (int)width - 1, words);
    }
}

static void
show(progress *self, uint64_t done, double now)
{
    char words[200];

    describe(self, done, now, words, sizeof(words));
    if (self->style == PROGRESS_BAR) {
        draw_bar(self, done, words);
    } else {
        (void)fprintf(stderr, "%s\n", words);
    }
    (void)fflush(stderr);
    self->shown_s = now;
}

void
progress_update(progress *self, uint64_t done)
{
    const double interval =
        self->style == PROGRESS_BAR ? BAR_INTERVAL_S : PLAIN_INTERVAL_S;
    const double now = progress_clock();

    if (self->style != PROGRESS_NONE && now - self->shown_s >= interval) {
        show(self, done, now);
    }
}

void
progress_end(progress *self, uint64_t done)
{
    if (self->style == PROGRESS_NONE) {
        return;
    }
    show(self, done, progress_clock());
    if (self->style == PROGRESS_BAR) {
        (void)fputc('\n', stderr);
    }
}
