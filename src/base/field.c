#include "riptide/base/field.h"

#include <string.h>

#define MAX_WORD 48 /* longer words are not compared: they are no typing errors */

const rip_field *
rip_field_find(const rip_field *fields, const char *key)
{
    for (; fields != NULL && fields->key != NULL; fields++) {
        if (strcmp(fields->key, key) == 0) {
            return fields;
        }
    }
    return NULL;
}

bool
rip_field_has_word(const char *words, const char *word)
{
    const size_t length = strlen(word);

    while (words != NULL && *words != '\0') {
        const size_t n = strcspn(words, " ");
        if (n == length && memcmp(words, word, n) == 0) {
            return true;
        }
        words += n + (words[n] == ' ');
    }
    return false;
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
    const size_t d = a < b ? a : b;
    return d < c ? d : c;
}

size_t
rip_field_distance(const char *a, const char *b)
{
    const size_t n_a = strlen(a), n_b = strlen(b);
    size_t row[MAX_WORD + 1]; /* distances of a's prefix to every prefix of b */

    if (n_a > MAX_WORD || n_b > MAX_WORD) {
        return n_a > n_b ? n_a : n_b;
    }
    for (size_t j = 0; j <= n_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            const size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smallest(row[j] + 1, row[j - 1] + 1, change);
        }
    }
    return row[n_b];
}

bool
rip_field_is_near(const char *typed, const char *word, size_t *distance)
{
    const size_t length = strlen(word);

    *distance = rip_field_distance(typed, word);
    return *distance <= (length < 4 ? 1 : (length + 2) / 3);
}
