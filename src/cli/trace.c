#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "figures.h"
#include "load.h"
#include "riptide/io/config_stages.h"
#include "riptide/io/stored.h"
#include "telling.h"

/* A stored trial: the run made again from the result, and which trial of it. */
typedef struct retold {
    load input;
    rip_stored stored;
    rip_trace trace;
} retold;

/* The files that the run read must be there: by their recorded paths under directory.
 */
static rip_status
find_inputs(const rip_stored *stored, const char *directory, rip_error *error)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; i < stored->inputs.n_file; i++) {
        char *path = NULL;
        RIP_TRY(rip_config_path_join(&path, directory, stored->inputs.file[i].path));
        if (access(path, R_OK) != 0) {
            status = rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                                   "%s: %s: %s (the run read it; --inputs DIR is "
                                   "the folder of its configuration)",
                                   stored->path, path, strerror(errno));
        }
        free(path);
    }
out:
    return status;
}

/* The files that the run read must be the same bytes now. */
static rip_status
check_inputs(const retold *self, rip_error *error)
{
    rip_status status = RIP_OK;
    const rip_input_file *changed;
    size_t next = 0;

    while ((changed = rip_inputs_changed(&self->stored.inputs, &self->input.inputs,
                                         &next)) != NULL) {
        status = rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                               "%s: not the file that the run read (its SHA-256 is "
                               "another)",
                               changed->path);
    }
    return status;
}

/* The option's value; says so if it was not given. */
static rip_status
need(const cli_arguments *arguments, const char *name, const char **value,
     rip_error *error)
{
    *value = cli_options_value(arguments, name);
    if (*value != NULL) {
        return RIP_OK;
    }
    return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                         "riptide: trace: %s: required option is absent", name);
}

static rip_status
take_path(retold *self, const char *text, rip_error *error)
{
    const uint64_t paths = self->input.run.spec.paths;
    const rip_node number = {.kind = RIP_NODE_SCALAR, .text = strdup(text)};
    rip_status status = RIP_OK;
    char most[FIGURES_TEXT];

    if (number.text == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (!rip_node_is_count(&number, &self->trace.path) || self->trace.path >= paths) {
        status = rip_error_add(
            error, RIP_RAISE(RIP_ERR_CONFIG),
            "riptide: trace: --path: %s is not allowed (a whole number from 0 to %s)",
            text, figures_count(paths - 1, most));
    }
    free(number.text);
    return status;
}

static rip_status
take_account(retold *self, const char *id, rip_error *error)
{
    const rip_book *book = &self->input.run.book;

    for (size_t i = 0; i < book->n_account; i++) {
        if (strcmp(book->account[i].id, id) == 0) {
            self->trace.account = i;
            return RIP_OK;
        }
    }
    return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                         "riptide: trace: --account: %s has no account %s",
                         self->stored.path, id);
}

static rip_status
take_mode(retold *self, const char *name, rip_error *error)
{
    const rip_run_spec *spec = &self->input.run.spec;

    for (size_t m = 0; m < spec->n_mode; m++) {
        if (strcmp(rip_mode_name(spec->mode[m]), name) == 0) {
            self->trace.mode = spec->mode[m];
            return RIP_OK;
        }
    }
    return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                         "riptide: trace: --mode: %s is not among the run's modes",
                         name);
}

static rip_status
prepare(retold *self, const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    const char *path = NULL, *account = NULL, *mode = NULL;
    const char *inputs = cli_options_value(arguments, "--inputs");

    inputs = inputs != NULL ? inputs : "";
    RIP_TRY(need(arguments, "--path", &path, error));
    RIP_TRY(need(arguments, "--account", &account, error));
    RIP_TRY(need(arguments, "--mode", &mode, error));
    RIP_TRY(rip_stored_open(&self->stored, arguments->operand, error));
    RIP_TRY(find_inputs(&self->stored, inputs, error));
    RIP_TRY(load_text(&self->input, arguments->operand, self->stored.config, inputs,
                      error));
    RIP_TRY(check_inputs(self, error));
    RIP_TRY(take_path(self, path, error));
    RIP_TRY(take_account(self, account, error));
    status = take_mode(self, mode, error);
out:
    return status;
}

static rip_status
tell_json(retold *self)
{
    rip_status status = RIP_OK;
    json out = {.out = stdout};
    telling words = {.run = &self->input.run,
                     .account = self->trace.account,
                     .mode = self->trace.mode,
                     .json = &out};
    double loss_usd;

    self->trace.on_event = telling_add;
    self->trace.context = &words;
    json_begin_list(&out);
    RIP_TRY(rip_trace_run(&self->trace, &self->input.run, &loss_usd));
    json_end_list(&out);
    json_end(&out);
out:
    return status;
}

static rip_status
tell_table(retold *self)
{
    rip_status status = RIP_OK;
    table out;
    telling words = {.run = &self->input.run,
                     .account = self->trace.account,
                     .mode = self->trace.mode,
                     .table = &out};
    const rip_book *book = &self->input.run.book;
    const double worth_usd =
        rip_book_net_worth(book, self->trace.account, self->input.run.market.asset);
    char paid[FIGURES_TEXT], had[FIGURES_TEXT];
    double loss_usd;

    self->trace.on_event = telling_add;
    self->trace.context = &words;
    table_init(&out, TELLING_COLUMNS);
    telling_head(&out);
    RIP_TRY(rip_trace_run(&self->trace, &self->input.run, &loss_usd));
    (void)printf("account %s under %s margin on path %" PRIu64
                 ": starts with %s USD, loses %s\n",
                 book->account[self->trace.account].id, rip_mode_name(self->trace.mode),
                 self->trace.path, figures_money(worth_usd, had),
                 figures_money(loss_usd, paid));
    status = table_print(&out, stdout, terminal_of(stdout));
out:
    table_free(&out);
    return status;
}

static rip_status
trace(const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    retold self = {0};

    RIP_TRY(prepare(&self, arguments, error));
    status =
        cli_options_has(arguments, "--json") ? tell_json(&self) : tell_table(&self);
out:
    rip_stored_free(&self.stored);
    load_free(&self.input);
    return status;
}

static const cli_option options[] = {
    {"--path", "K", "number of the path, from 0", 0},
    {"--account", "ID", "the account", 0},
    {"--mode", "MODE", "a margin mode of the run", 0},
    {"--inputs", "DIR",
     "folder of the run's configuration, to find its input files; default: here", 0},
    {"--json", NULL, "as JSON, a list with an object per event", 0},
    {"--help", NULL, "show this", 0},
    {NULL, NULL, NULL, 0},
};

const cli_command trace_command = {
    .name = "trace",
    .operand = "RESULT",
    .doc = "tells what happened to one account on one path, event by event",
    .notes =
        "The trial is run again from the configuration and seed in the result. A loss "
        "is\n"
        "positive; all amounts add to the account's loss. A price event has the loss "
        "by\n"
        "that move, a close only what its fill cost; a top-up shows what it moved.\n",
    .options = options,
    .run = trace,
};
