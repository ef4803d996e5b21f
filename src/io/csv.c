#include "riptide/io/csv.h"

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MESSAGE 1000 /* bytes */

/* A line of the text while it is cut into fields. */
typedef struct line {
    rip_csv *csv;
    rip_error *error;
    size_t number;  /* counted from 1 */
    char *next;     /* first byte not yet read */
    char *end;      /* its end; *end can be written */
    size_t column;  /* of next, in characters from 1 */
    size_t n_field; /* cut so far */
} line;

void
rip_csv_free(rip_csv *self)
{
    free(self->name);
    free(self->text);
    free(self->cell);
    *self = (rip_csv){0};
}

rip_status
rip_csv_report(const rip_csv *self, size_t row, size_t column, rip_error *error,
               const char *format, ...)
{
    char message[MAX_MESSAGE];
    const size_t at =
        column < self->n_column ? self->cell[row * self->n_column + column].column : 1;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return rip_error_add(error, RIP_RAISE(RIP_ERR_DATA), "%s:%zu:%zu: %s", self->name,
                         row + 1, at, message);
}

static bool
refuse(const line *at, size_t column, const char *what)
{
    (void)rip_error_add(at->error, RIP_RAISE(RIP_ERR_DATA), "%s:%zu:%zu: %s",
                        at->csv->name, at->number, column, what);
    return false;
}

static bool
is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t
count_characters(const char *from, const char *to)
{
    size_t n = 0;

    for (; from < to; from++) {
        n += !is_continuation(*from);
    }
    return n;
}

/* Bytes of the UTF-8 character at c, which begins with a byte >= 0x80; 0: malformed. */
static size_t
utf8_length(const char *c, const char *end)
{
    const unsigned char first = (unsigned char)c[0];
    const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

    if (first < 0xc2 || first > 0xf4 || (size_t)(end - c) < length) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(c[i])) {
            return 0;
        }
    }
    /* Overlong forms, surrogates and what lies beyond U+10FFFF show in the second. */
    const unsigned char second = (unsigned char)c[1];
    const bool bad =
        (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return bad ? 0 : length;
}

/* Refuses control bytes and what is not UTF-8. */
static bool
check_bytes(const line *at)
{
    for (const char *c = at->next; c < at->end;) {
        const unsigned char byte = (unsigned char)*c;
        if (byte < 0x20 || byte == 0x7f) {
            char what[64];
            (void)snprintf(what, sizeof(what), "a control byte (0x%02x)", byte);
            return refuse(at, 1 + count_characters(at->next, c), what);
        }
        const size_t length = byte < 0x80 ? 1 : utf8_length(c, at->end);
        if (length == 0) {
            return refuse(at, 1 + count_characters(at->next, c),
                          "a byte that is not UTF-8");
        }
        c += length;
    }
    return true;
}

static bool
cut_plain(line *at, size_t *length)
{
    char *c = at->next;

    while (c < at->end && *c != ',' && *c != '"') {
        c++;
    }
    if (c < at->end && *c == '"') {
        return refuse(at, at->column,
                      "a quote inside a field that does not begin with one");
    }
    *length = (size_t)(c - at->next);
    at->column += count_characters(at->next, c);
    at->next = c;
    return true;
}

/* Moves the content of a quoted field over its opening quote. */
static bool
cut_quoted(line *at, size_t *length)
{
    char *to = at->next;
    const char *start = at->next;
    char *c = at->next + 1;

    /* Columns are counted before the characters move: *to lags behind c. */
    size_t n_character = 1;
    for (; c < at->end && !(c[0] == '"' && (c + 1 == at->end || c[1] != '"')); c++) {
        n_character += !is_continuation(*c);
        if (*c == '"') {
            c++;
            n_character++;
        }
        *to++ = *c;
    }
    if (c == at->end) {
        return refuse(at, at->column, "a quote that is not closed on its line");
    }
    c++;
    if (c < at->end && *c != ',') {
        return refuse(at, at->column, "text after the closing quote");
    }
    *length = (size_t)(to - start);
    at->column += n_character + 1;
    at->next = c;
    return true;
}

/* Cuts the next field; it ends with NUL in place of the comma or the line's end. */
static bool
cut_field(line *at, rip_csv_cell *cell)
{
    char *const start = at->next;
    const size_t column = at->column;
    size_t length;

    *cell = (rip_csv_cell){.offset = (uint32_t)(start - at->csv->text),
                           .column = (uint32_t)column};
    if (!(start < at->end && *start == '"' ? cut_quoted(at, &length)
                                           : cut_plain(at, &length))) {
        return false;
    }
    if (length > RIP_CSV_MAX_FIELD) {
        char what[64];
        (void)snprintf(what, sizeof(what), "a field of %zu bytes (at most %u)", length,
                       RIP_CSV_MAX_FIELD);
        return refuse(at, column, what);
    }
    at->n_field++;
    if (at->next < at->end) { /* the comma */
        at->next++;
        at->column++;
    } else {
        at->next = NULL; /* that was the last */
    }
    start[length] = '\0';
    return true;
}

/* Cuts a line into fields, n_column of them. */
static bool
cut_line(line *at, rip_csv_cell *cell)
{
    const size_t n_column = at->csv->n_column;

    if (at->next == at->end) {
        return refuse(at, 1, "an empty line");
    }
    if (!check_bytes(at)) {
        return false;
    }
    for (size_t j = 0; j < n_column; j++) {
        if (at->next == NULL || !cut_field(at, &cell[j])) {
            break;
        }
    }
    if (at->n_field == n_column && at->next == NULL) {
        return true;
    }
    if (at->n_field == n_column || at->next == NULL) {
        char what[80];
        (void)snprintf(what, sizeof(what), "%s fields (%zu, as in the first row)",
                       at->next == NULL ? "too few" : "too many", n_column);
        return refuse(at, at->column, what);
    }
    return false; /* said by cut_field */
}

/* Number of fields of the first line, quotes minded. */
static size_t
count_columns(const char *c, const char *end)
{
    size_t n = 1;
    bool quoted = false;

    for (; c < end; c++) {
        quoted = quoted != (*c == '"');
        n += *c == ',' && !quoted;
    }
    return n;
}

static size_t
count_lines(const char *text, const char *end)
{
    size_t n = end > text && end[-1] != '\n';

    for (const char *c = text; (c = memchr(c, '\n', (size_t)(end - c))) != NULL; c++) {
        n++;
    }
    return n;
}

static rip_status
make_room(line *at, const char *start, const char *end)
{
    rip_csv *csv = at->csv;
    const char *line_end = memchr(start, '\n', (size_t)(end - start));

    csv->n_row = count_lines(start, end);
    csv->n_column = count_columns(start, line_end != NULL ? line_end : end);
    if (csv->n_column > RIP_CSV_MAX_COLUMNS) {
        char what[64];
        (void)snprintf(what, sizeof(what), "%zu fields (at most %u)", csv->n_column,
                       RIP_CSV_MAX_COLUMNS);
        (void)refuse(at, 1, what);
        return RIP_ERR_DATA;
    }
    /* A good row of n fields takes n bytes or more, the last one n - 1; a bad one
       leaves its cells to the next: a wide first row makes no large table. */
    const size_t n_good = (size_t)(end - start) + 1 + csv->n_column;
    const size_t n_cell = csv->n_row * csv->n_column;
    csv->cell = calloc(n_cell < n_good ? n_cell : n_good, sizeof(*csv->cell));
    return csv->cell != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

static rip_status
cut_lines(line *at, char *start, char *end)
{
    size_t n_good = 0;

    for (size_t i = 0; i < at->csv->n_row; i++) {
        char *line_end = memchr(start, '\n', (size_t)(end - start));
        char *const next = line_end != NULL ? line_end + 1 : end;
        if (line_end == NULL) {
            line_end = end;
        } else if (line_end > start && line_end[-1] == '\r') {
            line_end--;
        }
        at->number = i + 1;
        at->next = start;
        at->end = line_end;
        at->column = 1;
        at->n_field = 0;
        n_good += cut_line(at, at->csv->cell + n_good * at->csv->n_column);
        start = next;
    }
    return n_good == at->csv->n_row ? RIP_OK : RIP_ERR_DATA;
}

static rip_status
copy_input(rip_csv *self, const char *name, const char *text, size_t length)
{
    const size_t size = strlen(name) + 1;

    self->name = malloc(size);
    self->text = malloc(length + 1);
    if (self->name == NULL || self->text == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memcpy(self->name, name, size);
    if (length > 0) {
        memcpy(self->text, text, length);
    }
    self->text[length] = '\0';
    return RIP_OK;
}

/* The text without empty lines at its end; the first line stays. */
static size_t
trimmed(const char *text, size_t length)
{
    size_t n = length;

    while (n > 0 && text[n - 1] == '\n') {
        const size_t before = n > 1 && text[n - 2] == '\r' ? n - 2 : n - 1;
        if (before == 0 || text[before - 1] != '\n') {
            break;
        }
        n = before;
    }
    return n;
}

rip_status
rip_csv_parse(rip_csv *self, const char *name, const char *text, size_t length,
              rip_error *error)
{
    rip_status status = RIP_OK;
    line at = {.csv = self, .error = error, .number = 1};

    *self = (rip_csv){0};
    if (length > RIP_CSV_MAX_BYTES) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_DATA),
                             "%s:1:1: the file is too large (at most 1 GiB)", name);
    }
    RIP_TRY(copy_input(self, name, text, length));
    const size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (length == mark) {
        (void)refuse(&at, 1, "the file is empty");
        status = RIP_ERR_DATA;
        goto out;
    }
    char *const start = self->text + mark;
    char *const end = start + trimmed(start, length - mark);
    RIP_TRY(make_room(&at, start, end));
    status = cut_lines(&at, start, end);
out:
    return status;
}

static const char *
skip_digits(const char *c)
{
    while (*c >= '0' && *c <= '9') {
        c++;
    }
    return c;
}

static bool
is_decimal(const char *text)
{
    const char *start = text + (*text == '-' || *text == '+');
    const char *c = skip_digits(start);
    size_t n_digit = (size_t)(c - start);

    if (*c == '.') {
        start = c + 1;
        c = skip_digits(start);
        n_digit += (size_t)(c - start);
    }
    if (n_digit > 0 && (*c == 'e' || *c == 'E')) {
        start = c + 1 + (c[1] == '-' || c[1] == '+');
        c = skip_digits(start);
        n_digit = (size_t)(c - start);
    }
    return n_digit > 0 && *c == '\0';
}

bool
rip_csv_is_number(const char *text, double *value)
{
    if (!is_decimal(text)) {
        return false;
    }
    const locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (locale == (locale_t)0) {
        return false;
    }
    const double number = strtod_l(text, NULL, locale);
    freelocale(locale);
    if (!isfinite(number)) {
        return false;
    }
    *value = number;
    return true;
}
