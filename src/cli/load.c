#include "load.h"

#include <stdio.h>
#include <stdlib.h>

rip_status
load_run(load *self, const cli_arguments *arguments, bool already_held,
         rip_error *error)
{
    return load_run_with(self, arguments, "", already_held, error);
}

/* The run of a configuration that has been resolved. */
static rip_status
assemble(load *self, bool already_held, rip_error *error)
{
    rip_error notes = {0};
    const rip_status status = rip_assemble(&self->run, &self->inputs, &self->config,
                                           already_held, &notes, error);

    for (size_t i = 0; i < notes.n_line; i++) {
        (void)fprintf(stderr, "%s\n", notes.line[i]);
    }
    rip_error_free(&notes);
    return status;
}

rip_status
load_run_with(load *self, const cli_arguments *arguments, const char *last,
              bool already_held, rip_error *error)
{
    rip_status status = RIP_OK;
    const char **override = NULL;
    size_t n_override = 0;

    *self = (load){0};
    RIP_TRY(cli_options_values(arguments, "-s", &n_override, &override));
    if (last[0] != '\0') {
        override[n_override++] = last; /* cli_options_values leaves room for one */
    }
    RIP_TRY(rip_config_load(&self->config, arguments->operand, n_override, override,
                            error));
    status = assemble(self, already_held, error);
out:
    free((void *) override);
    return status;
}

rip_status
load_text(load *self, const char *name, const char *text, const char *directory,
          rip_error *error)
{
    rip_status status = RIP_OK;

    *self = (load){0};
    RIP_TRY(rip_config_resolve(&self->config, name, text, directory, 0, NULL, error));
    status = assemble(self, false, error);
out:
    return status;
}

rip_status
load_point(load *self, const rip_config_source *source, const rip_sweep_points *points,
           size_t point, rip_error *error)
{
    rip_status status = RIP_OK;

    *self = (load){0};
    RIP_TRY(rip_sweep_points_load(points, point, &self->config, source, error));
    status = assemble(self, false, error);
out:
    return status;
}

rip_status
load_refuse_sweep(const load *self, rip_error *error)
{
    const rip_node *sweep = rip_node_find(self->config.document.root, "sweep");

    if (sweep == NULL) {
        return RIP_OK;
    }
    return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                         "%s: sweep: a sweep is not one run (`riptide sweep` runs its "
                         "points; -s sweep=null leaves it out)",
                         sweep->place);
}

void
load_free(load *self)
{
    rip_run_free(&self->run);
    rip_inputs_free(&self->inputs);
    rip_config_free(&self->config);
}
