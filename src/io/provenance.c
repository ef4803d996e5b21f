#include "riptide/io/provenance.h"

#include <gsl/gsl_version.h>
#include <hdf5.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_"

static double
clock_s(clockid_t clock)
{
    struct timespec now = {0};

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Writes a word so that a shell reads it as it is; returns where the text goes on. A
   quote inside quotes takes four bytes: '\''. */
static char *
quote(char *to, const char *word)
{
    const bool plain = word[0] != '\0' && strspn(word, PLAIN) == strlen(word);

    if (plain) {
        return stpcpy(to, word);
    }
    *to++ = '\'';
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            to = stpcpy(to, "'\\''");
        } else {
            *to++ = *word;
        }
    }
    *to++ = '\'';
    *to = '\0';
    return to;
}

static char *
command_line(int n_argument, const char *const *argument)
{
    size_t size = 1;
    char *text, *to;

    for (int i = 0; i < n_argument; i++) {
        size += 4 * strlen(argument[i]) + 3;
    }
    text = calloc(size, 1);
    to = text;
    for (int i = 0; text != NULL && i < n_argument; i++) {
        if (i > 0) {
            *to++ = ' ';
        }
        to = quote(to, argument[i]);
    }
    return text;
}

static void
take_text(char *to, const char *variable)
{
    const char *text = getenv(variable);

    (void)snprintf(to, RIP_PROVENANCE_TEXT, "%s", text != NULL ? text : "");
}

/* A task of an array is named as users name it, JOB_TASK. */
static void
take_job(rip_provenance *self)
{
    const char *array = getenv("SLURM_ARRAY_JOB_ID");
    const char *task = getenv("SLURM_ARRAY_TASK_ID");
    const char *restarts = getenv("SLURM_RESTART_COUNT");

    take_text(self->job_id, "SLURM_JOB_ID");
    if (self->job_id[0] == '\0') {
        return;
    }
    if (array != NULL && task != NULL) {
        (void)snprintf(self->job_id, sizeof(self->job_id), "%s_%s", array, task);
    }
    take_text(self->job_node, "SLURMD_NODENAME");
    self->job_restarts = restarts != NULL ? strtoull(restarts, NULL, 10) : 0;
}

rip_status
rip_provenance_begin(rip_provenance *self, int n_argument, const char *const *argument,
                     long n_thread)
{
    const time_t now = time(NULL);
    struct tm utc = {0};

    *self = (rip_provenance){.n_thread = n_thread};
    self->began_s = clock_s(CLOCK_MONOTONIC);
    (void)gmtime_r(&now, &utc);
    (void)strftime(self->created, sizeof(self->created), "%Y-%m-%dT%H:%M:%SZ", &utc);
    take_job(self);
    self->command = command_line(n_argument, argument);
    return self->command != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

void
rip_provenance_free(rip_provenance *self)
{
    free(self->command);
    *self = (rip_provenance){0};
}

void
rip_provenance_measure(rip_provenance *self)
{
    struct rusage usage = {0};

    self->wall_time_s = clock_s(CLOCK_MONOTONIC) - self->began_s;
    self->cpu_time_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    (void)getrusage(RUSAGE_SELF, &usage);
    self->peak_memory_bytes = (uint64_t)usage.ru_maxrss * 1024; /* Linux: kibibytes */
}

const char *
rip_provenance_version(void)
{
    return RIP_VERSION;
}

const char *
rip_provenance_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

const char *
rip_provenance_gsl(void)
{
    return gsl_version;
}

const char *
rip_provenance_hdf5(void)
{
    static char text[RIP_PROVENANCE_TEXT];
    unsigned major = 0, minor = 0, release = 0;

    (void)H5get_libversion(&major, &minor, &release);
    (void)snprintf(text, sizeof(text), "%u.%u.%u", major, minor, release);
    return text;
}
