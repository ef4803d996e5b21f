/*
 * cli/points.h -- the points of a sweep in their folder.                      floor 9
 */
#ifndef RIP_CLI_POINTS_H
#define RIP_CLI_POINTS_H

#include "riptide/sweep/points.h"

/* "FOLDER/point-K.h5" and a suffix, malloc'ed into *path. Errors: NO_MEMORY. */
RIP_NODISCARD rip_status points_path(const char *folder, size_t point,
                                     const char *suffix, char **path);

/*
 * Prints the points with their values, and unless folder is NULL what is there of each:
 *
 *     done     its result, as from the configuration and input files now
 *     stale    a result, but of another configuration or of input files as they were
 *     damaged  a file that is no whole result
 *     begun    a checkpoint
 *     missing  nothing
 *
 * Why a file is stale or damaged is said on stderr. The program that made a result may
 * be another one, as for `merge`.
 */
RIP_NODISCARD rip_status points_list(const rip_sweep_points *points,
                                     const rip_config_source *source,
                                     const char *folder);

#endif /* RIP_CLI_POINTS_H */
