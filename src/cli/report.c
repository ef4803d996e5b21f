#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "riptide/io/image.h"
#include "target.h"

#define MAKER "make_report.py" /* beside the notebook, in the folder of notebooks */

typedef struct job {
    const char *result; /* borrowed */
    char *output;       /* owned */
    char *maker;        /* owned; path of MAKER */
    const char *python; /* borrowed */
    rip_error *error;
} job;

static bool
ends_in(const char *path, const char *suffix)
{
    const size_t n = strlen(path), m = strlen(suffix);

    return n > m && strcmp(path + n - m, suffix) == 0;
}

/* -o, else RESULT with its .h5 replaced by .html. */
static rip_status
choose_output(job *self, const char *given)
{
    const size_t n = strlen(self->result);
    const size_t stem = ends_in(self->result, ".h5") ? n - 3 : n;

    if (given != NULL && !ends_in(given, ".html") && !ends_in(given, ".pdf")) {
        (void)rip_error_add(self->error, RIP_ERR_CONFIG,
                            "riptide: report: -o: %s is not allowed (a name that ends "
                            "in .html or .pdf)",
                            given);
        return RIP_RAISE(RIP_ERR_CONFIG);
    }
    if (given != NULL) {
        self->output = strdup(given);
    } else if (asprintf(&self->output, "%.*s.html", (int)stem, self->result) < 0) {
        self->output = NULL;
    }
    return self->output != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

/* A result is whole, or is refused before anything else reads it. */
static rip_status
check_result(const job *self)
{
    rip_status status = RIP_OK;
    bool is_result = false;
    const int fd = open(self->result, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG), "%s: %s",
                             self->result, strerror(errno));
    }
    RIP_TRY(rip_image_verify(fd, self->result, &is_result, self->error));
    if (!is_result) {
        status = rip_error_add(self->error, RIP_RAISE(RIP_ERR_OUTPUT),
                               "%s: not a result of riptide", self->result);
    }
out:
    (void)close(fd);
    return status;
}

/* FOLDER/MAKER if it can be read; frees what does not fit. */
static rip_status
try_folder(job *self, const char *folder, const char *below)
{
    char *path = NULL;

    if (self->maker != NULL || folder == NULL) {
        return RIP_OK;
    }
    if (asprintf(&path, "%s%s/" MAKER, folder, below) < 0) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (access(path, R_OK) == 0) {
        self->maker = path;
    } else {
        free(path);
    }
    return RIP_OK;
}

/* The folder of this program. */
static void
own_folder(char folder[PATH_MAX])
{
    const ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    char *slash;

    folder[n > 0 ? n : 0] = '\0';
    slash = strrchr(folder, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
}

/*
 * $RIPTIDE_NOTEBOOKS, else where an installed program has its data, else the sources
 * that the program was built from.
 */
static rip_status
find_maker(job *self)
{
    rip_status status = RIP_OK;
    const char *asked = getenv("RIPTIDE_NOTEBOOKS");
    char folder[PATH_MAX];

    own_folder(folder);
    RIP_TRY(try_folder(self, asked, ""));
    if (asked == NULL) {
        RIP_TRY(try_folder(self, folder, "/" RIP_CLI_DATA "/notebooks"));
        RIP_TRY(try_folder(self, RIP_CLI_SOURCE, "/notebooks"));
    }
    if (self->maker == NULL) {
        status = rip_error_add(self->error, RIP_RAISE(RIP_ERR_OUTPUT),
                               "riptide: report: no " MAKER
                               " in %s (set RIPTIDE_NOTEBOOKS to the folder "
                               "notebooks of riptide's sources)",
                               asked != NULL ? asked : folder);
    }
out:
    return status;
}

/* Cuts a text of lines `MODULE PACKAGE` into two lists of words. */
static void
split_lines(char *lines, char *modules, char *packages, size_t size)
{
    char *rest = NULL;

    modules[0] = packages[0] = '\0';
    for (char *line = strtok_r(lines, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *space = strchr(line, ' ');
        if (space == NULL || strlen(modules) + strlen(packages) + strlen(line) > size) {
            continue;
        }
        *space = '\0';
        (void)strcat(strcat(modules, modules[0] != '\0' ? ", " : ""), line);
        (void)strcat(strcat(packages, " "), space + 1);
    }
}

static rip_status
refuse_python(const job *self, const char *python, char *lacks)
{
    char modules[1024], packages[1024];

    if (lacks == NULL) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_OUTPUT),
                             "riptide: report: no Python that runs (apt-get install "
                             "python3, or set RIPTIDE_PYTHON)");
    }
    split_lines(lacks, modules, packages, sizeof(modules) / 2);
    return rip_error_add(self->error, RIP_RAISE(RIP_ERR_OUTPUT),
                         "riptide: report: %s: missing %s (apt-get install%s, or set "
                         "RIPTIDE_PYTHON to a Python that has them)",
                         python, modules, packages);
}

/* What a Python lacks, as lines `MODULE PACKAGE` (owned); NULL if it does not run. */
static rip_status
ask_python(const job *self, const char *python, char **missing)
{
    const char *argv[] = {python, self->maker, "--missing",
                          ends_in(self->output, ".pdf") ? "pdf" : "html", NULL};
    child asking = {0};
    rip_status status = child_run(&asking, argv);

    if (status == RIP_OK && asking.exit_code == 0) {
        *missing = asking.out;
        asking.out = NULL;
    }
    child_free(&asking);
    return status;
}

/* The first Python that has all that a page needs, or what the first one lacks. */
static rip_status
find_python(job *self)
{
    const char *const asked = getenv("RIPTIDE_PYTHON");
    const char *const usual[] = {asked != NULL ? asked : "/usr/bin/python3",
                                 asked != NULL ? NULL : "python3"};
    const char *first = NULL;
    char *lacks = NULL;
    rip_status status = RIP_OK;

    for (size_t i = 0; i < 2 && usual[i] != NULL && self->python == NULL; i++) {
        char *missing = NULL;
        RIP_TRY(ask_python(self, usual[i], &missing));
        if (missing != NULL && missing[strspn(missing, "\n")] == '\0') {
            self->python = usual[i];
        } else if (lacks == NULL) {
            first = usual[i];
            lacks = missing;
            missing = NULL;
        }
        free(missing);
    }
    if (self->python == NULL) {
        status = refuse_python(self, first, lacks);
    }
out:
    free(lacks);
    return status;
}

/* The last line of what a failed child said. */
static const char *
last_line(char *said)
{
    size_t n = strlen(said);
    const char *newline;

    while (n > 0 && said[n - 1] == '\n') {
        said[--n] = '\0';
    }
    newline = strrchr(said, '\n');
    return newline != NULL ? newline + 1 : said;
}

static rip_status
make_page(const job *self)
{
    const char *argv[] = {self->python, self->maker, self->result, self->output, NULL};
    child making = {0};
    rip_status status = RIP_OK;

    RIP_TRY(child_run(&making, argv));
    if (making.exit_code != 0) {
        status = rip_error_add(self->error, RIP_RAISE(RIP_ERR_OUTPUT),
                               "riptide: report: %s: %s", self->output,
                               last_line(making.said));
    }
out:
    child_free(&making);
    return status;
}

static rip_status
run(const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    job self = {.result = arguments->operand, .error = error};

    RIP_TRY(choose_output(&self, cli_options_value(arguments, "-o")));
    RIP_TRY(check_result(&self));
    RIP_TRY(target_check(self.output, arguments, self.error));
    RIP_TRY(find_maker(&self));
    RIP_TRY(find_python(&self));
    RIP_TRY(make_page(&self));
    (void)printf("%s\n", self.output);
out:
    free(self.output);
    free(self.maker);
    return status;
}

static const cli_option options[] = {
    {"-o", "FILE", "the page, FILE.html or FILE.pdf (default: RESULT with .html)", 0},
    {"--force", NULL, "overwrite an existing file", 0},
    {"--help", NULL, "show this", 0},
    {NULL, NULL, NULL, 0},
};

const cli_command report_command = {
    .name = "report",
    .operand = "RESULT",
    .doc = "makes a page about a result or a sweep: tables, plots, provenance",
    .notes =
        "The page is the notebook notebooks/report.ipynb, executed; open it there to\n"
        "change it. It needs Python with h5py, matplotlib and nbclient, and Chromium "
        "for\n"
        "a PDF. RIPTIDE_PYTHON names the Python, RIPTIDE_BROWSER the browser,\n"
        "RIPTIDE_NOTEBOOKS the folder of the notebook, if they are not the usual "
        "ones.\n",
    .options = options,
    .run = run,
};
