#include "riptide/engine/trial.h"

#include <stdlib.h>

#include "riptide/margin/models.h"
#include "riptide/margin/position.h"
#include "riptide/margin/step.h"

/* Forms of an account that is not linear cost as much as so many steps. */
enum { WORTH_FORMS = 24 };

static size_t
largest_account(const rip_run *run)
{
    const rip_account *account = run->book.account;
    size_t largest = 0;
    for (size_t i = 1; i < run->book.n_account; i++) {
        largest = account[i].n_position > account[largest].n_position ? i : largest;
    }
    return largest;
}

size_t
rip_trial_max_positions(const rip_run *run)
{
    const size_t n = run->book.account[largest_account(run)].n_position;
    return n > 0 ? n : 1;
}

size_t
rip_trial_max_coins(const rip_run *run)
{
    size_t most = 0;
    for (size_t i = 0; i < run->book.n_account; i++) {
        const size_t n = run->book.account[i].n_coin;
        most = n > most ? n : most;
    }
    return most;
}

size_t
rip_trial_max_buckets(const rip_run *run)
{
    return rip_margin_max_buckets(rip_trial_max_positions(run),
                                  rip_trial_max_coins(run));
}

/* Most forms of any account: of the mode, of stops and of the wipeout. */
static size_t
max_forms(rip_trial *self, size_t mode)
{
    const rip_run *run = self->run;
    const rip_margin_model *model = rip_margin_models_find(run->spec.mode[mode]);
    /* More positions never make fewer forms, but what a mixed account is, is its own.
     */
    const bool every = run->spec.mode[mode] == RIP_MODE_MIXED;
    const size_t first = every ? 0 : largest_account(run);
    const size_t end = every ? run->book.n_account : first + 1;
    size_t most = 0;
    for (size_t i = first; i < end; i++) {
        rip_trial_reset(self, i, mode);
        const size_t n = model->n_form(&self->state);
        most = n > most ? n : most;
    }
    return most + rip_trial_max_positions(run) + 2;
}

rip_status
rip_trial_init(rip_trial *self, const rip_run *run, bool screen)
{
    rip_status status = RIP_OK;
    const size_t n_position = rip_trial_max_positions(run);
    const size_t n_asset = run->market.n_asset;
    size_t n_form = 0;
    *self = (rip_trial){.run = run, .screen = screen, .balances = true};
    self->held = calloc(n_position, sizeof(*self->held));
    self->coin = calloc(rip_trial_max_coins(run) + 1, sizeof(*self->coin));
    self->bucket = calloc(rip_trial_max_buckets(run), sizeof(*self->bucket));
    self->price = calloc(n_asset, sizeof(*self->price));
    self->funding = calloc(n_asset, sizeof(*self->funding));
    if (self->held == NULL || self->coin == NULL || self->bucket == NULL ||
        self->price == NULL || self->funding == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self->state.held = self->held;
    self->state.coin = self->coin;
    for (size_t m = 0; m < run->spec.n_mode; m++) {
        const size_t n = max_forms(self, m);
        n_form = n > n_form ? n : n_form;
    }
    RIP_TRY(rip_screen_workspace_init(&self->workspace, n_form,
                                      n_position + rip_trial_max_coins(run)));
    RIP_TRY(rip_screen_store_reserve(&self->store, &self->workspace));
out:
    return status;
}

void
rip_trial_free(rip_trial *self)
{
    free(self->held);
    free(self->coin);
    free(self->bucket);
    free(self->price);
    free(self->funding);
    rip_screen_store_free(&self->store);
    rip_screen_workspace_free(&self->workspace);
    *self = (rip_trial){0};
}

/* What a trial hears from the rules. */
typedef struct listener {
    const rip_visit *visit;
    size_t lane;
    bool touched;      /* the state is no longer what the forms describe */
    bool happened;     /* anything so far */
    rip_ledger ledger; /* kept with -Dchecks=true only */
} listener;

static void
on_event(void *context, const rip_account_state *state, const rip_event *event)
{
    listener *self = context;
    const rip_visit *visit = self->visit;
    (void)state;
    self->happened = true;
#ifdef RIP_CHECKS
    rip_ledger_add(&self->ledger, event);
#endif
    if (event->kind == RIP_EVENT_WIPEOUT || event->kind == RIP_EVENT_STOP ||
        event->kind == RIP_EVENT_TOP_UP || event->kind == RIP_EVENT_CLOSE ||
        event->kind == RIP_EVENT_EXPIRY) {
        self->touched = true;
    }
    if (event->kind == RIP_EVENT_CLOSE) {
        rip_visit_force(visit, event->position, event->step - 1, self->lane,
                        event->notional_usd);
    }
}

void
rip_trial_reset(rip_trial *self, size_t account, size_t mode)
{
    const rip_run *run = self->run;
    rip_account_state_reset(&self->state, &run->book, account, &run->market,
                            &run->venues, rip_margin_models_find(run->spec.mode[mode]));
    self->state.horizon_ms = run->spec.horizon_ms;
    self->state.volatility_moves = rip_volatility_moves(&run->shock, &run->book);
}

static double
price_of(const rip_block *block, size_t asset, size_t lane, size_t step)
{
    return step > 0 ? rip_block_price(block, step - 1, asset)[lane]
                    : block->run->market.asset[asset].price_usd;
}

rip_market_point
rip_trial_point(const rip_account_state *state, const rip_block *block, size_t lane,
                size_t step, double *price_usd, double *funding)
{
    const rip_run *run = block->run;
    const uint64_t time_ms = step * run->spec.step_ms;
    for (size_t k = 0; k < state->account->n_position; k++) {
        const size_t a = state->position[k].asset;
        price_usd[a] = price_of(block, a, lane, step);
        funding[a] = step > 0 ? rip_block_funding(block, step - 1, a, lane) : 0.0;
    }
    for (size_t i = 0; i < state->account->n_coin; i++) {
        const size_t a = state->wallet_coin[i].asset;
        price_usd[a] = price_of(block, a, lane, step);
    }
    return (rip_market_point){
        .price_usd = price_usd,
        .funding = funding,
        .funding_coin = rip_nonlinear_funding(&block->nonlinear, lane, step),
        .volatility = rip_nonlinear_volatility(&block->nonlinear, lane, step),
        .years = (double)step * rip_run_step_years(run),
        .time_ms = time_ms,
        .n_payment =
            block->funding != NULL ? time_ms / run->market.funding_interval_ms : 0,
        .step = (uint32_t)step};
}

/* A group, and the lanes on which each of its forms must be asked; NULL: all. */
typedef struct proof {
    const rip_screen_store *store;
    const rip_screen_group *group;
    const uint64_t *fails;
} proof;

/* Steps of the window at `step` (0-based) that some of the forms first .. end - 1 of
   the group do not clear. */
static uint64_t
suspects(const proof *self, size_t first, size_t end, const listener *on, size_t step)
{
    uint64_t steps = 0;
    for (size_t i = first; i < end; i++) {
        if (self->fails == NULL || (self->fails[i] >> on->lane & 1) != 0) {
            const rip_screen_form *form = &self->store->form[self->group->first + i];
            const rip_block *block = on->visit->block;
            steps |= RIP_SIMD_PICK(rip_screen_steps)(
                self->store, self->group->cap, form,
                rip_screen_constant(self->store, form, block), block,
                (rip_screen_stretch){on->lane, step, RIP_SCREEN_WINDOW});
        }
    }
    return steps;
}

/* First step from `step` on (0-based) that no proof clears; n_step if none. */
static size_t
next_suspect(const proof *self, const listener *on, size_t step)
{
    const rip_screen_group *group = self->group;
    const size_t n_step = on->visit->block->n_step;
    for (; step < n_step && !group->unknown; step += RIP_SCREEN_WINDOW) {
        uint64_t steps = suspects(self, 0, group->n_wide, on, step);
        if (steps != 0 && group->n_wide < group->n_form) {
            steps &= suspects(self, group->n_wide, group->n_form, on, step);
        }
        if (steps != 0) {
            return step + (size_t)__builtin_ctzll(steps);
        }
    }
    return step < n_step ? step : n_step;
}

/* Every position that needs margin was force-closed, and there is one (DEF-3). */
static bool
is_fully_liquidated(const rip_account_state *state)
{
    size_t n_margined = 0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (!rip_margin_position_is_margined(state, k)) {
            continue;
        }
        n_margined++;
        if (state->held[k].status != RIP_POSITION_LIQUIDATED) {
            return false;
        }
    }
    return n_margined > 0;
}

static void
settle(const rip_account_state *state, const rip_market_point *end, double floor_usd,
       rip_outcome *outcome)
{
    outcome->loss_usd = rip_account_state_loss(state, end, outcome->cause_usd);
    outcome->liquidation_step = state->liquidation_step;
    outcome->wipeout_step = state->wipeout_step;
    outcome->terminal_wipeout = rip_account_state_net_worth(state, end) <= floor_usd;
    outcome->fully_liquidated = is_fully_liquidated(state);
}

/* Coins keep floating when nothing is open any more (DEF-4), so wipeouts do too. */
static bool
may_change(const rip_account_state *state)
{
    return state->n_open > 0 || state->account->n_coin > 0;
}

/* Steps the account to the end of the path. */
static void
walk(rip_trial *self, const rip_step_rules *rules, listener *on)
{
    const rip_visit *visit = on->visit;
    proof forms = {.store = visit->store, .group = visit->group, .fails = visit->fails};
    rip_screen_group group;
    for (size_t step = 0; may_change(&self->state); step++) {
        rip_market_point point;
        if (self->screen) {
            step = next_suspect(&forms, on, step);
        }
        if (step >= visit->block->n_step) {
            break;
        }
        point = rip_trial_point(&self->state, visit->block, on->lane, step + 1,
                                self->price, self->funding);
        on->touched = false;
#ifdef RIP_CHECKS
        rip_ledger_open_step(&on->ledger, &self->state, &point);
#endif
        rip_margin_step(&self->state, &point, rules, self->bucket);
#ifdef RIP_CHECKS
        rip_ledger_close_step(&on->ledger, &self->state, &point);
#endif
        if (self->screen && on->touched && may_change(&self->state)) {
            if (!self->state.is_linear && visit->block->n_step - step < WORTH_FORMS) {
                group = (rip_screen_group){.unknown = true};
                forms.group = &group;
                continue;
            }
            self->store.n_form = 0;
            self->store.n_term = 0;
            group = rip_screen_compile(&self->store, 0, &self->state, rules,
                                       &self->workspace);
            forms = (proof){.store = &self->store, .group = &group};
        }
    }
}

bool
rip_trial_run(rip_trial *self, const rip_visit *visit, size_t lane,
              rip_outcome *outcome)
{
    listener on = {.visit = visit, .lane = lane};
    const rip_event_sink sink = {.on_event = on_event, .context = &on};
    const rip_step_rules rules = {.wipeout_threshold =
                                      self->run->spec.wipeout_threshold,
                                  .step_years = rip_run_step_years(self->run),
                                  .sink = &sink};
    rip_market_point end;
    rip_trial_reset(self, visit->number, visit->mode);
    walk(self, &rules, &on);
#ifndef RIP_CHECKS
    if (self->screen && !visit->group->unknown && !on.happened) {
        return false;
    }
#endif
    end = rip_trial_point(&self->state, visit->block, lane, visit->block->n_step,
                          self->price, self->funding);
    settle(&self->state, &end, visit->floor_usd, outcome);
#ifdef RIP_CHECKS
    self->balances &=
        rip_ledger_balances(&on.ledger, &self->state, &end, outcome->loss_usd);
#endif
    return true;
}
