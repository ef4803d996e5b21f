/*
 * cli/threads.h -- how many threads a run uses unless told.                   floor 9
 */
#ifndef RIP_CLI_THREADS_H
#define RIP_CLI_THREADS_H

#define THREADS_MOST 1024

/*
 * The smallest of those that are set: the CPUs of this process's affinity mask,
 * OMP_NUM_THREADS (the first number of its list), SLURM_CPUS_PER_TASK. At least 1.
 */
long threads_default(void);

#endif /* RIP_CLI_THREADS_H */
