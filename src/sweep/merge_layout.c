#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge_parts.h"
#include "riptide/io/checksum.h"

#define MOST_AXES 256

void
rip_sweep_merge_path(const rip_sweep_merging *self, size_t group, const char *name,
                     char path[2 * RIP_H5_NAME])
{
    if (group == 0) {
        (void)snprintf(path, (size_t)2 * RIP_H5_NAME, "%s", name);
    } else {
        (void)snprintf(path, (size_t)2 * RIP_H5_NAME, "%s/%s", self->group[group],
                       name);
    }
}

size_t
rip_sweep_merge_find(const rip_sweep_merging *self, const char *group, const char *name)
{
    size_t i = 0;

    while (i < self->n_set && (strcmp(self->set[i].what.name, name) != 0 ||
                               strcmp(self->group[self->set[i].group], group) != 0)) {
        i++;
    }
    return i;
}

static rip_status
refuse(const rip_sweep_merging *self, const rip_stored *stored, size_t group,
       const char *name)
{
    char path[2 * RIP_H5_NAME];

    rip_sweep_merge_path(self, group, name, path);
    return rip_error_add(self->error, RIP_RAISE(RIP_ERR_OUTPUT),
                         "%s: %s: not as other points have it", stored->path, path);
}

/* The entry's texts are the copy's from here on. */
static rip_h5_entry
take_entry(rip_h5_entry *entry)
{
    const rip_h5_entry taken = *entry;

    entry->unit = entry->doc = NULL;
    return taken;
}

static size_t
find_axis(const rip_sweep_merging *self, size_t group, const char *name)
{
    size_t i = 0;

    while (i < self->n_axis && (self->axis[i].group != group ||
                                strcmp(self->axis[i].what.name, name) != 0)) {
        i++;
    }
    return i;
}

/* An axis by its values; what else it is, is read once. */
static rip_status
take_axis(rip_sweep_merging *self, const rip_stored *stored, size_t at,
          rip_h5_entry *entry, size_t group)
{
    rip_status status = RIP_OK;
    const bool is_new = at == self->n_axis;
    rip_sweep_axis *axis = &self->axis[at];
    char path[2 * RIP_H5_NAME];
    void *value = NULL;
    size_t n = 0;
    rip_h5_type type;

    if (is_new) {
        if (entry->type == RIP_H5_F32 || at == MOST_AXES) {
            return refuse(self, stored, group, entry->name);
        }
        *axis = (rip_sweep_axis){.group = group, .what = take_entry(entry)};
        self->n_axis++;
    }
    type = axis->what.type;
    rip_sweep_merge_path(self, group, axis->what.name, path);
    RIP_TRY(rip_image_explain(
        stored->image,
        rip_h5_read_list(rip_image_file(stored->image), path, type, &n, &value),
        self->error));
    if (is_new) {
        axis->n = n;
        axis->value = value;
        value = NULL;
    } else {
        status = rip_sweep_axis_unite(axis, n, &value);
    }
out:
    rip_sweep_axis_values_free(type, n, value);
    return status;
}

/* Where a column may be stored once. */
static bool
may_be_common(const char *group)
{
    return strcmp(group, "accounts") == 0 || strcmp(group, "positions") == 0;
}

static rip_status
digest_column(const rip_stored *stored, const char *path, const rip_h5_entry *what,
              uint64_t *digest)
{
    rip_status status = RIP_OK;
    const rip_h5_type type = what->type;
    void *value = NULL;
    size_t n = 0;

    RIP_TRY(rip_h5_read_values(rip_image_file(stored->image), path, type, what->n_dim,
                               &n, &value));
    *digest = RIP_CHECKSUM_EMPTY;
    if (type != RIP_H5_TEXT) {
        *digest = rip_checksum(*digest, value, n * rip_h5_size(type));
    }
    for (size_t i = 0; type == RIP_H5_TEXT && i < n; i++) {
        const char *text = ((char **)value)[i];
        *digest = rip_checksum(*digest, text, strlen(text) + 1);
    }
out:
    rip_sweep_axis_values_free(type, n, value);
    return status;
}

/* A dataset that no point before had. */
static rip_status
add_set(rip_sweep_merging *self, const rip_stored *stored, size_t group,
        rip_h5_entry *entry)
{
    rip_sweep_set *set = &self->set[self->n_set];

    *set =
        (rip_sweep_set){.group = group, .varies = !may_be_common(self->group[group])};
    for (size_t k = 0; k < entry->n_dim; k++) {
        set->axis[k] = find_axis(self, group, entry->dim[k]);
        if (set->axis[k] == self->n_axis) {
            return refuse(self, stored, group, entry->name);
        }
    }
    set->what = take_entry(entry);
    self->n_set++;
    return RIP_OK;
}

static rip_status
check_form(const rip_sweep_merging *self, const rip_stored *stored, size_t group,
           const rip_h5_entry *entry)
{
    /* A run's axes come after those that are swept, and texts are lists at most. */
    if (self->n_set == RIP_SWEEP_SETS ||
        (entry->type == RIP_H5_TEXT && entry->n_dim > 1) ||
        entry->n_dim + rip_sweep_points_dims(&self->points) > RIP_H5_RANK) {
        return refuse(self, stored, group, entry->name);
    }
    return RIP_OK;
}

/* Notes that this point has a dataset. Type and shape are checked when it is copied. */
static rip_status
note_set(rip_sweep_merging *self, const rip_stored *stored, rip_sweep_set *set)
{
    rip_status status = RIP_OK;
    uint64_t digest = 0;
    char path[2 * RIP_H5_NAME];

    rip_sweep_merge_path(self, set->group, set->what.name, path);
    if (!set->varies) {
        RIP_TRY(rip_image_explain(stored->image,
                                  digest_column(stored, path, &set->what, &digest),
                                  self->error));
        set->varies = set->n_seen > 0 && set->digest != digest;
        set->digest = digest;
    }
    if (set->what.is_empty && set->n_seen > 0) {
        rip_h5_entry entry = {0};
        status = rip_h5_describe(rip_image_file(stored->image), path, &entry);
        set->what.is_empty = entry.is_empty;
        rip_h5_entry_free(&entry);
    }
    set->n_seen++;
out:
    return status;
}

static rip_status
find_group(rip_sweep_merging *self, const rip_stored *stored, const char *name,
           size_t *group)
{
    size_t i = 0;

    while (i < self->n_group && strcmp(self->group[i], name) != 0) {
        i++;
    }
    if (i == RIP_SWEEP_GROUPS) {
        return refuse(self, stored, 0, name);
    }
    if (i == self->n_group) {
        (void)snprintf(self->group[self->n_group++], RIP_H5_NAME, "%s", name);
    }
    *group = i;
    return RIP_OK;
}

static rip_status take_group(rip_sweep_merging *self, const rip_stored *stored,
                             const char *name);

/* Something that no point before had. */
static rip_status
take_new(rip_sweep_merging *self, const rip_stored *stored, size_t group,
         const char *name, bool scales)
{
    rip_status status = RIP_OK;
    rip_h5_entry entry = {0};
    char path[2 * RIP_H5_NAME];

    rip_sweep_merge_path(self, group, name, path);
    RIP_TRY(rip_image_explain(
        stored->image, rip_h5_describe(rip_image_file(stored->image), path, &entry),
        self->error));
    if (entry.is_group) {
        /* The raw sums stay behind. */
        if (!scales && group == 0 && strcmp(name, "accumulators") != 0) {
            status = take_group(self, stored, name);
        }
    } else if (entry.is_scale && scales) {
        status = take_axis(self, stored, self->n_axis, &entry, group);
    } else if (!entry.is_scale && !scales) {
        RIP_TRY(check_form(self, stored, group, &entry));
        RIP_TRY(add_set(self, stored, group, &entry));
        status = note_set(self, stored, &self->set[self->n_set - 1]);
    }
out:
    rip_h5_entry_free(&entry);
    return status;
}

static rip_status
take_names(rip_sweep_merging *self, const rip_stored *stored, size_t group, size_t n,
           char **name, bool scales)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; i < n; i++) {
        const size_t axis = find_axis(self, group, name[i]);
        const size_t set = rip_sweep_merge_find(self, self->group[group], name[i]);
        if (axis < self->n_axis) {
            if (scales) {
                RIP_TRY(take_axis(self, stored, axis, NULL, group));
            }
        } else if (set < self->n_set) {
            if (!scales) {
                RIP_TRY(note_set(self, stored, &self->set[set]));
            }
        } else {
            RIP_TRY(take_new(self, stored, group, name[i], scales));
        }
    }
out:
    return status;
}

/* Scales first: datasets look for them. */
static rip_status
take_group(rip_sweep_merging *self, const rip_stored *stored, const char *path)
{
    rip_status status = RIP_OK;
    char **name = NULL;
    size_t n = 0, group = 0;

    RIP_TRY(find_group(self, stored, path, &group));
    RIP_TRY(rip_image_explain(
        stored->image, rip_h5_names(rip_image_file(stored->image), path, &n, &name),
        self->error));
    RIP_TRY(take_names(self, stored, group, n, name, true));
    status = take_names(self, stored, group, n, name, false);
out:
    rip_sweep_axis_values_free(RIP_H5_TEXT, n, name);
    return status;
}

rip_status
rip_sweep_merge_layout(rip_sweep_merging *self, const rip_stored *stored)
{
    if (self->axis == NULL) {
        self->axis = calloc(MOST_AXES, sizeof(*self->axis));
        self->set = calloc(RIP_SWEEP_SETS, sizeof(*self->set));
        if (self->axis == NULL || self->set == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    return take_group(self, stored, "/");
}
