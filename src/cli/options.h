/*
 * cli/options.h -- a command line against a command's list of options.        floor 9
 *
 * One list describes what a command takes; the parser, its messages and the help read
 * it. Options and the operand come in any order; "--" ends the options. A value stands
 * in the next argument or glued on: -j 4, -j4, --progress none, --progress=none.
 */
#ifndef RIP_CLI_OPTIONS_H
#define RIP_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/error.h"

enum {
    CLI_OPTION_REPEATED = 1u << 0, /* may be given more than once */
    CLI_OPTION_LATER = 1u << 1     /* refused: not in this version */
};

typedef struct cli_option {
    const char *name;  /* "-o" or "--force"; NULL ends a list */
    const char *value; /* what it takes, as the help says it; NULL: nothing */
    const char *doc;   /* one sentence; NULL if it is not in this version */
    unsigned flags;    /* CLI_OPTION_REPEATED ... */
} cli_option;

typedef struct cli_arguments cli_arguments;

typedef struct cli_command {
    const char *name;
    const char *operand; /* "CONFIG": the one argument that is no option */
    bool takes_many;     /* there may be several of them */
    const char *doc;     /* one sentence */
    const char *notes;   /* what the help says below the options; may be NULL */
    const cli_option *options;
    /* What went wrong is added to error; the exit code follows from the status. */
    rip_status (*run)(const cli_arguments *arguments, rip_error *error);
} cli_command;

typedef struct cli_given {
    const cli_option *option;
    const char *value; /* borrowed from argv; NULL if the option takes none */
} cli_given;

struct cli_arguments {
    const cli_command *command;
    const char *operand; /* borrowed from argv; the first if there are several */
    size_t n_operand;
    const char **operands; /* [n_operand] owned; the strings are borrowed */
    bool wants_help;       /* --help was among them; nothing else was looked at */
    size_t n_given;
    cli_given *given; /* [n_given] owned, in the order of the command line */
    int argc;
    char *const *argv; /* borrowed: the whole command line, for provenance */
};

/*
 * Reads argv[first .. argc-1]. All problems are added to error.
 * Errors: RIP_ERR_CONFIG; RIP_ERR_NO_MEMORY. *self may be freed whatever it returns.
 */
RIP_NODISCARD rip_status cli_options_parse(cli_arguments *self,
                                           const cli_command *command, int argc,
                                           char *const *argv, int first,
                                           rip_error *error);
void cli_options_free(cli_arguments *self);

/* Whether an option was given; its value, or NULL. */
bool cli_options_has(const cli_arguments *self, const char *name);
const char *cli_options_value(const cli_arguments *self, const char *name);

/*
 * All values of a repeated option, malloc'ed into *value with room for one more; the
 * strings are borrowed.
 */
RIP_NODISCARD rip_status cli_options_values(const cli_arguments *self, const char *name,
                                            size_t *n, const char ***value);

/* A whole number from 1 to most in the value of an option, or fallback without it. */
RIP_NODISCARD rip_status cli_options_count(const cli_arguments *self, const char *name,
                                           long most, long *count, rip_error *error);

#endif /* RIP_CLI_OPTIONS_H */
