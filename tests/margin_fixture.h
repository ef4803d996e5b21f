/* margin_fixture.h -- one account on a small market, for tests of the margin rules. */
#ifndef RIP_TESTS_MARGIN_FIXTURE_H
#define RIP_TESTS_MARGIN_FIXTURE_H

#include <stdint.h>

#include "riptide/margin/margin.h"
#include "riptide/margin/price.h"
#include "riptide/margin/step.h"

#define FIXTURE_ASSETS    5
#define FIXTURE_POSITIONS 8
#define FIXTURE_SCENARIOS 32
#define FIXTURE_FORMS     64
#define FIXTURE_EVENTS    64

/* Assets by number; prices are awkward on purpose. */
enum { BTC = 0, ETH, SOL, XRP, ADA };

typedef struct margin_fixture {
    rip_asset asset[FIXTURE_ASSETS];
    rip_market market;
    union {
        rip_venue venue; /* the rules of every mode */
        rip_venues venues;
    };
    rip_book book; /* of one account */
    rip_account account;
    rip_position position[FIXTURE_POSITIONS];
    rip_coin wallet_coin[FIXTURE_ASSETS];
    rip_step_rules rules;
    rip_event_sink sink;

    /* the trial */
    rip_account_state state;
    rip_position_state held[FIXTURE_POSITIONS];
    rip_coin_state coin[FIXTURE_ASSETS];
    rip_margin_bucket bucket[FIXTURE_POSITIONS + FIXTURE_ASSETS + 1];
    double price_usd[FIXTURE_ASSETS], funding[FIXTURE_ASSETS];
    rip_market_point point;
    double moved_usd[FIXTURE_ASSETS]; /* scratch of price searches */
    rip_margin_price_scratch scratch;

    /* what the rules told */
    size_t n_event;
    rip_event event[FIXTURE_EVENTS];
    double told_usd; /* sum of all amounts */
    double last_breach_equity_usd, last_breach_maintenance_usd;
} margin_fixture;

/*
 * Wallet 10,000, no position; BTC 52,137.5, ETH 2,603.7, SOL 117.23, XRP 0.5127, ADA
 * 0.3319; flat maintenance of 0.5 % at leverage up to 100; no fee, spread, funding or
 * interest; scenarios -15 %, 0, +15 %, rule `add`; threshold 0.1; steps of one hour.
 */
void fixture_init(margin_fixture *self);
void fixture_free(margin_fixture *self);

/* Replaces the tiers of an asset. */
void fixture_tiers(margin_fixture *self, size_t asset, size_t n_tier,
                   const double *floor_usd, const double *rate);

/* Replaces the scenarios by a grid of moves. */
void fixture_grid(margin_fixture *self, size_t n, const double *spot);

/* Adds a scenario of its own. */
void fixture_extra(margin_fixture *self, double spot, double weight);

/* The correlation that the venue assumes between any two assets; rule `correlated`. */
void fixture_assume(margin_fixture *self, double correlation);

/* Adds a position entered at the price, at a leverage; returns its number. */
size_t fixture_add(margin_fixture *self, size_t asset, rip_kind kind, double quantity,
                   double leverage);

/* Puts the account at time 0 into self->state. */
void fixture_begin(margin_fixture *self, rip_mode mode);

/* Buckets now. */
void fixture_assess(margin_fixture *self);

/* One step; the prices are in self->price_usd. */
void fixture_step(margin_fixture *self);

/* Number of events of a kind, and the sum of their amounts. */
size_t fixture_count(const margin_fixture *self, rip_event_kind kind);
double fixture_amount(const margin_fixture *self, rip_event_kind kind);

/* Loss of the account now [USD]. */
double fixture_loss(const margin_fixture *self);

/* The part of it by one cause. */
double fixture_cause(const margin_fixture *self, rip_cause cause);

/* Random account, venue and prices: what a test then overrides is its own. */
void fixture_random(margin_fixture *self, uint64_t *seed);

/* Every price anew: times a factor between 1/span and span. */
void fixture_random_prices(margin_fixture *self, uint64_t *seed, double span);

#endif /* RIP_TESTS_MARGIN_FIXTURE_H */
