/* sweep/merge_parts.h -- between the sources of sweep/merge.h.              floor 8.3
 */
#ifndef RIP_SWEEP_MERGE_PARTS_H
#define RIP_SWEEP_MERGE_PARTS_H

#include "riptide/io/h5.h"
#include "riptide/io/image.h"
#include "riptide/io/stored.h"
#include "riptide/sweep/change.h"
#include "riptide/sweep/merge.h"
#include "riptide/sweep/points.h"

#define RIP_SWEEP_GROUPS 16
#define RIP_SWEEP_SETS   2048 /* datasets of a sweep file */
#define RIP_SWEEP_INPUTS 4096 /* different files that the points may read */

/* An axis of a group: the union of its values over the points. */
typedef struct rip_sweep_axis {
    size_t group;
    rip_h5_entry what; /* owned */
    size_t n;
    void *value; /* [n] owned; texts are owned, too */
    bool varies; /* not every point has the same values */
} rip_sweep_axis;

/* A dataset of the sweep file. */
typedef struct rip_sweep_set {
    size_t group;
    rip_h5_entry what; /* owned; its shape is that of some point */
    size_t axis[RIP_H5_RANK];
    size_t n_seen;   /* points that have it */
    bool varies;     /* not every point has the same values */
    uint64_t digest; /* of the values, where that is asked for */
    int64_t id;      /* while the file is written; 0: nothing is */
} rip_sweep_set;

typedef struct rip_sweep_merging {
    const rip_sweep_merge_source *source;
    rip_error *error;
    rip_sweep_points points;
    /* what is the same at all points; owned */
    char *title, *sweep, *sha256, *version, *revision;
    uint64_t seed;
    int deflate;
    rip_inputs inputs;
    size_t n_done;     /* points that are there */
    bool has_partial;  /* one of them is itself not complete */
    const char **file; /* [n_point] owned; the strings borrowed; NULL: missing */
    uint64_t *n_path;  /* [n_point] owned; paths done, 0: missing */
    const char *first; /* the file that the others are held against */
    size_t n_group, n_axis, n_set;
    char group[RIP_SWEEP_GROUPS][RIP_H5_NAME]; /* "/" first */
    rip_sweep_axis *axis;                      /* [n_axis] owned */
    rip_sweep_set *set;                        /* [n_set] owned */
    rip_image *image;                          /* of the sweep file */
    rip_h5_group out[RIP_SWEEP_GROUPS];
} rip_sweep_merging;

/* A point that is open for copying. */
typedef struct rip_sweep_opened {
    size_t point;
    rip_stored stored;
    size_t **map; /* [n_axis] owned; where the point's values are; NULL: as they are */
    size_t *length; /* [n_axis] owned; number of the point's values */
} rip_sweep_opened;

/* "GROUP/NAME" of a dataset, for messages and for HDF5. */
void rip_sweep_merge_path(const rip_sweep_merging *self, size_t group, const char *name,
                          char path[2 * RIP_H5_NAME]);

/* Index of a dataset of the root or a group by name, or n_set. */
size_t rip_sweep_merge_find(const rip_sweep_merging *self, const char *group,
                            const char *name);

/* Whether a dataset that varies lacks values, of whole points or along an axis. */
bool rip_sweep_merge_is_masked(const rip_sweep_merging *self, const rip_sweep_set *set);

/* Frees what the first file said: as if there had been none. */
void rip_sweep_merge_forget(rip_sweep_merging *self);

/* Opens every file, checks that they belong together, notes what they hold. */
RIP_NODISCARD rip_status rip_sweep_merge_read(rip_sweep_merging *self);

/* Takes in the axes and datasets of a file. Errors: OUTPUT, with a line. */
RIP_NODISCARD rip_status rip_sweep_merge_layout(rip_sweep_merging *self,
                                                const rip_stored *stored);

/* One list of values of an axis: read, freed, united, located. */
RIP_NODISCARD rip_status rip_sweep_axis_unite(rip_sweep_axis *self, size_t n,
                                              void **value);
RIP_NODISCARD rip_status rip_sweep_axis_map(const rip_sweep_axis *self, size_t n,
                                            const void *value, size_t **map);
void rip_sweep_axis_values_free(rip_h5_type type, size_t n, void *value);

/* Creates the groups of the file, their scales and datasets; its attributes. */
RIP_NODISCARD rip_status rip_sweep_merge_create(rip_sweep_merging *self);
RIP_NODISCARD rip_status rip_sweep_merge_facts(rip_sweep_merging *self);

/* Where a point lies in the file: fills first and count of the swept axes. */
void rip_sweep_merge_place(const rip_sweep_merging *self, size_t point,
                           rip_h5_box *box);

RIP_NODISCARD rip_status rip_sweep_merge_open(const rip_sweep_merging *self,
                                              size_t point, rip_sweep_opened *opened);
void rip_sweep_merge_close(const rip_sweep_merging *self, rip_sweep_opened *opened);

/* Copies all datasets of an opened point. */
RIP_NODISCARD rip_status rip_sweep_merge_copy(const rip_sweep_merging *self,
                                              const rip_sweep_opened *from);

/* Values of a dataset of an opened point as doubles on the united axes; NaN where the
   point has none, and all NaN if it lacks the dataset. *value is malloc'ed. */
RIP_NODISCARD rip_status rip_sweep_merge_fetch(const rip_sweep_merging *self,
                                               const rip_sweep_opened *from, size_t set,
                                               double **value);

/* Index of the root's axis of accounts, or n_axis. */
size_t rip_sweep_merge_accounts(const rip_sweep_merging *self);

/* Index of a dataset of the root by a name and what ends it, or n_set. */
size_t rip_sweep_merge_find_with(const rip_sweep_merging *self, const char *name,
                                 const char *suffix);

/* Whether one set has the axes of another, and `more` besides. */
bool rip_sweep_merge_same_axes(const rip_sweep_merging *self, size_t a, size_t b,
                               size_t more);

/* What changes need of one point. */
typedef struct rip_sweep_figures {
    uint64_t n_path;
    uint64_t bytes;
    double **value; /* [n_set + 1] owned; NULL: not needed, or the point has none */
    double *weight; /* [account] owned; on the united axis, 0 where there is none */
} rip_sweep_figures;

/* What a figure's interval at one point is drawn from. */
typedef enum rip_sweep_interval_kind {
    RIP_SWEEP_INTERVAL_NONE,    /* it has none: both ends are NaN */
    RIP_SWEEP_INTERVAL_ENDS,    /* its _lower and _upper */
    RIP_SWEEP_INTERVAL_ERROR,   /* its _se */
    RIP_SWEEP_INTERVAL_DEFICIT, /* deficits of all accounts, and their error */
    RIP_SWEEP_INTERVAL_TIMES,   /* counts by time */
    RIP_SWEEP_INTERVAL_PAIRS    /* the number of paths */
} rip_sweep_interval_kind;

typedef struct rip_sweep_interval {
    rip_sweep_interval_kind kind;
    size_t figure;  /* its set */
    size_t part[2]; /* sets, as the kind says; n_set: none */
} rip_sweep_interval;

/* Whether a dataset is a probability or a mean, which changes, and its interval. */
bool rip_sweep_interval_find(const rip_sweep_merging *self, size_t figure,
                             rip_sweep_interval *to);

/* Element i of a figure that the point has, with its 99 % interval. */
rip_sweep_change rip_sweep_interval_at(const rip_sweep_merging *self,
                                       const rip_sweep_interval *what,
                                       const rip_sweep_figures *from, uint64_t i);

/* Adds sets for the changes; writes those of a point, which is open. */
RIP_NODISCARD rip_status rip_sweep_merge_add_changes(rip_sweep_merging *self);
typedef struct rip_sweep_changes rip_sweep_changes; /* baselines in memory */
RIP_NODISCARD rip_status rip_sweep_changes_begin(rip_sweep_changes **self,
                                                 const rip_sweep_merging *of);
RIP_NODISCARD rip_status rip_sweep_changes_write(rip_sweep_changes *self,
                                                 const rip_sweep_opened *from);
void rip_sweep_changes_free(rip_sweep_changes *self);

/*
 * What becomes of a file that was looked at with `found`: with `partial`, one that is
 * damaged or does not belong is left out, and its problems are notes; else they are
 * errors, and found is returned.
 */
RIP_NODISCARD rip_status rip_sweep_merge_settle(const rip_sweep_merge_source *source,
                                                rip_status found, rip_error *problem,
                                                rip_error *error);

/* Takes every file, so that all that is wrong is said at once; the first status that is
   not RIP_OK. */
RIP_NODISCARD rip_status rip_sweep_merge_each(const rip_sweep_merge_source *source,
                                              rip_status (*take)(void *self,
                                                                 const char *name),
                                              void *self);

/*
 * Says which of the n parts ("points", "shards") are not among the n_done that are
 * there (file NULL): a note with `partial`, else an error, RIP_ERR_CONFIG.
 */
RIP_NODISCARD rip_status rip_sweep_merge_missing(const rip_sweep_merge_source *source,
                                                 const char *parts, size_t n,
                                                 size_t n_done, const char *const *file,
                                                 rip_error *error);

#endif /* RIP_SWEEP_MERGE_PARTS_H */
