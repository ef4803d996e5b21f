/*
 * io/image_parts.h -- an image from inside: its bytes, and HDF5's driver.   floor 7.11
 */
#ifndef RIP_IO_IMAGE_PARTS_H
#define RIP_IO_IMAGE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/io/durable.h"
#include "riptide/io/image.h"

struct rip_image {
    bool writing;
    bool attached; /* HDF5 has it open */
    bool spilled;  /* what is written goes to the temporary */
    int code;      /* the system's number of the first error; 0: none */
    int fd;        /* of the temporary once spilled, or of the file that is read */
    bool owns_fd;
    int64_t file;          /* HDF5's id, or negative */
    size_t memory_bytes;   /* limit of memory */
    unsigned char *memory; /* [memory_bytes] owned; NULL: spilled, reading or empty */
    uint64_t size;         /* bytes of the file so far */
    rip_durable durable;   /* when writing */
    char *path;            /* owned; for messages */
};

/* Creates (writing) or opens HDF5's file over the bytes. Errors: RIP_ERR_OUTPUT. */
RIP_NODISCARD rip_status rip_image_attach(rip_image *self);

/* Closes HDF5's file; false if HDF5 says that it failed, or has not let go of it. */
bool rip_image_detach(rip_image *self);

/* HDF5 prints nothing from now on. */
void rip_image_quiet(void);

/* Moves what is in memory to the temporary, where further bytes go too. */
void rip_image_spill(rip_image *self);

/* Bytes in and out; an error is kept in code, and returned by take. Beyond the end
   there are zeros. */
void rip_image_put(rip_image *self, uint64_t offset, const void *data, size_t size);
void rip_image_cut(rip_image *self, uint64_t size); /* what is beyond is dropped */
int rip_image_take(rip_image *self, uint64_t offset, void *data, size_t size);

#endif /* RIP_IO_IMAGE_PARTS_H */
