/*
 * io/stored.h -- reading a result back.                                      floor 7.62
 *
 * The first block of the file and the checksum of all that follows are verified before
 * HDF5 sees a byte; then types and shapes of everything that is read are checked, so
 * that a file of another making is an error and never a wrong number. Facts and axes
 * are read by open; a dataset when it is asked for, once.
 */
#ifndef RIP_IO_STORED_H
#define RIP_IO_STORED_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/error.h"
#include "riptide/engine/accumulator.h"
#include "riptide/engine/output.h"
#include "riptide/io/assemble.h"
#include "riptide/io/identity.h"
#include "riptide/io/image.h"
#include "riptide/io/shard.h"

typedef struct rip_stored {
    char *path; /* owned */
    /* root attributes; texts owned */
    char *title, *status, *version, *revision, *created;
    uint64_t seed, paths, paths_done;
    rip_shard shard;
    /* of a point of a sweep (else NULL and 0): as in rip_result_point */
    char *sweep, *sweep_sha256;
    uint64_t sweep_point, sweep_points;
    /* axes; texts owned */
    size_t n_mode, n_account, n_level, n_asset, n_time;
    rip_mode mode[RIP_N_MODE];
    char **account; /* [n_account] */
    double *weight; /* [n_account] owned; real accounts each stands for */
    char **asset;   /* [n_asset] */
    double *level;  /* [n_level] */
    double *time_h; /* [n_time] */
    /* /config */
    char *config;      /* owned; resolved YAML */
    rip_inputs inputs; /* as recorded */
    /* sizes of all axes; data[i] is NULL until loaded, and owned */
    rip_estimates estimates;
    rip_image *image; /* owned; the open file */
} rip_stored;

/*
 * Opens a result. Errors, with one line that begins with the file's name:
 * RIP_ERR_CONFIG if there is no such file, or it is a sweep file; RIP_ERR_OUTPUT if it
 * is not a result, is damaged, or of another format; RIP_ERR_NO_MEMORY. Whatever it
 * returns, self may be freed.
 */
RIP_NODISCARD rip_status rip_stored_open(rip_stored *self, const char *path,
                                         rip_error *error);
void rip_stored_free(rip_stored *self);

/* What run the file is of; borrows from self. */
rip_identity rip_stored_identity(const rip_stored *self);

/*
 * Loads a dataset of the list of outputs into self->estimates, if it is not there yet,
 * and returns it through *data (borrowed, row-major, of the list's type) unless data is
 * NULL. group is "" for the root. Errors: RIP_ERR_OUTPUT, RIP_ERR_NO_MEMORY.
 */
RIP_NODISCARD rip_status rip_stored_load(rip_stored *self, const char *group,
                                         const char *name, const void **data,
                                         rip_error *error);

/*
 * Loads /accumulators into sums, which the caller has laid out for the same run
 * (rip_sums_init) and frees. Errors: RIP_ERR_OUTPUT if they are of another version, or
 * a section is missing or has another type or length.
 */
RIP_NODISCARD rip_status rip_stored_sums(rip_stored *self, rip_accumulator *sums,
                                         rip_error *error);

#endif /* RIP_IO_STORED_H */
