#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gsl/gsl_errno.h>

#include "commands.h"
#include "help.h"
#include "manual.h"
#include "riptide/base/field.h"
#include "riptide/io/config.h"
#include "signals.h"

static const cli_command *const commands[] = {
    &run_command,     &check_command, &margin_command, &merge_command,
    &summary_command, &trace_command, &report_command, &sweep_command};
#define N_COMMAND (sizeof(commands) / sizeof(commands[0]))

/* Commands that are foreseen and refused by name. */
static const char later[] = "calibrate reverse reweight";

/* Exit codes of the contract. */
static int
exit_code(rip_status status)
{
    switch (status) {
    case RIP_OK:
        return 0;
    case RIP_ERR_CONFIG:
        return 2;
    case RIP_ERR_DATA:
        return 3;
    case RIP_ERR_OUTPUT:
        return 4;
    case RIP_ERR_INTERRUPTED:
        return 75; /* a checkpoint is saved */
    case RIP_ERR_NO_MEMORY:
    case RIP_ERR_INVALID_ARGUMENT:
    case RIP_ERR_NOT_POSITIVE:
    case RIP_ERR_INTERNAL:
    case RIP_N_STATUS:
        break;
    }
    return 1;
}

static const cli_command *
find(const char *name)
{
    for (size_t i = 0; i < N_COMMAND; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static rip_status
refuse_command(const char *name, rip_error *error)
{
    const char *nearest = NULL;
    size_t distance = 0, best = 0;

    if (rip_field_has_word(later, name)) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: %s: not in this version", name);
    }
    for (size_t i = 0; i < N_COMMAND; i++) {
        if (rip_field_is_near(name, commands[i]->name, &distance) &&
            (nearest == NULL || distance < best)) {
            nearest = commands[i]->name;
            best = distance;
        }
    }
    if (nearest != NULL) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: %s: unknown command (did you mean %s?)", name,
                             nearest);
    }
    return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                         "riptide: %s: unknown command (see `riptide --help`)", name);
}

static void
print_reference(size_t n, const cli_command *const *command)
{
    (void)n;
    (void)command;
    rip_config_reference(stdout);
}

/* What `riptide help` prints beside the commands (MANUAL_TOPICS). */
static const struct {
    const char *name;
    void (*print)(size_t n, const cli_command *const *command);
} topics[] = {{"config", print_reference},
              {"man", manual_man},
              {"bash", manual_bash},
              {"zsh", manual_zsh}};
#define N_TOPIC (sizeof(topics) / sizeof(topics[0]))

/* `riptide help`, `riptide help config`, `riptide help COMMAND` */
static rip_status
run_help(int argc, char **argv, rip_error *error)
{
    const cli_command *command = NULL;

    if (argc < 3) {
        help_program(N_COMMAND, commands);
        return RIP_OK;
    }
    if (argc > 3) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: help: %s: one word too many", argv[3]);
    }
    for (size_t i = 0; i < N_TOPIC; i++) {
        if (strcmp(argv[2], topics[i].name) == 0) {
            topics[i].print(N_COMMAND, commands);
            return RIP_OK;
        }
    }
    command = find(argv[2]);
    if (command == NULL) {
        return refuse_command(argv[2], error);
    }
    help_command(command);
    return RIP_OK;
}

static rip_status
run_command_line(const cli_command *command, int argc, char **argv, rip_error *error)
{
    rip_status status = RIP_OK;
    cli_arguments arguments = {0};

    RIP_TRY(cli_options_parse(&arguments, command, argc, argv, 2, error));
    if (arguments.wants_help) {
        help_command(command);
    } else {
        RIP_TRY(command->run(&arguments, error));
    }
out:
    cli_options_free(&arguments);
    return status;
}

static rip_status
dispatch(int argc, char **argv, rip_error *error)
{
    const cli_command *command = NULL;

    if (argc < 2) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: no command given (see `riptide --help`)");
    }
    if (strcmp(argv[1], "--help") == 0) {
        help_program(N_COMMAND, commands);
        return RIP_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        help_version();
        return RIP_OK;
    }
    if (strcmp(argv[1], "help") == 0) {
        return run_help(argc, argv, error);
    }
    command = find(argv[1]);
    if (command == NULL) {
        return refuse_command(argv[1], error);
    }
    return run_command_line(command, argc, argv, error);
}

/* The other end of the pipe is closed: whoever reads has seen enough. */
static bool
reader_is_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/* What was printed must have arrived, whatever the command thought of it; *unread: it
   has not, and nobody wants it. */
static rip_status
flush(rip_status status, bool *unread, rip_error *error)
{
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && status == RIP_OK) {
        const int code = errno;
        *unread = reader_is_gone();
        return *unread ? RIP_OK
                       : rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT),
                                       "riptide: standard output: %s", strerror(code));
    }
    return status;
}

static void
print_errors(rip_status status, const rip_error *error)
{
    for (size_t i = 0; i < error->n_line; i++) {
        (void)fprintf(stderr, "%s\n", error->line[i]);
    }
    if (error->n_total > error->n_line) {
        (void)fprintf(stderr, "riptide: and %zu more problems\n",
                      error->n_total - error->n_line);
    }
    if (status != RIP_OK && error->n_total == 0) {
        (void)fprintf(stderr, "riptide: %s\n", rip_status_text(status));
    }
}

int
main(int argc, char **argv)
{
    rip_status status = RIP_OK;
    rip_error error = {0};
    bool unread = false;

    (void)gsl_set_error_handler_off();
    signals_ignore();
    status = flush(dispatch(argc, argv, &error), &unread, &error);
    print_errors(status, &error);
    rip_error_free(&error);
    return unread ? 128 + SIGPIPE : exit_code(status);
}
