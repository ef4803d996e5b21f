#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "riptide/io/checkpoint_parts.h"
#include "riptide/io/checksum.h"
#include "riptide/io/durable.h"

#define MOST_INPUTS ((uint64_t)1 << 20)

/* The whole file; size 0 if it is not a regular one. */
static rip_status
slurp(const char *path, int fd, unsigned char **data, size_t *size, rip_error *error)
{
    struct stat facts;
    int code;

    if (fstat(fd, &facts) != 0) {
        return rip_durable_refuse(path, errno, error);
    }
    *size = S_ISREG(facts.st_mode) ? (size_t)facts.st_size : 0;
    *data = malloc(*size + 1);
    if (*data == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    code = rip_durable_read(fd, 0, *data, *size, size);
    return code == 0 ? RIP_OK : rip_durable_refuse(path, code, error);
}

uint64_t
rip_checkpoint_seal(const unsigned char *head, uint64_t rest)
{
    /* Format and length count too: a whole file of another format is not damaged. */
    return rip_checksum(rest, head + 8, 16);
}

static bool
is_sealed(const unsigned char *data, size_t size)
{
    uint64_t number[3]; /* format, length, checksum */

    if (size < RIP_CHECKPOINT_HEAD || memcmp(data, RIP_CHECKPOINT_MAGIC, 8) != 0) {
        return false;
    }
    memcpy(number, data + 8, sizeof(number));
    return number[1] == size &&
           number[2] ==
               rip_checkpoint_seal(data, rip_checksum(RIP_CHECKSUM_EMPTY,
                                                      data + RIP_CHECKPOINT_HEAD,
                                                      size - RIP_CHECKPOINT_HEAD));
}

static bool
take_inputs(rip_sink_source *from, rip_inputs *inputs)
{
    uint64_t n = 0;

    if (!rip_sink_take_number(from, &n) || n > MOST_INPUTS) {
        return false;
    }
    inputs->file = calloc((size_t)n + 1, sizeof(*inputs->file));
    from->no_memory = inputs->file == NULL;
    for (uint64_t i = 0; inputs->file != NULL && i < n; i++) {
        rip_input_file *file = &inputs->file[inputs->n_file++];
        char *digest = NULL;
        const bool good =
            rip_sink_take_text(from, &file->path) && rip_sink_take_text(from, &digest);
        (void)snprintf(file->sha256, sizeof(file->sha256), "%s",
                       digest != NULL ? digest : "");
        free(digest);
        if (!good) {
            return false;
        }
    }
    return inputs->file != NULL;
}

static bool
take_content(rip_checkpoint_content *self, rip_sink_source *from)
{
    return rip_sink_take_text(from, &self->version) &&
           rip_sink_take_text(from, &self->revision) &&
           rip_sink_take_text(from, &self->config) &&
           rip_sink_take_number(from, &self->shard.index) &&
           rip_sink_take_number(from, &self->shard.count) &&
           take_inputs(from, &self->inputs) &&
           rip_sink_take_number(from, &self->next) &&
           rip_sink_take_text(from, &self->paths) && strchr(self->paths, '/') == NULL &&
           rip_sink_take_number(from, &self->paths_size) &&
           rip_sink_take_number(from, &self->paths_checksum);
}

rip_status
rip_checkpoint_read(rip_checkpoint_content *self, const char *path, rip_error *error)
{
    rip_status status = RIP_OK;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t size = 0;
    uint64_t format = 0;

    *self = (rip_checkpoint_content){0};
    if (fd < 0) {
        return errno == ENOENT ? RIP_OK : rip_durable_refuse(path, errno, error);
    }
    self->found = true;
    RIP_TRY(slurp(path, fd, &self->data, &size, error));
    if (!is_sealed(self->data, size)) {
        goto out;
    }
    memcpy(&format, self->data + 8, sizeof(format));
    if (format != RIP_CHECKPOINT_FORMAT) {
        status = rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                               "%s: format %llu is not known to this version (%d)",
                               path, (unsigned long long)format, RIP_CHECKPOINT_FORMAT);
        goto out;
    }
    self->sums = (rip_sink_source){.data = self->data + RIP_CHECKPOINT_HEAD,
                                   .size = size - RIP_CHECKPOINT_HEAD};
    self->whole = take_content(self, &self->sums);
    if (self->sums.no_memory) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
out:
    (void)close(fd);
    return status;
}

void
rip_checkpoint_content_free(rip_checkpoint_content *self)
{
    free(self->data);
    free(self->version);
    free(self->revision);
    free(self->config);
    free(self->paths);
    rip_inputs_free(&self->inputs);
    *self = (rip_checkpoint_content){0};
}
