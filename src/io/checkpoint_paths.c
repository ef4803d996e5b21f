#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "riptide/io/checkpoint_parts.h"
#include "riptide/io/checksum.h"
#include "riptide/io/durable.h"
#include "riptide/io/result_parts.h"

#define CHUNK          ((size_t)1 << 16) /* bytes checked at once */
#define MOST_NAMES     100
#define MOST_PROCESSES (1l << 22) /* of Linux */

/* What is before a wave in the file. */
typedef struct record {
    uint64_t first_path, n_path, n_price, size;
} record;

/* Another process may have had the same number, on another machine or earlier; then the
   name has one that no process can have. */
static rip_status
open_own(rip_checkpoint *self, rip_error *error)
{
    int code = EEXIST;

    for (long k = 0; k < MOST_NAMES && code == EEXIST; k++) {
        free(self->paths);
        if (asprintf(&self->paths, "%s.paths.%ld", self->path,
                     (long)getpid() + k * MOST_PROCESSES) < 0) {
            self->paths = NULL;
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
        code = rip_durable_open(self->paths, &self->fd);
    }
    if (code != 0) {
        const rip_status status = rip_durable_refuse(self->paths, code, error);
        free(self->paths);
        self->paths = NULL;
        return status;
    }
    return rip_sink_begin(&self->sink, self->fd, 0);
}

static uint64_t
paths_of(const rip_result_array *array, const record *head)
{
    return array->is_price ? head->n_price : head->n_path;
}

static uint64_t
record_size(const rip_run *run, const record *head)
{
    rip_result_array array;
    uint64_t size = 0;

    for (size_t i = 0; i < RIP_RESULT_SERIES; i++) {
        if (rip_result_array_of(run, i, &array)) {
            size += paths_of(&array, head) * array.outer * array.inner *
                    rip_h5_size(array.type);
        }
    }
    return size;
}

rip_status
rip_checkpoint_paths_append(rip_checkpoint *self, const rip_wave *wave,
                            rip_error *error)
{
    rip_status status = RIP_OK;
    const rip_run *run = self->source.run;
    record head = {wave->first_path, wave->n_path, wave->n_price, 0};
    rip_result_array array;

    if (self->paths == NULL) {
        RIP_TRY(open_own(self, error));
    }
    head.size = record_size(run, &head);
    rip_sink_put(&self->sink, &head, sizeof(head));
    for (size_t i = 0; i < RIP_RESULT_SERIES; i++) {
        if (!rip_result_array_of(run, i, &array)) {
            continue;
        }
        const char *data = rip_result_wave_array(wave, &array);
        const size_t path = array.inner * rip_h5_size(array.type);
        const size_t stride = array.is_price ? wave->n_price : wave->stride;
        for (size_t k = 0; k < array.outer; k++) {
            rip_sink_put(&self->sink, data + k * stride * path,
                         (size_t)paths_of(&array, &head) * path);
        }
    }
    if (self->sink.code != 0) {
        status = rip_durable_refuse(self->paths, self->sink.code, error);
    }
out:
    return status;
}

rip_status
rip_checkpoint_paths_sync(rip_checkpoint *self, rip_error *error)
{
    int code;

    if (self->paths == NULL) {
        return RIP_OK;
    }
    code = rip_sink_flush(&self->sink);
    if (code == 0 && fdatasync(self->fd) != 0) {
        code = errno;
    }
    if (code == 0 && !self->paths_known) {
        code = rip_durable_sync_folder(self->paths);
        self->paths_known = code == 0;
    }
    return code == 0 ? RIP_OK : rip_durable_refuse(self->paths, code, error);
}

rip_status
rip_checkpoint_paths_check(const char *path, uint64_t size, uint64_t checksum,
                           bool *whole, rip_error *error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char data[CHUNK];
    uint64_t sum = RIP_CHECKSUM_EMPTY, at = 0;
    int code = fd >= 0 ? 0 : errno;

    *whole = false;
    while (code == 0 && at < size) {
        const size_t n = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
        size_t got = 0;
        code = rip_durable_read(fd, at, data, n, &got);
        if (got < n) {
            break;
        }
        sum = rip_checksum(sum, data, n);
        at += n;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (code != 0 && code != ENOENT) {
        return rip_durable_refuse(path, code, error);
    }
    *whole = code == 0 && at == size && sum == checksum;
    return RIP_OK;
}

/* One wave from the file; *at moves behind it. */
static rip_status
read_wave(rip_wave *wave, const rip_run *run, int fd, uint64_t *at, uint64_t end)
{
    rip_status status = RIP_OK;
    record head = {0};
    rip_result_array array;
    size_t n = 0;

    if (end - *at < sizeof(head) ||
        rip_durable_read(fd, *at, &head, sizeof(head), &n) != 0 || n < sizeof(head) ||
        head.n_path == 0 || head.n_path > UINT32_MAX || head.n_price > head.n_path ||
        head.size != record_size(run, &head) || head.size > end - *at - sizeof(head)) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    *at += sizeof(head);
    RIP_TRY(rip_result_wave_init(wave, run, head.first_path, (size_t)head.n_path,
                                 (size_t)head.n_price));
    for (size_t i = 0; i < RIP_RESULT_SERIES; i++) {
        if (!rip_result_array_of(run, i, &array)) {
            continue;
        }
        const size_t size = (size_t)paths_of(&array, &head) * array.outer *
                            array.inner * rip_h5_size(array.type);
        if (rip_durable_read(fd, *at, rip_result_wave_array(wave, &array), size, &n) !=
                0 ||
            n < size) {
            return RIP_RAISE(RIP_ERR_OUTPUT);
        }
        *at += size;
    }
out:
    return status;
}

rip_status
rip_checkpoint_paths_replay(rip_checkpoint *self, const char *path, uint64_t size,
                            rip_result *result, rip_error *error)
{
    rip_status status = RIP_OK;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    rip_wave wave = {0};
    uint64_t at = 0;

    if (fd < 0) {
        return rip_durable_refuse(path, errno, error);
    }
    while (at < size) {
        status = read_wave(&wave, self->source.run, fd, &at, size);
        if (status == RIP_ERR_OUTPUT) {
            (void)rip_error_add(error, status, "%s: damaged", path);
        }
        RIP_TRY(status);
        RIP_TRY(rip_result_append(result, &wave, error));
        RIP_TRY(rip_checkpoint_paths_append(self, &wave, error));
        rip_result_wave_free(&wave, self->source.run);
    }
out:
    rip_result_wave_free(&wave, self->source.run);
    (void)close(fd);
    return status;
}
