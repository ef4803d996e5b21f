#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "merge_parts.h"

#define BLOCK_BYTES ((uint64_t)16 << 20) /* copied at a time, if a row is not more */

/* One dataset of one point on its way. Its last axes, from `inner` on, are copied as a
   block; those before are walked over. */
typedef struct copying {
    const rip_sweep_merging *self;
    const rip_sweep_opened *from;
    const rip_sweep_set *set;
    size_t n_dim, inner, n_lead;
    uint64_t length[RIP_H5_RANK]; /* of the point's axes */
    uint64_t united[RIP_H5_RANK]; /* of the sweep file's */
    const size_t *map[RIP_H5_RANK];
    size_t size;    /* of an element */
    uint64_t n, m;  /* elements of a block, of a united block */
    char *block;    /* owned */
    char *spread;   /* owned; NULL: the block is as the file wants it */
    int64_t source; /* dataset of the point */
} copying;

static void
measure(copying *self)
{
    const rip_sweep_set *set = self->set;

    self->n_dim = self->inner = set->what.n_dim;
    self->size = rip_h5_size(set->what.type);
    self->n_lead = set->varies ? rip_sweep_points_dims(&self->self->points) : 0;
    self->n = self->m = 1;
    for (size_t k = 0; k < self->n_dim; k++) {
        const size_t axis = set->axis[k];
        self->length[k] = self->from->length[axis];
        self->united[k] = self->self->axis[axis].n;
        self->map[k] = self->from->map[axis];
    }
    while (self->inner > 0 &&
           (self->inner == self->n_dim ||
            self->m * self->united[self->inner - 1] <= BLOCK_BYTES / self->size)) {
        self->inner--;
        self->n *= self->length[self->inner];
        self->m *= self->united[self->inner];
    }
}

static bool
needs_spread(const copying *self)
{
    for (size_t k = self->inner; k < self->n_dim; k++) {
        if (self->map[k] != NULL) {
            return true;
        }
    }
    return false;
}

/* Fills n elements of a type with what stands for nothing. */
static void
clear(rip_h5_type type, void *to, uint64_t n)
{
    memset(to, type == RIP_H5_U32 || type == RIP_H5_U64 ? 0xff : 0,
           n * rip_h5_size(type));
    for (uint64_t i = 0; i < n && type == RIP_H5_F64; i++) {
        ((double *)to)[i] = NAN;
    }
    for (uint64_t i = 0; i < n && type == RIP_H5_F32; i++) {
        ((float *)to)[i] = NAN;
    }
}

/* The next position of a counter with digits from first to n_dim - 1; false at its end.
 */
static bool
next(uint64_t *at, const uint64_t *length, size_t first, size_t n_dim)
{
    for (size_t k = n_dim; k-- > first;) {
        if (++at[k] < length[k]) {
            return true;
        }
        at[k] = 0;
    }
    return false;
}

static uint64_t
united_index(const copying *self, size_t dim, uint64_t i)
{
    return self->map[dim] != NULL ? self->map[dim][i] : i;
}

/* Moves the elements of the block to where they are on the united axes. */
static void
spread(copying *self)
{
    uint64_t at[RIP_H5_RANK] = {0}, from = 0;

    clear(self->set->what.type, self->spread, self->m);
    if (self->n == 0) {
        return;
    }
    do {
        uint64_t to = 0;
        for (size_t k = self->inner; k < self->n_dim; k++) {
            to = to * self->united[k] + united_index(self, k, at[k]);
        }
        memcpy(self->spread + to * self->size, self->block + from * self->size,
               self->size);
        from++;
    } while (next(at, self->length, self->inner, self->n_dim));
}

static rip_status
read_block(copying *self, const uint64_t *at)
{
    rip_h5_box box = {.n_dim = self->n_dim};

    for (size_t k = 0; k < self->n_dim; k++) {
        box.first[k] = k < self->inner ? at[k] : 0;
        box.count[k] = box.stride[k] = k < self->inner ? 1 : self->length[k];
    }
    return self->n_dim > 0
               ? rip_h5_read_box(self->source, self->set->what.type, &box, self->block)
               : RIP_OK;
}

static rip_status
write_block(copying *self, const uint64_t *at)
{
    rip_h5_box box = {.n_dim = self->n_lead + self->n_dim};

    if (self->n_lead > 0) {
        rip_sweep_merge_place(self->self, self->from->point, &box);
    }
    for (size_t k = 0; k < self->n_dim; k++) {
        const size_t to = self->n_lead + k;
        box.first[to] = k < self->inner ? united_index(self, k, at[k]) : 0;
        box.count[to] = box.stride[to] = k < self->inner ? 1 : self->united[k];
    }
    return rip_h5_write_box(self->set->id, self->set->what.type, &box,
                            self->spread != NULL ? self->spread : self->block);
}

static rip_status
begin(copying *self, const rip_sweep_merging *merging, const rip_sweep_opened *from,
      const rip_sweep_set *set)
{
    char path[2 * RIP_H5_NAME];
    uint64_t shape[RIP_H5_RANK] = {0};

    *self = (copying){.self = merging, .from = from, .set = set};
    measure(self);
    self->block = calloc(self->n + 1, self->size);
    if (needs_spread(self)) {
        self->spread = calloc(self->m + 1, self->size);
    }
    if (self->block == NULL || (needs_spread(self) && self->spread == NULL)) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    rip_sweep_merge_path(merging, set->group, set->what.name, path);
    if (set->what.type == RIP_H5_TEXT) {
        return RIP_OK;
    }
    const rip_status status =
        rip_h5_open(rip_image_file(from->stored.image), path, set->what.type,
                    self->n_dim, &self->source, shape);
    if (status == RIP_OK && memcmp(shape, self->length, sizeof(shape)) != 0) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    return status;
}

static void
end(copying *self)
{
    rip_h5_close(&self->source);
    free(self->spread);
    free(self->block);
}

static rip_status
copy_numbers(copying *self)
{
    rip_status status = RIP_OK;
    uint64_t at[RIP_H5_RANK] = {0};

    if (self->n == 0) {
        return RIP_OK;
    }
    do {
        RIP_TRY(read_block(self, at));
        if (self->spread != NULL) {
            spread(self);
        }
        RIP_TRY(write_block(self, at));
    } while (next(at, self->length, 0, self->inner));
out:
    return status;
}

/* Texts are lists, or stand alone; HDF5 gives each its own memory. */
static rip_status
copy_texts(copying *self)
{
    rip_status status = RIP_OK;
    const int64_t file = rip_image_file(self->from->stored.image);
    const uint64_t at[RIP_H5_RANK] = {0};
    char path[2 * RIP_H5_NAME], *text = NULL;
    void *list = NULL;
    size_t n = 0;

    rip_sweep_merge_path(self->self, self->set->group, self->set->what.name, path);
    if (self->n_dim == 0) {
        RIP_TRY(rip_h5_read_text(file, path, &text));
        memcpy(self->block, &text, sizeof(text));
    } else {
        RIP_TRY(rip_h5_read_list(file, path, RIP_H5_TEXT, &n, &list));
        if (n != self->n) {
            status = RIP_RAISE(RIP_ERR_OUTPUT);
            goto out;
        }
        memcpy(self->block, list, n * sizeof(char *));
    }
    if (self->spread != NULL) {
        spread(self);
    }
    if (self->m > 0) {
        status = write_block(self, at);
    }
out:
    rip_sweep_axis_values_free(RIP_H5_TEXT, n, list);
    free(text);
    return status;
}

/* Datasets that this point has; what is common to all goes with the first one. */
static bool
has_set(const rip_sweep_merging *self, const rip_sweep_opened *from,
        const rip_sweep_set *set)
{
    char path[2 * RIP_H5_NAME];

    if (set->what.is_empty || set->n_seen == 0 ||
        (!set->varies && self->file[from->point] != self->first)) {
        return false;
    }
    rip_sweep_merge_path(self, set->group, set->what.name, path);
    return set->n_seen == self->n_done ||
           rip_h5_exists(rip_image_file(from->stored.image), path);
}

rip_status
rip_sweep_merge_copy(const rip_sweep_merging *self, const rip_sweep_opened *from)
{
    for (size_t i = 0; i < self->n_set; i++) {
        const rip_sweep_set *set = &self->set[i];
        copying one = {0};
        rip_status status;
        if (!has_set(self, from, set)) {
            continue;
        }
        status = begin(&one, self, from, set);
        if (status == RIP_OK) {
            status =
                set->what.type == RIP_H5_TEXT ? copy_texts(&one) : copy_numbers(&one);
        }
        end(&one);
        if (status != RIP_OK) {
            return status;
        }
    }
    return RIP_OK;
}

/* Number i of a block of a type, NaN for the largest whole number. */
static double
number_at(rip_h5_type type, const void *block, uint64_t i)
{
    switch (type) {
    case RIP_H5_F64:
        return ((const double *)block)[i];
    case RIP_H5_F32:
        return (double)((const float *)block)[i];
    case RIP_H5_U32: {
        const uint32_t value = ((const uint32_t *)block)[i];
        return value < UINT32_MAX ? (double)value : NAN;
    }
    case RIP_H5_U64: {
        const uint64_t value = ((const uint64_t *)block)[i];
        return value < UINT64_MAX ? (double)value : NAN;
    }
    case RIP_H5_TEXT:
        break;
    }
    return NAN;
}

rip_status
rip_sweep_merge_fetch(const rip_sweep_merging *self, const rip_sweep_opened *from,
                      size_t set, double **value)
{
    rip_status status = RIP_OK;
    copying one = {0};
    const uint64_t at[RIP_H5_RANK] = {0};

    *value = NULL;
    RIP_TRY(begin(&one, self, from, &self->set[set]));
    if (one.inner > 0) {
        status = RIP_RAISE(RIP_ERR_OUTPUT); /* no figure is so large */
        goto out;
    }
    *value = calloc(one.m + 1, sizeof(**value));
    if (*value == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    if (one.n > 0) {
        RIP_TRY(read_block(&one, at));
    }
    if (one.spread != NULL) {
        spread(&one);
    }
    for (uint64_t i = 0; i < one.m; i++) {
        (*value)[i] = number_at(self->set[set].what.type,
                                one.spread != NULL ? one.spread : one.block, i);
    }
out:
    end(&one);
    return status;
}
