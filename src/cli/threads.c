#include "threads.h"

#include <ctype.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static long
affinity(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0) {
        return sysconf(_SC_NPROCESSORS_ONLN); /* more CPUs than the set has room for */
    }
    return CPU_COUNT(&set);
}

/* A number at the start of an environment variable, 0 if there is none. */
static long
environment(const char *name)
{
    const char *text = getenv(name);

    return text != NULL && isdigit((unsigned char)text[0]) ? strtol(text, NULL, 10) : 0;
}

long
threads_default(void)
{
    const long limit[] = {affinity(), environment("OMP_NUM_THREADS"),
                          environment("SLURM_CPUS_PER_TASK")};
    long n = THREADS_MOST;

    for (size_t i = 0; i < sizeof(limit) / sizeof(limit[0]); i++) {
        n = limit[i] > 0 && limit[i] < n ? limit[i] : n;
    }
    return n;
}
