/*
 * io/checkpoint_parts.h -- a checkpoint from inside: its two files.         floor 7.64
 *
 * FILE.checkpoint. Numbers are little-endian, 64 bits where nothing is said; a text is
 * its length and its bytes:
 *
 *     0   8  the text RIPCHKP1
 *     8   8  format
 *     16  8  length of the file in bytes
 *     24  8  checksum (io/checksum.h) of bytes 32 to the end, then 8 to 23
 *     32     version, revision, configuration (texts); shard: index, count;
 *            number of input files, of each path and digest (texts);
 *            next block; name of the other file ("": none), its bytes and checksum;
 *            version and number of the sections, of each name (text), type, number of
 *            elements, bytes, and its data with the zeros taken out
 *
 * Zeros taken out: pairs of 32-bit numbers, how many 64-bit words are zero and how many
 * follow as they are, until all words of a section are there.
 *
 * FILE.checkpoint.paths.PID is one record a wave: first path, paths, paths with prices,
 * bytes of what follows; then every array of the wave that is kept.
 */
#ifndef RIP_IO_CHECKPOINT_PARTS_H
#define RIP_IO_CHECKPOINT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/io/checkpoint.h"
#include "riptide/io/sink.h"

struct rip_checkpoint {
    rip_result_source source;
    char *path;       /* owned; FILE.checkpoint */
    char *config;     /* owned; resolved, as YAML */
    char *paths;      /* owned; FILE.checkpoint.paths.PID, once it is there */
    bool paths_known; /* the folder has been synced since */
    int fd;           /* of it */
    rip_sink sink;    /* into it */
    char *older;      /* owned; path of the file of those who went before, or NULL */
    bool cleaned;     /* nothing of theirs is left */
    bool saved;       /* FILE.checkpoint counts on paths */
};

#define RIP_CHECKPOINT_MAGIC  "RIPCHKP1"
#define RIP_CHECKPOINT_FORMAT 1
#define RIP_CHECKPOINT_HEAD   32 /* bytes before the content */

/* The checksum of a file from that of its content. */
uint64_t rip_checkpoint_seal(const unsigned char *head, uint64_t rest);

/* What FILE.checkpoint says. */
typedef struct rip_checkpoint_content {
    unsigned char *data;                       /* owned; the whole file */
    bool found;                                /* there is one */
    bool whole;                                /* and it is as it was written */
    char *version, *revision, *config, *paths; /* owned */
    rip_shard shard;
    rip_inputs inputs;
    uint64_t next, paths_size, paths_checksum;
    rip_sink_source sums; /* what is left of data: the sections */
} rip_checkpoint_content;

/* Reads; what is damaged is found and not whole. Errors: RIP_ERR_OUTPUT if the system
   cannot read; RIP_ERR_CONFIG if it is of another format; RIP_ERR_NO_MEMORY. Whatever
   it returns, self may be freed. */
RIP_NODISCARD rip_status rip_checkpoint_read(rip_checkpoint_content *self,
                                             const char *path, rip_error *error);
void rip_checkpoint_content_free(rip_checkpoint_content *self);

/* Fills sums, which are laid out; false if what was saved has another layout. */
bool rip_checkpoint_unpack(rip_sink_source from, rip_accumulator *sums);

/* Writes FILE.checkpoint. */
RIP_NODISCARD rip_status rip_checkpoint_write(const rip_checkpoint *self,
                                              const rip_accumulator *sums,
                                              uint64_t next, rip_error *error);

/*
 * Per-path figures: into the own file; synced; from another's file, of which size bytes
 * count, into result and the own file. `check` tells if those bytes are as they were.
 */
RIP_NODISCARD rip_status rip_checkpoint_paths_append(rip_checkpoint *self,
                                                     const rip_wave *wave,
                                                     rip_error *error);
RIP_NODISCARD rip_status rip_checkpoint_paths_sync(rip_checkpoint *self,
                                                   rip_error *error);
RIP_NODISCARD rip_status rip_checkpoint_paths_check(const char *path, uint64_t size,
                                                    uint64_t checksum, bool *whole,
                                                    rip_error *error);
RIP_NODISCARD rip_status rip_checkpoint_paths_replay(rip_checkpoint *self,
                                                     const char *path, uint64_t size,
                                                     rip_result *result,
                                                     rip_error *error);

#endif /* RIP_IO_CHECKPOINT_PARTS_H */
