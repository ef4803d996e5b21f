#include "riptide/engine/engine.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/engine/block.h"
#include "riptide/engine/evaluate.h"
#include "riptide/engine/pilot.h"
#include "riptide/engine/record.h"
#include "riptide/engine/sums.h"
#include "riptide/engine/tally.h"
#include "riptide/margin/models.h"
#include "riptide/market/models.h"

#define N_LOCK     64                 /* accounts share locks by number modulo this */
#define WAVE_BYTES ((size_t)64 << 20) /* per-path figures kept between two writes */
#define MAX_BLOCKS ((uint64_t)1 << 20)

/* What one thread owns. */
typedef struct worker {
    rip_block block;
    rip_evaluator evaluator;
    rip_tally tally;
} worker;

struct rip_engine {
    const rip_run *run;
    rip_engine_options options;
    const rip_shock_model *model;
    void *plan; /* of the shock model */
    rip_screen_plan screens;
    rip_sums sums;
    rip_wave wave;
    bool keeps;           /* any per-path figures */
    uint64_t wave_blocks; /* capacity of wave */
    size_t n_worker;
    worker *worker; /* [n_worker] */
    size_t n_lock;  /* initialised ones */
    omp_lock_t account_lock[N_LOCK];
    omp_lock_t population_lock;
};

uint64_t
rip_engine_blocks(const rip_run *run)
{
    return (run->spec.paths + RIP_LANES - 1) / RIP_LANES;
}

/* Accounts that start in breach and are left out (DEF-5). */
static rip_status
find_excluded(const rip_run *run, bool *excluded)
{
    rip_status status = RIP_OK;
    const bool exclude = run->spec.initial_breach == RIP_INITIAL_BREACH_EXCLUDE;
    rip_trial trial = {0};
    double *price = calloc(2 * run->market.n_asset, sizeof(*price));
    const rip_market_point start = {.price_usd = price,
                                    .funding = price + run->market.n_asset};
    if (price == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t a = 0; a < run->market.n_asset; a++) {
        price[a] = run->market.asset[a].price_usd;
    }
    RIP_TRY(rip_trial_init(&trial, run, false));
    for (size_t i = 0; exclude && i < run->book.n_account; i++) {
        for (size_t m = 0; m < run->spec.n_mode; m++) {
            rip_account_state_reset(&trial.state, &run->book, i, &run->market,
                                    &run->venues,
                                    rip_margin_models_find(run->spec.mode[m]));
            excluded[i * run->spec.n_mode + m] =
                rip_margin_starts_in_breach(&trial.state, &start, trial.bucket);
        }
    }
out:
    rip_trial_free(&trial);
    free(price);
    return status;
}

static rip_status
begin_sums(rip_engine *self)
{
    rip_status status = RIP_OK;
    const rip_run *run = self->run;
    bool *excluded = calloc(run->book.n_account * run->spec.n_mode, sizeof(*excluded));
    if (excluded == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(find_excluded(run, excluded));
    RIP_TRY(rip_sums_init(&self->sums, run, excluded));
out:
    free(excluded);
    return status;
}

static rip_status
begin_workers(rip_engine *self)
{
    rip_status status = RIP_OK;
    self->n_worker = (size_t)(self->options.n_thread > 0 ? self->options.n_thread : 1);
    self->worker = calloc(self->n_worker, sizeof(*self->worker));
    if (self->worker == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->n_worker; i++) {
        worker *w = &self->worker[i];
        RIP_TRY(rip_block_init(&w->block, self->run, self->model, self->plan));
        RIP_TRY(rip_evaluator_init(&w->evaluator, self->run, &self->screens,
                                   self->sums.excluded, self->options.screen));
        RIP_TRY(rip_tally_init(&w->tally, &self->sums));
    }
    for (; self->n_lock < N_LOCK; self->n_lock++) {
        omp_init_lock(&self->account_lock[self->n_lock]);
    }
    omp_init_lock(&self->population_lock);
out:
    return status;
}

static rip_status
begin_system(rip_engine *self, size_t n)
{
    rip_wave *wave = &self->wave;
    const size_t n_mode = self->run->spec.n_mode, n_asset = self->run->market.n_asset;
    wave->wiped_accounts = calloc(n_mode * n, sizeof(*wave->wiped_accounts));
    wave->total_loss = calloc(n_mode * n, sizeof(*wave->total_loss));
    wave->fund_draw = calloc(n_mode * n, sizeof(*wave->fund_draw));
    wave->liquidated_notional =
        calloc(n_mode * n * n_asset, sizeof(*wave->liquidated_notional));
    wave->market_return = calloc(n, sizeof(*wave->market_return));
    wave->market_drawdown = calloc(n, sizeof(*wave->market_drawdown));
    wave->asset_return = calloc(n * n_asset, sizeof(*wave->asset_return));
    if (wave->wiped_accounts == NULL || wave->total_loss == NULL ||
        wave->fund_draw == NULL || wave->liquidated_notional == NULL ||
        wave->market_return == NULL || wave->market_drawdown == NULL ||
        wave->asset_return == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

/* Room for the per-path figures of as many blocks as fit in WAVE_BYTES. */
static rip_status
begin_wave(rip_engine *self)
{
    rip_status status = RIP_OK;
    const rip_run *run = self->run;
    const rip_outputs_spec *outputs = &run->outputs;
    const size_t n_mode = run->spec.n_mode, n_asset = run->market.n_asset;
    const size_t n_point = (rip_run_steps(run) + 1) * n_asset;
    const size_t per_path =
        (outputs->losses ? n_mode * run->book.n_account * sizeof(float) : 0) +
        (outputs->system ? (n_mode + 1) * (24 + n_asset * sizeof(float)) : 0) +
        (outputs->keep_paths > 0 ? n_point * sizeof(double) : 0);
    const uint64_t all = rip_engine_blocks(run);
    size_t n = 0;
    self->keeps = per_path > 0;
    if (!self->keeps) {
        self->wave_blocks = MAX_BLOCKS;
        return RIP_OK;
    }
    self->wave_blocks = WAVE_BYTES / (per_path * RIP_LANES);
    self->wave_blocks = self->wave_blocks < 1 ? 1 : self->wave_blocks;
    self->wave_blocks = self->wave_blocks < all ? self->wave_blocks : all;
    n = (size_t)self->wave_blocks * RIP_LANES;
    self->wave.stride = n;
    if (outputs->losses) {
        self->wave.loss =
            calloc(n_mode * run->book.n_account * n, sizeof(*self->wave.loss));
    }
    if (outputs->keep_paths > 0) {
        self->wave.price = calloc(n * n_point, sizeof(*self->wave.price));
    }
    if ((outputs->losses && self->wave.loss == NULL) ||
        (outputs->keep_paths > 0 && self->wave.price == NULL)) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (outputs->system) {
        RIP_TRY(begin_system(self, n));
    }
out:
    return status;
}

static void
keep_losses(rip_engine *self, const worker *w, size_t account)
{
    rip_wave *wave = &self->wave;
    const size_t first = (size_t)(w->block.first_path - wave->first_path);
    double loss[RIP_LANES];
    for (size_t m = 0; m < self->sums.n_mode; m++) {
        float *to =
            wave->loss + (m * self->sums.n_account + account) * wave->stride + first;
        rip_record_losses(&w->evaluator.result, m, loss);
        for (size_t i = 0; i < RIP_LANES; i++) {
            to[i] = (float)loss[i];
        }
    }
}

static void
keep_prices(rip_engine *self, worker *w)
{
    const uint64_t last = self->run->outputs.keep_paths;
    const size_t n_point = (w->block.n_step + 1) * w->block.n_asset;
    for (size_t i = 0; i < RIP_LANES && w->block.first_path + i < last; i++) {
        const size_t at = (size_t)(w->block.first_path + i - self->wave.first_path);
        rip_block_lane(&w->block, i);
        memcpy(self->wave.price + at * n_point, w->block.path_price + i * n_point,
               n_point * sizeof(*self->wave.price));
    }
}

typedef struct forced_context {
    rip_tally *tally;
    double weight;
} forced_context;

static void
add_forced(void *context, size_t mode, size_t lane, uint32_t step, uint32_t asset,
           double notional_usd)
{
    const forced_context *self = context;
    rip_tally_forced(self->tally, mode, lane, step, asset, notional_usd * self->weight);
}

/* Draws a block and evaluates every account on it; visit gets each evaluation. */
typedef bool visitor(void *context, worker *w, size_t account);

static bool
run_block(const rip_engine *self, worker *w, uint64_t block, visitor *visit,
          void *context)
{
    bool fits = true;
    forced_context forced = {.tally = &w->tally};
    const rip_forced_sink sink = {.add = add_forced, .context = &forced};
    rip_block_draw(&w->block, block);
    rip_tally_clear(&w->tally);
    for (size_t i = 0; i < self->sums.n_account; i++) {
        forced.weight = self->run->book.account[i].weight;
        rip_evaluator_run(&w->evaluator, &w->block, i, &sink);
        rip_tally_account(&w->tally, self->run, &self->sums, i, &w->block,
                          &w->evaluator.result);
        fits &= visit(context, w, i);
    }
    return fits;
}

static bool
visit_record(void *context, worker *w, size_t account)
{
    rip_engine *self = context;
    bool fits;
    omp_set_lock(&self->account_lock[account % N_LOCK]);
    fits = rip_record_account(&self->sums, &self->run->outputs, account, &w->block,
                              &w->evaluator.result);
    omp_unset_lock(&self->account_lock[account % N_LOCK]);
    if (self->wave.loss != NULL) {
        keep_losses(self, w, account);
    }
    return fits;
}

static bool
advance_block(rip_engine *self, worker *w, uint64_t block)
{
    bool fits = run_block(self, w, block, visit_record, self);
    omp_set_lock(&self->population_lock);
    fits &= rip_tally_flush(&w->tally, &w->block, &self->sums);
    omp_unset_lock(&self->population_lock);
    if (self->run->outputs.system) {
        rip_tally_keep(&w->tally, &w->block, &self->sums,
                       self->run->venues.distinct[0].fund.size_usd, &self->wave);
    }
    if (self->wave.price != NULL) {
        keep_prices(self, w);
    }
    return fits;
}

static bool
visit_pilot(void *context, worker *w, size_t account)
{
    rip_pilot_keep(context, account, &w->block, &w->evaluator.result);
    return true;
}

static bool
pilot_block(rip_engine *self, rip_pilot *pilot, worker *w, uint64_t block)
{
    const bool fits = run_block(self, w, block, visit_pilot, pilot);
    rip_pilot_keep_total(pilot, &w->block, &w->tally, &self->sums);
    return fits;
}

/* What a pass over blocks comes to. */
static rip_status
outcome_of(const rip_engine *self, bool fits)
{
    for (size_t i = 0; i < self->n_worker; i++) {
        if (!self->worker[i].evaluator.trial.balances) {
            return RIP_RAISE(RIP_ERR_INTERNAL);
        }
    }
    return fits ? RIP_OK : RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
}

static rip_status
run_pilot(rip_engine *self)
{
    rip_status status = RIP_OK;
    rip_pilot pilot = {0};
    bool fits = true;
    if (self->sums.n_level == 0) {
        return RIP_OK;
    }
    RIP_TRY(rip_pilot_init(&pilot, self->run));
#pragma omp parallel for schedule(dynamic, 1) num_threads(self->options.n_thread)      \
    reduction(&& : fits)
    for (uint64_t b = 0; b < (pilot.n_path + RIP_LANES - 1) / RIP_LANES; b++) {
        fits =
            pilot_block(self, &pilot, &self->worker[omp_get_thread_num()], b) && fits;
    }
    rip_pilot_place(&pilot, self->run, &self->sums);
    status = outcome_of(self, fits);
out:
    rip_pilot_free(&pilot);
    return status;
}

rip_status
rip_engine_begin(rip_engine **self, const rip_run *run,
                 const rip_engine_options *options)
{
    rip_status status = RIP_OK;
    rip_engine *engine = calloc(1, sizeof(*engine));
    *self = engine;
    if (engine == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    engine->run = run;
    engine->options = *options;
    engine->options.n_thread = options->n_thread > 0 ? options->n_thread : 1;
    engine->model = rip_market_models_find(run->shock.kind, run->shock.draws);
    /* Counts have 32 bits, and so has the path in an address (random/stream.h). */
    if (run->spec.paths == 0 || run->spec.paths > UINT32_MAX) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    RIP_TRY(engine->model->plan(&engine->plan, &run->shock, &run->market,
                                rip_run_steps(run), rip_run_step_years(run)));
    RIP_TRY(rip_screen_plan_init(&engine->screens, run));
    RIP_TRY(begin_sums(engine));
    RIP_TRY(begin_workers(engine));
    RIP_TRY(begin_wave(engine));
    RIP_TRY(run_pilot(engine));
out:
    return status;
}

static void
free_wave(rip_wave *wave)
{
    free(wave->loss);
    free(wave->wiped_accounts);
    free(wave->total_loss);
    free(wave->fund_draw);
    free(wave->liquidated_notional);
    free(wave->market_return);
    free(wave->market_drawdown);
    free(wave->asset_return);
    free(wave->price);
}

void
rip_engine_free(rip_engine *self)
{
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; self->worker != NULL && i < self->n_worker; i++) {
        rip_block_free(&self->worker[i].block);
        rip_evaluator_free(&self->worker[i].evaluator);
        rip_tally_free(&self->worker[i].tally);
    }
    if (self->n_lock > 0) {
        omp_destroy_lock(&self->population_lock);
    }
    for (size_t i = 0; i < self->n_lock; i++) {
        omp_destroy_lock(&self->account_lock[i]);
    }
    free(self->worker);
    free_wave(&self->wave);
    rip_screen_plan_free(&self->screens);
    rip_sums_free(&self->sums);
    if (self->plan != NULL) {
        self->model->free(self->plan);
    }
    free(self);
}

uint64_t
rip_engine_max_blocks(const rip_engine *self)
{
    return self->wave_blocks;
}

static void
begin_wave_at(rip_engine *self, uint64_t first, uint64_t n)
{
    const uint64_t paths = self->run->spec.paths;
    const uint64_t keep = self->run->outputs.keep_paths;
    rip_wave *wave = &self->wave;
    const uint64_t end = (first + n) * RIP_LANES;
    wave->first_path = first * RIP_LANES;
    wave->n_path = (size_t)((end < paths ? end : paths) - wave->first_path);
    wave->n_price = keep <= wave->first_path ? 0 : (size_t)(keep - wave->first_path);
    wave->n_price = wave->n_price < wave->n_path ? wave->n_price : wave->n_path;
}

rip_status
rip_engine_advance(rip_engine *self, uint64_t first, uint64_t n)
{
    const uint64_t all = rip_engine_blocks(self->run);
    bool fits = true;
    if (n > self->wave_blocks || first > all || n > all - first) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    begin_wave_at(self, first, n);
#pragma omp parallel for schedule(dynamic, 1) num_threads(self->options.n_thread)      \
    reduction(&& : fits)
    for (uint64_t b = 0; b < n; b++) {
        fits =
            advance_block(self, &self->worker[omp_get_thread_num()], first + b) && fits;
    }
    return outcome_of(self, fits);
}

const rip_wave *
rip_engine_wave(const rip_engine *self)
{
    return self->keeps ? &self->wave : NULL;
}

const rip_accumulator *
rip_engine_sums(const rip_engine *self)
{
    return &self->sums.store;
}

rip_status
rip_engine_restore(rip_engine *self, const rip_accumulator *sums)
{
    return rip_accumulator_add(&self->sums.store, sums);
}
