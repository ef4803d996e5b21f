#include "riptide/io/sink.h"

#include <stdlib.h>
#include <string.h>

#include "riptide/io/checksum.h"
#include "riptide/io/durable.h"

#define BUFFER ((size_t)1 << 18)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers go out as they are");

rip_status
rip_sink_begin(rip_sink *self, int fd, uint64_t offset)
{
    *self = (rip_sink){.fd = fd, .offset = offset, .checksum = RIP_CHECKSUM_EMPTY};
    self->buffer = malloc(BUFFER);
    return self->buffer != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

void
rip_sink_free(rip_sink *self)
{
    free(self->buffer);
    *self = (rip_sink){0};
}

static void
write_out(rip_sink *self, const void *data, size_t size)
{
    if (self->code == 0) {
        self->code = rip_durable_put(self->fd, self->offset - size, data, size);
    }
}

static void
empty(rip_sink *self)
{
    write_out(self, self->buffer, self->used);
    self->used = 0;
}

int
rip_sink_flush(rip_sink *self)
{
    empty(self);
    return self->code;
}

void
rip_sink_put(rip_sink *self, const void *data, size_t size)
{
    if (size == 0) {
        return;
    }
    self->checksum = rip_checksum(self->checksum, data, size);
    if (size > BUFFER - self->used) {
        empty(self);
    }
    self->offset += size;
    if (size > BUFFER) {
        write_out(self, data, size);
        return;
    }
    memcpy(self->buffer + self->used, data, size);
    self->used += size;
}

void
rip_sink_put_number(rip_sink *self, uint64_t value)
{
    rip_sink_put(self, &value, sizeof(value));
}

void
rip_sink_put_text(rip_sink *self, const char *text)
{
    const size_t n = strlen(text);

    rip_sink_put_number(self, n);
    rip_sink_put(self, text, n);
}

bool
rip_sink_take(rip_sink_source *self, void *data, size_t size)
{
    if (size > self->size) {
        return false;
    }
    memcpy(data, self->data, size);
    self->data += size;
    self->size -= size;
    return true;
}

bool
rip_sink_take_number(rip_sink_source *self, uint64_t *value)
{
    return rip_sink_take(self, value, sizeof(*value));
}

bool
rip_sink_take_text(rip_sink_source *self, char **text)
{
    uint64_t n = 0;

    *text = NULL;
    if (!rip_sink_take_number(self, &n) || n > self->size ||
        memchr(self->data, '\0', (size_t)n) != NULL) {
        return false;
    }
    *text = calloc((size_t)n + 1, 1);
    self->no_memory = *text == NULL;
    return !self->no_memory && rip_sink_take(self, *text, (size_t)n);
}

bool
rip_sink_take_word(rip_sink_source *self, const char *word)
{
    const size_t n = strlen(word);
    uint64_t length = 0;

    if (!rip_sink_take_number(self, &length) || length != n || n > self->size ||
        memcmp(self->data, word, n) != 0) {
        return false;
    }
    self->data += n;
    self->size -= n;
    return true;
}
