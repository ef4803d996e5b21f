#include "riptide/margin/portfolio.h"

#include <math.h>

#include "riptide/margin/curved.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/portfolio_bound.h"
#include "riptide/margin/scenario.h"

static double
sum_of_worst(const rip_margin_scene *self)
{
    double sum_usd = 0.0;
    for (size_t k = 0; k < self->state->account->n_position; k++) {
        if (rip_margin_scenario_is_first(self, k)) {
            sum_usd += rip_margin_scenario_worst(self, k);
        }
    }
    return sum_usd;
}

/* Weighted loss of all underlyings together in one scenario. */
static double
joint_loss(const rip_margin_scene *self, size_t scenario)
{
    const rip_scenario *moved = &self->state->venue->portfolio.scenario[scenario];
    double loss_usd = 0.0;
    for (size_t k = 0; k < self->state->account->n_position; k++) {
        if (rip_margin_scenario_is_first(self, k)) {
            loss_usd +=
                rip_margin_scenario_loss(self, k, moved->spot, moved->volatility);
        }
    }
    return moved->weight * loss_usd;
}

/* The requirements that underlyings have of an account that is not linear. */
typedef struct worst_losses {
    double own_usd;   /* sum of R_u */
    double joint_usd; /* R_joint */
    double extra_usd; /* the worst of the extra scenarios */
} worst_losses;

/* fmax without its care for NaN, which is slow. */
static double
larger(double a, double b)
{
    return b > a ? b : a;
}

/* Adds the losses of all underlyings in some scenarios; R_u so far is in the scratch of
   the first position. */
static void
add_losses(const rip_margin_scene *self, size_t n, const rip_scenario *scenario,
           double *joint_usd)
{
    const rip_account_state *state = self->state;
    double loss_usd[RIP_MARGIN_SCENARIOS];
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (!rip_margin_scenario_is_first(self, k)) {
            continue;
        }
        rip_margin_scenario_losses(self, k, n, scenario, loss_usd);
        for (size_t i = 0; i < n; i++) {
            joint_usd[i] += loss_usd[i];
            if (!scenario[i].extra) {
                state->held[k].scratch_usd =
                    larger(state->held[k].scratch_usd, loss_usd[i]);
            }
        }
    }
}

/* Every scenario once, some at a time. */
static worst_losses
find_worst(const rip_margin_scene *self)
{
    const rip_account_state *state = self->state;
    const rip_venue *venue = state->venue;
    worst_losses worst = {0};
    for (size_t k = 0; k < state->account->n_position; k++) {
        state->held[k].scratch_usd = 0.0;
    }
    for (size_t s = 0; s < venue->portfolio.n_scenario; s += RIP_MARGIN_SCENARIOS) {
        const rip_scenario *scenario = &venue->portfolio.scenario[s];
        const size_t left = venue->portfolio.n_scenario - s;
        const size_t n = left < RIP_MARGIN_SCENARIOS ? left : RIP_MARGIN_SCENARIOS;
        double joint_usd[RIP_MARGIN_SCENARIOS] = {0.0};
        add_losses(self, n, scenario, joint_usd);
        for (size_t i = 0; i < n; i++) {
            double *to = scenario[i].extra ? &worst.extra_usd : &worst.joint_usd;
            *to = larger(*to, scenario[i].weight * joint_usd[i]);
        }
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_scenario_is_first(self, k)) {
            worst.own_usd += state->held[k].scratch_usd;
        }
    }
    return worst;
}

/* Whether a scenario is of the grid, and may differ from the one before it. */
static bool
is_of_grid(const rip_margin_scene *self, size_t scenario)
{
    const rip_venue *venue = self->state->venue;
    return self->state->is_linear ? rip_margin_holding_is_grid_move(venue, scenario)
                                  : !venue->portfolio.scenario[scenario].extra;
}

/* R_joint: the worst when all underlyings move together, >= 0. */
static double
worst_joint(const rip_margin_scene *self)
{
    double worst_usd = 0.0;
    for (size_t s = 0; s < self->state->venue->portfolio.n_scenario; s++) {
        if (is_of_grid(self, s)) {
            worst_usd = fmax(worst_usd, joint_loss(self, s));
        }
    }
    return worst_usd;
}

/*
 * sqrt(r' C r) + sum c of one size of move in one state of volatility; r is kept in the
 * positions' scratch. At size 0 every r is 0, and the sum of the losses is left.
 */
static double
correlated_loss(const rip_margin_scene *self, double size, int volatility)
{
    const rip_account_state *state = self->state;
    const rip_venue *venue = state->venue;
    double square = 0.0, even_usd = 0.0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (!rip_margin_scenario_is_first(self, k)) {
            continue;
        }
        const uint32_t asset = state->position[k].asset;
        const double *row = &venue->portfolio.correlation[asset * venue->n_asset];
        const double down_usd = rip_margin_scenario_loss(self, k, -size, volatility);
        const double up_usd = rip_margin_scenario_loss(self, k, size, volatility);
        const double odd_usd = 0.5 * (down_usd - up_usd);
        double others_usd = 0.0;
        for (size_t j = 0; j < k; j++) {
            if (rip_margin_scenario_is_first(self, j)) {
                others_usd +=
                    row[state->position[j].asset] * state->held[j].scratch_usd;
            }
        }
        state->held[k].scratch_usd = odd_usd;
        square += odd_usd * (row[asset] * odd_usd + 2.0 * others_usd);
        even_usd += 0.5 * (down_usd + up_usd);
    }
    return sqrt(fmax(square, 0.0)) + even_usd;
}

static double
worst_correlated(const rip_margin_scene *self)
{
    double worst_usd = 0.0;
    for (size_t s = 0; s < self->state->venue->portfolio.n_scenario; s++) {
        const rip_scenario *moved = &self->state->venue->portfolio.scenario[s];
        if (is_of_grid(self, s)) {
            worst_usd = fmax(
                worst_usd, correlated_loss(self, fabs(moved->spot), moved->volatility));
        }
    }
    return worst_usd;
}

/* The grid's requirement by the venue's rule between underlyings. */
static double
worst_of_grid(const rip_margin_scene *self)
{
    const rip_venue *venue = self->state->venue;
    const double factor = venue->portfolio.offset_factor;
    switch (venue->portfolio.between) {
    case RIP_BETWEEN_JOINT:
        return worst_joint(self);
    case RIP_BETWEEN_OFFSET:
        return factor * worst_joint(self) + (1.0 - factor) * sum_of_worst(self);
    case RIP_BETWEEN_CORRELATED:
        return worst_correlated(self);
    case RIP_BETWEEN_ADD:
        break;
    }
    return sum_of_worst(self);
}

/* The same with the extra scenarios, of losses that are known. */
static double
worst_of_losses(const rip_venue *venue, const worst_losses *worst)
{
    const double factor = venue->portfolio.offset_factor;
    double grid_usd = worst->own_usd;
    if (venue->portfolio.between == RIP_BETWEEN_JOINT) {
        grid_usd = worst->joint_usd;
    } else if (venue->portfolio.between == RIP_BETWEEN_OFFSET) {
        grid_usd = factor * worst->joint_usd + (1.0 - factor) * worst->own_usd;
    }
    return fmax(grid_usd, worst->extra_usd);
}

static double
worst_of_scene(const rip_margin_scene *self)
{
    const rip_venue *venue = self->state->venue;
    double worst_usd;
    if (!self->state->is_linear && venue->portfolio.between != RIP_BETWEEN_CORRELATED) {
        const worst_losses worst = find_worst(self);
        return worst_of_losses(venue, &worst);
    }
    worst_usd = worst_of_grid(self);
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        if (venue->portfolio.scenario[s].extra) {
            worst_usd = fmax(worst_usd, joint_loss(self, s));
        }
    }
    return worst_usd;
}

/* The minimum charge: every slice of the gross notional times its factor. */
static double
ladder(const rip_venue *venue, double gross_usd)
{
    double total_usd = 0.0, below_usd = 0.0, factor = 0.0;
    for (size_t i = 0; i < venue->portfolio.n_ladder; i++) {
        const double top_usd = venue->portfolio.ladder[i].up_to_usd;
        factor = venue->portfolio.ladder[i].factor;
        if (gross_usd <= top_usd) {
            break;
        }
        total_usd += (top_usd - below_usd) * factor;
        below_usd = top_usd;
    }
    return total_usd + (gross_usd - below_usd) * factor;
}

/* R [USD]. */
static double
requirement(const rip_margin_scene *self)
{
    const rip_venue *venue = self->state->venue;
    const double worst_usd = worst_of_scene(self);
    const rip_contingency extra = rip_margin_scenario_contingency(self);
    const double required_usd =
        worst_usd +
        (extra.perp + extra.future + extra.short_option + extra.basis + extra.roll);
    return venue->portfolio.n_ladder == 0
               ? required_usd
               : fmax(required_usd, ladder(venue, rip_margin_scenario_gross(self)));
}

double
rip_margin_portfolio_scenario_loss(const rip_account_state *state,
                                   const rip_market_point *point, size_t scenario)
{
    const rip_margin_scene pool = {
        .state = state, .point = point, .only = RIP_MARGIN_ALL};
    return joint_loss(&pool, scenario);
}

double
rip_margin_portfolio_worst(const rip_account_state *state,
                           const rip_market_point *point)
{
    const rip_margin_scene pool = {
        .state = state, .point = point, .only = RIP_MARGIN_ALL};
    return worst_of_scene(&pool);
}

rip_contingency
rip_margin_portfolio_contingency(const rip_account_state *state,
                                 const rip_market_point *point)
{
    const rip_margin_scene pool = {
        .state = state, .point = point, .only = RIP_MARGIN_ALL};
    return rip_margin_scenario_contingency(&pool);
}

double
rip_margin_portfolio_alone(const rip_account_state *state,
                           const rip_market_point *point, size_t position)
{
    const rip_margin_scene alone = {.state = state, .point = point, .only = position};
    return requirement(&alone);
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
    const rip_margin_scene pool = {
        .state = state, .point = point, .only = RIP_MARGIN_ALL};
    double required_usd;
    *bucket =
        (rip_margin_bucket){.mode = RIP_MODE_PORTFOLIO, .currency = RIP_MARGIN_POOLED};
    if (state->n_open_pool == 0) {
        return;
    }
    required_usd = requirement(&pool);
    bucket->n_position = state->account->n_position;
    bucket->equity_usd = rip_margin_pool_equity(state, RIP_MARGIN_POOLED, point);
    bucket->maintenance_usd = state->venue->portfolio.mm_factor * required_usd;
    bucket->initial_usd = state->venue->portfolio.im_factor * required_usd;
}

static bool
bound(const rip_account_state *state, rip_margin_form *form, size_t *n_written)
{
    return state->is_linear ? rip_margin_portfolio_bound(state, form, n_written)
                            : rip_margin_curved_bound(state, form, n_written);
}

const rip_margin_model rip_margin_portfolio = {
    .mode = RIP_MODE_PORTFOLIO,
    .doc = "one bucket for the account, which must survive the venue's scenarios",
    .n_bucket = n_bucket,
    .assess = assess,
    .n_form = rip_margin_portfolio_bound_n_form,
    .bound = bound,
};
