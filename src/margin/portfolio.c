#include "riptide/margin/portfolio.h"

#include <math.h>

#include "riptide/margin/form.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"

#define LOWEST_MOVE -0.99 /* of any underlying in any scenario (MAR-6) */

/* The net quantities of an account on one underlying, by instrument. */
typedef struct holding {
    size_t asset;
    double quantity[RIP_N_KIND];
    size_t n_instrument;
} holding;

/* Holding on the asset of position `first`, the first one that has it. */
static holding
collect(const rip_account_state *state, size_t first)
{
    bool seen[RIP_N_KIND] = {false};
    holding self = {.asset = state->position[first].asset};
    for (size_t k = first; k < state->account->n_position;
         k = state->held[k].next_of_asset) {
        if (rip_margin_position_is_open(state, k)) {
            const rip_kind kind = state->position[k].kind;
            self.quantity[kind] += state->position[k].quantity;
            self.n_instrument += !seen[kind];
            seen[kind] = true;
        }
    }
    return self;
}

/* Loss per USD of the underlying's price at a move before spot_range (MAR-6). */
static double
unit_loss(const rip_venue *venue, const holding *self, double spot)
{
    const double scaled = spot * venue->portfolio.spot_range[self->asset];
    const double move = scaled < LOWEST_MOVE ? LOWEST_MOVE : scaled;
    double gain = 0.0, loss = 0.0;
    for (size_t i = 0; i < RIP_N_KIND; i++) {
        const double profit = self->quantity[i] * move;
        if (profit > 0.0) {
            gain += profit;
        } else {
            loss -= profit;
        }
    }
    return loss - (self->n_instrument > 1 ? venue->portfolio.gain_offset : 1.0) * gain;
}

/*
 * Whether a scenario belongs to the grid and is not the one before it over again.
 * Linear instruments do not feel the volatility states.
 */
static bool
is_grid_move(const rip_venue *venue, size_t scenario)
{
    const rip_scenario *self = &venue->portfolio.scenario[scenario];
    if (self->extra) {
        return false;
    }
    return scenario == 0 || self[-1].extra || self[-1].spot < self->spot ||
           self[-1].spot > self->spot;
}

/* R_u per USD of price: the worst of the grid for one underlying, >= 0. */
static double
unit_worst(const rip_venue *venue, const holding *self)
{
    double worst = 0.0;
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        if (is_grid_move(venue, s)) {
            worst =
                fmax(worst, unit_loss(venue, self, venue->portfolio.scenario[s].spot));
        }
    }
    return worst;
}

static double
sum_of_worst(const rip_account_state *state, const rip_market_point *point)
{
    double sum_usd = 0.0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const holding held = collect(state, k);
            sum_usd += point->price_usd[held.asset] * unit_worst(state->venue, &held);
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
            const holding held = collect(state, k);
            loss_usd += point->price_usd[held.asset] *
                        unit_loss(state->venue, &held, moved->spot);
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
        if (is_grid_move(state->venue, s)) {
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
        const holding held = collect(state, k);
        const double *row = &venue->portfolio.correlation[held.asset * venue->n_asset];
        const double price_usd = point->price_usd[held.asset];
        const double down_usd = price_usd * unit_loss(venue, &held, -size);
        const double up_usd = price_usd * unit_loss(venue, &held, size);
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
        if (is_grid_move(state->venue, s)) {
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

/* What contingencies add to the requirement per USD of price. */
static double
unit_contingency(const rip_venue *venue, const holding *self)
{
    return venue->portfolio.contingency_perp *
           fabs(self->quantity[RIP_KIND_LINEAR_PERP]);
}

double
rip_margin_portfolio_contingency_perp(const rip_account_state *state,
                                      const rip_market_point *point)
{
    double sum_usd = 0.0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const holding held = collect(state, k);
            sum_usd +=
                point->price_usd[held.asset] * unit_contingency(state->venue, &held);
        }
    }
    return sum_usd;
}

static size_t
n_bucket(const rip_account *account)
{
    (void)account;
    return 1;
}

static void
assess(const rip_account_state *state, const rip_market_point *point,
       rip_margin_bucket *bucket)
{
    double required_usd;
    *bucket = (rip_margin_bucket){0};
    if (state->n_open == 0) {
        return;
    }
    required_usd = rip_margin_portfolio_worst(state, point) +
                   rip_margin_portfolio_contingency_perp(state, point);
    bucket->n_position = state->account->n_position;
    bucket->equity_usd = rip_margin_pool_equity(state, point);
    bucket->maintenance_usd = state->venue->portfolio.mm_factor * required_usd;
    bucket->initial_usd = state->venue->portfolio.im_factor * required_usd;
}

/* The grid's moves as far as the forms need them. */
typedef struct reach {
    double lowest, highest;
    bool inner; /* moves between the two, and none at all, may be the worst */
} reach;

/*
 * While LOWEST_MOVE does not cut, losses are convex in the move and 0 at 0: what holds
 * at the ends of the grid holds between them.
 */
static reach
find_reach(const rip_account_state *state)
{
    const rip_venue *venue = state->venue;
    reach self = {0};
    double widest = 0.0;
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        if (!venue->portfolio.scenario[s].extra) {
            self.lowest = fmin(self.lowest, venue->portfolio.scenario[s].spot);
            self.highest = fmax(self.highest, venue->portfolio.scenario[s].spot);
        }
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        widest = fmax(widest, venue->portfolio.spot_range[state->position[k].asset]);
    }
    self.inner = !(self.lowest < 0.0 && self.highest > 0.0) ||
                 -fmax(-self.lowest, self.highest) * widest < LOWEST_MOVE;
    return self;
}

/*
 * What one underlying adds to the requirement per USD of price, at least, if a scenario
 * is the worst; NULL: no move is. The norm of `correlated` is at most the sum of its
 * parts.
 */
static double
unit_requirement(const rip_venue *venue, const holding *self, const rip_scenario *moved)
{
    const double factor = venue->portfolio.offset_factor;
    const size_t diagonal = self->asset * (venue->n_asset + 1);
    double down, up;
    if (moved != NULL && moved->extra) {
        return moved->weight * unit_loss(venue, self, moved->spot);
    }
    switch (venue->portfolio.between) {
    case RIP_BETWEEN_JOINT:
        return moved == NULL ? 0.0 : unit_loss(venue, self, moved->spot);
    case RIP_BETWEEN_OFFSET:
        return (moved == NULL ? 0.0 : factor * unit_loss(venue, self, moved->spot)) +
               (1.0 - factor) * unit_worst(venue, self);
    case RIP_BETWEEN_CORRELATED:
        if (moved == NULL) {
            return 0.0;
        }
        down = unit_loss(venue, self, -fabs(moved->spot));
        up = unit_loss(venue, self, fabs(moved->spot));
        return 0.5 * (fabs(down - up) * sqrt(venue->portfolio.correlation[diagonal]) +
                      down + up);
    case RIP_BETWEEN_ADD:
        break;
    }
    return unit_worst(venue, self);
}

double
rip_margin_portfolio_alone(const rip_account_state *state,
                           const rip_market_point *point, size_t position)
{
    const rip_venue *venue = state->venue;
    const rip_position *own = &state->position[position];
    holding alone = {.asset = own->asset, .n_instrument = 1};
    double worst;
    alone.quantity[own->kind] = own->quantity;
    worst = unit_requirement(venue, &alone, NULL);
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        worst =
            fmax(worst, unit_requirement(venue, &alone, &venue->portfolio.scenario[s]));
    }
    return point->price_usd[own->asset] * (worst + unit_contingency(venue, &alone));
}

static void
write_form(const rip_account_state *state, const rip_scenario *moved,
           rip_margin_form *form)
{
    const rip_venue *venue = state->venue;
    const double ratio = venue->trigger.ratio * venue->portfolio.mm_factor;
    rip_margin_form_begin(form);
    rip_margin_form_add_money(form, state->free_usd);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_open(state, k)) {
            rip_margin_form_add_position(form, state, k);
        }
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const holding held = collect(state, k);
            const double weight = ratio * (unit_requirement(venue, &held, moved) +
                                           unit_contingency(venue, &held));
            (void)rip_margin_form_add_price(form, (uint32_t)held.asset, -weight);
        }
    }
}

/* One form a scenario, and one for none of them. */
static size_t
n_form(const rip_account_state *state)
{
    return state->venue->portfolio.n_scenario + 1;
}

static bool
needs_form(const rip_venue *venue, size_t scenario, const reach *reached)
{
    const double spot = venue->portfolio.scenario[scenario].spot;
    if (venue->portfolio.scenario[scenario].extra) {
        return true;
    }
    return venue->portfolio.between != RIP_BETWEEN_ADD &&
           is_grid_move(venue, scenario) &&
           (reached->inner || spot <= reached->lowest || spot >= reached->highest);
}

/* Linear instruments make every scenario's loss linear in the prices: no caps. */
static bool
bound(const rip_account_state *state, rip_margin_form *form, size_t *n_written)
{
    const reach reached = find_reach(state);
    *n_written = 0;
    if (rip_margin_form_is_impossible(state)) {
        return false;
    }
    if (state->n_open == 0) {
        return true;
    }
    if (reached.inner || state->venue->portfolio.between == RIP_BETWEEN_ADD) {
        write_form(state, NULL, &form[(*n_written)++]);
    }
    for (size_t s = 0; s < state->venue->portfolio.n_scenario; s++) {
        if (needs_form(state->venue, s, &reached)) {
            write_form(state, &state->venue->portfolio.scenario[s],
                       &form[(*n_written)++]);
        }
    }
    return true;
}

const rip_margin_model rip_margin_portfolio = {
    .mode = RIP_MODE_PORTFOLIO,
    .doc = "one bucket for the account, which must survive the venue's scenarios",
    .n_bucket = n_bucket,
    .assess = assess,
    .n_form = n_form,
    .bound = bound,
};
