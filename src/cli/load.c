#include "load.h"

#include <stdio.h>
#include <stdlib.h>

rip_status
load_run(load *self, const cli_arguments *arguments, bool allow_insolvent,
         rip_error *error)
{
    return load_run_with(self, arguments, "", allow_insolvent, error);
}

rip_status
load_run_with(load *self, const cli_arguments *arguments, const char *last,
              bool allow_insolvent, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_error notes = {0};
    const char **override = NULL;
    size_t n_override = 0;

    *self = (load){0};
    RIP_TRY(cli_options_values(arguments, "-s", &n_override, &override));
    if (last[0] != '\0') {
        override[n_override++] = last; /* cli_options_values leaves room for one */
    }
    RIP_TRY(rip_config_load(&self->config, arguments->operand, n_override, override,
                            error));
    RIP_TRY(rip_assemble(&self->run, &self->inputs, &self->config, allow_insolvent,
                         &notes, error));
out:
    for (size_t i = 0; i < notes.n_line; i++) {
        (void)fprintf(stderr, "%s\n", notes.line[i]);
    }
    rip_error_free(&notes);
    free((void *) override);
    return status;
}

void
load_free(load *self)
{
    rip_run_free(&self->run);
    rip_inputs_free(&self->inputs);
    rip_config_free(&self->config);
}
