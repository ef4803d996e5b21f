/*
 * io/sink.h -- bytes into a file, one behind the other, with their checksum.
 *                                                                          floor 7.03
 */
#ifndef RIP_IO_SINK_H
#define RIP_IO_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"

typedef struct rip_sink {
    int fd;            /* borrowed */
    uint64_t offset;   /* where the next byte goes */
    uint64_t checksum; /* of all bytes so far (io/checksum.h) */
    int code;          /* the system's number of the first error; 0: none */
    size_t used;
    unsigned char *buffer; /* owned */
} rip_sink;

/* Begins at a place of an open file. RIP_ERR_NO_MEMORY; free it whatever is returned.
 */
RIP_NODISCARD rip_status rip_sink_begin(rip_sink *self, int fd, uint64_t offset);
void rip_sink_free(rip_sink *self);

/* Adds bytes; after an error nothing more is written. */
void rip_sink_put(rip_sink *self, const void *data, size_t size);
void rip_sink_put_number(rip_sink *self, uint64_t value);
/* A length and the bytes of a text. */
void rip_sink_put_text(rip_sink *self, const char *text);

/* Hands what is buffered to the system. Returns 0, or the number of the first error. */
RIP_NODISCARD int rip_sink_flush(rip_sink *self);

/* The other way: bytes in memory, taken one behind the other. */
typedef struct rip_sink_source {
    const unsigned char *data; /* borrowed; what is left */
    size_t size;
    bool no_memory; /* for want of which a text was not taken */
} rip_sink_source;

/* Each returns false if there are too few bytes. */
bool rip_sink_take(rip_sink_source *self, void *data, size_t size);
bool rip_sink_take_number(rip_sink_source *self, uint64_t *value);
/* True if the next text is this one. */
bool rip_sink_take_word(rip_sink_source *self, const char *word);
/* A text, malloc'ed; *text is NULL if there is none, or no memory. */
bool rip_sink_take_text(rip_sink_source *self, char **text);

#endif /* RIP_IO_SINK_H */
