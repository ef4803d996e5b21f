#include "engine_plain.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "riptide/margin/models.h"
#include "riptide/margin/position.h"
#include "riptide/margin/step.h"
#include "riptide/market/models.h"
#include "riptide/market/prices.h"

/* What the rules say while one account is stepped. */
typedef struct listener {
    plain *self;
    size_t mode, path;
    double weight;
} listener;

static void
hear(void *context, const rip_account_state *state, const rip_event *event)
{
    const listener *to = context;
    const plain *self = to->self;
    if (event->kind == RIP_EVENT_CLOSE) {
        const size_t time =
            (to->mode * self->n_path + to->path) * (self->n_step + 1) + event->step;
        self->forced[time * self->n_asset + state->position[event->position].asset] +=
            to->weight * event->notional_usd;
    }
}

static bool
all_were_forced(const rip_account_state *state)
{
    size_t n = 0, n_forced = 0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_margined(state, k)) {
            n++;
            n_forced += state->held[k].status == RIP_POSITION_LIQUIDATED;
        }
    }
    return n > 0 && n == n_forced;
}

static rip_market_point
point_of(const plain *self, const double *funding, size_t path, size_t step)
{
    const size_t at = (path * (self->n_step + 1) + step) * self->n_asset;
    return (rip_market_point){.price_usd = self->price + at,
                              .funding = funding + at,
                              .years = (double)step * rip_run_step_years(self->run),
                              .step = (uint32_t)step};
}

static void
step_account(plain *self, const double *funding, rip_account_state *state, listener *to,
             size_t account)
{
    const rip_run *run = self->run;
    const rip_event_sink sink = {.on_event = hear, .context = to};
    const rip_step_rules rules = {.wipeout_threshold = run->spec.wipeout_threshold,
                                  .step_years = rip_run_step_years(run),
                                  .sink = &sink};
    rip_margin_bucket bucket[64];
    plain_outcome *out =
        &self->outcome[(to->mode * self->n_account + account) * self->n_path +
                       to->path];
    rip_market_point point;
    rip_account_state_reset(state, &run->book, account, &run->market, &run->venues,
                            rip_margin_models_find(run->spec.mode[to->mode]));
    for (size_t t = 1; t <= self->n_step; t++) {
        point = point_of(self, funding, to->path, t);
        rip_margin_step(state, &point, &rules, bucket);
    }
    out->loss_usd = rip_account_state_loss(state, &point, out->cause_usd);
    out->deficit_usd = state->deficit_usd;
    out->liquidation_step = state->liquidation_step;
    out->wipeout_step = state->wipeout_step;
    out->terminal_wipeout = rip_account_state_net_worth(state, &point) <=
                            run->spec.wipeout_threshold * state->initial_usd;
    out->fully_liquidated = all_were_forced(state);
}

/* Prices and funding of all paths, path by path. */
static double *
draw(plain *self)
{
    const rip_run *run = self->run;
    const rip_shock_model *model =
        rip_market_models_find(run->shock.kind, run->shock.draws);
    const size_t n = self->n_asset, n_row = self->n_step * n;
    double *funding =
        support_room(self->n_path * (self->n_step + 1) * n, sizeof(*funding));
    double *index = support_room(n_row * RIP_LANES, sizeof(*index));
    rip_panel panel;
    void *plan, *scratch;
    assert_int_equal(model->plan(&plan, &run->shock, &run->market, self->n_step,
                                 rip_run_step_years(run)),
                     RIP_OK);
    assert_int_equal(rip_panel_init(&panel, self->n_step, n), RIP_OK);
    scratch = support_room(model->scratch_size(plan) + 64, 1);
    for (size_t p = 0; p < self->n_path; p++) {
        const size_t lane = p % RIP_LANES, at = p * (n_row + n);
        if (lane == 0) {
            panel.first_path = p;
            model->fill(plan, &panel, scratch);
            if (!model->gives_prices) {
                rip_prices_form(&run->market, &panel);
            }
            if (rip_prices_has_funding(&run->market)) {
                rip_prices_funding(&run->market, run->spec.step_ms, &panel, index);
            }
        }
        for (size_t a = 0; a < n; a++) {
            self->price[at + a] = run->market.asset[a].price_usd;
        }
        for (size_t k = 0; k < n_row; k++) {
            self->price[at + n + k] = panel.value[k * RIP_LANES + lane];
            funding[at + n + k] = index[k * RIP_LANES + lane];
        }
    }
    model->free(plan);
    rip_panel_free(&panel);
    free(scratch);
    free(index);
    return funding;
}

void
plain_run(plain *self, const rip_run *run)
{
    rip_position_state held[64];
    rip_account_state state = {.held = held};
    double *funding;
    *self = (plain){.run = run,
                    .n_mode = run->spec.n_mode,
                    .n_account = run->book.n_account,
                    .n_path = (size_t)run->spec.paths,
                    .n_step = rip_run_steps(run),
                    .n_asset = run->market.n_asset};
    self->outcome = support_room(self->n_mode * self->n_account * self->n_path,
                                 sizeof(*self->outcome));
    self->forced =
        support_room(self->n_mode * self->n_path * (self->n_step + 1) * self->n_asset,
                     sizeof(*self->forced));
    self->price = support_room(self->n_path * (self->n_step + 1) * self->n_asset,
                               sizeof(*self->price));
    funding = draw(self);
    for (size_t m = 0; m < self->n_mode; m++) {
        for (size_t p = 0; p < self->n_path; p++) {
            for (size_t i = 0; i < self->n_account; i++) {
                listener to = {.self = self,
                               .mode = m,
                               .path = p,
                               .weight = run->book.account[i].weight};
                step_account(self, funding, &state, &to, i);
            }
        }
    }
    free(funding);
}

void
plain_free(plain *self)
{
    free(self->outcome);
    free(self->forced);
    free(self->price);
    *self = (plain){0};
}

const plain_outcome *
plain_at(const plain *self, size_t mode, size_t account, size_t path)
{
    return &self->outcome[(mode * self->n_account + account) * self->n_path + path];
}

rip_engine *
plain_engine(rip_estimates *estimates, const rip_run *run, int n_thread)
{
    const rip_engine_options options = {.n_thread = n_thread, .screen = true};
    rip_engine *engine;
    assert_int_equal(rip_engine_begin(&engine, run, &options), RIP_OK);
    for (uint64_t b = 0; b < rip_engine_blocks(run);) {
        const uint64_t left = rip_engine_blocks(run) - b;
        const uint64_t most = rip_engine_max_blocks(engine);
        const uint64_t n = left < most ? left : most;
        assert_int_equal(rip_engine_advance(engine, b, n), RIP_OK);
        b += n;
    }
    if (estimates != NULL) {
        assert_int_equal(rip_estimates_init(estimates, run, rip_engine_sums(engine)),
                         RIP_OK);
    }
    return engine;
}

const void *
plain_dataset(const rip_estimates *estimates, const char *name)
{
    const size_t at = rip_output_find("", name);
    assert_true(at < rip_output_count());
    return estimates->data[at];
}
