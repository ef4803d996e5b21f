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

static void
describe_range(const rip_field *field, const char *noun, char *piece, size_t size)
{
    const bool above = (field->flags & RIP_FIELD_ABOVE) != 0;
    const bool below = (field->flags & RIP_FIELD_BELOW) != 0;
    const bool has_min = isfinite(field->min);
    const bool has_max = isfinite(field->max);
    int used = snprintf(piece, size, "%s", noun);

    if (field->max >= 0x1p64 && field->forms == RIP_FIELD_COUNT) {
        (void)snprintf(piece, size, "%s from 0 to 18446744073709551615", noun);
        return;
    }

    if (has_min && has_max && !above && !below) {
        used += snprintf(piece + used, size - (size_t)used, " from %.10g to %.10g",
                         field->min, field->max);
    } else if (has_min) {
        used += snprintf(piece + used, size - (size_t)used, " %s %.10g",
                         above ? "above" : "of at least", field->min);
    }
    if (has_max && (above || below || !has_min)) {
        used +=
            snprintf(piece + used, size - (size_t)used, "%s %s %.10g",
                     has_min ? " and" : "", below ? "below" : "at most", field->max);
    }
    (void)snprintf(piece + used, size - (size_t)used, "%s%s",
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
