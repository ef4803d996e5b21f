#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "riptide/io/assemble_parts.h"
#include "riptide/io/config_stages.h"
#include "riptide/io/sha256.h"

#define CHUNK 65536 /* bytes read at once */

void
rip_inputs_free(rip_inputs *self)
{
    for (size_t i = 0; i < self->n_file; i++) {
        free(self->file[i].path);
    }
    free(self->file);
    *self = (rip_inputs){0};
}

const rip_input_file *
rip_inputs_find(const rip_inputs *self, const char *path)
{
    for (size_t i = 0; i < self->n_file; i++) {
        if (strcmp(self->file[i].path, path) == 0) {
            return &self->file[i];
        }
    }
    return NULL;
}

const rip_input_file *
rip_inputs_changed(const rip_inputs *then, const rip_inputs *now, size_t *next)
{
    while (*next < now->n_file) {
        const rip_input_file *file = &now->file[(*next)++];
        const rip_input_file *read = rip_inputs_find(then, file->path);
        if (read == NULL || strcmp(read->sha256, file->sha256) != 0) {
            return file;
        }
    }
    return NULL;
}

static rip_status
note_input(rip_inputs *inputs, const char *path, const char *sha256)
{
    const size_t size = strlen(path) + 1;
    rip_input_file *grown =
        realloc(inputs->file, (inputs->n_file + 1) * sizeof(*grown));

    if (grown == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    inputs->file = grown;
    grown += inputs->n_file;
    *grown = (rip_input_file){.path = malloc(size)};
    if (grown->path == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memcpy(grown->path, path, size);
    (void)snprintf(grown->sha256, sizeof(grown->sha256), "%s", sha256);
    inputs->n_file++;
    return RIP_OK;
}

/* Appends what a stream holds to *text, if that is wanted, and to the digest. */
static rip_status
read_stream(FILE *stream, rip_sha256 *digest, char **text, size_t *length)
{
    size_t capacity = CHUNK;
    char *buffer = malloc(capacity);
    size_t used = 0;

    while (buffer != NULL) {
        const size_t n = fread(buffer + used, 1, capacity - used, stream);
        if (n == 0) {
            break;
        }
        rip_sha256_add(digest, buffer + used, n);
        used += text != NULL ? n : 0;
        if (used > RIP_CSV_MAX_BYTES) {
            break; /* said by the parser */
        }
        if (used == capacity) {
            char *grown = realloc(buffer, 2 * capacity);
            if (grown == NULL) {
                free(buffer);
            }
            buffer = grown;
            capacity *= 2;
        }
    }
    if (buffer == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (text == NULL) {
        free(buffer);
        return RIP_OK;
    }
    *text = buffer;
    *length = used;
    return RIP_OK;
}

/* Opens a regular file; what hinders is said with the system's words. */
static rip_status
open_file(rip_assembly *self, const rip_node *node, const char *key, const char *path,
          FILE **stream)
{
    struct stat facts;
    const char *why = NULL;

    *stream = NULL;
    if (stat(path, &facts) != 0) {
        why = strerror(errno);
    } else if (!S_ISREG(facts.st_mode)) {
        why = S_ISDIR(facts.st_mode) ? strerror(EISDIR) : "not a regular file";
    } else {
        *stream = fopen(path, "rb");
        why = *stream == NULL ? strerror(errno) : NULL;
    }
    return why == NULL ? RIP_OK
                       : rip_assemble_refuse(self, node, key, "%s: %s", path, why);
}

static rip_status
read_file(rip_assembly *self, const rip_node *node, const char *key, char **path,
          char **text, size_t *length)
{
    rip_status status = RIP_OK;
    FILE *stream = NULL;
    rip_sha256 digest;
    char hex[RIP_SHA256_HEX];

    *path = NULL;
    if (self->config->directory == NULL) {
        return rip_assemble_refuse(self, node, key, "%s: no files are read here",
                                   node->text);
    }
    RIP_TRY(rip_config_path_join(path, self->config->directory, node->text));
    RIP_TRY(open_file(self, node, key, *path, &stream));
    rip_sha256_begin(&digest);
    errno = 0;
    RIP_TRY(read_stream(stream, &digest, text, length));
    if (ferror(stream)) {
        status = rip_assemble_refuse(self, node, key, "%s: %s", *path, strerror(errno));
        goto out;
    }
    rip_sha256_end(&digest, hex);
    status = note_input(self->inputs, node->text, hex);
out:
    if (stream != NULL) {
        (void)fclose(stream);
    }
    return status;
}

rip_status
rip_assemble_file(rip_assembly *self, const rip_node *node, const char *key,
                  char **path)
{
    const rip_status status = read_file(self, node, key, path, NULL, NULL);

    if (status != RIP_OK) {
        free(*path);
        *path = NULL;
    }
    return status;
}

rip_status
rip_assemble_csv(rip_assembly *self, const rip_node *node, const char *key,
                 rip_csv *csv)
{
    rip_status status = RIP_OK;
    char *path = NULL, *text = NULL;
    size_t length = 0;

    *csv = (rip_csv){0};
    RIP_TRY(read_file(self, node, key, &path, &text, &length));
    status = rip_csv_parse(csv, path, text, length, self->error);
out:
    free(path);
    free(text);
    return status;
}
