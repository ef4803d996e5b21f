/*
 * io/breach.h -- who is in breach before any shock (DEF-5).                  floor 7.2
 */
#ifndef RIP_IO_BREACH_H
#define RIP_IO_BREACH_H

#include "riptide/base/error.h"
#include "riptide/engine/run.h"
#include "riptide/io/config.h"

/* Counts the accounts that start in breach, by index of mode in the run. */
RIP_NODISCARD rip_status rip_breach_count(const rip_run *run, size_t *n_breached);

/*
 * With run.initial_breach: error in config, names every account that starts in breach.
 * Errors: RIP_ERR_CONFIG if there is one.
 */
RIP_NODISCARD rip_status rip_breach_refuse(const rip_run *run, const rip_config *config,
                                           rip_error *error);

#endif /* RIP_IO_BREACH_H */
