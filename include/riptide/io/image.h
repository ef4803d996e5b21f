/*
 * io/image.h -- the bytes under an HDF5 file, and its first block.           floor 7.1
 *
 * HDF5 1.10 may report success after a failed write and may crash when it is told of
 * one, and it crashes on damaged files. So it never sees either. An image is a file
 * driver for HDF5 that takes every write: into memory up to a limit, then into the
 * temporary of a rip_durable; the first error of the system is kept, and what is
 * written after it is dropped. Commit closes HDF5's file, reports a kept error, and
 * only else writes the first block and lets the file have its name.
 *
 * The first 512 bytes are a user block, which HDF5 skips. Numbers are little-endian:
 *
 *     0   8  the text RIPTIDE1
 *     8   4  format
 *     12  4  zero
 *     16  8  length of the file in bytes, block included
 *     24  8  checksum (io/checksum.h) of bytes 512 to the end
 *     32     zeros to 512
 *
 * It is written last. Opening verifies it before HDF5 sees a byte, and HDF5 then reads
 * from the same open file.
 */
#ifndef RIP_IO_IMAGE_H
#define RIP_IO_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/error.h"

#define RIP_IMAGE_BLOCK  512
#define RIP_IMAGE_FORMAT 1u
#define RIP_IMAGE_MEMORY ((size_t)16 << 20) /* bytes built in memory by default */

typedef struct rip_image rip_image; /* opaque */

/*
 * Begins the image of a file path. memory_bytes: what is larger goes to the temporary
 * at once. Errors: those of rip_durable_begin; RIP_ERR_OUTPUT if HDF5 refuses.
 * *self may be freed whatever it returns.
 */
RIP_NODISCARD rip_status rip_image_create(rip_image **self, const char *path,
                                          bool overwrite, size_t memory_bytes,
                                          rip_error *error);

/* Opens a result and verifies its block and checksum. Errors, with one line:
   RIP_ERR_CONFIG if there is no such file, else RIP_ERR_OUTPUT; RIP_ERR_NO_MEMORY. */
RIP_NODISCARD rip_status rip_image_open(rip_image **self, const char *path,
                                        rip_error *error);

/*
 * Opens any HDF5 file without an error line; only for a process that may crash. Errors:
 * RIP_ERR_DATA if HDF5 does not know it; RIP_ERR_NO_MEMORY.
 */
RIP_NODISCARD rip_status rip_image_open_foreign(rip_image **self, int fd);

/* HDF5's id of the file (a hid_t). */
int64_t rip_image_file(const rip_image *self);

/*
 * What became of a call of HDF5: reports the kept error of the system if there is one,
 * else for code RIP_ERR_OUTPUT that HDF5 refused. Passes other codes on, without a
 * line.
 */
rip_status rip_image_explain(const rip_image *self, rip_status code, rip_error *error);

/* Closes HDF5's file and gives the image its name. Errors: as rip_durable_commit. */
RIP_NODISCARD rip_status rip_image_commit(rip_image *self, rip_error *error);

/* Closes, and discards what is not committed. NULL is accepted. */
void rip_image_free(rip_image *self);

/*
 * Verifies the block of an open file: *is_result tells if it begins like a result's.
 * Errors: RIP_ERR_OUTPUT, with one line, if it does and is damaged, or of a format this
 * version does not know, or cannot be read.
 */
RIP_NODISCARD rip_status rip_image_verify(int fd, const char *path, bool *is_result,
                                          rip_error *error);

#endif /* RIP_IO_IMAGE_H */
