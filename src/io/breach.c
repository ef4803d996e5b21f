#include "riptide/io/breach.h"

#include "riptide/engine/start.h"

rip_status
rip_breach_count(const rip_run *run, size_t *n_breached)
{
    rip_status status = RIP_OK;
    rip_start self = {0};

    RIP_TRY(rip_start_init(&self, run));
    for (size_t m = 0; m < run->spec.n_mode; m++) {
        n_breached[m] = 0;
        for (size_t i = 0; i < run->book.n_account; i++) {
            n_breached[m] += rip_start_account(&self, i, run->spec.mode[m]) ? 1 : 0;
        }
    }
out:
    rip_start_free(&self);
    return status;
}

rip_status
rip_breach_refuse(const rip_run *run, const rip_config *config, rip_error *error)
{
    const rip_node *rule = rip_node_at(config->document.root, "run.initial_breach");
    rip_status status = RIP_OK;
    rip_start self = {0};

    if (run->spec.initial_breach != RIP_INITIAL_BREACH_ERROR) {
        return RIP_OK;
    }
    RIP_TRY(rip_start_init(&self, run));
    for (size_t i = 0; i < run->book.n_account; i++) {
        for (size_t m = 0; m < run->spec.n_mode; m++) {
            if (rip_start_account(&self, i, run->spec.mode[m])) {
                status = rip_error_add(error, RIP_ERR_CONFIG,
                                       "%s: run.initial_breach: error: account %s "
                                       "starts in breach under %s margin",
                                       rule->place, run->book.account[i].id,
                                       rip_mode_name(run->spec.mode[m]));
            }
        }
    }
out:
    rip_start_free(&self);
    return status;
}
