#include "help.h"

#include <stdio.h>
#include <string.h>

#include "riptide/base/simd.h"
#include "riptide/io/provenance.h"

static const char program_head[] =
    "riptide: a Monte Carlo stress tester for leveraged portfolios.\n"
    "\n"
    "usage: riptide COMMAND [OPTIONS] ...\n"
    "       riptide --version | --help | help config\n"
    "\n";

static const char program_tail[] =
    "\n"
    "`riptide COMMAND --help` lists a command's options, `riptide help config` every "
    "key\n"
    "of the configuration; `riptide help man`, `bash` or `zsh` prints the man page or\n"
    "the completion of a shell. Exit codes: 0 done, 1 internal error, 2 usage or\n"
    "configuration, 3 malformed input data, 4 failure with outputs, 75 interrupted\n"
    "with a checkpoint saved, 128 + N stopped by signal N before there was anything.\n";

void
help_program(size_t n, const cli_command *const *command)
{
    (void)fputs(program_head, stdout);
    for (size_t i = 0; i < n; i++) {
        (void)printf("  %-8s %-8s %s\n", command[i]->name, command[i]->operand,
                     command[i]->doc);
    }
    (void)fputs(program_tail, stdout);
}

static void
print_option(const cli_option *option)
{
    char head[64];

    (void)snprintf(head, sizeof(head), "%s%s%s", option->name,
                   option->value != NULL ? " " : "",
                   option->value != NULL ? option->value : "");
    if ((option->flags & CLI_OPTION_LATER) != 0) {
        (void)printf("  %-34s not in this version\n", head);
    } else {
        (void)printf("  %-34s %s\n", head, option->doc);
    }
}

void
help_command(const cli_command *command)
{
    (void)printf("usage: riptide %s [OPTIONS] %s%s\n\n%s\n", command->name,
                 command->operand, command->takes_many ? "..." : "", command->doc);
    (void)fputs("\noptions:\n", stdout);
    for (const cli_option *o = command->options; o->name != NULL; o++) {
        print_option(o);
    }
    if (command->notes != NULL) {
        (void)printf("\n%s", command->notes);
    }
}

void
help_version(void)
{
    const char *revision = rip_provenance_revision();

    (void)printf("riptide %s\n", rip_provenance_version());
    (void)printf("revision    %s\n", revision[0] != '\0' ? revision : "unknown");
    (void)printf("compiler    %s\n", rip_provenance_compiler());
    (void)printf("GSL         %s\n", rip_provenance_gsl());
    (void)printf("HDF5        %s\n", rip_provenance_hdf5());
    (void)printf("SIMD level  %s\n", rip_simd_name(rip_simd_level()));
}
