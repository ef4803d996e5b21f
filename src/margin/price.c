#include "riptide/margin/price.h"

#include <float.h>
#include <math.h>

#include "riptide/margin/portfolio.h"
#include "riptide/margin/position.h"
#include "riptide/numerics/math.h"

#define HIGHEST    100.0 /* times the mark: no price beyond counts (MAR-7) */
#define LOWEST     1e-9  /* times the mark: a root below is the rounding of 0 */
#define PEAK_STEPS 100   /* thirds cut off while looking for the top of a slack */
#define ROUNDINGS  64.0  /* by which a root by proportion may be wrong */

#define STEP 1.0594630943592953 /* a twelfth of an octave: curved pieces */

#define ALL_ASSETS SIZE_MAX

/* One bucket, seen along a line: prices of one asset, or of all, times a factor. */
typedef struct line {
    const rip_account_state *state;
    const rip_market_point *point;
    const rip_margin_price_scratch *scratch;
    size_t asset;
    size_t bucket;
    bool is_curved;
    bool is_concave; /* of scenarios: without kinks */
} line;

static bool
moves(const line *self, size_t asset)
{
    return self->asset == ALL_ASSETS || self->asset == asset;
}

/* Equity less what triggers a breach [USD] at a factor. */
static double
slack(const line *self, double factor)
{
    const rip_account_state *state = self->state;
    const rip_margin_bucket *bucket = &self->scratch->bucket[self->bucket];
    rip_market_point moved = *self->point;
    for (size_t i = 0; i < state->market->n_asset; i++) {
        const double price_usd = self->point->price_usd[i];
        self->scratch->price_usd[i] = moves(self, i) ? factor * price_usd : price_usd;
    }
    moved.price_usd = self->scratch->price_usd;
    state->model->assess(state, &moved, self->scratch->bucket);
    return bucket->equity_usd - rip_margin_bucket_venue(bucket, state)->trigger.ratio *
                                    bucket->maintenance_usd;
}

/* Whether the slack between kinks may be neither straight nor, in portfolio margin,
   concave. */
static bool
is_curved(const rip_account_state *state, const rip_venue *venue)
{
    return !state->is_linear || venue->collateral.haircut != NULL ||
           venue->size_scaling.minimum_usd != NULL;
}

/* The next factor beyond `factor` of those a STEP apart. */
static double
next_step(double factor, int side)
{
    const double step = side > 0 ? STEP : 1.0 / STEP;
    return side < 0 && factor * step < LOWEST ? 0.0 : factor * step;
}

/* The next factor beyond `factor` at which a position changes its tier. */
static double
next_tier_of(const line *self, size_t position, double factor, int side)
{
    const rip_requirement asked =
        rip_margin_position_requirement(self->state, position, self->point);
    const rip_margin_tiers *tiers = &asked.venue->tiers[asked.position->asset];
    const bool falls = asked.position->kind == RIP_KIND_INVERSE_PERP;
    const double notional = rip_requirement_measure(&asked);
    double at = falls ? notional / factor : factor * notional, kink;
    do {
        at = rip_margin_tiers_next_kink(tiers, at, falls ? -side : side);
        kink = falls ? notional / at : at / notional;
        /* Rounding can give the kink that `factor` is. */
    } while (side > 0 ? !(kink > factor) : kink > 0.0 && !(kink < factor));
    return kink;
}

static bool
has_tiers(const line *self, size_t position)
{
    const rip_account_state *state = self->state;
    return !rip_margin_position_is_by_scenarios(state, position) &&
           state->position[position].kind != RIP_KIND_OPTION &&
           !rip_margin_position_venue(state, position)->tiers_by_quantity &&
           rip_margin_position_is_margined(state, position);
}

static double
nearer(double first, double second, int side)
{
    return side > 0 ? fmin(first, second) : fmax(first, second);
}

/* Where an option's payoff bends, if that is beyond `factor`. */
static double
strike_beyond(const line *self, size_t position, double factor, int side)
{
    const rip_position *held = &self->state->position[position];
    const rip_instrument_view view =
        rip_margin_position_view(self->state, position, self->point);
    const double kink = held->strike_usd / rip_instrument_forward(held, &view);
    if (held->kind == RIP_KIND_OPTION && (side > 0 ? kink > factor : kink < factor)) {
        return kink;
    }
    return side > 0 ? HIGHEST : 0.0;
}

static double
next_kink(const line *self, double factor, int side)
{
    const rip_account_state *state = self->state;
    double nearest = side > 0 ? HIGHEST : 0.0;
    if (self->is_curved) {
        nearest = nearer(nearest, next_step(factor, side), side);
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (!moves(self, state->position[k].asset) ||
            !rip_margin_position_is_open(state, k)) {
            continue;
        }
        if (has_tiers(self, k)) {
            nearest = nearer(nearest, next_tier_of(self, k, factor, side), side);
        }
        nearest = nearer(nearest, strike_beyond(self, k, factor, side), side);
    }
    return nearest;
}

/* Whether the bucket is safe at a factor. */
static bool
is_safe(const line *self, double factor)
{
    return slack(self, factor) > 0.0;
}

/* Two factors, of which the first is safe and the second not, or the other way round.
 */
typedef struct bracket {
    double near, far;
} bracket;

/* On a straight piece the root by proportion, with some roundings on each side. */
static void
narrow(const line *self, bracket *around, bool safe_near)
{
    const double at_near = slack(self, around->near), at_far = slack(self, around->far);
    const double length = around->far - around->near;
    const double guess = around->near + length * (at_near / (at_near - at_far));
    const double width = copysign(ROUNDINGS * DBL_EPSILON * guess, length);
    const double low = fmin(around->near, around->far);
    const double high = fmax(around->near, around->far);
    if (guess - fabs(width) > low && guess + fabs(width) < high &&
        is_safe(self, guess - width) == safe_near &&
        is_safe(self, guess + width) != safe_near) {
        *around = (bracket){.near = guess - width, .far = guess + width};
    }
}

/* The factor in a bracket at which the bucket's safety ends or begins. */
static double
solve(const line *self, bracket around)
{
    const bool safe_near = is_safe(self, around.near);
    narrow(self, &around, safe_near);
    for (;;) {
        const double middle = around.near + 0.5 * (around.far - around.near);
        if (!(middle > fmin(around.near, around.far) &&
              middle < fmax(around.near, around.far))) {
            return around.far; /* neighbours */
        }
        if (is_safe(self, middle) == safe_near) {
            around.near = middle;
        } else {
            around.far = middle;
        }
    }
}

/* Where a concave slack is largest between two factors. */
static double
peak(const line *self, bracket around)
{
    for (int i = 0; i < PEAK_STEPS; i++) {
        const double third = (around.far - around.near) / 3.0;
        if (slack(self, around.near + third) < slack(self, around.far - third)) {
            around.near += third;
        } else {
            around.far -= third;
        }
    }
    return around.near + 0.5 * (around.far - around.near);
}

/* The far end of a piece of the slack, or where a concave one is largest if that is
   what can show another sign. */
static double
far_end(const line *self, double near, double kink, bool safe_near)
{
    const bracket piece = {.near = near, .far = nextafter(kink, near)};
    return self->is_concave && !self->is_curved && !safe_near ? peak(self, piece)
                                                              : piece.far;
}

/* The nearest factor on one side at which the bucket's safety changes; NaN: none. */
static double
find_root(const line *self, int side)
{
    const bool safe = is_safe(self, 1.0);
    double near = 1.0;
    for (;;) {
        const double kink = next_kink(self, near, side);
        const double far = far_end(self, near, kink, safe);
        if (is_safe(self, far) != safe) {
            const double root = solve(self, (bracket){.near = near, .far = far});
            return root > LOWEST ? root : NAN;
        }
        /* A kink belongs to the tier below it. */
        near = side > 0 ? nextafter(kink, INFINITY) : kink;
        if (!(near > 0.0 && near < HIGHEST)) {
            return NAN;
        }
        if (is_safe(self, near) != safe) {
            return kink; /* the requirement jumps */
        }
    }
}

/* The line of a bucket that was just assessed; asset: the one that moves, or all. */
static line
line_of(const rip_account_state *state, const rip_market_point *point,
        const rip_margin_price_scratch *scratch, size_t asset, size_t bucket)
{
    const rip_margin_bucket *own = &scratch->bucket[bucket];
    return (line){.state = state,
                  .point = point,
                  .scratch = scratch,
                  .asset = asset,
                  .bucket = bucket,
                  .is_curved = is_curved(state, rip_margin_bucket_venue(own, state)),
                  .is_concave = own->mode == RIP_MODE_PORTFOLIO};
}

/* The number of a position's bucket, all buckets assessed at the point. */
static size_t
find_bucket(const rip_account_state *state, const rip_market_point *point,
            const rip_margin_price_scratch *scratch, size_t position)
{
    state->model->assess(state, point, scratch->bucket);
    return (size_t)(rip_margin_bucket_of(scratch->bucket, state->model->n_bucket(state),
                                         state, position) -
                    scratch->bucket);
}

double
rip_margin_price_liquidation(const rip_account_state *state,
                             const rip_market_point *point,
                             const rip_margin_price_scratch *scratch, size_t position)
{
    const size_t asset = state->position[position].asset;
    size_t bucket;
    double below, above;
    if (!rip_margin_position_is_open(state, position)) {
        return NAN;
    }
    bucket = find_bucket(state, point, scratch, position);
    if (scratch->bucket[bucket].needs_none) {
        return NAN;
    }
    const line along = line_of(state, point, scratch, asset, bucket);
    below = find_root(&along, -1);
    above = find_root(&along, 1);
    /* MAR-7: the nearer. */
    return point->price_usd[asset] *
           (isnan(below) || above - 1.0 < 1.0 - below ? above : below);
}

static double
nearer_move(double first, double second)
{
    return fabs(second) < fabs(first) || isnan(first) ? second : first;
}

double
rip_margin_price_common_move(const rip_account_state *state,
                             const rip_market_point *point,
                             const rip_margin_price_scratch *scratch)
{
    const size_t n_bucket = state->model->n_bucket(state);
    double nearest = NAN;
    for (size_t b = 0; b < n_bucket && state->n_open > 0; b++) {
        state->model->assess(state, point, scratch->bucket);
        if (scratch->bucket[b].n_position == 0 || scratch->bucket[b].needs_none) {
            continue;
        }
        const line along = line_of(state, point, scratch, ALL_ASSETS, b);
        for (int side = -1; side <= 1; side += 2) {
            nearest = nearer_move(nearest, rip_math_log(find_root(&along, side)));
        }
    }
    return nearest;
}

/* What the venue asks for a position of a bucket by itself. */
static double
own_maintenance(const rip_account_state *state, const rip_market_point *point,
                const rip_margin_bucket *bucket, size_t position)
{
    return bucket->mode == RIP_MODE_PORTFOLIO
               ? state->venue->portfolio.mm_factor *
                     rip_margin_portfolio_alone(state, point, position)
               : rip_margin_position_maintenance(state, position, point);
}

double
rip_margin_price_share(const rip_account_state *state, const rip_market_point *point,
                       const rip_margin_bucket *bucket, size_t position)
{
    double sum_usd = 0.0;
    size_t n_held = 0;
    for (size_t i = 0; i < bucket->n_position; i++) {
        const size_t k = bucket->first_position + i;
        if (rip_margin_bucket_has(bucket, state, k)) {
            sum_usd += own_maintenance(state, point, bucket, k);
            n_held++;
        }
    }
    return n_held == 1 ? 1.0
                       : own_maintenance(state, point, bucket, position) / sum_usd;
}

double
rip_margin_price_bankruptcy(const rip_account_state *state,
                            const rip_market_point *point,
                            const rip_margin_price_scratch *scratch, size_t position)
{
    const rip_position *held = &state->position[position];
    const double quantity = state->held[position].quantity;
    const rip_margin_bucket *bucket;
    double share, mark_usd, equity, price_usd;
    if (!rip_margin_position_is_open(state, position) ||
        held->kind == RIP_KIND_OPTION) {
        return NAN;
    }
    bucket = &scratch->bucket[find_bucket(state, point, scratch, position)];
    share = rip_margin_price_share(state, point, bucket, position);
    const rip_instrument_view view = rip_margin_position_view(state, position, point);
    mark_usd = rip_instrument_mark(held, &view);
    equity = share * bucket->equity_usd / rip_instrument_currency(held, view.price_usd);
    price_usd = held->kind == RIP_KIND_INVERSE_PERP
                    ? 1.0 / (1.0 / mark_usd + equity / quantity)
                    : mark_usd - equity / quantity;
    return share > 0.0 && price_usd > LOWEST * mark_usd ? price_usd : NAN;
}
