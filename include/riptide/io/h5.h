/*
 * io/h5.h -- datasets of a result: written with all that belongs to one, read with
 * every check. floor 7.2
 *
 * Written: chunked, Fletcher-32, unsigned integers shuffled and deflated at level 1
 * unless they look like noise, `units` and `long_name`, a dimension scale attached to
 * every axis, no times. A group carries its own scales, because a reader of netCDF-4
 * looks for them there. Read: only if type and shape are those expected.
 *
 * Functions return codes: RIP_ERR_OUTPUT if HDF5 refuses or a thing is not as expected,
 * RIP_ERR_NO_MEMORY. Ids are HDF5's hid_t.
 */
#ifndef RIP_IO_H5_H
#define RIP_IO_H5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"

#define RIP_H5_AXES 64 /* scales of a group */
#define RIP_H5_RANK 20 /* of a sweep file: a run's axes after those that are swept */
#define RIP_H5_NAME 64 /* bytes of an axis' name, terminator included */

typedef enum rip_h5_type {
    RIP_H5_F64 = 0,
    RIP_H5_F32,
    RIP_H5_U32,
    RIP_H5_U64,
    RIP_H5_TEXT /* const char *; variable-length UTF-8 in the file */
} rip_h5_type;

typedef struct rip_h5_axis {
    char name[RIP_H5_NAME];
    uint64_t size;
    int64_t scale; /* id of its dataset */
} rip_h5_axis;

/* A group that is being written. */
typedef struct rip_h5_group {
    int64_t id;
    int deflate; /* level for floating-point datasets */
    size_t n_axis;
    rip_h5_axis axis[RIP_H5_AXES];
} rip_h5_group;

/* What a dataset is. */
typedef struct rip_h5_dataset {
    const char *name, *unit, *doc;
    rip_h5_type type;
    size_t n_dim;
    const char *dim[RIP_H5_RANK]; /* axes of its group */
    double fill;                  /* of what is never written; integers: 0 */
    /* Grows along this axis when wave follows wave: 1 + its index; 0: written at once.
       Chunks are then short along it, and a wave's row of chunks is kept in memory. */
    size_t wave_dim;
    /* The first so many axes are those of a sweep, written point by point. */
    size_t n_swept;
    /* What is never written is missing, also where it is a whole number: its fill value
       is the largest of its type, and `_FillValue` says so. */
    bool masked;
    bool is_noise; /* its bits look random: not deflated, which would save little */
} rip_h5_dataset;

/* Opens (path "/") or creates a group of a file. Release it whatever is returned. */
RIP_NODISCARD rip_status rip_h5_group_begin(rip_h5_group *self, int64_t file,
                                            const char *path, int deflate);
void rip_h5_group_end(rip_h5_group *self);

/* A coordinate: its scale with n values. */
RIP_NODISCARD rip_status rip_h5_scale(rip_h5_group *self, const rip_h5_dataset *what,
                                      uint64_t n, const void *value);
/* An axis without values, as netCDF-4 has it. */
RIP_NODISCARD rip_status rip_h5_bare_scale(rip_h5_group *self, const char *name,
                                           uint64_t n);
/* An axis that a group has already (borrowed), or NULL; whether there is one. */
const rip_h5_axis *rip_h5_find_axis(const rip_h5_group *self, const char *name);
bool rip_h5_has_axis(const rip_h5_group *self, const char *name);

/* Creates a dataset on axes that the group has; *id is open. */
RIP_NODISCARD rip_status rip_h5_create(const rip_h5_group *self,
                                       const rip_h5_dataset *what, int64_t *id);
/* The same, with all its values, closed. */
RIP_NODISCARD rip_status rip_h5_put(const rip_h5_group *self,
                                    const rip_h5_dataset *what, const void *value);
/* A text that has no axes. */
RIP_NODISCARD rip_status rip_h5_put_text(const rip_h5_group *self,
                                         const rip_h5_dataset *what, const char *text);
void rip_h5_close(int64_t *dataset);

/* A box of a dataset, and where its values lie in memory. */
typedef struct rip_h5_box {
    size_t n_dim;
    uint64_t first[RIP_H5_RANK], count[RIP_H5_RANK]; /* in the dataset */
    uint64_t stride[RIP_H5_RANK]; /* lengths of the array's axes in memory */
} rip_h5_box;

RIP_NODISCARD rip_status rip_h5_write_box(int64_t dataset, rip_h5_type type,
                                          const rip_h5_box *box, const void *value);
RIP_NODISCARD rip_status rip_h5_read_box(int64_t dataset, rip_h5_type type,
                                         const rip_h5_box *box, void *value);

/* Attributes of a group or file. */
RIP_NODISCARD rip_status rip_h5_set_text(int64_t id, const char *name,
                                         const char *text);
RIP_NODISCARD rip_status rip_h5_set_number(int64_t id, const char *name, double value);
RIP_NODISCARD rip_status rip_h5_set_count(int64_t id, const char *name, uint64_t value);
bool rip_h5_has_attribute(int64_t id, const char *name);
RIP_NODISCARD rip_status rip_h5_text(int64_t id, const char *name, char **text);
RIP_NODISCARD rip_status rip_h5_count(int64_t id, const char *name, uint64_t *value);
/* The same of a group of a file. */
RIP_NODISCARD rip_status rip_h5_count_of(int64_t file, const char *group,
                                         const char *name, uint64_t *value);

/* Tells if there is something under a path ("batches/wipeouts"), link by link. */
bool rip_h5_exists(int64_t file, const char *path);

/*
 * Opens a dataset of this type and rank and says its shape; the number of its elements
 * is at most RIP_H5_MOST and no more than what the file can hold of it.
 */
#define RIP_H5_MOST ((uint64_t)1 << 40)
RIP_NODISCARD rip_status rip_h5_open(int64_t file, const char *path, rip_h5_type type,
                                     size_t n_dim, int64_t *id, uint64_t *shape);
/* All values of a dataset of this very shape. */
RIP_NODISCARD rip_status rip_h5_read(int64_t file, const char *path, rip_h5_type type,
                                     size_t n_dim, const uint64_t *shape, void *value);
/* All values of a dataset of this rank, *n of any shape, malloc'ed. Of texts each is
   malloc'ed, too. */
RIP_NODISCARD rip_status rip_h5_read_values(int64_t file, const char *path,
                                            rip_h5_type type, size_t n_dim, size_t *n,
                                            void **value);
/* A list of *n values of any length, malloc'ed. Of texts each is malloc'ed, too. */
RIP_NODISCARD rip_status rip_h5_read_list(int64_t file, const char *path,
                                          rip_h5_type type, size_t *n, void **value);
/* A text without axes, malloc'ed. */
RIP_NODISCARD rip_status rip_h5_read_text(int64_t file, const char *path, char **text);

/* What there is in a group. */
typedef struct rip_h5_entry {
    char name[RIP_H5_NAME];
    bool is_group;
    /* of a dataset */
    bool is_scale; /* the coordinate of an axis */
    bool is_empty; /* never written: `fill` stands for every value */
    rip_h5_type type;
    double fill;
    char *unit, *doc; /* owned */
    size_t n_dim;
    uint64_t shape[RIP_H5_RANK];
    char dim[RIP_H5_RANK][RIP_H5_NAME]; /* names of its axes */
} rip_h5_entry;

/* Names in a group (path "/" or a name), in their order; each malloc'ed, and the list.
   RIP_ERR_OUTPUT if one is longer than results have. */
RIP_NODISCARD rip_status rip_h5_names(int64_t file, const char *path, size_t *n,
                                      char ***name);
/*
 * What stands under a path. RIP_ERR_OUTPUT if it is nothing that results have: another
 * type, an axis without a scale, no unit. Free its texts whatever is returned.
 */
RIP_NODISCARD rip_status rip_h5_describe(int64_t file, const char *path,
                                         rip_h5_entry *entry);
void rip_h5_entry_free(rip_h5_entry *entry);

/* Bytes of an element in memory. */
size_t rip_h5_size(rip_h5_type type);

#endif /* RIP_IO_H5_H */
