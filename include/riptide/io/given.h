/*
 * io/given.h -- price paths that the user brings (shocks.model: given).      floor 7.3
 *
 * Any HDF5 file with a dataset /paths/price [path, time, asset] laid out like a
 * result's own. Columns are matched by the scale `asset` beside it if there is one,
 * else they follow market.assets. Time 0 equals the market's prices to 1e-9. A scale
 * `time`, if there is one, is in hours.
 *
 * HDF5 1.10 does not survive every damaged file, so a child process with limits reads
 * it and hands the prices over a pipe; a crash or a hang of the child is an error like
 * any other. A file that begins with the block of a result is held against its checksum
 * first.
 */
#ifndef RIP_IO_GIVEN_H
#define RIP_IO_GIVEN_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/error.h"
#include "riptide/market/market.h"

typedef struct rip_given {
    double *price;   /* [n_path][n_step + 1][n_asset] owned; in the market's order */
    uint64_t n_path; /* loaded: the smaller of what was asked for and what there is */
} rip_given;

/* What the prices have to fit. */
typedef struct rip_given_frame {
    const rip_market_spec *market; /* borrowed */
    size_t n_step;
    double step_h;
    uint64_t n_path; /* of the run; no more are loaded */
} rip_given_frame;

/*
 * Loads the first frame->n_path paths of a file, fewer if it has fewer (the caller
 * says so). Errors: RIP_ERR_DATA with one line "FILE: ..." if the file is damaged, has
 * another layout, or a price that is not positive and finite; RIP_ERR_NO_MEMORY.
 * Whatever it returns, self may be freed.
 */
RIP_NODISCARD rip_status rip_given_load(rip_given *self, const char *path,
                                        const rip_given_frame *frame, rip_error *error);
void rip_given_free(rip_given *self);

#endif /* RIP_IO_GIVEN_H */
