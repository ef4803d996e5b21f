#include "riptide/margin/portfolio.h"

#include <math.h>

#include "riptide/margin/holding.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/portfolio_bound.h"

static double
sum_of_worst(const rip_account_state *state, const rip_market_point *point)
{
    double sum_usd = 0.0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const rip_margin_holding held = rip_margin_holding_of(state, k);
            sum_usd += point->price_usd[held.asset] *
                       rip_margin_holding_worst(&held, state->venue);
        }
    }
    return sum_usd;
}

double
rip_margin_portfolio_scenario_loss(const rip_account_state *state,
                                   const rip_market_point *point, size_t scenario)
{
    const rip_scenario *moved = &state->venue->portfolio.scenario[scenario];
    double loss_usd = 0.0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const rip_margin_holding held = rip_margin_holding_of(state, k);
            loss_usd += point->price_usd[held.asset] *
                        rip_margin_holding_loss(&held, state->venue, moved->spot);
        }
    }
    return moved->weight * loss_usd;
}

/* R_joint: the worst when all underlyings move together, >= 0. */
static double
worst_joint(const rip_account_state *state, const rip_market_point *point)
{
    double worst_usd = 0.0;
    for (size_t s = 0; s < state->venue->portfolio.n_scenario; s++) {
        if (rip_margin_holding_is_grid_move(state->venue, s)) {
            worst_usd =
                fmax(worst_usd, rip_margin_portfolio_scenario_loss(state, point, s));
        }
    }
    return worst_usd;
}

/* sqrt(r' C r) + sum c of one size of move; r is kept in the positions' scratch. */
static double
correlated_loss(const rip_account_state *state, const rip_market_point *point,
                double size)
{
    const rip_venue *venue = state->venue;
    double square = 0.0, even_usd = 0.0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (!state->held[k].first_of_asset) {
            continue;
        }
        const rip_margin_holding held = rip_margin_holding_of(state, k);
        const double *row = &venue->portfolio.correlation[held.asset * venue->n_asset];
        const double price_usd = point->price_usd[held.asset];
        const double down_usd =
            price_usd * rip_margin_holding_loss(&held, venue, -size);
        const double up_usd = price_usd * rip_margin_holding_loss(&held, venue, size);
        const double odd_usd = 0.5 * (down_usd - up_usd);
        double others_usd = 0.0;
        for (size_t j = 0; j < k; j++) {
            if (state->held[j].first_of_asset) {
                others_usd +=
                    row[state->position[j].asset] * state->held[j].scratch_usd;
            }
        }
        state->held[k].scratch_usd = odd_usd;
        square += odd_usd * (row[held.asset] * odd_usd + 2.0 * others_usd);
        even_usd += 0.5 * (down_usd + up_usd);
    }
    return sqrt(fmax(square, 0.0)) + even_usd;
}

/* A move of size 0 loses nothing with linear instruments. */
static double
worst_correlated(const rip_account_state *state, const rip_market_point *point)
{
    double worst_usd = 0.0;
    for (size_t s = 0; s < state->venue->portfolio.n_scenario; s++) {
        if (rip_margin_holding_is_grid_move(state->venue, s)) {
            const double size = fabs(state->venue->portfolio.scenario[s].spot);
            worst_usd = fmax(worst_usd, correlated_loss(state, point, size));
        }
    }
    return worst_usd;
}

/* The grid's requirement by the venue's rule between underlyings. */
static double
worst_of_grid(const rip_account_state *state, const rip_market_point *point)
{
    const double factor = state->venue->portfolio.offset_factor;
    switch (state->venue->portfolio.between) {
    case RIP_BETWEEN_JOINT:
        return worst_joint(state, point);
    case RIP_BETWEEN_OFFSET:
        return factor * worst_joint(state, point) +
               (1.0 - factor) * sum_of_worst(state, point);
    case RIP_BETWEEN_CORRELATED:
        return worst_correlated(state, point);
    case RIP_BETWEEN_ADD:
        break;
    }
    return sum_of_worst(state, point);
}

double
rip_margin_portfolio_worst(const rip_account_state *state,
                           const rip_market_point *point)
{
    double worst_usd = worst_of_grid(state, point);
    for (size_t s = 0; s < state->venue->portfolio.n_scenario; s++) {
        if (state->venue->portfolio.scenario[s].extra) {
            worst_usd =
                fmax(worst_usd, rip_margin_portfolio_scenario_loss(state, point, s));
        }
    }
    return worst_usd;
}

double
rip_margin_portfolio_contingency_perp(const rip_account_state *state,
                                      const rip_market_point *point)
{
    double sum_usd = 0.0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const rip_margin_holding held = rip_margin_holding_of(state, k);
            sum_usd += point->price_usd[held.asset] *
                       rip_margin_holding_contingency(&held, state->venue);
        }
    }
    return sum_usd;
}

double
rip_margin_portfolio_alone(const rip_account_state *state,
                           const rip_market_point *point, size_t position)
{
    const rip_venue *venue = state->venue;
    const rip_margin_holding alone =
        rip_margin_holding_alone(&state->position[position]);
    double worst = rip_margin_holding_worst(&alone, venue);
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        const rip_scenario *moved = &venue->portfolio.scenario[s];
        /* `correlated` looks at every size of move both ways. */
        if (moved->extra || venue->portfolio.between == RIP_BETWEEN_CORRELATED) {
            worst = fmax(worst, moved->weight * rip_margin_holding_loss(&alone, venue,
                                                                        moved->spot));
        }
        if (!moved->extra && venue->portfolio.between == RIP_BETWEEN_CORRELATED) {
            worst = fmax(worst, rip_margin_holding_loss(&alone, venue, -moved->spot));
        }
    }
    return point->price_usd[alone.asset] *
           (worst + rip_margin_holding_contingency(&alone, venue));
}

static size_t
n_bucket(const rip_account_state *state)
{
    (void)state;
    return 1;
}

static void
assess(const rip_account_state *state, const rip_market_point *point,
       rip_margin_bucket *bucket)
{
    double required_usd;
    *bucket =
        (rip_margin_bucket){.mode = RIP_MODE_PORTFOLIO, .currency = RIP_MARGIN_POOLED};
    if (state->n_open_pool == 0) {
        return;
    }
    required_usd = rip_margin_portfolio_worst(state, point) +
                   rip_margin_portfolio_contingency_perp(state, point);
    bucket->n_position = state->account->n_position;
    bucket->equity_usd = rip_margin_pool_equity(state, RIP_MARGIN_POOLED, point);
    bucket->maintenance_usd = state->venue->portfolio.mm_factor * required_usd;
    bucket->initial_usd = state->venue->portfolio.im_factor * required_usd;
}

const rip_margin_model rip_margin_portfolio = {
    .mode = RIP_MODE_PORTFOLIO,
    .doc = "one bucket for the account, which must survive the venue's scenarios",
    .n_bucket = n_bucket,
    .assess = assess,
    .n_form = rip_margin_portfolio_bound_n_form,
    .bound = rip_margin_portfolio_bound,
};
