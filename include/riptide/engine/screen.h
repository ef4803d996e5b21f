/*
 * engine/screen.h -- deciding that nothing can happen, many paths at once. floor 6.2
 *
 * The linear forms of the margin rules (margin/margin.h) are compiled into terms on the
 * extremes of a block: a positive weight meets the lowest price, a negative one minus
 * the highest, so that every form is a constant plus a sum of positive weights times
 * rows. A lane on which all forms of a group are positive is quiet there. This only
 * decides what is evaluated, never what comes out.
 */
#ifndef RIP_ENGINE_SCREEN_H
#define RIP_ENGINE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/engine/block.h"
#include "riptide/margin/margin.h"
#include "riptide/margin/step.h"

typedef struct rip_screen_term {
    uint32_t row; /* in an extreme chunk: asset, or n_asset + asset */
    uint32_t asset;
    double weight;  /* >= 0; of the row */
    double cap_usd; /* highest price for which the form holds (rows of maxima) */
    double funding; /* quantity that pays funding */
} rip_screen_term;

typedef struct rip_screen_form {
    double constant_usd;
    uint32_t first_term, n_term;
} rip_screen_form;

/* Forms that must all be positive; owned arrays with room for the largest account. */
typedef struct rip_screen_group {
    bool unknown; /* nothing can be excluded: every lane fails */
    size_t n_form, n_term;
    rip_screen_form *form;
    rip_screen_term *term;
} rip_screen_group;

/* Scratch for compiling groups: room for one account's largest set of raw forms. */
typedef struct rip_screen_workspace {
    size_t n_form, n_position; /* capacity */
    rip_margin_form *form;     /* owned, arrays inside one allocation */
    void *storage;             /* owned */
} rip_screen_workspace;

/* Largest number of raw forms any rule writes for an account of n_position positions in
   a venue of n_scenario scenarios. */
RIP_NODISCARD rip_status rip_screen_workspace_init(rip_screen_workspace *self,
                                                   size_t n_form, size_t n_position);
void rip_screen_workspace_free(rip_screen_workspace *self);

RIP_NODISCARD rip_status rip_screen_group_init(rip_screen_group *self, size_t n_form,
                                               size_t n_term);
void rip_screen_group_free(rip_screen_group *self);

/*
 * Compiles all forms of a state, of its margin model and of stops and wipeout, into
 * group, which must have room.
 */
void rip_screen_compile(rip_screen_group *group, const rip_account_state *state,
                        const rip_step_rules *rules, rip_screen_workspace *workspace);

/* Lanes of block (bit i) that are not proved quiet over the whole horizon. */
uint64_t rip_screen_lanes(const rip_screen_group *group, const rip_block *block);

/* Whether one lane is proved quiet during a chunk; at the end of a step (0-based). The
   second needs the lane laid out (rip_block_lane). */
bool rip_screen_chunk_is_quiet(const rip_screen_group *group, const rip_block *block,
                               size_t chunk, size_t lane);
bool rip_screen_step_is_quiet(const rip_screen_group *group, const rip_block *block,
                              size_t step, size_t lane);

#endif /* RIP_ENGINE_SCREEN_H */
