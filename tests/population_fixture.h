/* population_fixture.h -- a small market and venue to draw populations for. */
#ifndef RIP_TESTS_POPULATION_FIXTURE_H
#define RIP_TESTS_POPULATION_FIXTURE_H

#include <stddef.h>

#include "riptide/account/population.h"

#define POPULATION_N_ASSET 4

/* A market and a venue without the parts that populations do not look at. Tiers of
   every asset: 125x up to 5,000 USD, 50x up to 50,000, 10x up to 1,000,000, 2x above.
   The last asset has no weight. */
typedef struct population_world {
    rip_market market;
    union {
        rip_venue venue; /* the rules of every mode */
        rip_venues venues;
    };
    rip_population_spec spec; /* 4,000 accounts of all habits */
} population_world;

extern const double population_price_usd[POPULATION_N_ASSET];

void population_begin(population_world *self);
void population_end(population_world *self);

/* A law of n values by weight. */
void population_law(rip_law *law, size_t n, const double *value, const double *weight);

/* Draws a book; fails the test if that is refused. */
void population_draw(const population_world *self, rip_book *book);

/* Notional of a position at the mark [USD]. */
double population_notional(const rip_position *position);

/* Fails the test unless hits of n are within 4.5 standard errors of probability. */
void population_share(size_t hits, size_t n, double probability);

#endif /* RIP_TESTS_POPULATION_FIXTURE_H */
