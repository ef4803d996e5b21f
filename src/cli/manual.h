/*
 * cli/manual.h -- the man page and the completions, from the lists of options. floor 9
 *
 * `riptide help man`, `help bash` and `help zsh` print them; the build does so once and
 * installs the files. What is not in this version is left out.
 */
#ifndef RIP_CLI_MANUAL_H
#define RIP_CLI_MANUAL_H

#include "options.h"

/* The words after `riptide help` that are no command. */
#define MANUAL_TOPICS "config man bash zsh"

/* Whether an option is in this version. */
static inline bool
manual_shows(const cli_option *option)
{
    return (option->flags & CLI_OPTION_LATER) == 0;
}

/* The man page riptide(1), for groff. */
void manual_man(size_t n, const cli_command *const *command);

/* Completion for bash and for zsh. */
void manual_bash(size_t n, const cli_command *const *command);
void manual_zsh(size_t n, const cli_command *const *command);

#endif /* RIP_CLI_MANUAL_H */
