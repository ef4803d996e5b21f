/*
 * cli/load.h -- from CONFIG and -s to a run, the beginning of three commands. floor 9
 */
#ifndef RIP_CLI_LOAD_H
#define RIP_CLI_LOAD_H

#include <stdbool.h>

#include "options.h"
#include "riptide/engine/run.h"
#include "riptide/io/assemble.h"
#include "riptide/io/config.h"
#include "riptide/sweep/points.h"

/* The option that these commands share. */
#define LOAD_OVERRIDE                                                                  \
    {                                                                                  \
        "-s", "KEY=VALUE",                                                             \
            "change a key of the configuration by its dotted path; repeatable",        \
            CLI_OPTION_REPEATED                                                        \
    }

typedef struct load {
    rip_config config;
    rip_inputs inputs;
    rip_run run;
} load;

/*
 * Resolves the configuration and assembles the run; notes for the user go to stderr.
 * already_held: as in rip_assemble. *self may be freed whatever it returns.
 */
RIP_NODISCARD rip_status load_run(load *self, const cli_arguments *arguments,
                                  bool already_held, rip_error *error);
/* The same with one more override, which comes last ("": none). */
RIP_NODISCARD rip_status load_run_with(load *self, const cli_arguments *arguments,
                                       const char *last, bool already_held,
                                       rip_error *error);
/* The same for a point of a sweep, whose values come last. */
RIP_NODISCARD rip_status load_point(load *self, const rip_config_source *source,
                                    const rip_sweep_points *points, size_t point,
                                    rip_error *error);
/* The run of a resolved configuration kept in `name`; its input files are looked for
   under directory. */
RIP_NODISCARD rip_status load_text(load *self, const char *name, const char *text,
                                   const char *directory, rip_error *error);
/* A sweep is not one run: an error if there is one. */
RIP_NODISCARD rip_status load_refuse_sweep(const load *self, rip_error *error);
void load_free(load *self);

#endif /* RIP_CLI_LOAD_H */
