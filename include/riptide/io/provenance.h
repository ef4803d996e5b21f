/*
 * io/provenance.h -- by what program, where and how a result was made.      floor 7.2
 *
 * What was compiled in (version, git revision, compiler), what the process knows
 * (command line, threads, times, memory) and what a batch system says (SLURM_JOB_ID,
 * SLURMD_NODENAME, SLURM_RESTART_COUNT). It becomes root attributes of the result; none
 * of it has a part in any dataset.
 */
#ifndef RIP_IO_PROVENANCE_H
#define RIP_IO_PROVENANCE_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"

#define RIP_PROVENANCE_TEXT                                                            \
    128 /* bytes of a fact, terminator included; longer: cut                           \
         */

typedef struct rip_provenance {
    char *command; /* owned; the command line, quoted for a shell where it needs it */
    char created[RIP_PROVENANCE_TEXT]; /* UTC, 2026-01-31T23:59:59Z: of begin */
    long n_thread;
    double began_s;                     /* of a clock that only goes forward */
    double wall_time_s, cpu_time_s;     /* since begin; of the process */
    uint64_t peak_memory_bytes;         /* resident */
    char job_id[RIP_PROVENANCE_TEXT];   /* "" outside a batch job; 12_3 in an array */
    char job_node[RIP_PROVENANCE_TEXT]; /* "" outside a batch job */
    uint64_t job_restarts;              /* 0 outside a batch job */
} rip_provenance;

/*
 * Begins the clock and reads the environment. n_thread is what the engine was asked
 * for. Errors: RIP_ERR_NO_MEMORY. Whatever it returns, self may be freed.
 */
RIP_NODISCARD rip_status rip_provenance_begin(rip_provenance *self, int n_argument,
                                              const char *const *argument,
                                              long n_thread);
void rip_provenance_free(rip_provenance *self);

/* Brings times and memory up to date; rip_result_finish calls it. */
void rip_provenance_measure(rip_provenance *self);

/* What was compiled in or is linked; static storage, never NULL. */
const char *rip_provenance_version(void);  /* "0.1.0" */
const char *rip_provenance_revision(void); /* git describe; "" outside a checkout */
const char *rip_provenance_compiler(void); /* "gcc 12.2.0" */
const char *rip_provenance_gsl(void);      /* "2.7.1" */
const char *rip_provenance_hdf5(void);     /* "1.10.8" */

#endif /* RIP_IO_PROVENANCE_H */
