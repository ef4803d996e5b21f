#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "riptide/io/yaml.h"

static void
new_line(const json *self)
{
    (void)fprintf(self->out, "\n%*s", (int)(2 * self->depth), "");
}

/* What stands before a value or a key: a comma, a line, or nothing after a key. */
static void
separate(json *self)
{
    if (self->keyed) {
        self->keyed = false;
        return;
    }
    if (self->filled) {
        (void)fputc(',', self->out);
    }
    if (self->depth > 0) {
        new_line(self);
    }
}

static void
begin(json *self, char bracket)
{
    separate(self);
    (void)fputc(bracket, self->out);
    self->depth++;
    self->filled = false;
}

static void
end(json *self, char bracket)
{
    assert(self->depth > 0 && !self->keyed);
    self->depth--;
    if (self->filled) {
        new_line(self);
    }
    (void)fputc(bracket, self->out);
    self->filled = true;
}

void
json_begin_object(json *self)
{
    begin(self, '{');
}

void
json_end_object(json *self)
{
    end(self, '}');
}

void
json_begin_list(json *self)
{
    begin(self, '[');
}

void
json_end_list(json *self)
{
    end(self, ']');
}

/* Length of the UTF-8 sequence at text, 0 if its bytes are not one. */
static size_t
sequence_length(const unsigned char *text)
{
    static const struct {
        unsigned char low, high, first_low, first_high;
        size_t n;
    } form[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
        if (text[0] < form[i].low || text[0] > form[i].high) {
            continue;
        }
        if (text[1] < form[i].first_low || text[1] > form[i].first_high) {
            return 0;
        }
        for (size_t k = 2; k < form[i].n; k++) {
            if ((text[k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return form[i].n;
    }
    return 0;
}

static size_t
write_character(FILE *out, const char *text)
{
    const unsigned char c = (unsigned char)*text;

    if (c == '"' || c == '\\') {
        (void)fprintf(out, "\\%c", c);
    } else if (c < 0x20 || c == 0x7f) {
        (void)fprintf(out, "\\u%04x", c);
    } else if (c < 0x80) {
        (void)fputc(c, out);
    } else {
        const size_t n = sequence_length((const unsigned char *)text);
        if (n == 0) {
            (void)fputs("\\ufffd", out);
            return 1;
        }
        (void)fwrite(text, 1, n, out);
        return n;
    }
    return 1;
}

static void
write_quoted(FILE *out, const char *text)
{
    (void)fputc('"', out);
    while (*text != '\0') {
        text += write_character(out, text);
    }
    (void)fputc('"', out);
}

void
json_key(json *self, const char *key)
{
    assert(self->depth > 0 && !self->keyed);
    separate(self);
    write_quoted(self->out, key);
    (void)fputs(": ", self->out);
    self->keyed = true;
    self->filled = true;
}

static void
write_word(json *self, const char *word)
{
    separate(self);
    (void)fputs(word, self->out);
    self->filled = true;
}

void
json_number(json *self, double value)
{
    char text[32];

    if (!isfinite(value)) {
        json_null(self);
        return;
    }
    rip_yaml_number(value, text);
    write_word(self, text);
}

void
json_count(json *self, uint64_t value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%" PRIu64, value);
    write_word(self, text);
}

void
json_bool(json *self, bool value)
{
    write_word(self, value ? "true" : "false");
}

void
json_null(json *self)
{
    write_word(self, "null");
}

void
json_string(json *self, const char *text)
{
    if (text == NULL) {
        json_null(self);
        return;
    }
    separate(self);
    write_quoted(self->out, text);
    self->filled = true;
}

void
json_end(json *self)
{
    assert(self->depth == 0 && !self->keyed);
    (void)fputc('\n', self->out);
}
