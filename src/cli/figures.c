#include "figures.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LARGEST 1e15 /* above it a double has no cents */

/* Copies digits with a comma before every third from the right, then the tail. */
static const char *
group(const char *sign, const char *digits, size_t n, const char *tail, char *text)
{
    char *to = text + sprintf(text, "%s", sign);

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            *to++ = ',';
        }
        *to++ = digits[i];
    }
    memcpy(to, tail, strlen(tail) + 1);
    return text;
}

const char *
figures_count(uint64_t value, char *text)
{
    char digits[FIGURES_TEXT];
    const int n = snprintf(digits, sizeof(digits), "%" PRIu64, value);

    return group("", digits, (size_t)n, "", text);
}

static const char *
with_decimals(double value, int n_decimal, char *text)
{
    char digits[FIGURES_TEXT];
    const int n = snprintf(digits, sizeof(digits), "%.*f", n_decimal, fabs(value));
    const size_t whole = (size_t)(n - n_decimal - (n_decimal > 0));
    const bool is_zero = strspn(digits, "0.") == (size_t)n;

    return group(value < 0.0 && !is_zero ? "-" : "", digits, whole, digits + whole,
                 text);
}

const char *
figures_decimal(double value, int n_decimal, char *text)
{
    if (!(fabs(value) < LARGEST)) {
        (void)snprintf(text, FIGURES_TEXT, "%g", value);
        return text;
    }
    return with_decimals(value, n_decimal, text);
}

const char *
figures_money(double value, char *text)
{
    return figures_decimal(value, 2, text);
}

const char *
figures_price(double value, char *text)
{
    const double size = fabs(value);
    int n_decimal = 2;

    if (!(size < LARGEST) || (size < 1e-8 && size > 0.0)) {
        (void)snprintf(text, FIGURES_TEXT, "%.6g", value);
        return text;
    }
    for (double at = 1e4; n_decimal < 13 && size < at && size > 0.0; at /= 10.0) {
        n_decimal++;
    }
    n_decimal = n_decimal > 2 ? n_decimal - 1 : 2;
    return with_decimals(value, n_decimal, text);
}

const char *
figures_bytes(double value, char *text)
{
    static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t i = 0;

    while (value >= 1024.0 && i + 1 < sizeof(unit) / sizeof(unit[0])) {
        value /= 1024.0;
        i++;
    }
    (void)snprintf(text, FIGURES_TEXT, i == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s",
                   value, unit[i]);
    return text;
}

const char *
figures_time(double seconds, char *text)
{
    const uint64_t s = seconds < 1e9 ? (uint64_t)(seconds + 0.5) : 1000000000;

    if (s < 3600) {
        (void)snprintf(text, FIGURES_TEXT, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
    } else {
        (void)snprintf(text, FIGURES_TEXT, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
                       s / 3600, s / 60 % 60, s % 60);
    }
    return text;
}
