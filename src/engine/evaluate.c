#include "riptide/engine/evaluate.h"

#include <stddef.h>
#include <stdlib.h>

#include "riptide/margin/models.h"

/* Whether a kernel knows the rules that the account meets. */
static bool
is_plain(const rip_account_state *state)
{
    if (!state->is_plain) {
        return false;
    }
    switch (state->model->mode) {
    case RIP_MODE_ISOLATED:
        return rip_isolated_is_plain(state);
    case RIP_MODE_CROSS:
    case RIP_MODE_PORTFOLIO:
        return rip_pool_is_plain(state);
    case RIP_MODE_MIXED:
    case RIP_N_MODE:
        break;
    }
    return false;
}

static rip_status
plan_mode(rip_plan *self, rip_trial *trial, size_t account, size_t m)
{
    const rip_run *run = trial->run;
    const rip_step_rules rules = {.wipeout_threshold = run->spec.wipeout_threshold,
                                  .step_years = rip_run_step_years(run)};
    rip_plan_mode *mode = &self->mode[account * self->n_mode + m];
    const size_t first = m > 0 ? mode[-(ptrdiff_t)m].group.first : self->store.n_form;
    rip_status status = RIP_OK;
    RIP_TRY(rip_screen_store_reserve(&self->store, &trial->workspace));
    rip_trial_reset(trial, account, m);
    mode->group = rip_screen_compile(&self->store, first, &trial->state, &rules,
                                     &trial->workspace);
    mode->plain = !mode->group.unknown && is_plain(&trial->state);
    self->most_forms = self->store.n_form - first > self->most_forms
                           ? self->store.n_form - first
                           : self->most_forms;
out:
    return status;
}

rip_status
rip_plan_init(rip_plan *self, const rip_run *run, const bool *excluded)
{
    rip_status status = RIP_OK;
    rip_trial trial = {0};
    *self = (rip_plan){.n_account = run->book.n_account, .n_mode = run->spec.n_mode};
    self->mode = calloc(self->n_account * self->n_mode, sizeof(*self->mode));
    self->initial_usd = calloc(self->n_account, sizeof(*self->initial_usd));
    self->is_linear = calloc(self->n_account, sizeof(*self->is_linear));
    if (self->mode == NULL || self->initial_usd == NULL || self->is_linear == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_trial_init(&trial, run, true));
    for (size_t i = 0; i < self->n_account; i++) {
        self->initial_usd[i] = rip_book_net_worth(&run->book, i, run->market.asset);
        self->is_linear[i] = rip_book_is_linear(&run->book, i);
    }
    for (size_t at = 0; at < self->n_account * self->n_mode; at++) {
        RIP_TRY(plan_mode(self, &trial, at / self->n_mode, at % self->n_mode));
        self->mode[at].excluded = excluded[at];
    }
    rip_screen_store_trim(&self->store);
out:
    rip_trial_free(&trial);
    return status;
}

void
rip_plan_free(rip_plan *self)
{
    rip_screen_store_free(&self->store);
    free(self->mode);
    free(self->initial_usd);
    free(self->is_linear);
    *self = (rip_plan){0};
}

rip_status
rip_evaluator_init(rip_evaluator *self, const rip_run *run, const rip_plan *plan,
                   bool screen)
{
    rip_status status = RIP_OK;
    *self = (rip_evaluator){.run = run, .plan = plan, .screen = screen};
    self->fails = calloc(plan->most_forms + 1, sizeof(*self->fails));
    self->failing = calloc(plan->most_forms + 1, sizeof(*self->failing));
    if (self->fails == NULL || self->failing == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_isolated_init(&self->isolated, rip_trial_max_positions(run)));
    RIP_TRY(rip_trial_init(&self->trial, run, screen));
out:
    return status;
}

void
rip_evaluator_free(rip_evaluator *self)
{
    free(self->fails);
    free(self->failing);
    rip_isolated_free(&self->isolated);
    rip_trial_free(&self->trial);
    self->fails = NULL;
    self->failing = NULL;
}
