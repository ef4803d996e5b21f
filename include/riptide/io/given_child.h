/*
 * io/given_child.h -- the reading half of io/given, for a process of its own.
 *                                                                          floor 7.31
 */
#ifndef RIP_IO_GIVEN_CHILD_H
#define RIP_IO_GIVEN_CHILD_H

#include <stdint.h>

#include "riptide/io/given.h"

#define RIP_GIVEN_TEXT 480 /* bytes of a message, terminator included */

/* What goes over the pipe before the prices. */
typedef struct rip_given_head {
    uint64_t n_path;           /* that follow, each [n_step + 1][n_asset] doubles */
    char text[RIP_GIVEN_TEXT]; /* what is wrong, without the file's name; "": nothing */
} rip_given_head;

/*
 * Limits this process, reads the open file and writes a head and prices to out.
 * Whatever HDF5 does to the process, the reader of out finds less than the head
 * promised.
 */
void rip_given_child_read(int file, const rip_given_frame *frame, int out);

#endif /* RIP_IO_GIVEN_CHILD_H */
