/*
 * engine/accumulator.h -- exact sums over paths: flat, versioned, mergeable. floor 6.2
 *
 * Everything a result says is derived from these integers. They are added in any order
 * by threads, shards, checkpoints and merges and give the same bits (style.md 3.7). An
 * accumulator is a list of sections, each a flat array; one table describes them, and
 * adding, writing and reading are loops over that table.
 */
#ifndef RIP_ENGINE_ACCUMULATOR_H
#define RIP_ENGINE_ACCUMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/engine/run.h"

#define RIP_ACCUMULATOR_VERSION 2u /* of the sections of engine/sums.h */

/* Element of a section. */
typedef enum rip_section_type {
    RIP_SECTION_COUNT32 = 0, /* uint32_t, added; refused beyond 2^32 - 1 paths */
    RIP_SECTION_COUNT64,     /* uint64_t, added */
    RIP_SECTION_SUM128,  /* two uint64_t (low, high) of a two's complement sum, added */
    RIP_SECTION_FIXED64, /* double, fixed before the first path; must agree on merge */
    RIP_SECTION_RANKED   /* pairs (key, path) of uint64_t, the largest keys kept */
} rip_section_type;

/* An entry of a ranked list, largest key first, ties by the lower path; key 0: empty.
 */
typedef struct rip_ranked {
    uint64_t key, path;
} rip_ranked;

typedef struct rip_section {
    const char *name; /* static storage; the dataset's name in /accumulators */
    const char *doc;
    rip_section_type type;
    size_t n_element; /* of one 4, 8 or 16 bytes by type; pairs for RANKED */
    size_t n_row;     /* RANKED: number of separate lists in the section; else 0 */
    bool is_noise;    /* its bits look random: compression is not worth its time */
    void *data;       /* inside the accumulator's one buffer, 64-byte aligned */
} rip_section;

typedef struct rip_accumulator {
    size_t n_section;
    rip_section *section; /* [n_section] owned */
    size_t size;          /* bytes of the buffer */
    void *buffer;         /* owned; all sections' data, in table order */
} rip_accumulator;

/* Bytes of one element of a type. */
size_t rip_accumulator_element_size(rip_section_type type);

/*
 * Lays out zeroed sections from a table of n_section (copied; data is filled in).
 * Errors: RIP_ERR_NO_MEMORY. Whatever it returns, self may be freed.
 */
RIP_NODISCARD rip_status rip_accumulator_init(rip_accumulator *self, size_t n_section,
                                              const rip_section *section);
void rip_accumulator_free(rip_accumulator *self);

/* Zeroes everything but the fixed values. */
void rip_accumulator_clear(rip_accumulator *self);

/* Enters (key, path) into a ranked list of n entries. */
void rip_accumulator_rank(rip_ranked *list, size_t n, uint64_t key, uint64_t path);

/* Section by name, NULL if there is none. */
const rip_section *rip_accumulator_find(const rip_accumulator *self, const char *name);

/*
 * Adds other to self. Both must come from the same run: RIP_ERR_INVALID_ARGUMENT if
 * sections or fixed values differ.
 */
RIP_NODISCARD rip_status rip_accumulator_add(rip_accumulator *self,
                                             const rip_accumulator *other);

#endif /* RIP_ENGINE_ACCUMULATOR_H */
