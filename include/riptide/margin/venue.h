/*
 * margin/venue.h -- the rules of a trading venue, resolved to the market's assets.
 *                                                                            floor 2.4
 * Field names follow the venue map of the configuration (contract section 2). A built
 * venue is read-only and shared by threads. Arrays by asset that may be NULL then say 0
 * for every asset; a zeroed rule is the default of the contract, but for trigger.ratio,
 * portfolio.{gain_offset, mm_factor, im_factor}, which are 1, and what is written to be
 * NaN when absent.
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
    int volatility; /* -1 down, 0 same, +1 up; felt by options only */
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

/* Requirement of a short option outside portfolio mode. */
typedef enum rip_option_margin {
    RIP_OPTION_MARGIN_NONE = 0, /* such options are refused */
    RIP_OPTION_MARGIN_DERIBIT,
    RIP_OPTION_MARGIN_BYBIT
} rip_option_margin;

typedef enum rip_liquidation_size {
    RIP_LIQUIDATION_FULL = 0,
    RIP_LIQUIDATION_MINIMAL,
    RIP_LIQUIDATION_FRACTION,
    RIP_LIQUIDATION_TIER_STEPS,
    RIP_LIQUIDATION_WINDOW,
    RIP_LIQUIDATION_PRO_RATA
} rip_liquidation_size;

typedef enum rip_liquidation_order {
    RIP_ORDER_LARGEST_MAINTENANCE = 0,
    RIP_ORDER_WORST_PNL,
    RIP_ORDER_LARGEST_NOTIONAL,
    RIP_ORDER_PRO_RATA,
    RIP_ORDER_DELTA_FIRST
} rip_liquidation_order;

typedef enum rip_fee_recipient {
    RIP_RECIPIENT_FUND = 0,
    RIP_RECIPIENT_VENUE,
    RIP_RECIPIENT_LIQUIDATOR
} rip_fee_recipient;

/* LIQ-1 to LIQ-3. */
typedef struct rip_liquidation_rules {
    rip_liquidation_size size;
    rip_liquidation_order order;
    double fraction;     /* FRACTION: share of what is above `above_usd` */
    double above_usd;    /* FRACTION */
    uint64_t pause_ms;   /* FRACTION */
    uint32_t tier_steps; /* TIER_STEPS, >= 1 */
    double share;        /* WINDOW */
    uint64_t per_ms;     /* WINDOW, > 0 */
    double buffer;       /* cure to maintenance * (1 + buffer) */
    double half_spread;  /* close.half_spread, of the mark */
    bool limit_at_bankruptcy;
} rip_liquidation_rules;

/* Volatility states of the scenarios (MAR-6). */
typedef struct rip_volatility_shock {
    double up, down, floor;
    double power_short, power_long; /* below, and from, the pivot on */
    double pivot_days;
} rip_volatility_shock;

/* Per unit of notional (MAR-6). */
typedef struct rip_contingency {
    double perp, future, short_option, basis, roll;
} rip_contingency;

/* A slice of gross notional and what it is charged (MAR-6). */
typedef struct rip_ladder_step {
    double up_to_usd; /* INFINITY: no bound */
    double factor;
} rip_ladder_step;

typedef struct rip_venue {
    char name[RIP_NAME_MAX];
    size_t n_asset;
    rip_margin_tiers *tiers;   /* [n_asset] owned; of `whole_position` with deductions 0
                                  (MAR-1) */
    bool tiers_by_quantity;    /* tier_unit: floors and deductions count |quantity| */
    bool maintenance_at_entry; /* maintenance_basis: entry */
    double closing_fee_reserved;
    struct {
        double slope, sqrt;
        double *open_interest; /* [n_asset] owned or NULL: share, 0 to 1, of the way
                                  from the initial rate to 1 */
        double *minimum_usd; /* [n_asset] owned or NULL: of a position's maintenance */
    } size_scaling;          /* MAR-2 */
    struct {
        bool inclusive; /* breach at equity <= ratio * maintenance, else < (MAR-3) */
        double ratio;
        double backstop; /* 0: none */
    } trigger;
    struct {
        bool per_currency;        /* pooled: false */
        double *haircut;          /* [n_asset] owned or NULL */
        double long_option_value; /* INS-2 */
    } collateral;                 /* MAR-5 */
    rip_option_margin option_margin;
    struct {
        rip_top_up top_up; /* default policy, already resolved into the book */
        rip_leftover leftover;
    } isolated;
    struct {
        double taker, liquidation; /* of closed notional */
        rip_fee_recipient recipient;
    } fees;
    rip_liquidation_rules liquidation;
    struct {
        double size_usd; /* INFINITY allowed */
        bool may_go_negative;
    } fund;
    struct {
        size_t n_scenario;
        rip_scenario *scenario; /* [n_scenario] owned; 0: no portfolio mode */
        double *spot_range;     /* [n_asset] owned */
        rip_volatility_shock volatility_shock;
        double gain_offset; /* in [0, 1] */
        rip_between between;
        double offset_factor; /* f of OFFSET */
        double *correlation;  /* [n_asset][n_asset] owned or NULL, C of CORRELATED */
        rip_contingency contingency;
        size_t n_ladder;
        rip_ladder_step *ladder; /* [n_ladder] owned or NULL: minimum_ladder; the last
                                    factor goes on above its bound */
        double mm_factor, im_factor;
    } portfolio;
} rip_venue;

/* A venue's rules by mode: the distinct ones, and which of them a mode has (by_mode).
 */
typedef struct rip_venues {
    rip_venue distinct[RIP_N_MODE]; /* owned; zeroed if unused */
    size_t of_mode[RIP_N_MODE];     /* index into distinct; all 0 without by_mode */
} rip_venues;

static inline const rip_venue *
rip_venue_of_mode(const rip_venues *self, rip_mode mode)
{
    return &self->distinct[self->of_mode[mode]];
}

/* Whether the requirement of a position is that of its tiers by notional at the mark
   alone (MAR-1): nothing of MAR-2. */
bool rip_venue_is_plain(const rip_venue *self);

void rip_venue_free(rip_venue *self);
void rip_venues_free(rip_venues *self);

#endif /* RIP_MARGIN_VENUE_H */
