/* sweep/points_parts.h -- between the sources of sweep/points.h.            floor 8.1
 */
#ifndef RIP_SWEEP_POINTS_PARTS_H
#define RIP_SWEEP_POINTS_PARTS_H

#include "riptide/io/report.h"
#include "riptide/sweep/points.h"

/* A key without values yet, appended to self. Errors: NO_MEMORY. */
RIP_NODISCARD rip_status rip_sweep_points_add(rip_sweep_points *self, const char *name,
                                              size_t n_value);

/* Fills self from the map `latin`, whose path is given. */
RIP_NODISCARD rip_status rip_sweep_points_latin(rip_sweep_points *self,
                                                const rip_node *latin,
                                                const rip_report_path *path,
                                                rip_error *error);

#endif /* RIP_SWEEP_POINTS_PARTS_H */
