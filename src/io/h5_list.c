#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/h5_parts.h"

#define MOST_ENTRIES 4096

static bool
find_type(hid_t dataset, rip_h5_type *found)
{
    static const rip_h5_type types[] = {RIP_H5_F64, RIP_H5_F32, RIP_H5_U32, RIP_H5_U64,
                                        RIP_H5_TEXT};
    const hid_t element = H5Dget_type(dataset);
    bool is_known = false;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !is_known; i++) {
        is_known = element >= 0 && rip_h5_is_type(element, types[i]);
        *found = types[i];
    }
    (void)H5Tclose(element);
    return is_known;
}

static bool
read_shape(hid_t dataset, rip_h5_entry *entry)
{
    const hid_t space = H5Dget_space(dataset);
    hsize_t shape[H5S_MAX_RANK] = {0};
    const int n_dim = space >= 0 ? H5Sget_simple_extent_dims(space, shape, NULL) : -1;

    (void)H5Sclose(space);
    if (n_dim < 0 || n_dim > RIP_H5_RANK) {
        return false;
    }
    entry->n_dim = (size_t)n_dim;
    for (size_t i = 0; i < entry->n_dim; i++) {
        entry->shape[i] = shape[i];
    }
    return true;
}

/* The fill value of numbers. */
static bool
read_fill(hid_t dataset, rip_h5_entry *entry)
{
    const hid_t dcpl = H5Dget_create_plist(dataset);
    const bool good =
        dcpl >= 0 && (entry->type == RIP_H5_TEXT ||
                      H5Pget_fill_value(dcpl, H5T_NATIVE_DOUBLE, &entry->fill) >= 0);

    (void)H5Pclose(dcpl);
    entry->is_empty = H5Dget_storage_size(dataset) == 0;
    return good;
}

/* Visits the scale of an axis: keeps the last part of its name. */
static herr_t
keep_name(hid_t dataset, unsigned dim, hid_t scale, void *to)
{
    char path[4 * RIP_H5_NAME];
    const ssize_t n = H5Iget_name(scale, path, sizeof(path));
    const char *slash;

    (void)dataset;
    (void)dim;
    if (n <= 0 || (size_t)n >= sizeof(path)) {
        return -1;
    }
    slash = strrchr(path, '/');
    slash = slash != NULL ? slash + 1 : path;
    if (strlen(slash) >= RIP_H5_NAME) {
        return -1;
    }
    (void)strcpy(to, slash);
    return 1;
}

static bool
read_axes(hid_t dataset, rip_h5_entry *entry)
{
    entry->is_scale = H5DSis_scale(dataset) > 0;
    if (entry->is_scale) {
        (void)strcpy(entry->dim[0], entry->name);
        return entry->n_dim == 1;
    }
    for (size_t i = 0; i < entry->n_dim; i++) {
        if (H5DSiterate_scales(dataset, (unsigned)i, NULL, keep_name, entry->dim[i]) <=
            0) {
            return false;
        }
    }
    return true;
}

static rip_status
read_dataset(hid_t dataset, rip_h5_entry *entry)
{
    rip_status status = RIP_OK;

    if (!find_type(dataset, &entry->type) || !read_shape(dataset, entry) ||
        !read_fill(dataset, entry) || !read_axes(dataset, entry)) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    RIP_TRY(rip_h5_text(dataset, "units", &entry->unit));
    status = rip_h5_text(dataset, "long_name", &entry->doc);
out:
    return status;
}

rip_status
rip_h5_describe(int64_t file, const char *path, rip_h5_entry *entry)
{
    rip_status status = RIP_OK;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    hid_t id = -1;

    *entry = (rip_h5_entry){.is_group = false};
    if (strlen(name) >= RIP_H5_NAME || !rip_h5_exists(file, path)) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    (void)strcpy(entry->name, name);
    id = H5Oopen(file, path, H5P_DEFAULT);
    if (id < 0) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    entry->is_group = H5Iget_type(id) == H5I_GROUP;
    if (!entry->is_group) {
        status = H5Iget_type(id) == H5I_DATASET ? read_dataset(id, entry)
                                                : RIP_RAISE(RIP_ERR_OUTPUT);
    }
    (void)H5Oclose(id);
    return status;
}

void
rip_h5_entry_free(rip_h5_entry *entry)
{
    free(entry->unit);
    free(entry->doc);
    entry->unit = entry->doc = NULL;
}

static rip_status
read_name(hid_t group, hsize_t i, char **name)
{
    char text[RIP_H5_NAME];
    const ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i,
                                         text, sizeof(text), H5P_DEFAULT);

    if (n <= 0 || n >= RIP_H5_NAME) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    *name = strdup(text);
    return *name != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

rip_status
rip_h5_names(int64_t file, const char *path, size_t *n, char ***name)
{
    rip_status status = RIP_OK;
    H5G_info_t info = {0};
    hid_t group = -1;

    *n = 0;
    *name = NULL;
    if (strcmp(path, "/") == 0 || rip_h5_exists(file, path)) {
        group = H5Gopen2(file, path, H5P_DEFAULT);
    }
    if (group < 0 || H5Gget_info(group, &info) < 0 || info.nlinks > MOST_ENTRIES) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
        goto out;
    }
    *name = calloc((size_t)info.nlinks + 1, sizeof(char *));
    if (*name == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    for (hsize_t i = 0; i < info.nlinks; i++) {
        RIP_TRY(read_name(group, i, &(*name)[*n]));
        (*n)++;
    }
out:
    (void)H5Gclose(group);
    return status;
}
