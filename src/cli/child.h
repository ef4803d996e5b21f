/*
 * cli/child.h -- another program, run to its end, and what it said.           floor 9
 */
#ifndef RIP_CLI_CHILD_H
#define RIP_CLI_CHILD_H

#include "riptide/base/status.h"

typedef struct child {
    int exit_code; /* 127: could not be started; 128 + N: ended by signal N */
    char *out;     /* owned; its standard output, terminated */
    char *said;    /* owned; its standard error, terminated */
} child;

/*
 * Runs argv[0], looked for on PATH unless it has a slash, with nothing on its standard
 * input. Errors: RIP_ERR_NO_MEMORY; RIP_ERR_OUTPUT if the system gives no temporary
 * file or no process. Whatever it returns, self may be freed.
 */
RIP_NODISCARD rip_status child_run(child *self, const char *const *argv);
void child_free(child *self);

#endif /* RIP_CLI_CHILD_H */
