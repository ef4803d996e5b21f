#include <stdio.h>

#include "merge_parts.h"

#define MISSING_TEXT 160 /* bytes of a list of numbers */

static bool
may_be_left_out(rip_status found)
{
    return found == RIP_ERR_CONFIG || found == RIP_ERR_DATA || found == RIP_ERR_OUTPUT;
}

rip_status
rip_sweep_merge_settle(const rip_sweep_merge_source *source, rip_status found,
                       rip_error *problem, rip_error *error)
{
    const bool left_out = source->partial && may_be_left_out(found);

    for (size_t i = 0; i < problem->n_line; i++) {
        (void)rip_error_add(left_out ? source->notes : error, found, "%s%s",
                            problem->line[i], left_out ? " (left out)" : "");
    }
    rip_error_free(problem);
    return left_out ? RIP_OK : found;
}

rip_status
rip_sweep_merge_each(const rip_sweep_merge_source *source,
                     rip_status (*take)(void *self, const char *name), void *self)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; i < source->n_file; i++) {
        const rip_status found = take(self, source->file[i]);
        status = status == RIP_OK ? found : status;
        if (found == RIP_ERR_NO_MEMORY) {
            return found;
        }
    }
    return status;
}

/* Writes which of n files are not there (NULL): "3, 5-7, 12", cut if there are many. */
static void
list_missing(size_t n, const char *const *file, char text[MISSING_TEXT])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t k = 0; k < n; k++) {
        size_t last = k;
        if (file[k] != NULL) {
            continue;
        }
        while (last + 1 < n && file[last + 1] == NULL) {
            last++;
        }
        if (used + 60 > MISSING_TEXT) {
            (void)snprintf(text + used, MISSING_TEXT - used, ", ...");
            return;
        }
        used += (size_t)snprintf(text + used, MISSING_TEXT - used, "%s%zu",
                                 used > 0 ? ", " : "", k);
        if (last > k) {
            used += (size_t)snprintf(text + used, MISSING_TEXT - used, "-%zu", last);
        }
        k = last;
    }
}

rip_status
rip_sweep_merge_missing(const rip_sweep_merge_source *source, const char *parts,
                        size_t n, size_t n_done, const char *const *file,
                        rip_error *error)
{
    const bool is_error = !source->partial || n_done == 0;
    const char *hint = source->partial ? "" : " (--partial merges what is there)";
    const size_t missing = n - n_done;
    char list[MISSING_TEXT];

    if (missing == 0) {
        return RIP_OK;
    }
    list_missing(n, file, list);
    (void)rip_error_add(is_error ? error : source->notes, RIP_ERR_CONFIG,
                        "riptide: merge: %zu of %zu %s %s missing: %s%s", missing, n,
                        parts, missing == 1 ? "is" : "are", list, hint);
    return is_error ? RIP_RAISE(RIP_ERR_CONFIG) : RIP_OK;
}
