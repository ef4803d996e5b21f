/*
 * engine/evaluate.h. Compiled once per SIMD level (src/meson.build).
 */
#include <math.h>
#include <string.h>

#include "riptide/engine/evaluate.h"
#include "riptide/engine/hold.h"
#include "rows.h"

enum { PART = RIP_VISIT_POSITIONS };

/* Positions first .. first + n - 1 of an account, as held to the horizon. */
static void
fill_holding(const rip_position *position, size_t n, const rip_block *block,
             rows_holding *holding)
{
    const size_t last = (block->n_step - 1) * block->n_asset;
    for (size_t k = 0; k < n; k++) {
        const size_t asset = position[k].asset;
        const bool pays =
            block->funding != NULL && position[k].kind == RIP_KIND_LINEAR_PERP;
        holding[k] = (rows_holding){
            .quantity = position[k].quantity,
            .change = block->change + asset * RIP_LANES,
            .funding = pays ? block->funding + (last + asset) * RIP_LANES : NULL};
    }
}

static void
hold_to_horizon(rip_held *held, const rip_position *position, size_t n,
                const rip_block *block)
{
    rows_holding holding[PART];
    held->funded = block->funding != NULL;
    for (size_t first = 0; first == 0 || first < n; first += PART) {
        const size_t many = n - first < PART ? n - first : PART;
        fill_holding(position + first, many, block, holding);
        rows_market(many, holding, first > 0, held->loss_usd);
        if (held->funded) {
            rows_funding(many, holding, first > 0, held->funding_usd);
        }
    }
    if (held->funded) {
        rows_add(held->loss_usd, held->funding_usd);
    }
}

static void
run_trials(rip_evaluator *self, const rip_visit *visit, uint64_t lanes,
           rip_outcomes *outcomes)
{
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        rip_outcome outcome;
        if (rip_trial_run(&self->trial, visit, lane, &outcome)) {
            rip_outcomes_enter(outcomes, visit->held, lane, &outcome);
        }
    }
}

/*
 * Isolated positions are searched one by one, so what is about none of them (a price
 * beyond what the forms know) goes to the scalar rules.
 */
static void
run_isolated(rip_evaluator *self, rip_visit *visit, rip_outcomes *outcomes)
{
    uint64_t others = 0;
    for (size_t i = 0; i < visit->group->n_form; i++) {
        const rip_screen_form *form = rip_visit_form(visit, i);
        others |= form->position == RIP_SCREEN_ACCOUNT && !form->wipeout
                      ? visit->fails[i]
                      : 0;
    }
    others &= visit->lanes;
    visit->lanes &= ~others;
    RIP_SIMD_NAME(rip_isolated_run)(&self->isolated, visit, outcomes);
    run_trials(self, visit, others, outcomes);
}

static void
run_mode(rip_evaluator *self, rip_visit *visit, rip_outcomes *outcomes)
{
    const rip_plan_mode *mode =
        &self->plan->mode[visit->number * self->plan->n_mode + visit->mode];
    if (mode->excluded) {
        return;
    }
    if (!self->screen || mode->group.unknown) {
        run_trials(self, visit, visit->lanes, outcomes);
        return;
    }
    if (!mode->plain) {
        run_trials(self, visit, rip_visit_suspects(visit) & visit->lanes, outcomes);
    } else if (self->run->spec.mode[visit->mode] == RIP_MODE_ISOLATED) {
        run_isolated(self, visit, outcomes);
    } else {
        RIP_SIMD_NAME(rip_pool_run)(&self->trial, visit, self->failing, outcomes);
    }
}

/* Lanes that the forms of the account, of all modes, do not clear. */
static void
screen_account(rip_evaluator *self, const rip_block *block, size_t account)
{
    const rip_plan_mode *mode = &self->plan->mode[account * self->plan->n_mode];
    const size_t first = mode[0].group.first;
    size_t end = first;
    float cap = INFINITY;
    for (size_t m = 0; m < self->plan->n_mode; m++) {
        if (!mode[m].group.unknown) {
            end = mode[m].group.first + mode[m].group.n_form;
            cap = mode[m].group.cap < cap ? mode[m].group.cap : cap;
        }
    }
    RIP_SIMD_NAME(rip_screen_lanes)
    (&self->plan->store, first, end - first, cap, block, self->fails);
}

void
RIP_SIMD_NAME(rip_evaluator_run)(rip_evaluator *self, const rip_block *block,
                                 size_t account, rip_forced *forced)
{
    const rip_run *run = self->run;
    const double initial_usd = self->plan->initial_usd[account];
    const rip_plan_mode *mode = &self->plan->mode[account * self->plan->n_mode];
    const rip_account *owner = &run->book.account[account];
    const rip_position *position = run->book.position + owner->first_position;
    if (self->plan->is_linear[account]) {
        hold_to_horizon(&self->result.held, position, owner->n_position, block);
    } else {
        RIP_SIMD_NAME(rip_hold_nonlinear)
        (block, account, initial_usd, &self->result.held);
    }
    if (self->screen) {
        screen_account(self, block, account);
    }
    rip_stopwatch_lap(block->panel.watch, RIP_STAGE_SCREEN);
    for (size_t m = 0; m < run->spec.n_mode; m++) {
        rip_visit visit = {.run = run,
                           .block = block,
                           .account = owner,
                           .position = position,
                           .venue = rip_venue_of_mode(&run->venues, run->spec.mode[m]),
                           .number = account,
                           .mode = m,
                           .lanes = block->lanes,
                           .initial_usd = initial_usd,
                           .floor_usd = run->spec.wipeout_threshold * initial_usd,
                           .store = &self->plan->store,
                           .group = &mode[m].group,
                           .fails = self->fails +
                                    (mode[m].group.first - mode[0].group.first),
                           .held = &self->result.held,
                           .forced = forced};
        rip_outcomes_clear(&self->result.mode[m]);
        run_mode(self, &visit, &self->result.mode[m]);
    }
    rip_stopwatch_lap(block->panel.watch, RIP_STAGE_EVENTS);
}
