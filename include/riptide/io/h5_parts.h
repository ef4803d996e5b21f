/*
 * io/h5_parts.h -- what writing and reading of datasets share.              floor 7.21
 */
#ifndef RIP_IO_H5_PARTS_H
#define RIP_IO_H5_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/io/h5.h"

/* A type of HDF5 in memory or in the file, to be closed; negative if HDF5 refuses. */
int64_t rip_h5_make_type(rip_h5_type type, bool in_memory);

/* Tells if a type of HDF5 is the one that files have for wanted. */
bool rip_h5_is_type(int64_t type, rip_h5_type wanted);

/* Says of a dataset of whole numbers that the largest one means missing. */
RIP_NODISCARD rip_status rip_h5_set_mask(int64_t id, rip_h5_type type);

/* The two sides of a box, to be closed whatever is returned. */
RIP_NODISCARD rip_status rip_h5_spaces(int64_t dataset, const rip_h5_box *box,
                                       int64_t *memory, int64_t *file);

#endif /* RIP_IO_H5_PARTS_H */
