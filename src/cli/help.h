/*
 * cli/help.h -- what the program says about itself.                           floor 9
 */
#ifndef RIP_CLI_HELP_H
#define RIP_CLI_HELP_H

#include "options.h"

/* `riptide --help`: n commands, listed in this order. */
void help_program(size_t n, const cli_command *const *command);

/* `riptide COMMAND --help` */
void help_command(const cli_command *command);

/* `riptide --version`: program, revision, compiler, libraries, SIMD level in use. */
void help_version(void);

#endif /* RIP_CLI_HELP_H */
