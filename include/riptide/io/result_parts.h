/*
 * io/result_parts.h -- the parts of a result that is being written.         floor 7.61
 *
 * Each part writes what it is named after and returns a code; the caller makes the
 * sentence (rip_image_explain).
 */
#ifndef RIP_IO_RESULT_PARTS_H
#define RIP_IO_RESULT_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/engine/output.h"
#include "riptide/io/h5.h"
#include "riptide/io/image.h"
#include "riptide/io/result.h"

#define RIP_RESULT_SERIES 16 /* most datasets that grow wave by wave */

/* Paths first to end - 1, which are at `at` and behind in the datasets. */
typedef struct rip_result_range {
    uint64_t first, end, at;
} rip_result_range;

struct rip_result {
    rip_result_source source;
    rip_image *image; /* owned */
    int deflate;
    size_t n_range;
    rip_result_range *range; /* [n_range] owned; one unless parts are missing */
    uint64_t n_path;         /* in all ranges */
    /* what grows wave by wave; ids 0 where it is not asked for */
    rip_h5_group system, losses, paths;
    int64_t series[RIP_RESULT_SERIES];
};

/* Number of path i of this file. */
uint64_t rip_result_path(const rip_result *self, uint64_t i);

/* Paths of this file that outputs.keep_paths asks for; they are the first. */
uint64_t rip_result_kept(const rip_result *self);

/* Adds an axis to a group unless it has it; n_path is the length of RIP_DIM_PATH. */
RIP_NODISCARD rip_status rip_result_axis(const rip_result *self, rip_h5_group *group,
                                         rip_dim dim, uint64_t n_path);

/* Groups /system, /losses and /paths, as far as they are asked for. */
RIP_NODISCARD rip_status rip_result_series_begin(rip_result *self);
RIP_NODISCARD rip_status rip_result_series_append(rip_result *self,
                                                  const rip_wave *wave);
void rip_result_series_end(rip_result *self);

/* One of the arrays of a wave that a run keeps: [outer][path][inner] elements. */
typedef struct rip_result_array {
    const char *path; /* of its dataset in a result, "system/total_loss" */
    rip_h5_type type;
    size_t at; /* of the pointer in rip_wave */
    size_t outer, inner;
    bool is_price; /* of n_price paths, not n_path */
} rip_result_array;

/* Array i < RIP_RESULT_SERIES; false if a run does not keep it. */
bool rip_result_array_of(const rip_run *run, size_t i, rip_result_array *array);

/*
 * A wave with arrays of its own, for n paths of which n_price are kept as prices; its
 * stride is n. Errors: RIP_ERR_NO_MEMORY. Whatever it returns, it may be freed.
 */
RIP_NODISCARD rip_status rip_result_wave_init(rip_wave *self, const rip_run *run,
                                              uint64_t first_path, size_t n,
                                              size_t n_price);
void rip_result_wave_free(rip_wave *self, const rip_run *run);

/*
 * Fills a wave that was made by rip_result_wave_init from a stored result that has the
 * paths `stored`, of which the first n_price are kept as prices.
 */
RIP_NODISCARD rip_status rip_result_series_read(int64_t file, const rip_run *run,
                                                rip_result_range stored,
                                                uint64_t n_price, rip_wave *wave);

/* Where an array of a wave begins. */
void *rip_result_wave_array(const rip_wave *self, const rip_result_array *array);

/* Datasets of the list of outputs, at the root and in their groups. The figures by
   batch are derived here, from sums, and large outputs dropped when they are written:
   they never are all in memory. */
RIP_NODISCARD rip_status rip_result_estimates(const rip_result *self,
                                              const rip_accumulator *sums,
                                              rip_estimates *estimates);
/* Groups /accounts, /positions, /config, /accumulators. */
RIP_NODISCARD rip_status rip_result_accounts(const rip_result *self);
RIP_NODISCARD rip_status rip_result_positions(const rip_result *self);
/* Copies a group of columns, its scales first, from another file (a hid_t). */
RIP_NODISCARD rip_status rip_result_copy(const rip_result *self, int64_t file,
                                         const char *group);
RIP_NODISCARD rip_status rip_result_config(const rip_result *self);
RIP_NODISCARD rip_status rip_result_sums(const rip_result *self,
                                         const rip_accumulator *sums);
/* The other way: fills sums, which are laid out, from a file (its hid_t). */
RIP_NODISCARD rip_status rip_result_sums_read(int64_t file, rip_accumulator *sums);
/* Attributes of the root. */
RIP_NODISCARD rip_status rip_result_facts(const rip_result *self, uint64_t paths_done);

/* Attributes of a root that are texts. */
typedef struct rip_result_fact {
    const char *name, *text;
} rip_result_fact;
RIP_NODISCARD rip_status rip_result_facts_write(int64_t root, size_t n,
                                                const rip_result_fact *fact);
/* Attributes of a root that say how its file was made: format, program, machine. */
RIP_NODISCARD rip_status rip_result_facts_made(int64_t root,
                                               const rip_provenance *made);

#endif /* RIP_IO_RESULT_PARTS_H */
