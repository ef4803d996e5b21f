/*
 * cli/signals.h -- SIGINT and SIGTERM end a run cleanly.                      floor 9
 *
 * While there is nothing to clean up a signal ends the process at once, with a line
 * about it; once a run has begun to write it is only noted, and the loop over paths
 * asks for it.
 */
#ifndef RIP_CLI_SIGNALS_H
#define RIP_CLI_SIGNALS_H

/* For every command: writes past a limit or into a closed pipe are errors of the write,
   not the end of the process. */
void signals_ignore(void);

/*
 * From here on SIGINT and SIGTERM write `line` (borrowed, with its newline) to stderr
 * and end the process with 128 + signal.
 */
void signals_watch(const char *line);

/* From here on they are only noted. */
void signals_note(void);

/* The signal noted, 0 if there was none. */
int signals_caught(void);

#endif /* RIP_CLI_SIGNALS_H */
