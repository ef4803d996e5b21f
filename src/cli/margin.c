#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "load.h"
#include "standing.h"

#define OVERRIDE 64 /* bytes */

/* --mode M is the configuration with this mode alone, and all its checks. */
static rip_status
take_mode(const cli_arguments *arguments, char *override, rip_error *error)
{
    const char *mode = cli_options_value(arguments, "--mode");
    char names[OVERRIDE] = "";
    size_t used = 0;

    override[0] = '\0';
    if (mode == NULL) {
        return RIP_OK;
    }
    for (int m = 0; m < RIP_N_MODE; m++) {
        const char *name = rip_mode_name((rip_mode)m);
        if (strcmp(mode, name) == 0) {
            (void)snprintf(override, OVERRIDE, "run.modes=[%s]", name);
            return RIP_OK;
        }
        used += (size_t)snprintf(names + used, OVERRIDE - used, "%s%s",
                                 m > 0 ? ", " : "", name);
    }
    return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                         "riptide: margin: --mode: %s is not allowed (%s)", mode,
                         names);
}

/* Accounts *first up to, but without, *end: the one asked for, or all. */
static rip_status
take_account(const cli_arguments *arguments, const rip_book *book, size_t *first,
             size_t *end, rip_error *error)
{
    const char *id = cli_options_value(arguments, "--account");

    *first = 0;
    *end = book->n_account;
    for (size_t i = 0; id != NULL && i < book->n_account; i++) {
        if (strcmp(book->account[i].id, id) == 0) {
            *first = i;
            *end = i + 1;
            return RIP_OK;
        }
    }
    return id == NULL
               ? RIP_OK
               : rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                               "riptide: margin: --account: there is no account %s in "
                               "%s",
                               id, arguments->operand);
}

/* What is shown, and how. */
typedef struct display {
    bool is_json;
    json json;
    terminal look;
    bool begun; /* something stands above */
} display;

static rip_status
show(display *self, const standing *shown)
{
    if (self->is_json) {
        standing_write_json(shown, &self->json);
        return RIP_OK;
    }
    if (self->begun) {
        (void)fputc('\n', stdout);
    }
    self->begun = true;
    return standing_print(shown, stdout, self->look);
}

static rip_status
show_accounts(display *self, const rip_run *run, size_t first, size_t end)
{
    rip_status status = RIP_OK;
    rip_start from = {0};
    standing shown = {0};

    RIP_TRY(rip_start_init(&from, run));
    for (size_t i = first; i < end; i++) {
        for (size_t m = 0; m < run->spec.n_mode; m++) {
            RIP_TRY(standing_of(&shown, &from, i, run->spec.mode[m]));
            RIP_TRY(show(self, &shown));
            standing_free(&shown);
        }
    }
out:
    standing_free(&shown);
    rip_start_free(&from);
    return status;
}

static rip_status
margin(const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    load input = {0};
    char override[OVERRIDE];
    size_t first = 0, end = 0;
    display shown = {.is_json = cli_options_has(arguments, "--json"),
                     .json = {.out = stdout},
                     .look = terminal_of(stdout)};

    RIP_TRY(take_mode(arguments, override, error));
    RIP_TRY(load_run_with(&input, arguments, override, true, error));
    RIP_TRY(take_account(arguments, &input.run.book, &first, &end, error));
    if (shown.is_json) {
        json_begin_list(&shown.json);
    }
    RIP_TRY(show_accounts(&shown, &input.run, first, end));
    if (shown.is_json) {
        json_end_list(&shown.json);
        json_end(&shown.json);
    }
out:
    load_free(&input);
    return status;
}

static const cli_option options[] = {
    LOAD_OVERRIDE,
    {"--account", "ID", "one account instead of all", 0},
    {"--mode", "MODE", "one margin mode instead of those of the run", 0},
    {"--json", NULL, "as JSON, a list with an object per account and mode", 0},
    {"--help", NULL, "show this", 0},
    {NULL, NULL, NULL, 0},
};

const cli_command margin_command = {
    .name = "margin",
    .operand = "CONFIG",
    .doc = "shows the margin of each account now, before any shock",
    .notes =
        "Equity, initial and maintenance margin, liquidation and bankruptcy prices; "
        "in\n"
        "portfolio margin the scenario losses. A liquidation price is that of one\n"
        "underlying with the others fixed. \"What if\": -s "
        "market.assets.BTC.price=54000;\n"
        "positions without `entry` were opened at the price in the file, not at this "
        "one.\n",
    .options = options,
    .run = margin,
};
