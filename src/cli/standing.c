#include "standing.h"

#include <math.h>
#include <stdlib.h>

#include "riptide/margin/portfolio.h"
#include "riptide/margin/position.h"
#include "riptide/margin/price.h"

/* What the positions of one account are looked at with. */
typedef struct view {
    const rip_account_state *state;
    const rip_market_point *point;
    const rip_margin_bucket *bucket;
    rip_margin_price_scratch scratch;
} view;

static rip_status
scratch_init(rip_margin_price_scratch *self, const rip_run *run,
             const rip_account *account)
{
    *self = (rip_margin_price_scratch){0};
    self->price_usd = calloc(run->market.n_asset, sizeof(*self->price_usd));
    self->bucket = calloc(rip_margin_max_buckets(account->n_position, account->n_coin),
                          sizeof(*self->bucket));
    return self->price_usd != NULL && self->bucket != NULL
               ? RIP_OK
               : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

static void
scratch_free(rip_margin_price_scratch *self)
{
    free(self->price_usd);
    free(self->bucket);
}

/* The position's own requirement: by tiers, or what portfolio margin asks for it alone.
 */
static void
take_requirement(standing_position *self, const view *from, size_t k)
{
    const rip_account_state *state = from->state;

    if (rip_margin_position_is_by_scenarios(state, k)) {
        const double alone = rip_margin_portfolio_alone(state, from->point, k);
        self->initial_usd = state->venue->portfolio.im_factor * alone;
        self->maintenance_usd = state->venue->portfolio.mm_factor * alone;
    } else {
        self->initial_usd = rip_margin_position_initial(state, k, from->point);
        self->maintenance_usd = rip_margin_position_maintenance(state, k, from->point);
    }
}

static const rip_margin_bucket *
bucket_of(const view *from, size_t k)
{
    return rip_margin_bucket_of(from->bucket, from->state->model->n_bucket(from->state),
                                from->state, k);
}

/* MAR-7: of the positions on one underlying that share a bucket it is one price, which
   is searched once. */
static double
liquidation_price(const view *from, const standing_position *earlier, size_t k)
{
    const rip_position *position = from->state->position;
    const rip_margin_bucket *bucket = bucket_of(from, k);

    for (size_t i = 0; i < k; i++) {
        if (position[i].asset == position[k].asset && bucket_of(from, i) == bucket) {
            return earlier[i].liquidation_usd;
        }
    }
    return rip_margin_price_liquidation(from->state, from->point, &from->scratch, k);
}

/* Position k; those before it are known. */
static standing_position
position_of(const view *from, const standing_position *earlier, size_t k)
{
    const rip_account_state *state = from->state;
    const rip_position *held = &state->position[k];
    const rip_instrument_view seen = rip_margin_position_view(state, k, from->point);
    const bool isolated = state->held[k].is_isolated;
    const rip_margin_bucket *bucket = bucket_of(from, k);
    standing_position self = {
        .held = held,
        .symbol = state->asset[held->asset].symbol,
        .price_usd = seen.price_usd,
        .mark = rip_instrument_mark(held, &seen),
        .notional_usd = rip_margin_position_notional(state, k, from->point),
        .result_usd = rip_margin_position_profit(state, k, from->point),
        .is_isolated = isolated,
        .bucket_usd = isolated ? state->held[k].bucket *
                                     rip_instrument_currency(held, seen.price_usd)
                               : NAN,
        .bucket_equity_usd = bucket->equity_usd,
        .liquidation_usd = liquidation_price(from, earlier, k),
        .bankruptcy_usd =
            rip_margin_price_bankruptcy(state, from->point, &from->scratch, k),
        .is_breached =
            rip_margin_is_breached(rip_margin_bucket_venue(bucket, state), bucket),
    };

    take_requirement(&self, from, k);
    return self;
}

/* Sums over the buckets. Returns the sum of their equities [USD]. */
static double
take_buckets(standing *self, const view *from)
{
    const rip_account_state *state = from->state;
    const size_t n_bucket = state->model->n_bucket(state);
    double equity_usd = 0.0;

    for (size_t b = 0; b < n_bucket; b++) {
        const rip_margin_bucket *bucket = &from->bucket[b];
        equity_usd += bucket->equity_usd;
        self->initial_usd += bucket->initial_usd;
        self->maintenance_usd += bucket->maintenance_usd;
        if (bucket->mode != RIP_MODE_ISOLATED && bucket->n_position > 0) {
            self->pool_equity_usd += bucket->equity_usd;
            self->pool_maintenance_usd += bucket->maintenance_usd;
            self->pool_is_breached =
                self->pool_is_breached || rip_margin_is_breached(state->venue, bucket);
        }
    }
    return equity_usd;
}

static void
take_account(standing *self, const view *from)
{
    const rip_account_state *state = from->state;
    const double *price_usd = from->point->price_usd;
    const double equity_usd = take_buckets(self, from);
    double free_usd = rip_account_state_balance(state);

    self->wallet_usd = state->account->wallet_usd;
    for (size_t i = 0; i < state->account->n_coin; i++) {
        const rip_coin *coin = &state->wallet_coin[i];
        self->wallet_usd += coin->amount * price_usd[coin->asset];
        free_usd += state->coin[i].amount * price_usd[coin->asset];
    }
    self->has_pool = state->n_open_pool > 0;
    self->equity_usd =
        self->has_pool ? equity_usd : rip_account_state_net_worth(state, from->point);
    self->free_usd = self->has_pool ? self->equity_usd - self->initial_usd : free_usd;
    self->common_move =
        rip_margin_price_common_move(state, from->point, &from->scratch);
}

static rip_status
take_scenarios(standing *self, const view *from)
{
    const size_t n = self->venue->portfolio.n_scenario;

    self->scenario_usd = calloc(n + 1, sizeof(*self->scenario_usd));
    if (self->scenario_usd == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t s = 0; s < n; s++) {
        self->scenario_usd[s] =
            rip_margin_portfolio_scenario_loss(from->state, from->point, s);
    }
    self->worst_usd = rip_margin_portfolio_worst(from->state, from->point);
    self->contingency = rip_margin_portfolio_contingency(from->state, from->point);
    return RIP_OK;
}

rip_status
standing_of(standing *self, rip_start *from, size_t account, rip_mode mode)
{
    rip_status status = RIP_OK;
    const rip_account *held = &from->run->book.account[account];
    view seen = {.state = &from->trial.state,
                 .point = &from->point,
                 .bucket = from->trial.bucket};

    *self = (standing){.account = held, .mode = mode};
    self->is_breached = rip_start_account(from, account, mode);
    self->venue = from->trial.state.venue;
    RIP_TRY(scratch_init(&seen.scratch, from->run, held));
    self->position = calloc(held->n_position + 1, sizeof(*self->position));
    if (self->position == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    take_account(self, &seen);
    for (size_t k = 0; k < held->n_position; k++) {
        self->position[k] = position_of(&seen, self->position, k);
    }
    if (from->trial.state.pool_mode == RIP_MODE_PORTFOLIO) {
        RIP_TRY(take_scenarios(self, &seen));
    }
out:
    scratch_free(&seen.scratch);
    return status;
}

void
standing_free(standing *self)
{
    free(self->position);
    free(self->scenario_usd);
    *self = (standing){0};
}
