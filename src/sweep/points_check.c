#include "riptide/sweep/points.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/assemble.h"
#include "riptide/io/breach.h"
#include "riptide/io/yaml.h"

#define MOST_VALUE 60 /* bytes of a value in a message */

/* "market.stress.volatility = 2, run.paths = 10": the swept keys of a point. */
static rip_status
write_values(const rip_sweep_points *self, size_t point, char **text)
{
    rip_status status = RIP_OK;
    size_t size = 0;
    FILE *out = open_memstream(text, &size);

    if (out == NULL) {
        *text = NULL;
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t j = 0; j < self->n_key; j++) {
        char *value = NULL;
        RIP_TRY(rip_yaml_write_line(rip_sweep_points_value(self, point, j), &value));
        (void)fprintf(out, "%s%s = %.*s%s", j > 0 ? ", " : "", self->key[j].name,
                      MOST_VALUE, value, strlen(value) > MOST_VALUE ? ".." : "");
        free(value);
    }
out:
    if (fclose(out) != 0 && status == RIP_OK) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return status;
}

/* Adds what found says of a point and nobody has said before. */
static rip_status
add_lines(const rip_sweep_points *self, size_t point, const rip_error *found,
          rip_error *seen, rip_error *error)
{
    rip_status status = RIP_OK;
    char *values = NULL;

    if (found->n_line > 0) {
        RIP_TRY(write_values(self, point, &values));
    }
    for (size_t i = 0; i < found->n_line; i++) {
        if (!rip_error_has(seen, found->line[i])) {
            (void)rip_error_add(seen, found->code, "%s", found->line[i]);
            (void)rip_error_add(error, found->code, "%s [point %zu of the sweep: %s]",
                                found->line[i], point, values);
        }
    }
out:
    free(values);
    return status;
}

/* All that a run of the point does before its first path. */
static rip_status
begin_point(const rip_sweep_points *self, size_t point, const rip_config_source *source,
            rip_error *found)
{
    rip_status status = RIP_OK;
    rip_config config = {0};
    rip_inputs inputs = {0};
    rip_run run = {0};
    rip_error notes = {0};

    RIP_TRY(rip_sweep_points_load(self, point, &config, source, found));
    RIP_TRY(rip_assemble(&run, &inputs, &config, false, &notes, found));
    RIP_TRY(rip_breach_refuse(&run, &config, found));
out:
    rip_error_free(&notes);
    rip_run_free(&run);
    rip_inputs_free(&inputs);
    rip_config_free(&config);
    return status;
}

rip_status
rip_sweep_points_check(const rip_sweep_points *self, const rip_config_source *source,
                       rip_error *error)
{
    rip_error seen = {0};
    rip_status worst = RIP_OK;

    for (size_t k = 0; k < self->n_point && seen.n_line < RIP_ERROR_MAX_LINES; k++) {
        rip_error found = {0};
        rip_status status = begin_point(self, k, source, &found);
        if (status != RIP_ERR_NO_MEMORY) {
            const rip_status added = add_lines(self, k, &found, &seen, error);
            status = added == RIP_OK ? status : added;
        }
        rip_error_free(&found);
        worst = worst == RIP_OK ? status : worst;
        if (status == RIP_ERR_NO_MEMORY) {
            break;
        }
    }
    rip_error_free(&seen);
    return worst;
}
