#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* An environment variable that is set and not empty, or NULL. */
static const char *
environment(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool
is_colourful(FILE *out)
{
    const char *term = environment("TERM");

    return isatty(fileno(out)) == 1 && environment("NO_COLOR") == NULL &&
           term != NULL && strcmp(term, "dumb") != 0;
}

/* The first of the three that is set decides, as POSIX has it. */
static bool
is_unicode(void)
{
    static const char *const name[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
        const char *value = environment(name[i]);
        if (value != NULL) {
            return strcasestr(value, "utf-8") != NULL ||
                   strcasestr(value, "utf8") != NULL;
        }
    }
    return false;
}

terminal
terminal_of(FILE *out)
{
    return (terminal){.colour = is_colourful(out), .unicode = is_unicode()};
}

size_t
terminal_width(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0u) != 0x80u;
    }
    return n;
}

const char *
terminal_plus_minus(terminal self)
{
    return self.unicode ? "\u00b1" : "+-";
}

const char *
terminal_dash(terminal self)
{
    return self.unicode ? "\u2013" : "-";
}

const char *
terminal_bar(terminal self, double share, char *text)
{
    static const char *const part[] = {"",       "\u258f", "\u258e", "\u258d",
                                       "\u258c", "\u258b", "\u258a", "\u2589"};
    const double eighths = share * TERMINAL_BAR * 8.0;
    /* Written so that a NaN gives no bar. */
    size_t n = eighths > 0.0 ? (size_t)(eighths + 0.5) : 0;
    char *to = text;

    n = n > 8 * TERMINAL_BAR ? 8 * TERMINAL_BAR : n;
    n = n == 0 && eighths > 0.0 ? 1 : n;
    *to = '\0';
    if (!self.unicode) {
        n = (n + 4) / 8;
        memset(text, '#', n);
        text[n] = '\0';
        return text;
    }
    for (size_t i = 0; i < n / 8; i++) {
        to = stpcpy(to, "\u2588");
    }
    (void)stpcpy(to, part[n % 8]);
    return text;
}
