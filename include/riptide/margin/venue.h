/*
 * margin/venue.h -- the rules of a trading venue, resolved to the market's assets.
 *                                                                            floor 2.2
 * Field names follow the venue map of the configuration (contract section 2). A built
 * venue is read-only and shared by threads.
 */
#ifndef RIP_MARGIN_VENUE_H
#define RIP_MARGIN_VENUE_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/account/book.h"
#include "riptide/base/status.h"
#include "riptide/margin/tiers.h"

/* One joint scenario of portfolio margin (MAR-6). */
typedef struct rip_scenario {
    char label[RIP_NAME_MAX];
    double spot;    /* relative move before spot_range */
    double weight;  /* of the loss; 1 in the grid */
    int volatility; /* -1 down, 0 same, +1 up; no effect on linear instruments */
    bool extra;     /* joint by itself: competes with the grid's aggregate as it is */
} rip_scenario;

typedef enum rip_between {
    RIP_BETWEEN_ADD = 0,
    RIP_BETWEEN_JOINT,
    RIP_BETWEEN_OFFSET,
    RIP_BETWEEN_CORRELATED
} rip_between;

typedef enum rip_leftover {
    RIP_LEFTOVER_RETURNED = 0,
    RIP_LEFTOVER_CONFISCATED
} rip_leftover;

typedef struct rip_venue {
    char name[RIP_NAME_MAX];
    size_t n_asset;
    rip_margin_tiers *tiers; /* [n_asset] owned */
    struct {
        bool inclusive; /* breach at equity <= ratio * maintenance, else < (MAR-3) */
        double ratio;
    } trigger;
    struct {
        rip_top_up top_up; /* default policy, already resolved into the book */
        rip_leftover leftover;
    } isolated;
    struct {
        double taker, liquidation; /* of closed notional */
    } fees;
    double half_spread; /* liquidation.close.half_spread, of the mark */
    struct {
        double size_usd; /* INFINITY allowed */
        bool may_go_negative;
    } fund;
    struct {
        size_t n_scenario;
        rip_scenario *scenario; /* [n_scenario] owned; 0: no portfolio mode */
        double *spot_range;     /* [n_asset] owned */
        double gain_offset;     /* in [0, 1] */
        rip_between between;
        double offset_factor;    /* f of OFFSET */
        double *correlation;     /* [n_asset][n_asset] owned or NULL, C of CORRELATED */
        double contingency_perp; /* per unit of net perp notional per underlying */
        double mm_factor, im_factor;
    } portfolio;
} rip_venue;

void rip_venue_free(rip_venue *self);

#endif /* RIP_MARGIN_VENUE_H */
