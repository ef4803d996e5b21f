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

#define ALL_ASSETS SIZE_MAX

/* One bucket, seen along a line: prices of one asset, or of all, times a factor. */
typedef struct line {
    const rip_account_state *state;
    const rip_market_point *point;
    const rip_margin_price_scratch *scratch;
    size_t asset;
    size_t bucket;
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
    return bucket->equity_usd - state->venue->trigger.ratio * bucket->maintenance_usd;
}

/* The next factor beyond `factor` at which a position changes its tier. */
static double
next_kink_of(const line *self, size_t position, double factor, int side)
{
    const rip_margin_tiers *tiers =
        &self->state->venue->tiers[self->state->position[position].asset];
    const double notional_usd =
        rip_margin_position_notional(self->state, position, self->point);
    double at_usd = factor * notional_usd, kink;
    do {
        at_usd = rip_margin_tiers_next_kink(tiers, at_usd, side);
        kink = at_usd / notional_usd;
        /* Rounding can give the kink that `factor` is. */
    } while (side > 0 ? !(kink > factor) : kink > 0.0 && !(kink < factor));
    return kink;
}

static double
next_kink(const line *self, double factor, int side)
{
    double nearest = side > 0 ? HIGHEST : 0.0;
    for (size_t k = 0; k < self->state->account->n_position; k++) {
        if (self->state->model->mode != RIP_MODE_PORTFOLIO &&
            moves(self, self->state->position[k].asset) &&
            rip_margin_position_is_open(self->state, k) &&
            rip_margin_position_is_margined(self->state, k)) {
            const double kink = next_kink_of(self, k, factor, side);
            nearest = side > 0 ? fmin(nearest, kink) : fmax(nearest, kink);
        }
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
    return self->state->model->mode == RIP_MODE_PORTFOLIO && !safe_near
               ? peak(self, piece)
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

double
rip_margin_price_liquidation(const rip_account_state *state,
                             const rip_market_point *point,
                             const rip_margin_price_scratch *scratch, size_t position)
{
    const bool is_isolated = state->model->mode == RIP_MODE_ISOLATED;
    const size_t asset = state->position[position].asset;
    const line along = {.state = state,
                        .point = point,
                        .scratch = scratch,
                        .asset = asset,
                        .bucket = is_isolated ? position : 0};
    double below, above;
    if (!rip_margin_position_is_open(state, position)) {
        return NAN;
    }
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
        const line along = {.state = state,
                            .point = point,
                            .scratch = scratch,
                            .asset = ALL_ASSETS,
                            .bucket = b};
        for (int side = -1; side <= 1; side += 2) {
            nearest = nearer_move(nearest, rip_math_log(find_root(&along, side)));
        }
    }
    return nearest;
}

/* What the venue asks for a position by itself. */
static double
own_maintenance(const rip_account_state *state, const rip_market_point *point,
                size_t position)
{
    return state->model->mode == RIP_MODE_PORTFOLIO
               ? state->venue->portfolio.mm_factor *
                     rip_margin_portfolio_alone(state, point, position)
               : rip_margin_position_maintenance(state, position, point);
}

/* The share of a bucket's equity that stands for one of its positions (MAR-8). */
static double
share_of_equity(const rip_account_state *state, const rip_market_point *point,
                const rip_margin_bucket *bucket, size_t position)
{
    double sum_usd = 0.0;
    size_t n_open = 0;
    for (size_t i = 0; i < bucket->n_position; i++) {
        const size_t k = bucket->first_position + i;
        if (rip_margin_position_is_open(state, k)) {
            sum_usd += own_maintenance(state, point, k);
            n_open++;
        }
    }
    return n_open == 1 ? 1.0 : own_maintenance(state, point, position) / sum_usd;
}

double
rip_margin_price_bankruptcy(const rip_account_state *state,
                            const rip_market_point *point,
                            const rip_margin_price_scratch *scratch, size_t position)
{
    const bool is_isolated = state->model->mode == RIP_MODE_ISOLATED;
    const rip_position *held = &state->position[position];
    const double mark_usd = point->price_usd[held->asset];
    const rip_margin_bucket *bucket = &scratch->bucket[is_isolated ? position : 0];
    double share, price_usd;
    if (!rip_margin_position_is_open(state, position)) {
        return NAN;
    }
    state->model->assess(state, point, scratch->bucket);
    share = share_of_equity(state, point, bucket, position);
    price_usd = mark_usd - share * bucket->equity_usd / held->quantity;
    return share > 0.0 && price_usd > LOWEST * mark_usd ? price_usd : NAN;
}
