#include "riptide/io/h5.h"

#include <assert.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "riptide/io/h5_parts.h"

#define CHUNK_BYTES  ((uint64_t)1 << 20) /* a chunk is at most so large */
#define STRIPE_BYTES ((uint64_t)1 << 24) /* chunks that a wave touches, together */
#define WAVE_LEAST   ((uint64_t)64)      /* length of a chunk along the waves */
#define WAVE_MOST    ((uint64_t)1 << 16)
#define POINT_BYTES  ((uint64_t)1 << 16) /* small points of a sweep share a chunk */
#define TEXT_BYTES   ((size_t)1 << 16)   /* of texts that are converted together */
#define NO_VARIABLE  "This is a netCDF dimension but not a netCDF variable. %9d"

_Static_assert(sizeof(hid_t) == sizeof(int64_t), "ids travel as int64_t");

size_t
rip_h5_size(rip_h5_type type)
{
    return type == RIP_H5_TEXT                        ? sizeof(char *)
           : type == RIP_H5_F32 || type == RIP_H5_U32 ? 4
                                                      : 8;
}

/* A type of HDF5; close it with H5Tclose. */
int64_t
rip_h5_make_type(rip_h5_type type, bool in_memory)
{
    hid_t made;

    switch (type) {
    case RIP_H5_F64:
        return H5Tcopy(in_memory ? H5T_NATIVE_DOUBLE : H5T_IEEE_F64LE);
    case RIP_H5_F32:
        return H5Tcopy(in_memory ? H5T_NATIVE_FLOAT : H5T_IEEE_F32LE);
    case RIP_H5_U32:
        return H5Tcopy(in_memory ? H5T_NATIVE_UINT32 : H5T_STD_U32LE);
    case RIP_H5_U64:
        return H5Tcopy(in_memory ? H5T_NATIVE_UINT64 : H5T_STD_U64LE);
    case RIP_H5_TEXT:
        break;
    }
    made = H5Tcopy(H5T_C_S1);
    if (made >= 0 &&
        (H5Tset_size(made, H5T_VARIABLE) < 0 || H5Tset_cset(made, H5T_CSET_UTF8) < 0)) {
        (void)H5Tclose(made);
        return -1;
    }
    return made;
}

rip_status
rip_h5_group_begin(rip_h5_group *self, int64_t file, const char *path, int deflate)
{
    hid_t gcpl = -1;

    *self = (rip_h5_group){.id = -1, .deflate = deflate};
    if (strcmp(path, "/") == 0) {
        self->id = H5Gopen2(file, "/", H5P_DEFAULT);
    } else {
        gcpl = H5Pcreate(H5P_GROUP_CREATE);
        if (gcpl >= 0 && H5Pset_obj_track_times(gcpl, false) >= 0) {
            self->id = H5Gcreate2(file, path, H5P_DEFAULT, gcpl, H5P_DEFAULT);
        }
        (void)H5Pclose(gcpl);
    }
    return self->id >= 0 ? RIP_OK : RIP_RAISE(RIP_ERR_OUTPUT);
}

void
rip_h5_group_end(rip_h5_group *self)
{
    for (size_t i = 0; i < self->n_axis; i++) {
        rip_h5_close(&self->axis[i].scale);
    }
    if (self->id > 0) {
        (void)H5Gclose(self->id);
    }
    *self = (rip_h5_group){.id = -1};
}

void
rip_h5_close(int64_t *dataset)
{
    if (*dataset > 0) {
        (void)H5Dclose(*dataset);
    }
    *dataset = 0;
}

const rip_h5_axis *
rip_h5_find_axis(const rip_h5_group *self, const char *name)
{
    for (size_t i = 0; i < self->n_axis; i++) {
        if (strcmp(self->axis[i].name, name) == 0) {
            return &self->axis[i];
        }
    }
    return NULL;
}

bool
rip_h5_has_axis(const rip_h5_group *self, const char *name)
{
    return rip_h5_find_axis(self, name) != NULL;
}

/* A length up to `most` that cuts an axis into parts of which the last hardly
   overhangs: without deflate a chunk is stored whole. */
static uint64_t
even_part(uint64_t length, uint64_t most)
{
    const uint64_t fewest = (length + most - 1) / most;
    uint64_t best = 0, least = UINT64_MAX;

    for (uint64_t n = fewest; n <= 2 * fewest && least > 0; n++) {
        const uint64_t part = (length + n - 1) / n, overhang = n * part - length;
        if (overhang < least) {
            best = part;
            least = overhang;
        }
    }
    return best;
}

/* From the last axis on as long as they fit; what remains is cut to single rows. */
static void
whole_chunks(const rip_h5_dataset *what, const hsize_t *shape, hsize_t *chunk)
{
    uint64_t left = CHUNK_BYTES / rip_h5_size(what->type);

    for (size_t i = what->n_dim; i-- > 0;) {
        if (i + 1 == what->n_swept) {
            left /= CHUNK_BYTES / POINT_BYTES;
        }
        chunk[i] = shape[i] > 0 ? even_part(shape[i], left > 0 ? left : 1) : 1;
        left /= chunk[i];
    }
}

/* Short along the waves, so that what a wave touches stays in memory until it is full;
   along the other axes as long as they fit. */
static void
wave_chunks(const rip_h5_dataset *what, const hsize_t *shape, hsize_t *chunk)
{
    const size_t at = what->wave_dim - 1;
    uint64_t row = rip_h5_size(what->type), length = WAVE_MOST;
    hsize_t other[RIP_H5_RANK];

    for (size_t i = 0; i < what->n_dim; i++) {
        row *= i == at || shape[i] == 0 ? 1 : shape[i];
        other[i] = shape[i];
    }
    while (length > WAVE_LEAST && length * row > STRIPE_BYTES) {
        length /= 2;
    }
    length = shape[at] < length ? shape[at] : length;
    other[at] = length > 0 ? length : 1;
    whole_chunks(what, other, chunk);
}

/* HDF5 refuses filters on texts of variable length, which it keeps apart. */
static int
set_filters(hid_t dcpl, const rip_h5_group *self, const rip_h5_dataset *what)
{
    const bool is_count = what->type == RIP_H5_U32 || what->type == RIP_H5_U64;
    const int level = what->is_noise ? 0 : is_count ? 1 : self->deflate;

    if (what->type == RIP_H5_TEXT) {
        return 0;
    }
    if (level > 0 &&
        (H5Pset_shuffle(dcpl) < 0 || H5Pset_deflate(dcpl, (unsigned)level) < 0)) {
        return -1;
    }
    return H5Pset_fletcher32(dcpl) < 0 ? -1 : 0;
}

static int
set_fill(hid_t dcpl, const rip_h5_dataset *what)
{
    const uint64_t most = what->type == RIP_H5_U32 ? UINT32_MAX : UINT64_MAX;

    if (what->type == RIP_H5_F64 || what->type == RIP_H5_F32) {
        return H5Pset_fill_value(dcpl, H5T_NATIVE_DOUBLE, &what->fill) < 0 ? -1 : 0;
    }
    if (what->masked && what->type != RIP_H5_TEXT) {
        return H5Pset_fill_value(dcpl, H5T_NATIVE_UINT64, &most) < 0 ? -1 : 0;
    }
    return 0;
}

static hid_t
creation_properties(const rip_h5_group *self, const rip_h5_dataset *what,
                    const hsize_t *shape)
{
    const hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[RIP_H5_RANK] = {0};

    if (dcpl < 0) {
        return -1;
    }
    if (what->wave_dim > 0) {
        wave_chunks(what, shape, chunk);
    } else {
        whole_chunks(what, shape, chunk);
    }
    if (H5Pset_obj_track_times(dcpl, false) < 0 || set_fill(dcpl, what) < 0 ||
        (what->n_dim > 0 && (H5Pset_chunk(dcpl, (int)what->n_dim, chunk) < 0 ||
                             set_filters(dcpl, self, what) < 0))) {
        (void)H5Pclose(dcpl);
        return -1;
    }
    return dcpl;
}

/* The chunks of a stripe stay in memory until they are full, beside a few of the next
   one; full ones go first. */
static hid_t
access_properties(hid_t dcpl, const rip_h5_dataset *what, const hsize_t *shape)
{
    const hid_t dapl = H5Pcreate(H5P_DATASET_ACCESS);
    hsize_t chunk[RIP_H5_RANK] = {0};
    size_t bytes = rip_h5_size(what->type), n_chunk = 1;

    if (dapl < 0 || what->wave_dim == 0) {
        return dapl;
    }
    if (H5Pget_chunk(dcpl, RIP_H5_RANK, chunk) < 0) {
        (void)H5Pclose(dapl);
        return -1;
    }
    for (size_t i = 0; i < what->n_dim; i++) {
        bytes *= chunk[i];
        n_chunk *= i + 1 == what->wave_dim ? 1 : (shape[i] + chunk[i] - 1) / chunk[i];
    }
    if (H5Pset_chunk_cache(dapl, 101 * (2 * n_chunk + 1), bytes * (n_chunk + 4), 1.0) <
        0) {
        (void)H5Pclose(dapl);
        return -1;
    }
    return dapl;
}

static rip_status
describe(hid_t dataset, const rip_h5_dataset *what)
{
    rip_status status = RIP_OK;

    RIP_TRY(rip_h5_set_text(dataset, "units", what->unit));
    RIP_TRY(rip_h5_set_text(dataset, "long_name", what->doc));
    if (what->masked && (what->type == RIP_H5_U32 || what->type == RIP_H5_U64)) {
        RIP_TRY(rip_h5_set_mask(dataset, what->type));
    }
out:
    return status;
}

/* Creates a dataset of a shape, without scales. */
static rip_status
create(const rip_h5_group *self, const rip_h5_dataset *what, const hsize_t *shape,
       hid_t *id)
{
    const hid_t type = rip_h5_make_type(what->type, false);
    const hid_t space = what->n_dim > 0
                            ? H5Screate_simple((int)what->n_dim, shape, NULL)
                            : H5Screate(H5S_SCALAR);
    const hid_t dcpl = creation_properties(self, what, shape);
    const hid_t dapl = dcpl >= 0 ? access_properties(dcpl, what, shape) : -1;

    *id = -1;
    if (type >= 0 && space >= 0 && dapl >= 0) {
        *id = H5Dcreate2(self->id, what->name, type, space, H5P_DEFAULT, dcpl, dapl);
    }
    (void)H5Pclose(dapl);
    (void)H5Pclose(dcpl);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    return *id >= 0 ? RIP_OK : RIP_RAISE(RIP_ERR_OUTPUT);
}

static rip_status
write_all(hid_t dataset, rip_h5_type type, const void *value)
{
    const hid_t memory = rip_h5_make_type(type, true);
    const hid_t dxpl = H5Pcreate(H5P_DATASET_XFER);
    herr_t code = -1;

    /* HDF5 zeroes its two buffers for texts, of 1 MiB each by default, every time. */
    if (memory >= 0 && H5Pset_buffer(dxpl, TEXT_BYTES, NULL, NULL) >= 0) {
        code = H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, dxpl, value);
    }
    (void)H5Pclose(dxpl);
    (void)H5Tclose(memory);
    return code >= 0 ? RIP_OK : RIP_RAISE(RIP_ERR_OUTPUT);
}

/* Gives a scale's dataset, which becomes the group's, its place among the axes. */
static rip_status
enter_axis(rip_h5_group *self, const char *name, uint64_t n, hid_t id)
{
    rip_h5_axis *axis = &self->axis[self->n_axis++];

    axis->scale = id;
    axis->size = n;
    (void)snprintf(axis->name, sizeof(axis->name), "%s", name);
    return RIP_OK;
}

rip_status
rip_h5_scale(rip_h5_group *self, const rip_h5_dataset *what, uint64_t n,
             const void *value)
{
    rip_status status = RIP_OK;
    const hsize_t shape[1] = {n};
    hid_t id = 0;

    assert(self->n_axis < RIP_H5_AXES && what->n_dim == 1);
    RIP_TRY(create(self, what, shape, &id));
    RIP_TRY(enter_axis(self, what->name, n, id));
    if (n > 0) {
        RIP_TRY(write_all(id, what->type, value));
    }
    RIP_TRY(describe(id, what));
    if (H5DSset_scale(id, what->name) < 0) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
    }
out:
    return status;
}

rip_status
rip_h5_bare_scale(rip_h5_group *self, const char *name, uint64_t n)
{
    rip_status status = RIP_OK;
    const rip_h5_dataset what = {
        .name = name, .unit = "1", .doc = "Axis", .type = RIP_H5_F32, .n_dim = 1};
    const hsize_t shape[1] = {n};
    char text[80];
    hid_t id = 0;

    assert(self->n_axis < RIP_H5_AXES);
    RIP_TRY(create(self, &what, shape, &id));
    RIP_TRY(enter_axis(self, name, n, id));
    RIP_TRY(describe(id, &what));
    (void)snprintf(text, sizeof(text), NO_VARIABLE, (int)(n % 1000000000));
    if (H5DSset_scale(id, text) < 0) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
    }
out:
    return status;
}

rip_status
rip_h5_create(const rip_h5_group *self, const rip_h5_dataset *what, int64_t *id)
{
    rip_status status = RIP_OK;
    hsize_t shape[RIP_H5_RANK] = {0};
    const rip_h5_axis *axis[RIP_H5_RANK] = {NULL};

    *id = 0;
    for (size_t i = 0; i < what->n_dim; i++) {
        axis[i] = rip_h5_find_axis(self, what->dim[i]);
        assert(axis[i] != NULL);
        shape[i] = axis[i]->size;
    }
    RIP_TRY(create(self, what, shape, id));
    RIP_TRY(describe(*id, what));
    for (size_t i = 0; i < what->n_dim; i++) {
        if (H5DSattach_scale(*id, axis[i]->scale, (unsigned)i) < 0) {
            return RIP_RAISE(RIP_ERR_OUTPUT);
        }
    }
out:
    return status;
}

rip_status
rip_h5_put(const rip_h5_group *self, const rip_h5_dataset *what, const void *value)
{
    rip_status status = RIP_OK;
    int64_t id = 0;

    RIP_TRY(rip_h5_create(self, what, &id));
    status = write_all(id, what->type, value);
out:
    rip_h5_close(&id);
    return status;
}

rip_status
rip_h5_put_text(const rip_h5_group *self, const rip_h5_dataset *what, const char *text)
{
    return rip_h5_put(self, what, &text);
}

rip_status
rip_h5_write_box(int64_t dataset, rip_h5_type type, const rip_h5_box *box,
                 const void *value)
{
    hid_t memory = -1, file = -1;
    const hid_t element = rip_h5_make_type(type, true);
    herr_t code = -1;

    if (element >= 0 && rip_h5_spaces(dataset, box, &memory, &file) == RIP_OK) {
        code = H5Dwrite(dataset, element, memory, file, H5P_DEFAULT, value);
    }
    (void)H5Sclose(memory);
    (void)H5Sclose(file);
    (void)H5Tclose(element);
    return code >= 0 ? RIP_OK : RIP_RAISE(RIP_ERR_OUTPUT);
}

rip_status
rip_h5_spaces(int64_t dataset, const rip_h5_box *box, int64_t *memory, int64_t *file)
{
    hsize_t zero[RIP_H5_RANK] = {0}, stride[RIP_H5_RANK], first[RIP_H5_RANK],
            count[RIP_H5_RANK];

    for (size_t i = 0; i < box->n_dim; i++) {
        stride[i] = box->stride[i];
        first[i] = box->first[i];
        count[i] = box->count[i];
    }
    *memory = H5Screate_simple((int)box->n_dim, stride, NULL);
    *file = H5Dget_space(dataset);
    if (*memory < 0 || *file < 0 ||
        H5Sselect_hyperslab(*memory, H5S_SELECT_SET, zero, NULL, count, NULL) < 0 ||
        H5Sselect_hyperslab(*file, H5S_SELECT_SET, first, NULL, count, NULL) < 0) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    return RIP_OK;
}
