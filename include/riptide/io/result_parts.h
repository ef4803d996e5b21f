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

struct rip_result {
    rip_result_source source;
    rip_image *image; /* owned */
    int deflate;
    uint64_t first_path, end_path; /* of the shard, or of the run */
    /* what grows wave by wave; ids 0 where it is not asked for */
    rip_h5_group system, losses, paths;
    int64_t series[RIP_RESULT_SERIES];
};

/* Paths of this file that outputs.keep_paths asks for. */
uint64_t rip_result_kept(const rip_result *self);

/* Adds an axis to a group unless it has it; n_path is the length of RIP_DIM_PATH. */
RIP_NODISCARD rip_status rip_result_axis(const rip_result *self, rip_h5_group *group,
                                         rip_dim dim, uint64_t n_path);

/* Groups /system, /losses and /paths, as far as they are asked for. */
RIP_NODISCARD rip_status rip_result_series_begin(rip_result *self);
RIP_NODISCARD rip_status rip_result_series_append(rip_result *self,
                                                  const rip_wave *wave);
void rip_result_series_end(rip_result *self);

/* Datasets of the list of outputs, at the root and in their groups. */
RIP_NODISCARD rip_status rip_result_estimates(const rip_result *self,
                                              const rip_estimates *estimates);
/* Groups /accounts, /positions, /config, /accumulators. */
RIP_NODISCARD rip_status rip_result_accounts(const rip_result *self);
RIP_NODISCARD rip_status rip_result_positions(const rip_result *self);
RIP_NODISCARD rip_status rip_result_config(const rip_result *self);
RIP_NODISCARD rip_status rip_result_sums(const rip_result *self,
                                         const rip_accumulator *sums);
/* The other way: fills sums, which are laid out, from a file (its hid_t). */
RIP_NODISCARD rip_status rip_result_sums_read(int64_t file, rip_accumulator *sums);
/* Attributes of the root. */
RIP_NODISCARD rip_status rip_result_facts(const rip_result *self, uint64_t paths_done);

#endif /* RIP_IO_RESULT_PARTS_H */
