#include <stdio.h>
#include <stdlib.h>

#include "riptide/io/result_parts.h"

/* A column, or a scale: all values in memory, as both files hold them. */
static rip_status
copy_entry(rip_h5_group *to, int64_t file, const char *path, const rip_h5_entry *entry)
{
    rip_status status = RIP_OK;
    rip_h5_dataset what = {.name = entry->name,
                           .unit = entry->unit,
                           .doc = entry->doc,
                           .type = entry->type,
                           .n_dim = entry->n_dim};
    void *value = NULL;
    size_t n = 0;

    for (size_t k = 0; k < entry->n_dim; k++) {
        what.dim[k] = entry->dim[k];
    }
    RIP_TRY(rip_h5_read_values(file, path, entry->type, entry->n_dim, &n, &value));
    status = entry->is_scale ? rip_h5_scale(to, &what, n, value)
                             : rip_h5_put(to, &what, value);
out:
    for (size_t i = 0; entry->type == RIP_H5_TEXT && value != NULL && i < n; i++) {
        free(((char **)value)[i]);
    }
    free(value);
    return status;
}

/* Tells if a column is as long along each of its axes as the copied scales are: that
   many values are written. */
static bool
is_on_axes(const rip_h5_group *to, const rip_h5_entry *entry)
{
    for (size_t k = 0; k < entry->n_dim; k++) {
        const rip_h5_axis *axis = rip_h5_find_axis(to, entry->dim[k]);
        if (axis == NULL || axis->size != entry->shape[k]) {
            return false;
        }
    }
    return true;
}

/* Copies what is a scale, or what is not. */
static rip_status
copy_some(rip_h5_group *to, int64_t file, const char *path, bool scales)
{
    rip_status status = RIP_OK;
    rip_h5_entry entry = {0};

    RIP_TRY(rip_h5_describe(file, path, &entry));
    if (entry.is_group || (!entry.is_scale && !scales && !is_on_axes(to, &entry))) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
    } else if (entry.is_scale == scales) {
        status = copy_entry(to, file, path, &entry);
    }
out:
    rip_h5_entry_free(&entry);
    return status;
}

static void
free_names(size_t n, char **name)
{
    for (size_t i = 0; name != NULL && i < n; i++) {
        free(name[i]);
    }
    free((void *)name);
}

rip_status
rip_result_copy(const rip_result *self, int64_t file, const char *group)
{
    rip_status status = RIP_OK;
    rip_h5_group to = {0};
    char path[2 * RIP_H5_NAME], **name = NULL;
    size_t n = 0;

    RIP_TRY(rip_h5_names(file, group, &n, &name));
    RIP_TRY(rip_h5_group_begin(&to, rip_image_file(self->image), group, self->deflate));
    /* Scales first, so that the columns find them. */
    for (int scales = 1; scales >= 0; scales--) {
        for (size_t k = 0; k < n; k++) {
            (void)snprintf(path, sizeof(path), "%s/%s", group, name[k]);
            RIP_TRY(copy_some(&to, file, path, scales == 1));
        }
    }
out:
    rip_h5_group_end(&to);
    free_names(n, name);
    return status;
}
