/*
 * io/assemble.h -- from a resolved configuration to a run.                   floor 7.4
 *
 * Loads what the configuration names (CSV accounts, matrices, given paths), resolves
 * symbols to asset indices and the venue's tiers to the market, draws the population.
 */
#ifndef RIP_IO_ASSEMBLE_H
#define RIP_IO_ASSEMBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/error.h"
#include "riptide/engine/run.h"
#include "riptide/io/config.h"

/* An input file as read, for provenance and the resume check. */
typedef struct rip_input_file {
    char *path;      /* owned; as written in the configuration */
    char sha256[65]; /* hex */
} rip_input_file;

typedef struct rip_inputs {
    size_t n_file;
    rip_input_file *file; /* [n_file] owned */
} rip_inputs;

void rip_inputs_free(rip_inputs *self);

/* The file of this path, or NULL. */
const rip_input_file *rip_inputs_find(const rip_inputs *self, const char *path);

/* The next of the files now, from *next on, that was not read as it is; NULL: no more.
 *next moves behind it. */
const rip_input_file *rip_inputs_changed(const rip_inputs *then, const rip_inputs *now,
                                         size_t *next);

/*
 * Fills run and inputs (either may be freed whatever is returned). notes gathers what a
 * user should know though nothing is wrong, such as the distance of a repaired matrix.
 * already_held: the accounts hold their positions already (`margin`): those whose net
 * worth is not positive are no error (DEF-1), and positions were opened at the prices
 * that the configuration had before its overrides.
 *
 * Defaults that need market and venue: `entry` is the mark; `leverage` the account's,
 * else 1 for spot and the tier's maximum at the notional for the rest; `margin` the
 * notional at entry over leverage; `top_up` the account's, else the venue's. Buckets
 * that add to more than the wallet are an error if `isolated` is among run.modes.
 */
RIP_NODISCARD rip_status rip_assemble(rip_run *run, rip_inputs *inputs,
                                      const rip_config *config, bool already_held,
                                      rip_error *notes, rip_error *error);

#endif /* RIP_IO_ASSEMBLE_H */
