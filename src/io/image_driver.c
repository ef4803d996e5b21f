#include <errno.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "riptide/base/pages.h"
#include "riptide/io/image_parts.h"

/* HDF5's side of an open image. */
typedef struct driver_file {
    H5FD_t base; /* first, as HDF5 wants it */
    rip_image *image;
    haddr_t end; /* of what HDF5 has allocated */
} driver_file;

/* What travels in the access properties of the file. */
typedef struct driver_info {
    rip_image *image;
} driver_info;

#define MOST_ADDRESS ((haddr_t)INT64_MAX)

static void
keep_error(rip_image *self, int code)
{
    if (self->code == 0) {
        self->code = code;
    }
}

/* Room for size bytes in memory, zeroed; false: it has to go to the temporary. All that
   there may be is taken at once; what is never touched costs nothing. */
static bool
reserve(rip_image *self, uint64_t size)
{
    if (size > self->memory_bytes) {
        return false;
    }
    if (self->memory == NULL) {
        self->memory = calloc(1, self->memory_bytes);
        if (self->memory == NULL) {
            return false;
        }
        rip_pages_advise(self->memory, self->memory_bytes);
    }
    return true;
}

void
rip_image_spill(rip_image *self)
{
    int code = rip_durable_create(&self->durable);

    if (code == 0) {
        code = rip_durable_write(&self->durable, 0, self->memory, (size_t)self->size);
    }
    if (code != 0) {
        keep_error(self, code);
    }
    free(self->memory);
    self->memory = NULL;
    self->spilled = true;
    self->fd = self->durable.fd;
}

void
rip_image_put(rip_image *self, uint64_t offset, const void *data, size_t size)
{
    if (!self->spilled && !reserve(self, offset + size)) {
        rip_image_spill(self);
    }
    if (self->spilled && self->code == 0) {
        const int code = rip_durable_write(&self->durable, offset, data, size);
        if (code != 0) {
            keep_error(self, code);
        }
    } else if (!self->spilled) {
        memcpy(self->memory + offset, data, size);
    }
    if (offset + size > self->size) {
        self->size = offset + size;
    }
}

void
rip_image_cut(rip_image *self, uint64_t size)
{
    if (self->memory != NULL) {
        memset(self->memory + size, 0, (size_t)(self->size - size));
    } else if (self->code == 0 && ftruncate(self->fd, (off_t)size) != 0) {
        keep_error(self, errno);
    }
    self->size = size;
}

int
rip_image_take(rip_image *self, uint64_t offset, void *data, size_t size)
{
    const uint64_t left = offset < self->size ? self->size - offset : 0;
    const size_t wanted = left < size ? (size_t)left : size;
    size_t n = 0;
    int code = self->code;

    if (self->memory != NULL) {
        memcpy(data, self->memory + offset, wanted);
        n = wanted;
    } else if (code == 0) {
        code = rip_durable_read(self->fd, offset, data, wanted, &n);
    }
    memset((char *)data + n, 0, size - n);
    if (code != 0) {
        keep_error(self, code);
    }
    return code;
}

static H5FD_t *
driver_open(const char *name, unsigned flags, hid_t fapl, haddr_t most)
{
    const driver_info *info = H5Pget_driver_info(fapl);
    driver_file *file = info != NULL ? calloc(1, sizeof(*file)) : NULL;

    (void)name;
    (void)flags;
    (void)most;
    if (file == NULL) {
        if (info != NULL) {
            keep_error(info->image, ENOMEM);
        }
        return NULL;
    }
    file->image = info->image;
    file->image->attached = true;
    return &file->base;
}

static herr_t
driver_close(H5FD_t *base)
{
    driver_file *file = (driver_file *)base;

    file->image->attached = false;
    free(file);
    return 0;
}

static herr_t
driver_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
             H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t
driver_get_eoa(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file *)base)->end;
}

static herr_t
driver_set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((driver_file *)base)->end = address;
    return 0;
}

static haddr_t
driver_get_eof(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file *)base)->image->size;
}

static herr_t
driver_read(H5FD_t *base, H5FD_mem_t type, hid_t properties, haddr_t address,
            size_t size, void *data)
{
    (void)type;
    (void)properties;
    if (address > MOST_ADDRESS || size > MOST_ADDRESS - address) {
        return -1;
    }
    return rip_image_take(((driver_file *)base)->image, address, data, size) == 0 ? 0
                                                                                  : -1;
}

/* Takes everything: of an error HDF5 must not hear. */
static herr_t
driver_write(H5FD_t *base, H5FD_mem_t type, hid_t properties, haddr_t address,
             size_t size, const void *data)
{
    rip_image *image = ((driver_file *)base)->image;

    (void)type;
    (void)properties;
    if (!image->writing || address > MOST_ADDRESS || size > MOST_ADDRESS - address) {
        return -1;
    }
    rip_image_put(image, address, data, size);
    return 0;
}

/* HDF5 calls it before it closes: the file ends where the allocated space does. */
static herr_t
driver_truncate(H5FD_t *base, hid_t properties, hbool_t closing)
{
    const driver_file *file = (const driver_file *)base;
    rip_image *image = file->image;
    static const unsigned char zero = 0;

    (void)properties;
    (void)closing;
    if (image->writing && file->end > image->size) {
        rip_image_put(image, file->end - 1, &zero, 1);
    } else if (image->writing && file->end < image->size) {
        rip_image_cut(image, file->end);
    }
    return 0;
}

static const H5FD_class_t driver_class = {
    .name = "riptide_image",
    .maxaddr = MOST_ADDRESS,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(driver_info),
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/* The library keeps the number of a registered driver until it is closed. */
static hid_t
driver_id(void)
{
    static hid_t id = -1;

    if (id < 0 || H5Iget_type(id) != H5I_VFL) {
        id = H5FDregister(&driver_class);
    }
    return id;
}

static hid_t
access_properties(rip_image *self)
{
    const driver_info info = {.image = self};
    const hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);

    if (fapl >= 0 && H5Pset_driver(fapl, driver_id(), &info) < 0) {
        (void)H5Pclose(fapl);
        return -1;
    }
    return fapl;
}

rip_status
rip_image_attach(rip_image *self)
{
    const hid_t fapl = access_properties(self);
    hid_t fcpl = -1;

    self->file = -1;
    if (fapl >= 0 && self->writing) {
        fcpl = H5Pcreate(H5P_FILE_CREATE);
        if (fcpl >= 0 && H5Pset_userblock(fcpl, RIP_IMAGE_BLOCK) >= 0 &&
            H5Pset_obj_track_times(fcpl, false) >= 0) {
            self->file = H5Fcreate("image", H5F_ACC_TRUNC, fcpl, fapl);
        }
    } else if (fapl >= 0) {
        self->file = H5Fopen("image", H5F_ACC_RDONLY, fapl);
    }
    if (fcpl >= 0) {
        (void)H5Pclose(fcpl);
    }
    if (fapl >= 0) {
        (void)H5Pclose(fapl);
    }
    return self->file >= 0 ? RIP_OK : RIP_RAISE(RIP_ERR_OUTPUT);
}

void
rip_image_quiet(void)
{
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

bool
rip_image_detach(rip_image *self)
{
    const hid_t file = self->file;

    self->file = -1;
    return file < 0 || (H5Fclose(file) >= 0 && !self->attached);
}
