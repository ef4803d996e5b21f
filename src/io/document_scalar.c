#include "riptide/io/document.h"

#include <assert.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NUMBER 400 /* bytes of a number's text */

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *
skip_digits(const char *c)
{
    while (is_digit(*c)) {
        c++;
    }
    return c;
}

/* A decimal number: no hexadecimal, octal, sexagesimal, NaN, infinity, underscore. */
static bool
is_decimal(const char *text)
{
    const char *c = text + (*text == '-' || *text == '+');
    const char *start = c;
    size_t n_digit;

    c = skip_digits(c);
    n_digit = (size_t)(c - start);
    if (*c == '.') {
        start = ++c;
        c = skip_digits(c);
        n_digit += (size_t)(c - start);
    }
    if (n_digit == 0) {
        return false;
    }
    if (*c == 'e' || *c == 'E') {
        c++;
        c += *c == '-' || *c == '+';
        if (!is_digit(*c)) {
            return false;
        }
        c = skip_digits(c);
    }
    return *c == '\0' && c - text < MAX_NUMBER;
}

static bool
is_scalar(const rip_node *self)
{
    return self != NULL && self->kind == RIP_NODE_SCALAR;
}

/* `inf` may be quoted, because JSON has no other way to say it. */
static bool
is_infinity(const char *text)
{
    return strcmp(text, "inf") == 0 || strcmp(text, ".inf") == 0;
}

bool
rip_node_is_number(const rip_node *self, bool allow_infinity, double *value)
{
    if (!is_scalar(self)) {
        return false;
    }
    if (allow_infinity && is_infinity(self->text)) {
        *value = INFINITY;
        return true;
    }
    if (self->quoted || !is_decimal(self->text)) {
        return false;
    }
    /* A host program may have a locale whose decimal sign is a comma. */
    const locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (locale == (locale_t)0) {
        return false;
    }
    const double number = strtod_l(self->text, NULL, locale);
    freelocale(locale);
    if (!isfinite(number)) {
        return false;
    }
    *value = number;
    return true;
}

bool
rip_node_is_count(const rip_node *self, uint64_t *value)
{
    uint64_t count = 0;

    if (!is_scalar(self) || self->quoted || self->text[0] == '\0') {
        return false;
    }
    for (const char *c = self->text; *c != '\0'; c++) {
        if (!is_digit(*c)) {
            return false;
        }
        const uint64_t digit = (uint64_t)(*c - '0');
        if (count > (UINT64_MAX - digit) / 10) {
            return false;
        }
        count = 10 * count + digit;
    }
    *value = count;
    return true;
}

bool
rip_node_is_bool(const rip_node *self, bool *value)
{
    if (!is_scalar(self) || self->quoted) {
        return false;
    }
    const bool is_true = strcmp(self->text, "true") == 0;
    if (!is_true && strcmp(self->text, "false") != 0) {
        return false;
    }
    *value = is_true;
    return true;
}

bool
rip_node_is_null(const rip_node *self)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    if (!is_scalar(self) || self->quoted) {
        return false;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(self->text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static uint64_t
unit_milliseconds(const char *unit)
{
    static const struct {
        const char *name;
        uint64_t milliseconds;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].name) == 0) {
            return units[i].milliseconds;
        }
    }
    return 0;
}

/* Reads digits with an optional fraction as mantissa / 10^places; NULL if too long. */
static const char *
read_fixed(const char *c, uint64_t *mantissa, uint64_t *scale)
{
    bool in_fraction = false;

    *mantissa = 0;
    *scale = 1;
    for (; is_digit(*c) || (*c == '.' && !in_fraction); c++) {
        if (*c == '.') {
            in_fraction = true;
            continue;
        }
        if (*mantissa > 100000000000u || *scale > 100000000000u) {
            return NULL;
        }
        *mantissa = 10 * *mantissa + (uint64_t)(*c - '0');
        *scale *= in_fraction ? 10 : 1;
    }
    return c;
}

bool
rip_node_is_duration(const rip_node *self, uint64_t *milliseconds)
{
    uint64_t mantissa, scale;

    if (!is_scalar(self) || !is_digit(self->text[0])) {
        return false;
    }
    const char *unit = read_fixed(self->text, &mantissa, &scale);
    if (unit == NULL || !is_digit(unit[-1])) {
        return false;
    }
    const uint64_t factor = unit_milliseconds(unit);
    if (factor == 0 || mantissa > UINT64_MAX / factor ||
        mantissa * factor % scale != 0) {
        return false;
    }
    *milliseconds = mantissa * factor / scale;
    return true;
}

bool
rip_node_is_text(const rip_node *self, const char *text)
{
    return is_scalar(self) && strcmp(self->text, text) == 0;
}

double
rip_node_number(const rip_node *self, double fallback)
{
    double value = fallback;

    if (self != NULL) {
        const bool read = rip_node_is_number(self, true, &value);
        assert(read);
        (void)read;
    }
    return value;
}

uint64_t
rip_node_count(const rip_node *self, uint64_t fallback)
{
    uint64_t value = fallback;

    if (self != NULL) {
        const bool read = rip_node_is_count(self, &value);
        assert(read);
        (void)read;
    }
    return value;
}

bool
rip_node_bool(const rip_node *self, bool fallback)
{
    bool value = fallback;

    if (self != NULL) {
        const bool read = rip_node_is_bool(self, &value);
        assert(read);
        (void)read;
    }
    return value;
}

uint64_t
rip_node_duration(const rip_node *self, uint64_t fallback)
{
    uint64_t value = fallback;

    if (self != NULL) {
        const bool read = rip_node_is_duration(self, &value);
        assert(read);
        (void)read;
    }
    return value;
}

const char *
rip_node_text(const rip_node *self, const char *fallback)
{
    if (self == NULL) {
        return fallback;
    }
    assert(self->kind == RIP_NODE_SCALAR);
    return self->text;
}
