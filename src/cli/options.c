#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/base/field.h"

static bool
is_long(const char *argument)
{
    return argument[0] == '-' && argument[1] == '-';
}

/* Bytes of the option's name in an argument: "-j" of -j4, "--x" of --x=3. */
static size_t
name_length(const char *argument)
{
    return is_long(argument) ? strcspn(argument, "=") : 2;
}

static const cli_option *
find(const cli_command *command, const char *argument)
{
    const size_t n = name_length(argument);

    for (const cli_option *o = command->options; o->name != NULL; o++) {
        if (strlen(o->name) == n && strncmp(o->name, argument, n) == 0) {
            return o;
        }
    }
    return NULL;
}

static void
refuse_unknown(const cli_command *command, const char *argument, rip_error *error)
{
    const int n = (int)name_length(argument);
    const char *nearest = NULL;
    size_t distance = 0, best = 0;
    char typed[64];

    (void)snprintf(typed, sizeof(typed), "%.*s", n, argument);
    for (const cli_option *o = command->options; o->name != NULL; o++) {
        if (is_long(o->name) && rip_field_is_near(typed, o->name, &distance) &&
            (nearest == NULL || distance < best)) {
            nearest = o->name;
            best = distance;
        }
    }
    if (nearest != NULL) {
        (void)rip_error_add(error, RIP_ERR_CONFIG,
                            "riptide: %s: %s: unknown option (did you mean %s?)",
                            command->name, typed, nearest);
    } else {
        (void)rip_error_add(error, RIP_ERR_CONFIG,
                            "riptide: %s: %s: unknown option (see `riptide %s --help`)",
                            command->name, typed, command->name);
    }
}

static void
add(cli_arguments *self, const cli_option *option, const char *value, rip_error *error)
{
    const char *command = self->command->name;

    if ((option->flags & CLI_OPTION_LATER) != 0) {
        (void)rip_error_add(error, RIP_ERR_CONFIG,
                            "riptide: %s: %s: not in this version", command,
                            option->name);
        return;
    }
    if ((option->flags & CLI_OPTION_REPEATED) == 0 &&
        cli_options_has(self, option->name)) {
        (void)rip_error_add(error, RIP_ERR_CONFIG,
                            "riptide: %s: %s: given twice (it may be given once)",
                            command, option->name);
        return;
    }
    self->given[self->n_given++] = (cli_given){.option = option, .value = value};
}

/* Reads the option at argv[at]; returns the index of its last argument. */
static int
take_option(cli_arguments *self, int at, rip_error *error)
{
    const char *argument = self->argv[at];
    const cli_option *option = find(self->command, argument);
    const char *rest = argument + name_length(argument);

    if (option == NULL) {
        refuse_unknown(self->command, argument, error);
        return at;
    }
    if (option->value == NULL) {
        if (*rest != '\0') {
            (void)rip_error_add(error, RIP_ERR_CONFIG,
                                "riptide: %s: %s: takes no value", self->command->name,
                                option->name);
        } else {
            add(self, option, NULL, error);
        }
        return at;
    }
    if (*rest != '\0') {
        add(self, option, rest + (is_long(argument) ? 1 : 0), error);
        return at;
    }
    if (at + 1 >= self->argc) {
        (void)rip_error_add(error, RIP_ERR_CONFIG,
                            "riptide: %s: %s: needs a value (%s)", self->command->name,
                            option->name, option->value);
        return at;
    }
    add(self, option, self->argv[at + 1], error);
    return at + 1;
}

static void
take_operand(cli_arguments *self, const char *argument, rip_error *error)
{
    if (self->operand != NULL && !self->command->takes_many) {
        (void)rip_error_add(error, RIP_ERR_CONFIG,
                            "riptide: %s: %s: one %s too many (there is already %s)",
                            self->command->name, argument, self->command->operand,
                            self->operand);
        return;
    }
    self->operands[self->n_operand++] = argument;
    self->operand = self->operands[0];
}

rip_status
cli_options_parse(cli_arguments *self, const cli_command *command, int argc,
                  char *const *argv, int first, rip_error *error)
{
    bool options = true;

    *self = (cli_arguments){.command = command, .argc = argc, .argv = argv};
    self->given = calloc((size_t)argc, sizeof(*self->given));
    self->operands = calloc((size_t)argc, sizeof(*self->operands));
    if (self->given == NULL || self->operands == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (int i = first; i < argc; i++) {
        if (options && strcmp(argv[i], "--help") == 0) {
            self->wants_help = true;
            return RIP_OK;
        }
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            i = take_option(self, i, error);
        } else {
            take_operand(self, argv[i], error);
        }
    }
    if (self->operand == NULL && error->n_total == 0) {
        (void)rip_error_add(error, RIP_ERR_CONFIG,
                            "riptide: %s: no %s given (see `riptide %s --help`)",
                            command->name, command->operand, command->name);
    }
    return error->n_total > 0 ? RIP_RAISE(RIP_ERR_CONFIG) : RIP_OK;
}

void
cli_options_free(cli_arguments *self)
{
    free(self->given);
    free((void *)self->operands);
    *self = (cli_arguments){0};
}

static const cli_given *
given(const cli_arguments *self, const char *name)
{
    for (size_t i = 0; i < self->n_given; i++) {
        if (strcmp(self->given[i].option->name, name) == 0) {
            return &self->given[i];
        }
    }
    return NULL;
}

bool
cli_options_has(const cli_arguments *self, const char *name)
{
    return given(self, name) != NULL;
}

const char *
cli_options_value(const cli_arguments *self, const char *name)
{
    const cli_given *found = given(self, name);

    return found != NULL ? found->value : NULL;
}

rip_status
cli_options_values(const cli_arguments *self, const char *name, size_t *n,
                   const char ***value)
{
    *n = 0;
    *value = calloc(self->n_given + 1, sizeof(**value));
    if (*value == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->n_given; i++) {
        if (strcmp(self->given[i].option->name, name) == 0) {
            (*value)[(*n)++] = self->given[i].value;
        }
    }
    return RIP_OK;
}

rip_status
cli_options_count(const cli_arguments *self, const char *name, long most, long *count,
                  rip_error *error)
{
    const char *text = cli_options_value(self, name);
    char *end = NULL;

    if (text == NULL) {
        return RIP_OK;
    }
    errno = 0;
    *count = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || *count < 1 ||
        *count > most) {
        return rip_error_add(
            error, RIP_RAISE(RIP_ERR_CONFIG),
            "riptide: %s: %s: %s is not allowed (a whole number from 1 "
            "to %ld)",
            self->command->name, name, text, most);
    }
    return RIP_OK;
}
