#include "riptide/engine/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "riptide/margin/models.h"

static bool
groups_are_equal(const rip_screen_group *a, const rip_screen_group *b)
{
    return a->unknown == b->unknown && a->n_form == b->n_form &&
           a->n_term == b->n_term &&
           memcmp(a->form, b->form, a->n_form * sizeof(*a->form)) == 0 &&
           memcmp(a->term, b->term, a->n_term * sizeof(*a->term)) == 0;
}

static rip_status
keep_group(rip_screen_account *self, const rip_screen_group *group, size_t mode)
{
    rip_status status = RIP_OK;
    rip_screen_group *to = &self->group[self->n_group];
    for (size_t g = 0; g < self->n_group; g++) {
        if (groups_are_equal(&self->group[g], group)) {
            self->of_mode[mode] = g;
            return RIP_OK;
        }
    }
    RIP_TRY(rip_screen_group_init(to, group->n_form, group->n_term));
    self->of_mode[mode] = self->n_group++;
    to->unknown = group->unknown;
    to->n_form = group->n_form;
    to->n_term = group->n_term;
    memcpy(to->form, group->form, group->n_form * sizeof(*group->form));
    memcpy(to->term, group->term, group->n_term * sizeof(*group->term));
out:
    return status;
}

rip_status
rip_screen_plan_init(rip_screen_plan *self, const rip_run *run)
{
    rip_status status = RIP_OK;
    const rip_step_rules rules = {.wipeout_threshold = run->spec.wipeout_threshold,
                                  .step_years = rip_run_step_years(run)};
    rip_trial trial = {0};
    *self = (rip_screen_plan){.n_account = run->book.n_account};
    self->account = calloc(self->n_account, sizeof(*self->account));
    if (self->account == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_trial_init(&trial, run, true));
    for (size_t i = 0; i < self->n_account; i++) {
        for (size_t m = 0; m < run->spec.n_mode; m++) {
            rip_account_state_reset(&trial.state, &run->book, i, &run->market,
                                    &run->venues,
                                    rip_margin_models_find(run->spec.mode[m]));
            rip_screen_compile(&trial.group, &trial.state, &rules, &trial.workspace);
            RIP_TRY(keep_group(&self->account[i], &trial.group, m));
        }
    }
out:
    rip_trial_free(&trial);
    return status;
}

void
rip_screen_plan_free(rip_screen_plan *self)
{
    for (size_t i = 0; self->account != NULL && i < self->n_account; i++) {
        for (size_t g = 0; g < self->account[i].n_group; g++) {
            rip_screen_group_free(&self->account[i].group[g]);
        }
    }
    free(self->account);
    *self = (rip_screen_plan){0};
}

rip_status
rip_evaluator_init(rip_evaluator *self, const rip_run *run, const rip_screen_plan *plan,
                   const bool *excluded, bool screen)
{
    rip_status status = RIP_OK;
    *self = (rip_evaluator){
        .run = run, .plan = plan, .excluded = excluded, .screen = screen};
    self->holding = calloc(rip_trial_max_positions(run), sizeof(*self->holding));
    if (self->holding == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_trial_init(&self->trial, run, screen));
out:
    return status;
}

void
rip_evaluator_free(rip_evaluator *self)
{
    free(self->holding);
    rip_trial_free(&self->trial);
    self->holding = NULL;
}

/*
 * No form bounds an account of other than linear positions (margin/form.h), nor one
 * that holds coins: all its lanes have outcomes of their own, and what is held counts
 * nothing.
 */
static void
hold_nothing(rip_evaluation *result)
{
    memset(result->market_usd, 0, sizeof(result->market_usd));
    memset(result->funding_usd, 0, sizeof(result->funding_usd));
    memset(result->loss_usd, 0, sizeof(result->loss_usd));
}

static void
hold_to_horizon(rip_evaluator *self, const rip_block *block, size_t index)
{
    const rip_account *account = &self->run->book.account[index];
    const rip_position *position = self->run->book.position + account->first_position;
    const size_t last = block->n_step - 1;
    rip_evaluation *result = &self->result;
    if (!rip_book_is_linear(&self->run->book, index)) {
        hold_nothing(result);
        return;
    }
    for (size_t k = 0; k < account->n_position; k++) {
        const size_t asset = position[k].asset;
        const bool pays =
            block->funding != NULL && position[k].kind == RIP_KIND_LINEAR_PERP;
        self->holding[k] = (rip_kernel_holding){
            .quantity = position[k].quantity,
            .start_usd = self->run->market.asset[asset].price_usd,
            .price = rip_block_price(block, last, asset),
            .funding =
                pays ? block->funding + (last * block->n_asset + asset) * RIP_LANES
                     : NULL};
    }
    rip_kernel_best()->hold(account->n_position, self->holding, result->market_usd,
                            result->funding_usd);
    for (size_t i = 0; i < RIP_LANES; i++) {
        result->loss_usd[i] = result->market_usd[i] + result->funding_usd[i];
    }
}

/* Lanes that count: weight 0 marks those past the last path. */
static uint64_t
lanes_in_use(const rip_block *block)
{
    uint64_t lanes = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        lanes |= (uint64_t)(block->panel.weight[i] > 0.0) << i;
    }
    return lanes;
}

/* One mode's trials on the lanes of an event mask. */
typedef struct forced_of_mode {
    const rip_forced_sink *sink;
    size_t mode, lane;
} forced_of_mode;

static void
pass_on(void *context, uint32_t step, uint32_t asset, double notional_usd)
{
    const forced_of_mode *self = context;
    self->sink->add(self->sink->context, self->mode, self->lane, step, asset,
                    notional_usd);
}

static void
run_events(rip_evaluator *self, rip_block *block, size_t account, size_t mode,
           const rip_forced_sink *sink)
{
    const rip_screen_account *screens = &self->plan->account[account];
    const rip_screen_group *group = &screens->group[screens->of_mode[mode]];
    forced_of_mode context = {.sink = sink, .mode = mode};
    const rip_forced_close forced = {.add = pass_on, .context = &context};
    for (uint64_t rest = self->result.event[mode]; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        context.lane = lane;
        rip_block_lane(block, lane);
        rip_trial_run(&self->trial, account, self->run->spec.mode[mode], group, block,
                      lane, sink != NULL ? &forced : NULL,
                      &self->result.outcome[mode][lane]);
    }
}

void
rip_evaluator_run(rip_evaluator *self, rip_block *block, size_t account,
                  const rip_forced_sink *sink)
{
    const rip_screen_account *screens = &self->plan->account[account];
    const uint64_t lanes = lanes_in_use(block);
    uint64_t failing[RIP_N_MODE] = {0};
    hold_to_horizon(self, block, account);
    for (size_t g = 0; g < screens->n_group; g++) {
        failing[g] =
            self->screen ? rip_screen_lanes(&screens->group[g], block) : UINT64_MAX;
    }
    for (size_t m = 0; m < self->run->spec.n_mode; m++) {
        const bool excluded = self->excluded[account * self->run->spec.n_mode + m];
        self->result.event[m] = excluded ? 0 : failing[screens->of_mode[m]] & lanes;
        run_events(self, block, account, m, sink);
    }
}
