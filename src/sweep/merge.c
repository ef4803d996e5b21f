#include "riptide/sweep/merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "merge_parts.h"

void
rip_sweep_merge_place(const rip_sweep_merging *self, size_t point, rip_h5_box *box)
{
    const rip_sweep_points *points = &self->points;
    const size_t n = rip_sweep_points_dims(points);

    for (size_t j = 0; j < n; j++) {
        box->first[j] =
            points->is_grid ? rip_sweep_points_index(points, point, j) : point;
        box->count[j] = box->stride[j] = 1;
    }
}

static rip_status
map_axis(const rip_sweep_merging *self, size_t i, rip_sweep_opened *opened)
{
    rip_status status = RIP_OK;
    const rip_sweep_axis *axis = &self->axis[i];
    const int64_t file = rip_image_file(opened->stored.image);
    char path[2 * RIP_H5_NAME];
    void *value = NULL;
    size_t n = 0;

    rip_sweep_merge_path(self, axis->group, axis->what.name, path);
    if (!rip_h5_exists(file, path)) {
        return RIP_OK; /* of datasets that this point does not have */
    }
    RIP_TRY(rip_h5_read_list(file, path, axis->what.type, &n, &value));
    opened->length[i] = n;
    status = rip_sweep_axis_map(axis, n, value, &opened->map[i]);
out:
    rip_sweep_axis_values_free(axis->what.type, n, value);
    return status;
}

rip_status
rip_sweep_merge_open(const rip_sweep_merging *self, size_t point,
                     rip_sweep_opened *opened)
{
    rip_status status = RIP_OK;

    *opened = (rip_sweep_opened){.point = point};
    opened->map = calloc(self->n_axis + 1, sizeof(*opened->map));
    opened->length = calloc(self->n_axis + 1, sizeof(*opened->length));
    if (opened->map == NULL || opened->length == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_stored_open(&opened->stored, self->file[point], self->error));
    for (size_t i = 0; i < self->n_axis; i++) {
        RIP_TRY(rip_image_explain(opened->stored.image, map_axis(self, i, opened),
                                  self->error));
    }
out:
    return status;
}

void
rip_sweep_merge_close(const rip_sweep_merging *self, rip_sweep_opened *opened)
{
    for (size_t i = 0; opened->map != NULL && i < self->n_axis; i++) {
        free(opened->map[i]);
    }
    free((void *)opened->map);
    free(opened->length);
    rip_stored_free(&opened->stored);
    *opened = (rip_sweep_opened){0};
}

static rip_status
write_point(const rip_sweep_merging *self, size_t point, rip_sweep_changes *changes)
{
    rip_status status = RIP_OK;
    rip_sweep_opened opened = {0};

    RIP_TRY(rip_sweep_merge_open(self, point, &opened));
    RIP_TRY(rip_image_explain(self->image, rip_sweep_merge_copy(self, &opened),
                              self->error));
    if (changes != NULL) {
        status = rip_image_explain(
            self->image, rip_sweep_changes_write(changes, &opened), self->error);
    }
out:
    rip_sweep_merge_close(self, &opened);
    return status;
}

bool
rip_sweep_merge_is_masked(const rip_sweep_merging *self, const rip_sweep_set *set)
{
    bool masked = set->n_seen < self->points.n_point;

    for (size_t k = 0; k < set->what.n_dim; k++) {
        masked = masked || self->axis[set->axis[k]].varies;
    }
    return masked;
}

/* Columns that may be stored once are not if their axis, or their presence, varies. A
   dataset that no point has ever written stays so only where its fill value does not
   have to tell what is missing. */
static void
settle_sets(rip_sweep_merging *self)
{
    for (size_t i = 0; i < self->n_set; i++) {
        rip_sweep_set *set = &self->set[i];
        set->varies = set->varies || set->n_seen < self->n_done;
        for (size_t k = 0; k < set->what.n_dim; k++) {
            set->varies = set->varies || self->axis[set->axis[k]].varies;
        }
        if (set->varies && rip_sweep_merge_is_masked(self, set)) {
            set->what.is_empty = set->what.is_empty && isnan(set->what.fill);
        }
    }
}

static void
close_sets(rip_sweep_merging *self)
{
    for (size_t i = 0; i < self->n_set; i++) {
        rip_h5_close(&self->set[i].id);
    }
    for (size_t g = 0; g < self->n_group; g++) {
        rip_h5_group_end(&self->out[g]);
    }
}

static rip_status
write_file(rip_sweep_merging *self)
{
    rip_status status = RIP_OK;
    rip_sweep_changes *changes = NULL;

    settle_sets(self);
    if (self->points.has_baseline) {
        RIP_TRY(rip_sweep_merge_add_changes(self));
        RIP_TRY(rip_sweep_changes_begin(&changes, self));
    }
    RIP_TRY(rip_image_create(&self->image, self->source->out, self->source->overwrite,
                             RIP_IMAGE_MEMORY, self->error));
    RIP_TRY(rip_image_explain(self->image, rip_sweep_merge_create(self), self->error));
    for (size_t k = 0; k < self->points.n_point; k++) {
        if (self->file[k] != NULL) {
            RIP_TRY(write_point(self, k, changes));
        }
    }
    RIP_TRY(rip_image_explain(self->image, rip_sweep_merge_facts(self), self->error));
    close_sets(self);
    status = rip_image_commit(self->image, self->error);
out:
    close_sets(self);
    rip_sweep_changes_free(changes);
    rip_image_free(self->image);
    return status;
}

void
rip_sweep_merge_forget(rip_sweep_merging *self)
{
    char **const text[] = {&self->title, &self->sweep, &self->sha256, &self->version,
                           &self->revision};

    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        free(*text[i]);
        *text[i] = NULL;
    }
    free((void *)self->file);
    free(self->n_path);
    self->file = NULL;
    self->n_path = NULL;
    self->first = NULL;
    rip_inputs_free(&self->inputs);
    rip_sweep_points_free(&self->points);
}

static void
free_merging(rip_sweep_merging *self)
{
    for (size_t i = 0; i < self->n_axis; i++) {
        rip_sweep_axis_values_free(self->axis[i].what.type, self->axis[i].n,
                                   self->axis[i].value);
        free(self->axis[i].what.unit);
        free(self->axis[i].what.doc);
    }
    for (size_t i = 0; i < self->n_set; i++) {
        free(self->set[i].what.unit);
        free(self->set[i].what.doc);
    }
    free(self->axis);
    free(self->set);
    rip_sweep_merge_forget(self);
}

rip_status
rip_sweep_merge(const rip_sweep_merge_source *source, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_sweep_merging self = {.source = source, .error = error};

    RIP_TRY(rip_sweep_merge_read(&self));
    RIP_TRY(write_file(&self));
out:
    free_merging(&self);
    return status;
}
