#include <stdlib.h>
#include <string.h>

#include "merge_parts.h"

void
rip_sweep_axis_values_free(rip_h5_type type, size_t n, void *value)
{
    for (size_t i = 0; value != NULL && type == RIP_H5_TEXT && i < n; i++) {
        free(((char **)value)[i]);
    }
    free(value);
}

static bool
same(rip_h5_type type, const void *a, size_t i, const void *b, size_t j)
{
    const size_t size = rip_h5_size(type);

    if (type == RIP_H5_TEXT) {
        return strcmp(((char *const *)a)[i], ((char *const *)b)[j]) == 0;
    }
    return memcmp((const char *)a + i * size, (const char *)b + j * size, size) == 0;
}

/* Where value i of a list is in self, from a guess on; self->n if nowhere. */
static size_t
find(const rip_sweep_axis *self, const void *value, size_t i, size_t guess)
{
    for (size_t k = 0; k < self->n; k++) {
        const size_t at = guess + k < self->n ? guess + k : guess + k - self->n;
        if (same(self->what.type, self->value, at, value, i)) {
            return at;
        }
    }
    return self->n;
}

static bool
all_same(const rip_sweep_axis *self, size_t n, const void *value)
{
    if (n != self->n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!same(self->what.type, self->value, i, value, i)) {
            return false;
        }
    }
    return true;
}

static int
compare_f64(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int
compare_u32(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int
compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Numbers rise along an axis; texts stay in the order in which they were met. */
static void
sort(rip_sweep_axis *self)
{
    const size_t size = rip_h5_size(self->what.type);

    if (self->what.type == RIP_H5_F64) {
        qsort(self->value, self->n, size, compare_f64);
    } else if (self->what.type == RIP_H5_U32) {
        qsort(self->value, self->n, size, compare_u32);
    } else if (self->what.type == RIP_H5_U64) {
        qsort(self->value, self->n, size, compare_u64);
    }
}

rip_status
rip_sweep_axis_unite(rip_sweep_axis *self, size_t n, void **value)
{
    const size_t size = rip_h5_size(self->what.type);
    size_t guess = 0;

    if (all_same(self, n, *value)) {
        return RIP_OK;
    }
    self->varies = true;
    void *grown = realloc(self->value, (self->n + n + 1) * size);
    if (grown == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self->value = grown;
    for (size_t i = 0; i < n; i++) {
        const size_t at = find(self, *value, i, guess);
        if (at == self->n) {
            memcpy((char *)grown + self->n++ * size, (char *)*value + i * size, size);
            memset((char *)*value + i * size, 0, size); /* a text has a new owner */
        }
        guess = at + 1 < self->n ? at + 1 : 0;
    }
    sort(self);
    return RIP_OK;
}

rip_status
rip_sweep_axis_map(const rip_sweep_axis *self, size_t n, const void *value,
                   size_t **map)
{
    *map = NULL;
    if (all_same(self, n, value)) {
        return RIP_OK;
    }
    *map = calloc(n + 1, sizeof(**map));
    if (*map == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0, guess = 0; i < n; i++) {
        const size_t at = find(self, value, i, guess);
        if (at == self->n) {
            return RIP_RAISE(RIP_ERR_OUTPUT); /* the file has changed meanwhile */
        }
        (*map)[i] = at;
        guess = at + 1 < self->n ? at + 1 : 0;
    }
    return RIP_OK;
}
