/*
 * base/status.h -- result codes and the error convention.                    floor 0
 *
 * A fallible function returns a rip_status; its results are valid only on RIP_OK.
 * Below floor 7 a code is all there is; above it a rip_error carries one sentence for
 * the user (base/error.h).
 */
#ifndef RIP_BASE_STATUS_H
#define RIP_BASE_STATUS_H

typedef enum rip_status {
    RIP_OK = 0,
    RIP_ERR_NO_MEMORY,
    RIP_ERR_INVALID_ARGUMENT, /* a precondition that callers can be asked to check */
    RIP_ERR_NOT_POSITIVE,     /* a matrix that is not positive semidefinite */
    RIP_ERR_CONFIG,           /* the configuration or the command line: exit 2 */
    RIP_ERR_DATA,             /* malformed CSV or HDF5 input: exit 3 */
    RIP_ERR_OUTPUT,           /* results or checkpoints could not be written: exit 4 */
    RIP_ERR_INTERRUPTED,      /* stopped by a signal */
    RIP_ERR_INTERNAL,         /* a broken promise of this program */
    RIP_N_STATUS              /* count of codes; never returned */
} rip_status;

/* A result the caller must look at. */
#define RIP_NODISCARD __attribute__((warn_unused_result))

/* Jumps to the local label out when expr fails; needs a local named status. */
#define RIP_TRY(expr)                                                                  \
    do {                                                                               \
        status = (expr);                                                               \
        if (status != RIP_OK) {                                                        \
            goto out;                                                                  \
        }                                                                              \
    } while (0)

/* Origin of every error: the one place for a breakpoint. Returns code. */
#define RIP_RAISE(code) rip_status_raised((code), __FILE__, __LINE__)

rip_status rip_status_raise(rip_status code, const char *file, int line);

/* The code comes back inline, so that a checker sees that it is not RIP_OK. */
static inline rip_status
rip_status_raised(rip_status code, const char *file, int line)
{
    (void)rip_status_raise(code, file, line);
    return code;
}

/* Text for a code, static storage, never NULL. */
const char *rip_status_text(rip_status code);

#endif /* RIP_BASE_STATUS_H */
