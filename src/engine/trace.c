#include "riptide/engine/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/engine/block.h"
#include "riptide/engine/trial.h"
#include "riptide/margin/models.h"
#include "riptide/margin/step.h"
#include "riptide/market/models.h"

/* A trial under way, and what has been told of it. */
typedef struct teller {
    const rip_trace *trace;
    const rip_run *run;
    rip_block block;
    rip_trial trial;
    size_t lane;
    double *price, *funding; /* [n_asset] owned: a point between two steps */
    double *end[2];          /* [2][n_asset] owned: prices and funding of two steps */
    size_t n_asset;
    double *slippage; /* [n_position] owned: told so far */
} teller;

static rip_trace_event
blank(rip_trace_kind kind, uint32_t step)
{
    return (rip_trace_event){.kind = kind,
                             .step = step,
                             .asset = SIZE_MAX,
                             .position = SIZE_MAX,
                             .quantity = NAN,
                             .price_usd = NAN,
                             .moved_usd = NAN,
                             .equity_usd = NAN,
                             .maintenance_usd = NAN};
}

static void
tell(const teller *self, const rip_trace_event *event)
{
    self->trace->on_event(self->trace->context, event);
}

static bool
closes(rip_event_kind kind)
{
    return kind == RIP_EVENT_CLOSE || kind == RIP_EVENT_STOP ||
           kind == RIP_EVENT_EXPIRY;
}

/* Money of a rule's event: a close realises what price events have told already and
   loses its slippage only. */
static double
amount_of(teller *self, const rip_account_state *state, const rip_event *event)
{
    double before;
    if (!closes(event->kind)) {
        return event->amount_usd;
    }
    before = self->slippage[event->position];
    self->slippage[event->position] = state->held[event->position].slippage_usd;
    return self->slippage[event->position] - before;
}

static void
on_rule(void *context, const rip_account_state *state, const rip_event *event)
{
    teller *self = context;
    rip_trace_event told = blank(RIP_TRACE_RULE, event->step);
    told.rule = event->kind;
    told.amount_usd = amount_of(self, state, event);
    told.position = event->position;
    if (event->position != SIZE_MAX) {
        told.asset = state->position[event->position].asset;
    }
    if (closes(event->kind)) {
        told.quantity = event->quantity;
        told.price_usd = event->price_usd;
    }
    if (event->kind == RIP_EVENT_TOP_UP) {
        told.moved_usd = event->notional_usd;
    }
    if (event->kind == RIP_EVENT_BREACH || event->kind == RIP_EVENT_TOP_UP) {
        told.equity_usd = event->equity_usd;
        told.maintenance_usd = event->maintenance_usd;
    }
    tell(self, &told);
}

/* What has changed in one cause since `before`, which is brought up to date. */
static double
change(double *before, double now)
{
    const double by = now - *before;
    *before = now;
    return by;
}

static bool
holds(const rip_account_state *state, size_t asset)
{
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->position[k].asset == asset) {
            return true;
        }
    }
    for (size_t i = 0; i < state->account->n_coin; i++) {
        if (state->wallet_coin[i].asset == asset) {
            return true;
        }
    }
    return false;
}

static void
tell_move(const teller *self, const rip_market_point *to, size_t asset, double amount)
{
    rip_trace_event event = blank(RIP_TRACE_PRICE, to->step);
    event.asset = asset;
    event.amount_usd = amount;
    if (asset != SIZE_MAX) {
        event.price_usd = to->price_usd[asset];
    }
    tell(self, &event);
}

static void
tell_funding(const teller *self, const rip_market_point *to, size_t asset,
             double amount)
{
    rip_trace_event event = blank(RIP_TRACE_FUNDING, to->step);
    if (!(fabs(amount) > 0.0)) {
        return;
    }
    event.asset = asset;
    event.amount_usd = amount;
    tell(self, &event);
}

/* From one point to the next, asset by asset and then in time. */
static void
move_market(const teller *self, const rip_market_point *from,
            const rip_market_point *to)
{
    const rip_account_state *state = &self->trial.state;
    const size_t n = self->run->market.n_asset;
    rip_market_point between = *from;
    double before[RIP_N_CAUSE], now[RIP_N_CAUSE];
    double *market = &before[RIP_CAUSE_MARKET], *funding = &before[RIP_CAUSE_FUNDING];

    memcpy(self->price, from->price_usd, n * sizeof(*self->price));
    memcpy(self->funding, from->funding, n * sizeof(*self->funding));
    between.price_usd = self->price;
    between.funding = self->funding;
    (void)rip_account_state_loss(state, &between, before);
    for (size_t a = 0; a < n; a++) {
        if (!holds(state, a)) {
            continue;
        }
        self->price[a] = to->price_usd[a];
        (void)rip_account_state_loss(state, &between, now);
        tell_move(self, to, a, change(market, now[RIP_CAUSE_MARKET]));
        self->funding[a] = to->funding[a];
        (void)rip_account_state_loss(state, &between, now);
        tell_funding(self, to, a, change(funding, now[RIP_CAUSE_FUNDING]));
    }
    (void)rip_account_state_loss(state, to, now);
    if (!state->is_linear) {
        tell_move(self, to, SIZE_MAX, change(market, now[RIP_CAUSE_MARKET]));
    }
    tell_funding(self, to, SIZE_MAX, change(funding, now[RIP_CAUSE_FUNDING]));
}

/* The end of a step; the point before it stays as it is. */
static rip_market_point
point_at(const teller *self, size_t step)
{
    double *end = self->end[step % 2];
    return rip_trial_point(&self->trial.state, &self->block, self->lane, step, end,
                           end + self->n_asset);
}

static void
run_steps(teller *self, double *loss_usd)
{
    const rip_run *run = self->run;
    const rip_event_sink sink = {.on_event = on_rule, .context = self};
    const rip_step_rules rules = {.wipeout_threshold = run->spec.wipeout_threshold,
                                  .step_years = rip_run_step_years(run),
                                  .sink = &sink};
    rip_account_state *state = &self->trial.state;
    rip_market_point point;
    double cause[RIP_N_CAUSE];

    rip_account_state_reset(state, &run->book, self->trace->account, &run->market,
                            &run->venues, rip_margin_models_find(self->trace->mode));
    point = point_at(self, 0);
    for (size_t step = 1; step <= self->block.n_step; step++) {
        const rip_market_point next = point_at(self, step);
        move_market(self, &point, &next);
        point = next;
        if (state->n_open > 0 || state->account->n_coin > 0) {
            /* The rules charge interest on what a pool has borrowed. */
            double before[RIP_N_CAUSE];
            (void)rip_account_state_loss(state, &point, before);
            rip_margin_step(state, &point, &rules, self->trial.bucket);
            (void)rip_account_state_loss(state, &point, cause);
            tell_funding(self, &point, SIZE_MAX,
                         cause[RIP_CAUSE_FUNDING] - before[RIP_CAUSE_FUNDING]);
        }
    }
    *loss_usd = rip_account_state_loss(state, &point, cause);
}

static rip_status
prepare(teller *self, const rip_shock_model *model, const void *plan)
{
    rip_status status = RIP_OK;
    const size_t n_asset = self->run->market.n_asset;

    self->n_asset = n_asset;
    RIP_TRY(rip_block_init(&self->block, self->run, model, plan));
    RIP_TRY(rip_trial_init(&self->trial, self->run, false));
    self->price = calloc(n_asset, sizeof(*self->price));
    self->funding = calloc(n_asset, sizeof(*self->funding));
    self->slippage =
        calloc(rip_trial_max_positions(self->run), sizeof(*self->slippage));
    self->end[0] = calloc(2 * n_asset, sizeof(double));
    self->end[1] = calloc(2 * n_asset, sizeof(double));
    if (self->price == NULL || self->funding == NULL || self->slippage == NULL ||
        self->end[0] == NULL || self->end[1] == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    rip_block_draw(&self->block, self->trace->path / RIP_LANES);
    self->lane = (size_t)(self->trace->path % RIP_LANES);
out:
    return status;
}

rip_status
rip_trace_run(const rip_trace *self, const rip_run *run, double *loss_usd)
{
    rip_status status = RIP_OK;
    const rip_shock_model *model =
        rip_market_models_find(run->shock.kind, run->shock.draws);
    teller telling = {.trace = self, .run = run};
    void *plan = NULL;

    RIP_TRY(model->plan(&plan, &run->shock, &run->market, rip_run_steps(run),
                        rip_run_step_years(run)));
    RIP_TRY(prepare(&telling, model, plan));
    run_steps(&telling, loss_usd);
out:
    rip_block_free(&telling.block);
    rip_trial_free(&telling.trial);
    free(telling.price);
    free(telling.funding);
    free(telling.end[0]);
    free(telling.end[1]);
    free(telling.slippage);
    if (plan != NULL) {
        model->free(plan);
    }
    return status;
}
