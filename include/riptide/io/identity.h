/*
 * io/identity.h -- by what a run is known again.                            floor 7.5
 *
 * Two files belong to one run if the program, the resolved configuration (and with it
 * the seed), the input files and the shard are the same; then the same blocks have the
 * same bits.
 */
#ifndef RIP_IO_IDENTITY_H
#define RIP_IO_IDENTITY_H

#include <stdbool.h>

#include "riptide/io/assemble.h"
#include "riptide/io/shard.h"

#define RIP_IDENTITY_TEXT 400 /* bytes of a phrase, terminator included */

/* All borrowed. */
typedef struct rip_identity {
    const char *version, *revision; /* of the program */
    const char *config;             /* resolved, as YAML */
    rip_shard shard;
    const rip_inputs *inputs;
} rip_identity;

/*
 * Says what differs, as a phrase that goes on after the name of the file `there`: "of
 * another configuration (there `seed: 1`, here `seed: 2`)". False if nothing does.
 */
bool rip_identity_differs(const rip_identity *there, const rip_identity *here,
                          char text[RIP_IDENTITY_TEXT]);

#endif /* RIP_IO_IDENTITY_H */
