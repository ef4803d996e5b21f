#include "riptide/engine/trial.h"

#include <stdlib.h>

#include "riptide/margin/models.h"
#include "riptide/margin/position.h"
#include "riptide/margin/step.h"

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

/* Forms of any of the run's models, of stops and of the wipeout. */
static size_t
max_forms(rip_account_state *state, const rip_run *run)
{
    const size_t largest = largest_account(run);
    size_t most = 0;
    for (size_t m = 0; m < run->spec.n_mode; m++) {
        const rip_margin_model *model = rip_margin_models_find(run->spec.mode[m]);
        rip_account_state_reset(state, &run->book, largest, &run->market, &run->venues,
                                model);
        const size_t n = model->n_form(state);
        most = n > most ? n : most;
    }
    return most + rip_trial_max_positions(run) + 1;
}

rip_status
rip_trial_init(rip_trial *self, const rip_run *run, bool screen)
{
    rip_status status = RIP_OK;
    const size_t n_position = rip_trial_max_positions(run);
    size_t n_form;
    *self = (rip_trial){.run = run, .screen = screen, .balances = true};
    self->held = calloc(n_position, sizeof(*self->held));
    self->coin = calloc(rip_trial_max_coins(run) + 1, sizeof(*self->coin));
    self->bucket = calloc(rip_trial_max_buckets(run), sizeof(*self->bucket));
    if (self->held == NULL || self->coin == NULL || self->bucket == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self->state.held = self->held;
    self->state.coin = self->coin;
    n_form = max_forms(&self->state, run);
    RIP_TRY(rip_screen_group_init(&self->group, n_form, n_form * n_position));
    RIP_TRY(rip_screen_workspace_init(&self->workspace, n_form, n_position));
out:
    return status;
}

void
rip_trial_free(rip_trial *self)
{
    free(self->held);
    free(self->coin);
    free(self->bucket);
    rip_screen_group_free(&self->group);
    rip_screen_workspace_free(&self->workspace);
    *self = (rip_trial){0};
}

/* What a trial hears from the rules. */
typedef struct listener {
    const rip_forced_close *forced;
    bool touched;      /* the state is no longer what the forms describe */
    rip_ledger ledger; /* kept with -Dchecks=true only */
} listener;

static void
on_event(void *context, const rip_account_state *state, const rip_event *event)
{
    listener *self = context;
#ifdef RIP_CHECKS
    rip_ledger_add(&self->ledger, event);
#endif
    if (event->kind == RIP_EVENT_WIPEOUT || event->kind == RIP_EVENT_STOP ||
        event->kind == RIP_EVENT_TOP_UP || event->kind == RIP_EVENT_CLOSE ||
        event->kind == RIP_EVENT_EXPIRY) {
        self->touched = true;
    }
    if (event->kind == RIP_EVENT_CLOSE && self->forced != NULL) {
        self->forced->add(self->forced->context, event->step,
                          state->position[event->position].asset, event->notional_usd);
    }
}

rip_market_point
rip_trial_point(const rip_block *block, size_t lane, size_t step)
{
    const size_t n_point = block->n_step + 1, n_row = block->volatility.n_row;
    const size_t at = (n_point * lane + step) * block->n_asset;
    const uint64_t interval_ms = block->run->market.funding_interval_ms;
    rip_market_point point = {.price_usd = block->path_price + at,
                              .funding = block->funding != NULL
                                             ? block->path_funding + at
                                             : block->no_funding,
                              .years = (double)step * rip_run_step_years(block->run),
                              .time_ms = step * block->run->spec.step_ms,
                              .step = (uint32_t)step};
    if (block->funding != NULL) {
        point.n_payment = point.time_ms / interval_ms;
    }
    if (block->path_funding_coin != NULL) {
        point.funding_coin = block->path_funding_coin + at;
    }
    if (block->path_volatility != NULL) {
        point.volatility = block->path_volatility + (n_point * lane + step) * n_row;
    }
    return point;
}

/* First step from `step` on (0-based) that is not proved quiet; n_step if none. */
static size_t
next_suspect(const rip_screen_group *group, const rip_block *block, size_t lane,
             size_t step)
{
    while (step < block->n_step) {
        const size_t chunk = step / RIP_BLOCK_CHUNK;
        const size_t end = (chunk + 1) * RIP_BLOCK_CHUNK;
        if (rip_screen_chunk_is_quiet(group, block, chunk, lane)) {
            step = end;
            continue;
        }
        for (; step < end && step < block->n_step; step++) {
            if (group->unknown || !rip_screen_step_is_quiet(group, block, step, lane)) {
                return step;
            }
        }
    }
    return block->n_step;
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
    outcome->deficit_usd = state->deficit_usd;
    outcome->liquidation_step = state->liquidation_step;
    outcome->wipeout_step = state->wipeout_step;
    outcome->terminal_wipeout = rip_account_state_net_worth(state, end) <= floor_usd;
    outcome->fully_liquidated = is_fully_liquidated(state);
}

void
rip_trial_run(rip_trial *self, size_t account, rip_mode mode,
              const rip_screen_group *group, const rip_block *block, size_t lane,
              const rip_forced_close *forced, rip_outcome *outcome)
{
    const rip_run *run = self->run;
    listener listening = {.forced = forced};
    const rip_event_sink sink = {.on_event = on_event, .context = &listening};
    const rip_step_rules rules = {.wipeout_threshold = run->spec.wipeout_threshold,
                                  .step_years = rip_run_step_years(run),
                                  .sink = &sink};
    const rip_market_point end = rip_trial_point(block, lane, block->n_step);
    rip_account_state *state = &self->state;
    size_t step = 0;

    rip_account_state_reset(state, &run->book, account, &run->market, &run->venues,
                            rip_margin_models_find(mode));
    while (state->n_open > 0) {
        rip_market_point point;
        if (self->screen) {
            step = next_suspect(group, block, lane, step);
        }
        if (step >= block->n_step) {
            break;
        }
        point = rip_trial_point(block, lane, step + 1);
        listening.touched = false;
#ifdef RIP_CHECKS
        rip_ledger_open_step(&listening.ledger, state, &point);
#endif
        rip_margin_step(state, &point, &rules, self->bucket);
#ifdef RIP_CHECKS
        rip_ledger_close_step(&listening.ledger, state, &point);
#endif
        if (self->screen && listening.touched && state->n_open > 0) {
            rip_screen_compile(&self->group, state, &rules, &self->workspace);
            group = &self->group;
        }
        step++;
    }
    settle(state, &end, rules.wipeout_threshold * state->initial_usd, outcome);
#ifdef RIP_CHECKS
    self->balances &=
        rip_ledger_balances(&listening.ledger, state, &end, outcome->loss_usd);
#endif
}
