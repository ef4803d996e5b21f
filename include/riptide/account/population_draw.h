/*
 * account/population_draw.h -- the random numbers of a population.           floor 5.2
 *
 * One uniform a (seed, account, part, kind): number `part` at the address whose path is
 * the account and whose step is the kind.
 */
#ifndef RIP_ACCOUNT_POPULATION_DRAW_H
#define RIP_ACCOUNT_POPULATION_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/account/population.h"

/* What a number is for. Append, never renumber: an address is for ever. Numbers that an
   account has once are part 0. */
typedef enum rip_population_draw_kind {
    RIP_POPULATION_BALANCE = 0,
    RIP_POPULATION_COUNT,
    RIP_POPULATION_ASSET, /* of each part */
    RIP_POPULATION_MARGIN_USED,
    RIP_POPULATION_LEVERAGE,
    RIP_POPULATION_ONE_SIDED,
    RIP_POPULATION_ACCOUNT_SIDE,
    RIP_POPULATION_SIDE, /* of each part */
    RIP_POPULATION_HEDGED,
    RIP_POPULATION_MODE,
    RIP_POPULATION_TOP_UP,
    RIP_POPULATION_STOPPED,
    RIP_POPULATION_STOP_DISTANCE, /* of each part */
    RIP_POPULATION_OPTION
} rip_population_draw_kind;

/* A number in (0, 1). */
double rip_population_uniform(uint64_t seed, uint64_t account, size_t part,
                              rip_population_draw_kind kind);

bool rip_population_law_is_valid(const rip_law *law);
/* A number by the law. */
double rip_population_law_draw(const rip_law *law, uint64_t seed, uint64_t account,
                               rip_population_draw_kind kind);
void rip_population_law_free(rip_law *law);

/* Index drawn by weights[n], not all of them 0, for a uniform u. */
size_t rip_population_pick(size_t n, const double *weight, double u);

#endif /* RIP_ACCOUNT_POPULATION_DRAW_H */
