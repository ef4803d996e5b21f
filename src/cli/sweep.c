#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "points.h"
#include "riptide/io/sha256.h"
#include "riptide/io/yaml.h"
#include "riptide/sweep/points.h"
#include "run.h"

/* A sweep as the command line names it. */
typedef struct sweep {
    const cli_arguments *arguments;
    rip_error *error;
    rip_config config; /* with its sweep */
    rip_sweep_points points;
    const char **override; /* owned; the strings are borrowed */
    rip_config_source source;
} sweep;

/* The value of a swept key comes from the sweep, so an override would be lost. */
static rip_status
refuse_swept_overrides(const sweep *self)
{
    for (size_t i = 0; i < self->source.n_override; i++) {
        for (size_t j = 0; j < self->points.n_key; j++) {
            const char *name = self->points.key[j].name;
            const size_t length = strlen(name);
            if (strncmp(self->override[i], name, length) == 0 &&
                self->override[i][length] == '=') {
                (void)rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                                    "-s %s: %s: takes its values from the sweep", name,
                                    name);
            }
        }
    }
    return self->error->n_total > 0 ? RIP_ERR_CONFIG : RIP_OK;
}

static rip_status
read_sweep(sweep *self)
{
    rip_status status = RIP_OK;
    const rip_node *node = NULL;

    self->source.file = self->arguments->operand;
    RIP_TRY(cli_options_values(self->arguments, "-s", &self->source.n_override,
                               &self->override));
    self->source.override = self->override;
    RIP_TRY(rip_config_load(&self->config, self->source.file, self->source.n_override,
                            self->override, self->error));
    node = rip_node_find(self->config.document.root, "sweep");
    if (node == NULL) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                             "%s: sweep: required key is absent (a map)",
                             self->source.file);
    }
    RIP_TRY(rip_sweep_points_init(&self->points, node, self->error));
    status = refuse_swept_overrides(self);
out:
    return status;
}

static void
free_sweep(sweep *self)
{
    rip_sweep_points_free(&self->points);
    rip_config_free(&self->config);
    free((void *)self->override);
}

static rip_status
count_points(sweep *self)
{
    const rip_status status =
        rip_sweep_points_check(&self->points, &self->source, self->error);

    if (status == RIP_OK) {
        (void)printf("%zu\n", self->points.n_point);
    }
    return status;
}

/* The point that was asked for, or that an array job is about. */
static rip_status
find_point(const sweep *self, size_t *point)
{
    const char *name = "--point", *text = cli_options_value(self->arguments, name);
    char *end = NULL;

    if (text == NULL) {
        name = "SLURM_ARRAY_TASK_ID";
        text = getenv(name);
    }
    if (text == NULL) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: sweep: nothing to do (--count, --list, or "
                             "--point K -o DIR; K may be SLURM_ARRAY_TASK_ID)");
    }
    errno = 0;
    *point = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        *point >= self->points.n_point) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: sweep: %s: %s is not a point (0 to %zu)", name,
                             text, self->points.n_point - 1);
    }
    return RIP_OK;
}

/* Names the sweep by its text and by all that its points have in common. */
static rip_status
identify(const sweep *self, size_t point, rip_result_point *identity, char **sweep_text)
{
    rip_status status = RIP_OK;
    rip_sha256 digest;
    char *text = NULL;

    *identity = (rip_result_point){.index = point, .count = self->points.n_point};
    RIP_TRY(
        rip_yaml_write(rip_node_find(self->config.document.root, "sweep"), sweep_text));
    RIP_TRY(rip_config_write(&self->config, &text));
    identity->sweep = *sweep_text;
    rip_sha256_begin(&digest);
    rip_sha256_add(&digest, text, strlen(text));
    rip_sha256_end(&digest, identity->sha256);
out:
    free(text);
    return status;
}

static rip_status
run_point(const sweep *self)
{
    rip_status status = RIP_OK;
    const char *folder = cli_options_value(self->arguments, "-o");
    rip_result_point identity = {0};
    run_job job = {0};
    char *sweep_text = NULL;
    size_t point = 0;

    RIP_TRY(find_point(self, &point));
    if (folder == NULL) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: sweep: -o: no folder given for point %zu (-o "
                             "DIR, for DIR/point-%zu.h5)",
                             point, point);
    }
    RIP_TRY(run_begin(&job, self->arguments, self->error));
    RIP_TRY(identify(self, point, &identity, &sweep_text));
    job.point = &identity;
    RIP_TRY(load_point(&job.input, &self->source, &self->points, point, self->error));
    (void)mkdir(folder, 0777); /* whatever is wrong is seen when the file is made */
    RIP_TRY(points_path(folder, point, "", &job.path));
    RIP_TRY(run_finish(&job));
out:
    run_free(&job);
    free(sweep_text);
    return status;
}

static rip_status
run_sweep(const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    sweep self = {.arguments = arguments, .error = error};
    const bool count = cli_options_has(arguments, "--count");
    const bool list = cli_options_has(arguments, "--list");

    if ((int)count + (int)list + (int)cli_options_has(arguments, "--point") > 1) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: sweep: only one of --count, --list and --point "
                             "may be given");
    }
    RIP_TRY(read_sweep(&self));
    status = count  ? count_points(&self)
             : list ? points_list(&self.points, &self.source,
                                  cli_options_value(arguments, "-o"))
                    : run_point(&self);
out:
    free_sweep(&self);
    return status;
}

static const cli_option options[] = {
    {"--count", NULL, "check all points and print how many there are", 0},
    {"--list", NULL,
     "print a table of the points; with -o DIR, which are done or stale", 0},
    {"--point", "K", "run point K; default: SLURM_ARRAY_TASK_ID", 0},
    {"-o", "DIR", "folder of the points; point K is DIR/point-K.h5", 0},
    LOAD_OVERRIDE,
    RUN_OPTIONS,
    {"--help", NULL, "show this", 0},
    {NULL, NULL, NULL, 0},
};

const cli_command sweep_command = {
    .name = "sweep",
    .operand = "CONFIG",
    .doc = "counts, lists or runs the points of a configuration's sweep",
    .notes =
        "A point has the datasets of `run` with the point's values and without "
        "`sweep`,\n"
        "bit for bit; the seed is the same at every point. `riptide merge` makes one\n"
        "file of the points. What --list calls stale is the result of another\n"
        "configuration, or of input files that have changed since; stderr says which.\n"
        "experiments/slurm/submit.sh runs them on a cluster,\n"
        "experiments/local/submit.sh on this machine.\n",
    .options = options,
    .run = run_sweep,
};
