/*
 * engine/screen.h -- deciding that nothing can happen, many paths at once. floor 6.3
 *
 * The linear forms of the margin rules (margin/margin.h) are compiled into terms that
 * kernels read in single precision: over lanes, on the extremes of a block, to clear
 * whole paths, and over the steps of one path, to find where it is not clear. Weights
 * and constants are moved to the unsafe side by more than all roundings of single
 * precision, so a positive value proves quiet. This only decides what is evaluated,
 * never what comes out.
 *
 * Over lanes a positive weight meets the lowest price, a negative one minus the
 * highest, so that every form is a constant plus a sum of positive weights times rows.
 * A form of one term is a comparison with a limit.
 */
#ifndef RIP_ENGINE_SCREEN_H
#define RIP_ENGINE_SCREEN_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/simd.h"
#include "riptide/base/status.h"
#include "riptide/engine/block.h"
#include "riptide/margin/form.h"
#include "riptide/margin/margin.h"
#include "riptide/margin/step.h"

#define RIP_SCREEN_ACCOUNT UINT32_MAX /* a form of no single position */
#define RIP_SCREEN_CHAIN   8          /* forms of a chain at most */

/*
 * Single precision rounds every product, sum and price by 2^-24 of its size, and a form
 * of n terms has less than n + 8 of these on any part: moving every part by twice that
 * to the unsafe side covers them.
 */
#define RIP_SCREEN_ROUNDING 0x1p-23

/* A form is sure of its sign beyond this share of the sum of its parts. It covers the
   roundings of rules and forms ten times. */
#define RIP_SCREEN_SURE (10.0 * RIP_MARGIN_FORM_SLACK)

typedef struct rip_screen_term {
    uint32_t row; /* of the extremes: asset, or n_asset + asset */
    uint32_t asset;
    float weight;  /* of the row, >= 0, on the safe side */
    float slope;   /* of the price: weight, with its sign */
    float cap;     /* highest price for which the form holds */
    float funding; /* quantity that pays funding */
    double exact;  /* of the price, not rounded */
} rip_screen_term;

/*
 * Forms of one account with the same terms make a chain and share them: what differs is
 * the constant.
 */
typedef struct rip_screen_form {
    double constant_usd;
    double sure; /* price beyond which, up to the cap and without funding, an exact form
                    of one term is a breach for sure; else NaN */
    float constant, limit; /* on the safe side, funding left aside; limit: of a form
                              of one term, else NaN */
    float rounding; /* most that values in single precision fall short of the true
                       ones while no price is above its start; it grows like prices */
    uint32_t first_term, n_term; /* in the store */
    uint32_t head, next; /* of its chain, in the store; the last one's next is itself */
    uint32_t position;   /* or RIP_SCREEN_ACCOUNT */
    bool wipeout;        /* about the wipeout test, not about margin or stops */
    bool exact;          /* as in margin/margin.h */
    bool funded;         /* a term pays funding */
} rip_screen_form;

/* Compiled forms; grows as groups are appended. */
typedef struct rip_screen_store {
    size_t n_form, n_term;       /* used */
    size_t most_form, most_term; /* capacity */
    rip_screen_form *form;       /* owned */
    rip_screen_term *term;       /* owned */
} rip_screen_store;

/*
 * Forms of one account in one mode and state: all positive, and it is quiet. If it is
 * not linear they are two proofs, of which one is enough: in wide boxes of prices and
 * in narrow ones, where lines are closer to curves (margin/curved.h).
 */
typedef struct rip_screen_group {
    bool unknown;           /* nothing can be excluded */
    uint32_t first, n_form; /* in the store */
    uint32_t n_wide;        /* of them the first proof; n_form: the only one */
    float cap;              /* least cap of a term, in starting prices */
} rip_screen_group;

/* Scratch for compiling groups: room for one account's largest set of raw forms. */
typedef struct rip_screen_workspace {
    size_t n_form, n_position; /* capacity */
    rip_margin_form *form;     /* owned, arrays inside one allocation */
    void *storage;             /* owned */
} rip_screen_workspace;

RIP_NODISCARD rip_status rip_screen_workspace_init(rip_screen_workspace *self,
                                                   size_t n_form, size_t n_position);
void rip_screen_workspace_free(rip_screen_workspace *self);

/* Makes room for a group of the workspace's size beyond what is used. */
RIP_NODISCARD rip_status
rip_screen_store_reserve(rip_screen_store *self, const rip_screen_workspace *workspace);
/* Gives back the room that is not used. */
void rip_screen_store_trim(rip_screen_store *self);
void rip_screen_store_free(rip_screen_store *self);

/*
 * Compiles all forms of a state, of its margin model and of stops and wipeout, and
 * appends them to the store, which must have room (rip_screen_store_reserve). Chains
 * begin at the form first_of_chain or later.
 */
rip_screen_group rip_screen_compile(rip_screen_store *store, size_t first_of_chain,
                                    const rip_account_state *state,
                                    const rip_step_rules *rules,
                                    rip_screen_workspace *workspace);

/* A number of a form of n_term terms in single precision, on the safe side. */
float rip_screen_safe(double x, size_t n_term);

/* A form of one term, of positive weight, is quiet where its row is above this. */
float rip_screen_limit(float constant, const rip_screen_term *term);

/* The searches, by SIMD level (kernel_screen.c). */

/*
 * Lanes (bit i) that a form does not clear over the whole path, for the forms first ..
 * first + n - 1 with whole chains, into fails[n]. cap: the least of their groups.
 */
RIP_SIMD_DECLARE(void, rip_screen_lanes,
                 (const rip_screen_store *store, size_t first, size_t n, float cap,
                  const rip_block *block, uint64_t *fails));

#define RIP_SCREEN_WINDOW 64 /* steps looked at in one call, at most */

/* Steps of a lane from first on (0-based): many, or as many as there are. */
typedef struct rip_screen_stretch {
    size_t lane, first;
    size_t many; /* at most RIP_SCREEN_WINDOW */
} rip_screen_stretch;

/* Whether chunks of steps are looked at first: a path does not fit into one call. */
static inline bool
rip_screen_is_long(const rip_block *block)
{
    return block->n_step > RIP_SCREEN_WINDOW;
}

/* Of a form that pays funding on a block that has it. */
float rip_screen_funded_constant(const rip_screen_store *store,
                                 const rip_screen_form *form, const rip_block *block);

/* A form's constant on a block, less the most that funding takes, on the safe side. */
static inline float
rip_screen_constant(const rip_screen_store *store, const rip_screen_form *form,
                    const rip_block *block)
{
    return form->funded && block->funding != NULL
               ? rip_screen_funded_constant(store, form, block)
               : form->constant;
}

/* Steps of a stretch (bit 0 is the first) that a form does not clear. cap: of its
   group; constant: rip_screen_constant; likewise below. */
RIP_SIMD_DECLARE(uint64_t, rip_screen_steps,
                 (const rip_screen_store *store, float cap, const rip_screen_form *form,
                  float constant, const rip_block *block, rip_screen_stretch steps));

/*
 * A form, ready to be searched for on a block. At a step without prices beyond caps an
 * exact form is sure of a breach if its value in single precision is below minus all
 * that such values may fall short of the true one by: what was moved to the safe side,
 * roundings, and funding that was not yet due.
 */
typedef struct rip_screen_probe {
    const rip_screen_store *store;
    const rip_screen_form *form;
    float cap;      /* of its group */
    float constant; /* rip_screen_constant */
    float breach;   /* sure below this; -INFINITY: never */
} rip_screen_probe;

/* Most that values fall short by funding, of a form that pays it on a block that has
   it. */
double rip_screen_shortfall(const rip_screen_store *store, const rip_screen_form *form,
                            const rip_block *block);

static inline rip_screen_probe
rip_screen_probe_of(const rip_screen_store *store, float cap,
                    const rip_screen_form *form, const rip_block *block)
{
    double shortfall = (double)form->rounding * block->peak;
    if (form->funded && block->funding != NULL) {
        shortfall += rip_screen_shortfall(store, form, block);
    }
    return (rip_screen_probe){.store = store,
                              .form = form,
                              .cap = cap,
                              .constant = rip_screen_constant(store, form, block),
                              .breach = form->exact ? -(float)shortfall : -INFINITY};
}

/* Steps of a stretch (bit 0 is the first) of one lane that forms do not clear. */
typedef struct rip_screen_suspects {
    uint64_t margin, wipeout; /* by what the forms are about */
    uint64_t breach;          /* of the former, those in breach for sure */
} rip_screen_suspects;

/* Adds what a form says of `many` steps from first on, at most RIP_SCREEN_WINDOW or as
   many as there are, to suspects[RIP_LANES], on some lanes. */
RIP_SIMD_DECLARE(void, rip_screen_search,
                 (const rip_screen_probe *self, const rip_block *block, size_t first,
                  size_t many, uint64_t lanes, rip_screen_suspects *suspects));

/* Lanes that a form does not clear on a chunk of RIP_BLOCK_CHUNK steps by the extremes
   of their prices in it. */
RIP_SIMD_DECLARE(uint64_t, rip_screen_chunk,
                 (const rip_screen_store *store, float cap, const rip_screen_form *form,
                  float constant, const rip_block *block, size_t chunk));

/* Places on a block, in the order of lanes, each at most once. */
typedef struct rip_screen_places {
    size_t n;
    uint64_t lanes; /* bit i: one is on lane i */
    uint32_t lane[RIP_LANES];
    uint32_t step[RIP_LANES];   /* 0-based */
    double mark[RIP_LANES + 8]; /* exact price of the asset there; room for a register
                                   more */
    size_t asset;               /* the form's, of which it has one; set by who asks */
    bool sure;                  /* the form says that all of them are breaches */
} rip_screen_places;

/* The first such step of each of some lanes, where there is one. */
RIP_SIMD_DECLARE(void, rip_screen_first,
                 (const rip_screen_store *store, float cap, const rip_screen_form *form,
                  const rip_block *block, uint64_t lanes, rip_screen_places *first));

/* What a form says for sure at a step of a lane, by its exact prices and funding. */
typedef enum rip_screen_verdict {
    RIP_SCREEN_QUIET = 0,
    RIP_SCREEN_UNCERTAIN, /* ask the rules */
    RIP_SCREEN_BREACH     /* only an exact form says so */
} rip_screen_verdict;

RIP_SIMD_DECLARE(rip_screen_verdict, rip_screen_judge,
                 (const rip_screen_store *store, const rip_screen_form *form,
                  const rip_block *block, size_t lane, size_t step));

#endif /* RIP_ENGINE_SCREEN_H */
