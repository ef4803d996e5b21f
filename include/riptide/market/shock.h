/*
 * market/shock.h -- the interface of a shock model.                          floor 3
 *
 * A model fills the panel of one block. It either draws log increments (gives_prices
 * false) or hands over prices as they stand (given paths), which are never rebuilt from
 * increments. Draws are addressed by (seed, path, step, purpose): see random/stream.h.
 */
#ifndef RIP_MARKET_SHOCK_H
#define RIP_MARKET_SHOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/market/market.h"
#include "riptide/market/panel.h"

typedef enum rip_shock_kind {
    RIP_SHOCK_GAUSSIAN = 0,
    RIP_SHOCK_NONE,
    RIP_SHOCK_STUDENT_T,
    RIP_SHOCK_GIVEN,
    RIP_SHOCK_REPLAY,
    RIP_N_SHOCK
} rip_shock_kind;

/* Where the mixing variable of student_t is common. */
typedef enum rip_mixing {
    RIP_MIXING_STEP = 0,
    RIP_MIXING_PERIOD,
    RIP_MIXING_PATH,
    RIP_MIXING_ASSET
} rip_mixing;

typedef enum rip_draws { RIP_DRAWS_FAST = 0, RIP_DRAWS_GSL } rip_draws;

typedef struct rip_shock_spec {
    rip_shock_kind kind;
    rip_draws draws;
    uint64_t seed;
    double dof;        /* student_t, > 2 */
    rip_mixing mixing; /* student_t */
    struct {
        double response, tenor_power, vol_of_vol;
    } volatility_dynamics; /* market/volatility.h */
    uint64_t period_steps; /* steps that share a state variable, >= 1 */
    /* given: [n_given][n_step + 1][n_asset] prices; replay: [n_step][n_asset] simple
       returns, scaled; both borrowed from the loader and outlive the model */
    const double *table;
    uint64_t n_given;
    double residual_volatility; /* replay: per sqrt(365 d), 0: none */
    double residual_correlation;
} rip_shock_spec;

typedef struct rip_shock_model {
    const char *name; /* as in the configuration */
    const char *doc;
    bool gives_prices;
    /*
     * Makes *plan from the spec (copied) for n_step steps of step_years; plan is
     * read-only afterwards and shared by threads.
     */
    RIP_NODISCARD rip_status (*plan)(void **plan, const rip_shock_spec *spec,
                                     const rip_market *market, size_t n_step,
                                     double step_years);
    void (*free)(void *plan);
    /* Bytes of scratch one thread needs for `fill`. */
    size_t (*scratch_size)(const void *plan);
    /* Fills panel for the block that starts at panel->first_path. */
    void (*fill)(const void *plan, rip_panel *panel, void *scratch);
} rip_shock_model;

#endif /* RIP_MARKET_SHOCK_H */
