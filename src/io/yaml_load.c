#include "riptide/io/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file, and what named it. */
typedef struct named {
    const char *file, *place;
    const rip_report_path *path;
} named;

static rip_status
cannot_read(const named *self, const char *why, rip_error *error)
{
    return self->place[0] == '\0'
               ? rip_error_add(error, RIP_ERR_CONFIG, "%s: %s", self->file, why)
               : rip_report(error, self->place, self->path, "%s: %s", self->file, why);
}

/* Reads a stream whole; size and devices without an end are limited. */
static rip_status
read_stream(FILE *stream, char **text, size_t *length)
{
    size_t capacity = 1u << 16, used = 0;
    char *buffer = malloc(capacity);

    while (buffer != NULL && used <= RIP_YAML_MAX_BYTES) {
        const size_t n = fread(buffer + used, 1, capacity - used, stream);
        if (n == 0) {
            break;
        }
        used += n;
        if (used == capacity) {
            char *grown = realloc(buffer, 2 * capacity);
            if (grown == NULL) {
                free(buffer);
            }
            buffer = grown;
            capacity *= 2;
        }
    }
    *text = buffer;
    *length = used;
    return buffer != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

rip_status
rip_yaml_load(rip_node **root, const char *file, const char *name, const char *place,
              const rip_report_path *path, rip_error *error)
{
    const named self = {.file = file, .place = place, .path = path};
    rip_status status = RIP_OK;
    char *text = NULL;
    size_t length = 0;
    FILE *stream = fopen(file, "rb");

    *root = NULL;
    if (stream == NULL) {
        return cannot_read(&self, strerror(errno), error);
    }
    errno = 0;
    RIP_TRY(read_stream(stream, &text, &length));
    if (ferror(stream)) {
        status = cannot_read(&self, strerror(errno), error);
        goto out;
    }
    if (length > RIP_YAML_MAX_BYTES) {
        status = cannot_read(&self, "the file is too large (at most 64 MiB)", error);
        goto out;
    }
    status = rip_yaml_parse(root, name, text, length, error);
out:
    free(text);
    (void)fclose(stream);
    return status;
}
