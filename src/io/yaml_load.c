#include "riptide/io/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rip_status
cannot_read(rip_error *error, const char *place, const char *file, const char *why)
{
    return rip_error_add(error, RIP_ERR_CONFIG, "%s%s%s: %s", place,
                         place[0] != '\0' ? ": " : "", file, why);
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
              rip_error *error)
{
    rip_status status = RIP_OK;
    char *text = NULL;
    size_t length = 0;
    FILE *stream = fopen(file, "rb");

    *root = NULL;
    if (stream == NULL) {
        return cannot_read(error, place, file, strerror(errno));
    }
    errno = 0;
    RIP_TRY(read_stream(stream, &text, &length));
    if (ferror(stream)) {
        status = cannot_read(error, place, file, strerror(errno));
        goto out;
    }
    if (length > RIP_YAML_MAX_BYTES) {
        status =
            cannot_read(error, place, file, "the file is too large (at most 64 MiB)");
        goto out;
    }
    status = rip_yaml_parse(root, name, text, length, error);
out:
    free(text);
    (void)fclose(stream);
    return status;
}
