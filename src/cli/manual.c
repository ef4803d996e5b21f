#include "manual.h"

#include <stdio.h>

#include "riptide/io/provenance.h"

/* Text for groff: hyphens as they are typed, no line that begins like a request. */
static void
print_roff(const char *text)
{
    bool begins = true;

    for (const char *c = text; *c != '\0'; c++) {
        if (begins && (*c == '.' || *c == '\'')) {
            (void)fputs("\\&", stdout);
        }
        if (*c == '-') {
            (void)fputs("\\-", stdout);
        } else if (*c == '\\') {
            (void)fputs("\\e", stdout);
        } else {
            (void)fputc(*c, stdout);
        }
        begins = *c == '\n';
    }
}

static void
print_man_option(const cli_option *option)
{
    (void)fputs(".TP\n\\fB", stdout);
    print_roff(option->name);
    (void)fputs("\\fR", stdout);
    if (option->value != NULL) {
        (void)fputs(" \\fI", stdout);
        print_roff(option->value);
        (void)fputs("\\fR", stdout);
    }
    (void)fputs("\n", stdout);
    print_roff(option->doc);
    (void)fputs("\n", stdout);
}

static void
print_man_command(const cli_command *command)
{
    (void)printf(".SS \"riptide %s [options] %s%s\"\n", command->name, command->operand,
                 command->takes_many ? " ..." : "");
    print_roff(command->doc);
    (void)fputs(".\n", stdout);
    for (const cli_option *o = command->options; o->name != NULL; o++) {
        if (manual_shows(o)) {
            print_man_option(o);
        }
    }
    if (command->notes != NULL) {
        (void)fputs(".PP\n", stdout);
        print_roff(command->notes);
    }
}

static const char man_head[] =
    ".SH NAME\n"
    "riptide \\- a Monte Carlo stress tester for leveraged portfolios\n"
    ".SH SYNOPSIS\n"
    ".B riptide\n"
    ".I command\n"
    "[options] ...\n"
    ".br\n"
    ".B riptide\n"
    "\\-\\-version | \\-\\-help | help config\n"
    ".SH DESCRIPTION\n"
    "riptide draws correlated price shocks, runs accounts through them under "
    "isolated,\n"
    "cross and portfolio margin on the same paths, and reports how many are\n"
    "liquidated, how many are wiped out, when, together with how many others, and "
    "what\n"
    "the losses consist of, every figure with its error. A configuration is a YAML\n"
    "file;\n"
    ".B riptide help config\n"
    "prints every key with its meaning, allowed values and default. A result is an\n"
    "HDF5 file that is also netCDF\\-4.\n"
    ".SH COMMANDS\n";

static const char man_tail[] =
    ".SH EXIT STATUS\n"
    ".TP\n0\ndone\n"
    ".TP\n1\ninternal error\n"
    ".TP\n2\nusage or configuration error\n"
    ".TP\n3\nmalformed CSV or HDF5 input data\n"
    ".TP\n4\nfailure with outputs or results\n"
    ".TP\n75\ninterrupted with a checkpoint saved: run again with \\-\\-resume\n"
    ".TP\n128 + N\nstopped by signal N before there was anything to save\n"
    ".TP\n141\nsilent: who reads standard output has closed the pipe; a result is\n"
    "saved all the same\n"
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBOMP_NUM_THREADS\\fR, \\fBSLURM_CPUS_PER_TASK\\fR\n"
    "the most threads, unless \\fB\\-j\\fR says otherwise\n"
    ".TP\n\\fBRIPTIDE_SIMD\\fR\nbaseline, v3 or v4: the most that is used of the "
    "processor\n"
    ".TP\n\\fBRIPTIDE_TIMING\\fR\n1: after a run, where its time went, to stderr\n"
    ".TP\n\\fBNO_COLOR\\fR\nno colours on a terminal\n"
    ".TP\n\\fBRIPTIDE_PYTHON\\fR, \\fBRIPTIDE_BROWSER\\fR, \\fBRIPTIDE_NOTEBOOKS\\fR\n"
    "what \\fBriptide report\\fR uses: the Python, the browser that prints a PDF, the\n"
    "folder of the notebooks\n";

void
manual_man(size_t n, const cli_command *const *command)
{
    (void)printf(".TH RIPTIDE 1 \"\" \"riptide %s\" \"User Commands\"\n",
                 rip_provenance_version());
    (void)fputs(man_head, stdout);
    for (size_t i = 0; i < n; i++) {
        print_man_command(command[i]);
    }
    (void)fputs(man_tail, stdout);
}
