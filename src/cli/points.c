#include "points.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "riptide/io/identity.h"
#include "riptide/io/stored.h"
#include "riptide/io/yaml.h"
#include "table.h"

/* A list of points while it is made. */
typedef struct listing {
    const rip_sweep_points *points;
    const rip_config_source *source;
    const char *folder; /* NULL: none */
    table out;
    rip_error remarks; /* on files that are not their points' results */
} listing;

rip_status
points_path(const char *folder, size_t point, const char *suffix, char **path)
{
    if (asprintf(path, "%s/point-%zu.h5%s", folder, point, suffix) < 0) {
        *path = NULL;
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

/* Whether a file is the result of what was loaded. Errors: RIP_ERR_CONFIG if it is of
   something else; RIP_ERR_OUTPUT if it is damaged or no result. */
static rip_status
compare(const load *input, const char *path, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_stored stored = {0};
    char *config = NULL, text[RIP_IDENTITY_TEXT];

    RIP_TRY(rip_stored_open(&stored, path, error));
    RIP_TRY(rip_config_write(&input->config, &config));
    const rip_identity here = {.version = stored.version,
                               .revision = stored.revision,
                               .config = config,
                               .inputs = &input->inputs};
    const rip_identity there = rip_stored_identity(&stored);
    if (rip_identity_differs(&there, &here, text)) {
        status = rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG), "%s: %s", path, text);
    }
out:
    free(config);
    rip_stored_free(&stored);
    return status;
}

/* Points that cannot be loaded any more tend to say the same. */
static void
remark(rip_error *remarks, const rip_error *found)
{
    for (size_t i = 0; i < found->n_line; i++) {
        if (!rip_error_has(remarks, found->line[i])) {
            (void)rip_error_add(remarks, found->code, "%s", found->line[i]);
        }
    }
}

/* What a file under a point's name is. */
static rip_status
judge(listing *self, size_t point, const char *path, const char **state)
{
    rip_status status = RIP_OK;
    rip_error notes = {0}, found = {0};
    load input = {0};

    RIP_TRY(rip_sweep_points_load(self->points, point, &input.config, self->source,
                                  &found));
    RIP_TRY(
        rip_assemble(&input.run, &input.inputs, &input.config, false, &notes, &found));
    RIP_TRY(compare(&input, path, &found));
out:
    *state = status == RIP_OK ? "done" : status == RIP_ERR_OUTPUT ? "damaged" : "stale";
    remark(&self->remarks, &found);
    rip_error_free(&notes);
    rip_error_free(&found);
    load_free(&input);
    return status == RIP_ERR_NO_MEMORY ? status : RIP_OK;
}

static rip_status
find_state(listing *self, size_t point, const char **state)
{
    rip_status status = RIP_OK;
    char *path = NULL, *checkpoint = NULL;

    RIP_TRY(points_path(self->folder, point, "", &path));
    RIP_TRY(points_path(self->folder, point, ".checkpoint", &checkpoint));
    *state = access(checkpoint, F_OK) == 0 ? "begun" : "missing";
    if (access(path, F_OK) == 0) {
        status = judge(self, point, path, state);
    }
out:
    free(path);
    free(checkpoint);
    return status;
}

static rip_status
add_point(listing *self, size_t point)
{
    rip_status status = RIP_OK;
    const char *state = NULL;

    table_cell(&self->out, TABLE_PLAIN, "%zu", point);
    for (size_t j = 0; j < self->points->n_key; j++) {
        char *text = NULL;
        RIP_TRY(
            rip_yaml_write_line(rip_sweep_points_value(self->points, point, j), &text));
        table_cell(&self->out, TABLE_PLAIN, "%s", text);
        free(text);
    }
    if (self->folder != NULL) {
        RIP_TRY(find_state(self, point, &state));
        table_cell(&self->out, TABLE_PLAIN, "%s", state);
    }
out:
    return status;
}

static void
print_remarks(const rip_error *remarks)
{
    for (size_t i = 0; i < remarks->n_line; i++) {
        (void)fprintf(stderr, "%s\n", remarks->line[i]);
    }
    if (remarks->n_total > remarks->n_line) {
        (void)fprintf(stderr, "riptide: and %zu more\n",
                      remarks->n_total - remarks->n_line);
    }
}

rip_status
points_list(const rip_sweep_points *points, const rip_config_source *source,
            const char *folder)
{
    rip_status status = RIP_OK;
    char columns[RIP_SWEEP_MAX_KEYS + 3] = "r";
    listing self = {.points = points, .source = source, .folder = folder};

    memset(columns + 1, 'r', points->n_key);
    columns[points->n_key + 1] = folder != NULL ? 'l' : '\0';
    table_init(&self.out, columns);
    table_cell(&self.out, TABLE_BOLD, "point");
    for (size_t j = 0; j < points->n_key; j++) {
        table_cell(&self.out, TABLE_BOLD, "%s", points->key[j].name);
    }
    if (folder != NULL) {
        table_cell(&self.out, TABLE_BOLD, "result");
    }
    for (size_t k = 0; k < points->n_point; k++) {
        RIP_TRY(add_point(&self, k));
    }
    RIP_TRY(table_print(&self.out, stdout, terminal_of(stdout)));
    print_remarks(&self.remarks);
out:
    table_free(&self.out);
    rip_error_free(&self.remarks);
    return status;
}
