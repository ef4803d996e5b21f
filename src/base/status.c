#include "riptide/base/status.h"

#ifdef RIP_TRACE
#include <stdio.h>
#endif

rip_status
rip_status_raise(rip_status code, const char *file, int line)
{
#ifdef RIP_TRACE
    fprintf(stderr, "%s:%d: %s\n", file, line, rip_status_text(code));
#else
    (void)file;
    (void)line;
#endif
    return code;
}

const char *
rip_status_text(rip_status code)
{
    static const char *const text[RIP_N_STATUS] = {
        [RIP_OK] = "done",
        [RIP_ERR_NO_MEMORY] = "out of memory",
        [RIP_ERR_INVALID_ARGUMENT] = "invalid argument",
        [RIP_ERR_NOT_POSITIVE] = "matrix is not positive semidefinite",
        [RIP_ERR_CONFIG] = "configuration error",
        [RIP_ERR_DATA] = "malformed input data",
        [RIP_ERR_OUTPUT] = "output failed",
        [RIP_ERR_INTERRUPTED] = "interrupted",
        [RIP_ERR_INTERNAL] = "internal error",
    };
    return code >= 0 && code < RIP_N_STATUS ? text[code] : "unknown status";
}
