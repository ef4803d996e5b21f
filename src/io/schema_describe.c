#include <math.h>
#include <stdio.h>
#include <string.h>

#include "riptide/io/schema.h"

#define DAY_MS 86400000.0

/* Adds a piece to text[RIP_SCHEMA_TEXT], after " or " if something stands there. */
static void
add(char *text, const char *piece)
{
    const size_t used = strlen(text);

    (void)snprintf(text + used, RIP_SCHEMA_TEXT - used, "%s%s", used > 0 ? " or " : "",
                   piece);
}

/* " from 0 to 1", " above 0 and at most 5", " of at least 2", ... */
static void
describe_limits(const rip_field *field, char *text, size_t size)
{
    const bool above = (field->flags & RIP_FIELD_ABOVE) != 0;
    const bool below = (field->flags & RIP_FIELD_BELOW) != 0;
    const bool has_min = isfinite(field->min), has_max = isfinite(field->max);
    char low[64] = "", high[64] = "";

    if (has_min && has_max && !above && !below) {
        (void)snprintf(text, size, " from %.10g to %.10g", field->min, field->max);
        return;
    }
    if (has_min) {
        (void)snprintf(low, sizeof(low), " %s %.10g", above ? "above" : "of at least",
                       field->min);
    }
    if (has_max) {
        (void)snprintf(high, sizeof(high), " %s %.10g", below ? "below" : "at most",
                       field->max);
    }
    (void)snprintf(text, size, "%s%s%s", low, has_min && has_max ? " and" : "", high);
}

static void
describe_range(const rip_field *field, const char *noun, char *piece, size_t size)
{
    char limits[160];

    describe_limits(field, limits, sizeof(limits));
    if (field->max >= 0x1p64 && field->forms == RIP_FIELD_COUNT) {
        (void)snprintf(limits, sizeof(limits), " from 0 to 18446744073709551615");
    }
    (void)snprintf(piece, size, "%s%s%s%s", noun, limits,
                   (field->flags & RIP_FIELD_NONZERO) ? ", not 0" : "",
                   (field->flags & RIP_FIELD_INFINITE) ? ", or inf" : "");
}

void
rip_schema_words(const char *words, char *piece, size_t size)
{
    size_t n = 0;

    for (; *words != '\0' && n + 3 < size; words++) {
        if (*words == ' ') {
            piece[n++] = ',';
        }
        piece[n++] = *words;
    }
    piece[n] = '\0';
}

static void
describe_texts(const rip_field *field, char *text)
{
    char piece[RIP_SCHEMA_TEXT];

    if (field->forms & RIP_FIELD_CHOICE) {
        rip_schema_words(field->built != NULL ? field->built : field->choices, piece,
                         sizeof(piece));
        add(text, piece);
    }
    if (field->forms & RIP_FIELD_NAME) {
        add(text, "a name of 1 to 63 bytes without spaces");
    }
    if (field->forms & RIP_FIELD_FILE) {
        add(text, "a file");
    }
    if (field->forms & RIP_FIELD_TEXT) {
        add(text, "text");
    }
    if (field->forms & RIP_FIELD_NULL) {
        add(text, "null");
    }
}

void
rip_schema_describe(const rip_field *field, char *text)
{
    char piece[RIP_SCHEMA_TEXT];

    text[0] = '\0';
    if (field->forms & RIP_FIELD_NUMBER) {
        describe_range(field, "a number", piece, sizeof(piece));
        add(text, piece);
    }
    if (field->forms & RIP_FIELD_COUNT) {
        describe_range(field, "a whole number", piece, sizeof(piece));
        add(text, piece);
    }
    if (field->forms & RIP_FIELD_BOOL) {
        add(text, "true or false");
    }
    if (field->forms & RIP_FIELD_DURATION) {
        (void)snprintf(piece, sizeof(piece),
                       "a duration above 0 and at most %.10gd, exact to 1 ms: 500ms, "
                       "90s, 15m, 8h, 3d",
                       field->max / DAY_MS);
        add(text, piece);
    }
    describe_texts(field, text);
    if (field->forms & RIP_FIELD_LIST) {
        add(text,
            (field->flags & RIP_FIELD_FILLED) ? "a list that is not empty" : "a list");
    }
    if (field->forms & (RIP_FIELD_MAP | RIP_FIELD_TABLE)) {
        add(text, "a map");
    }
}
