#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/h5_parts.h"

#define MOST_PATH     128  /* bytes of a path inside a file */
#define MOST_RATIO    2048 /* deflate shrinks less than this */
#define SMALL_ELEMENT (1u << 20)

bool
rip_h5_is_type(int64_t type, rip_h5_type wanted)
{
    const hid_t like = rip_h5_make_type(wanted, false);
    bool same;

    if (wanted == RIP_H5_TEXT) {
        same = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0;
    } else {
        same = H5Tequal(type, like) > 0;
    }
    (void)H5Tclose(like);
    return same;
}

bool
rip_h5_exists(int64_t file, const char *path)
{
    char part[MOST_PATH];
    const size_t n = strlen(path);

    if (n >= sizeof(part)) {
        return false;
    }
    /* HDF5 wants every link on the way to exist before it answers. */
    for (size_t i = 1; i <= n; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (H5Lexists(file, part, H5P_DEFAULT) <= 0 ||
                H5Oexists_by_name(file, part, H5P_DEFAULT) <= 0) {
                return false;
            }
        }
    }
    return n > 0;
}

/* Rejects what no honest file of this size holds, so that no reader allocates it. */
static bool
can_hold(hid_t dataset, hid_t space, size_t element)
{
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const hsize_t stored = H5Dget_storage_size(dataset);
    const uint64_t most = RIP_H5_MOST / element;

    if (n < 0 || (uint64_t)n > most) {
        return false;
    }
    return (uint64_t)n * element <= SMALL_ELEMENT ||
           (uint64_t)n * element / MOST_RATIO <= stored;
}

/* A dataset of a type and rank, whatever its shape. */
static rip_status
open_dataset(int64_t file, const char *path, rip_h5_type type, size_t n_dim,
             int64_t *id)
{
    hid_t space = -1, element = -1;
    bool good = false;

    *id = rip_h5_exists(file, path) ? H5Dopen2(file, path, H5P_DEFAULT) : -1;
    if (*id >= 0) {
        space = H5Dget_space(*id);
        element = H5Dget_type(*id);
        good = space >= 0 && element >= 0 &&
               H5Sget_simple_extent_ndims(space) == (int)n_dim &&
               rip_h5_is_type(element, type) && can_hold(*id, space, rip_h5_size(type));
    }
    (void)H5Sclose(space);
    (void)H5Tclose(element);
    if (!good) {
        rip_h5_close(id);
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    return RIP_OK;
}

rip_status
rip_h5_open(int64_t file, const char *path, rip_h5_type type, size_t n_dim, int64_t *id,
            uint64_t *shape)
{
    rip_status status = RIP_OK;
    hsize_t found[RIP_H5_RANK] = {0};
    hid_t space;

    RIP_TRY(open_dataset(file, path, type, n_dim, id));
    space = H5Dget_space(*id);
    if (H5Sget_simple_extent_dims(space, found, NULL) != (int)n_dim) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
    }
    (void)H5Sclose(space);
    for (size_t i = 0; i < n_dim; i++) {
        shape[i] = found[i];
    }
out:
    if (status != RIP_OK) {
        rip_h5_close(id);
    }
    return status;
}

static rip_status
read_all(hid_t dataset, rip_h5_type type, void *value)
{
    const hid_t memory = rip_h5_make_type(type, true);
    const herr_t code =
        memory >= 0 ? H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, value)
                    : -1;

    (void)H5Tclose(memory);
    return code >= 0 ? RIP_OK : RIP_RAISE(RIP_ERR_OUTPUT);
}

rip_status
rip_h5_read(int64_t file, const char *path, rip_h5_type type, size_t n_dim,
            const uint64_t *shape, void *value)
{
    rip_status status = RIP_OK;
    uint64_t found[RIP_H5_RANK] = {0};
    int64_t id = 0;

    RIP_TRY(rip_h5_open(file, path, type, n_dim, &id, found));
    if (memcmp(found, shape, n_dim * sizeof(*shape)) != 0) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
        goto out;
    }
    status = read_all(id, type, value);
out:
    rip_h5_close(&id);
    return status;
}

/* Texts come from HDF5's memory into ours; those of length 0 come as NULL. */
static rip_status
own_texts(size_t n, char **text)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; i < n; i++) {
        char *copy = strdup(text[i] != NULL ? text[i] : "");
        (void)H5free_memory(text[i]);
        text[i] = copy;
        if (copy == NULL) {
            status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    return status;
}

rip_status
rip_h5_read_values(int64_t file, const char *path, rip_h5_type type, size_t n_dim,
                   size_t *n, void **value)
{
    rip_status status = RIP_OK;
    uint64_t shape[RIP_H5_RANK] = {0};
    size_t n_value = 1;
    int64_t id = 0;

    *n = 0;
    *value = NULL;
    RIP_TRY(rip_h5_open(file, path, type, n_dim, &id, shape));
    for (size_t k = 0; k < n_dim; k++) {
        n_value *= (size_t)shape[k];
    }
    *value = calloc(n_value > 0 ? n_value : 1, rip_h5_size(type));
    if (*value == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    *n = n_value;
    RIP_TRY(read_all(id, type, *value));
out:
    rip_h5_close(&id);
    if (type == RIP_H5_TEXT && *value != NULL) {
        const rip_status owned = own_texts(*n, *value);
        status = status != RIP_OK ? status : owned;
    }
    return status;
}

rip_status
rip_h5_read_list(int64_t file, const char *path, rip_h5_type type, size_t *n,
                 void **value)
{
    return rip_h5_read_values(file, path, type, 1, n, value);
}

rip_status
rip_h5_read_text(int64_t file, const char *path, char **text)
{
    rip_status status = RIP_OK;
    int64_t id = 0;
    uint64_t shape[RIP_H5_RANK] = {0};

    *text = NULL;
    RIP_TRY(rip_h5_open(file, path, RIP_H5_TEXT, 0, &id, shape));
    status = read_all(id, RIP_H5_TEXT, text);
    if (status == RIP_OK) {
        status = own_texts(1, text);
    }
out:
    rip_h5_close(&id);
    return status;
}

rip_status
rip_h5_read_box(int64_t dataset, rip_h5_type type, const rip_h5_box *box, void *value)
{
    int64_t memory = -1, file = -1;
    const hid_t element = rip_h5_make_type(type, true);
    herr_t code = -1;

    if (element >= 0 && rip_h5_spaces(dataset, box, &memory, &file) == RIP_OK) {
        code = H5Dread(dataset, element, memory, file, H5P_DEFAULT, value);
    }
    (void)H5Sclose(memory);
    (void)H5Sclose(file);
    (void)H5Tclose(element);
    return code >= 0 ? RIP_OK : RIP_RAISE(RIP_ERR_OUTPUT);
}
