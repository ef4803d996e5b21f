/* margin_kinds.h -- coins, inverse perpetuals, futures and options in a margin fixture.
 */
#ifndef RIP_TESTS_MARGIN_KINDS_H
#define RIP_TESTS_MARGIN_KINDS_H

#include "margin_fixture.h"

#define FIXTURE_DAY_MS UINT64_C(86400000)

/* What is special about an option. */
typedef struct fixture_terms {
    bool is_put, is_inverse;
    double strike_usd, days, volatility;
} fixture_terms;

/* Adds coins to the wallet; returns the coin's number in the account. */
uint32_t fixture_coins(margin_fixture *self, size_t asset, double amount);

/* Each adds a position entered at its mark; returns its number. */
size_t fixture_inverse(margin_fixture *self, size_t asset, double contracts_usd,
                       double leverage);
size_t fixture_future(margin_fixture *self, size_t asset, double quantity, double days,
                      double leverage);
size_t fixture_option(margin_fixture *self, size_t asset, double quantity,
                      fixture_terms terms);

/* Terms of MAR-2, haircuts and pools per currency for a venue, each with some
   probability. */
void fixture_random_terms(margin_fixture *self, uint64_t *seed);

/* A random way to liquidate (LIQ-1 to LIQ-3), sometimes with a backstop. */
void fixture_random_liquidation(margin_fixture *self, uint64_t *seed);

/* A random account of all kinds, sometimes with coins, on a random venue. */
void fixture_random_kinds(margin_fixture *self, uint64_t *seed);

#endif /* RIP_TESTS_MARGIN_KINDS_H */
