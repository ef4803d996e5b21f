#include "summary.h"

#include "commands.h"

static rip_status
show(const summary *figures, const cli_arguments *arguments)
{
    if (cli_options_has(arguments, "--json")) {
        summary_write_json(figures, stdout);
        return RIP_OK;
    }
    if (cli_options_has(arguments, "--csv")) {
        summary_write_csv(figures, stdout);
        return RIP_OK;
    }
    return summary_print(figures, stdout, terminal_of(stdout));
}

static rip_status
run(const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    summary figures = {0};

    if (cli_options_has(arguments, "--json") && cli_options_has(arguments, "--csv")) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: summary: --csv: not together with --json (one "
                             "of them)");
    }
    RIP_TRY(summary_read(&figures, arguments->operand,
                         cli_options_value(arguments, "--account"), error));
    RIP_TRY(show(&figures, arguments));
out:
    summary_free(&figures);
    return status;
}

static const cli_option options[] = {
    {"--account", "ID", "figures of one account instead of all", 0},
    {"--json", NULL, "as JSON", 0},
    {"--csv", NULL, "as CSV, one figure a row", 0},
    {"--help", NULL, "show this", 0},
    {NULL, NULL, NULL, 0},
};

const cli_command summary_command = {
    .name = "summary",
    .operand = "RESULT",
    .doc = "prints the summary table of a result again",
    .notes =
        "Figures of the population are means over accounts, by weight; their unit of\n"
        "error is the path. Intervals have 99 %, errors are standard errors; a loss "
        "is\n"
        "positive. Colours are used on a terminal only, and not with NO_COLOR set.\n",
    .options = options,
    .run = run,
};
