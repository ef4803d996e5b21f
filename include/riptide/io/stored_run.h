/*
 * io/stored_run.h -- the run that a result is of, from the result alone.   floor 7.70
 *
 * The files that a run has read need not be there any more: its settings are in the
 * stored configuration, and names and weights beside it. That is all that the estimates
 * need with the sums and what was known before any shock (rip_estimates_derive). It is
 * not enough to simulate: no positions, venue, shocks, prices.
 */
#ifndef RIP_IO_STORED_RUN_H
#define RIP_IO_STORED_RUN_H

#include "riptide/engine/run.h"
#include "riptide/io/config.h"
#include "riptide/io/stored.h"

/*
 * Fills run (spec, outputs, symbols, ids, weights) and config. Errors, with a line:
 * RIP_ERR_OUTPUT if the result does not say it, or contradicts itself;
 * RIP_ERR_NO_MEMORY. Whatever it returns, run and config may be freed.
 */
RIP_NODISCARD rip_status rip_stored_run(rip_stored *self, rip_run *run,
                                        rip_config *config, rip_error *error);

/* Loads what was known before any shock into self->estimates (rip_estimates_derive). */
RIP_NODISCARD rip_status rip_stored_start(rip_stored *self, rip_error *error);

#endif /* RIP_IO_STORED_RUN_H */
