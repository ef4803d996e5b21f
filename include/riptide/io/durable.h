/*
 * io/durable.h -- a file appears under its name only when it is whole.      floor 7.02
 *
 * What is written goes to FILE.tmp.PID beside FILE; commit syncs it, renames it and
 * syncs the folder. Until then a file named FILE is as it was. While the temporary is
 * open it is locked (an open file description lock), so that begin can tell what a dead
 * process left behind from what a process on another machine is writing.
 */
#ifndef RIP_IO_DURABLE_H
#define RIP_IO_DURABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/error.h"

typedef struct rip_durable {
    char *path;      /* owned; FILE, symbolic links followed */
    char *temporary; /* owned; FILE.tmp.PID */
    bool overwrite;
    bool created; /* the temporary exists */
    int fd;       /* of the temporary, if created */
} rip_durable;

/*
 * Notes the names and removes temporaries of FILE that dead processes left. Errors,
 * with one line: RIP_ERR_CONFIG if FILE exists and overwrite is false; RIP_ERR_OUTPUT
 * if FILE is there and not a regular file; RIP_ERR_NO_MEMORY. Whatever it returns, self
 * may be freed.
 */
RIP_NODISCARD rip_status rip_durable_begin(rip_durable *self, const char *path,
                                           bool overwrite, rip_error *error);

/* Creates the temporary, once. Returns 0, or the system's number of the error. */
RIP_NODISCARD int rip_durable_create(rip_durable *self);

/* Writes at a place of the temporary. Returns 0, or the system's number. */
RIP_NODISCARD int rip_durable_write(rip_durable *self, uint64_t offset,
                                    const void *data, size_t size);

/*
 * Gives the temporary the name FILE. If FILE has appeared since begin and overwrite is
 * false, the temporary is kept and named in the message (RIP_ERR_CONFIG); after any
 * other error (RIP_ERR_OUTPUT) it is for free to remove.
 */
RIP_NODISCARD rip_status rip_durable_commit(rip_durable *self, rip_error *error);

/*
 * Removes files NAME.INFIX.PID beside path, NAME being its last part, that dead
 * processes left, but not the one named keep (its last part; NULL: none).
 */
void rip_durable_clean(const char *path, const char *infix, const char *keep);

/* Creates a file that must not be there, locked as temporaries are while it is open.
   Returns 0 and *fd, or the system's number. */
RIP_NODISCARD int rip_durable_open(const char *path, int *fd);

/* Syncs the folder of a path. Returns 0, or the system's number. */
RIP_NODISCARD int rip_durable_sync_folder(const char *path);

/* The last part of a path. */
const char *rip_durable_name(const char *path);

/* Removes what was created and not committed. Accepts a zeroed struct. */
void rip_durable_free(rip_durable *self);

/* Adds "FILE: " and the system's words for a number; returns RIP_ERR_OUTPUT. For want
   of memory it returns RIP_ERR_NO_MEMORY, without a line. */
rip_status rip_durable_refuse(const char *path, int code, rip_error *error);

/* Writes size bytes at a place; returns 0 or the system's number. */
RIP_NODISCARD int rip_durable_put(int fd, uint64_t offset, const void *data,
                                  size_t size);

/* Reads up to size bytes at a place; returns 0 or the system's number, and in *n how
   many there were. */
RIP_NODISCARD int rip_durable_read(int fd, uint64_t offset, void *data, size_t size,
                                   size_t *n);

#endif /* RIP_IO_DURABLE_H */
