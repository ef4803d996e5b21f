#include "riptide/io/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "riptide/io/checksum.h"
#include "riptide/io/image_parts.h"

#define CHUNK     ((size_t)1 << 20) /* bytes checked at once */
#define MAGIC     "RIPTIDE1"
#define N_MAGIC   8
#define AT_FORMAT 8
#define AT_LENGTH 16
#define AT_CHECK  24
#define AT_ZERO   32

static void
put_number(unsigned char *to, uint64_t value, size_t n_byte)
{
    for (size_t i = 0; i < n_byte; i++) {
        to[i] = (unsigned char)(value >> (8 * i));
    }
}

static uint64_t
number(const unsigned char *from, size_t n_byte)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n_byte; i++) {
        value |= (uint64_t)from[i] << (8 * i);
    }
    return value;
}

rip_status
rip_image_create(rip_image **self, const char *path, bool overwrite,
                 size_t memory_bytes, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_image *image = calloc(1, sizeof(*image));

    *self = image;
    if (image == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    *image = (rip_image){
        .writing = true, .fd = -1, .file = -1, .memory_bytes = memory_bytes};
    image->path = strdup(path);
    if (image->path == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_durable_begin(&image->durable, path, overwrite, error));
    rip_image_quiet();
    RIP_TRY(rip_image_explain(image, rip_image_attach(image), error));
out:
    return status;
}

int64_t
rip_image_file(const rip_image *self)
{
    return self->file;
}

rip_status
rip_image_explain(const rip_image *self, rip_status code, rip_error *error)
{
    if (self->code != 0) {
        return rip_durable_refuse(self->path, self->code, error);
    }
    if (code == RIP_ERR_OUTPUT) {
        return rip_error_add(error, code, "%s: %s", self->path,
                             self->writing ? "HDF5 could not build the file"
                                           : "not laid out like a result");
    }
    return code;
}

/* The checksum of all that follows the block. */
static int
add_up(rip_image *self, uint64_t *sum)
{
    unsigned char *data = malloc(CHUNK);
    int code = data != NULL ? 0 : ENOMEM;

    *sum = RIP_CHECKSUM_EMPTY;
    for (uint64_t at = RIP_IMAGE_BLOCK; code == 0 && at < self->size; at += CHUNK) {
        const uint64_t left = self->size - at;
        const size_t n = left < CHUNK ? (size_t)left : CHUNK;
        code = rip_image_take(self, at, data, n);
        *sum = rip_checksum(*sum, data, n);
    }
    free(data);
    return code;
}

static int
write_block(rip_image *self)
{
    unsigned char block[RIP_IMAGE_BLOCK] = MAGIC;
    uint64_t sum = 0;
    const int code = add_up(self, &sum);

    self->code = self->code != 0 ? self->code : code;
    put_number(block + AT_FORMAT, RIP_IMAGE_FORMAT, 4);
    put_number(block + AT_LENGTH, self->size, 8);
    put_number(block + AT_CHECK, sum, 8);
    rip_image_put(self, 0, block, sizeof(block));
    return code;
}

rip_status
rip_image_commit(rip_image *self, rip_error *error)
{
    const bool closed = rip_image_detach(self);

    if (self->code != 0 || !closed) {
        return rip_image_explain(self, RIP_RAISE(RIP_ERR_OUTPUT), error);
    }
    if (write_block(self) == 0 && !self->spilled) {
        rip_image_spill(self);
    }
    if (self->code != 0) {
        return rip_image_explain(self, RIP_RAISE(RIP_ERR_OUTPUT), error);
    }
    return rip_durable_commit(&self->durable, error);
}

void
rip_image_free(rip_image *self)
{
    if (self == NULL) {
        return;
    }
    (void)rip_image_detach(self);
    if (self->owns_fd) {
        (void)close(self->fd);
    }
    rip_durable_free(&self->durable);
    free(self->memory);
    free(self->path);
    free(self);
}

static rip_status
damaged(const char *path, rip_error *error)
{
    return rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT),
                         "%s: damaged or edited (checksum)", path);
}

static bool
is_zero(const unsigned char *data, size_t n)
{
    while (n > 0 && data[n - 1] == 0) {
        n--;
    }
    return n == 0;
}

rip_status
rip_image_verify(int fd, const char *path, bool *is_result, rip_error *error)
{
    unsigned char block[RIP_IMAGE_BLOCK] = {0};
    rip_image file = {.fd = fd};
    struct stat facts;
    uint64_t sum = 0, format;
    size_t n = 0;
    int code = rip_durable_read(fd, 0, block, sizeof(block), &n);

    *is_result = false;
    if (code != 0 || fstat(fd, &facts) != 0) {
        return rip_durable_refuse(path, code != 0 ? code : errno, error);
    }
    *is_result = n >= N_MAGIC && memcmp(block, MAGIC, N_MAGIC) == 0;
    if (!*is_result) {
        return RIP_OK;
    }
    format = number(block + AT_FORMAT, 4);
    file.size = (uint64_t)facts.st_size;
    if (n < sizeof(block) || number(block + AT_LENGTH, 8) != file.size ||
        !is_zero(block + AT_FORMAT + 4, 4) ||
        !is_zero(block + AT_ZERO, sizeof(block) - AT_ZERO)) {
        return damaged(path, error);
    }
    code = add_up(&file, &sum);
    if (code != 0) {
        return rip_durable_refuse(path, code, error);
    }
    if (sum != number(block + AT_CHECK, 8)) {
        return damaged(path, error);
    }
    if (format != RIP_IMAGE_FORMAT) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT),
                             "%s: format %llu is not known to this version (%u)", path,
                             (unsigned long long)format, RIP_IMAGE_FORMAT);
    }
    return RIP_OK;
}

static rip_status
open_file(rip_image *self, const char *path, rip_error *error)
{
    struct stat facts;

    self->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    self->owns_fd = self->fd >= 0;
    if (self->fd < 0 || fstat(self->fd, &facts) != 0) {
        const int code = errno;
        return rip_error_add(
            error, RIP_RAISE(code == ENOENT ? RIP_ERR_CONFIG : RIP_ERR_OUTPUT),
            "%s: %s", path, strerror(code));
    }
    if (!S_ISREG(facts.st_mode)) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT), "%s: %s", path,
                             S_ISDIR(facts.st_mode) ? strerror(EISDIR)
                                                    : "not a regular file");
    }
    self->size = (uint64_t)facts.st_size;
    return RIP_OK;
}

rip_status
rip_image_open(rip_image **self, const char *path, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_image *image = calloc(1, sizeof(*image));
    bool is_result = false;

    *self = image;
    if (image == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    *image = (rip_image){.fd = -1, .file = -1, .path = strdup(path)};
    if (image->path == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(open_file(image, path, error));
    RIP_TRY(rip_image_verify(image->fd, path, &is_result, error));
    if (!is_result) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT),
                             "%s: not a result of riptide", path);
    }
    rip_image_quiet();
    RIP_TRY(rip_image_explain(image, rip_image_attach(image), error));
out:
    return status;
}

rip_status
rip_image_open_foreign(rip_image **self, int fd)
{
    rip_image *image = calloc(1, sizeof(*image));
    struct stat facts;

    *self = image;
    if (image == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    *image = (rip_image){.fd = fd, .file = -1};
    if (fstat(fd, &facts) != 0) {
        return RIP_RAISE(RIP_ERR_DATA);
    }
    image->size = (uint64_t)facts.st_size;
    rip_image_quiet();
    return rip_image_attach(image) == RIP_OK ? RIP_OK : RIP_RAISE(RIP_ERR_DATA);
}
