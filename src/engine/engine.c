#include "riptide/engine/engine.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "riptide/engine/block.h"
#include "riptide/engine/evaluate.h"
#include "riptide/engine/pilot.h"
#include "riptide/engine/record.h"
#include "riptide/engine/start.h"
#include "riptide/engine/sums.h"
#include "riptide/engine/tally.h"
#include "riptide/market/models.h"

#define N_LOCK      256 /* accounts share locks by number modulo this */
#define MAX_BLOCKS  ((uint64_t)1 << 20)
#define MAX_GROUP   4                 /* blocks that a thread looks at together */
#define GROUP_BYTES ((size_t)8 << 20) /* of them at most, unless one is larger */

/* What one thread owns. */
typedef struct worker {
    size_t number;
    rip_block block[MAX_GROUP]; /* [group] */
    rip_tally tally[MAX_GROUP];
    rip_evaluator evaluator;
    rip_stopwatch watch;
} worker;

/*
 * A thread draws a group of blocks and evaluates them account by account, so that the
 * sums of an account are fetched once for all of them. Threads begin at different
 * accounts; the lock of an account is held while its sums are added to.
 */
struct rip_engine {
    const rip_run *run;
    rip_engine_options options;
    const rip_shock_model *model;
    void *plan; /* of the shock model */
    rip_plan accounts;
    rip_sums sums;
    rip_wave wave;
    size_t group;         /* blocks of a group, at most MAX_GROUP */
    uint64_t wave_blocks; /* most blocks of a call */
    size_t n_worker;
    worker *worker; /* [n_worker] */
    /* by SIMD level */
    __typeof__(rip_evaluator_run_baseline) *evaluate;
    __typeof__(rip_tally_account_baseline) *tally;
    __typeof__(rip_record_account_baseline) *record;
    bool rests;    /* nothing is advanced any more */
    size_t n_lock; /* initialised ones */
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
    const size_t n_mode = run->spec.n_mode;
    rip_start start = {0};
    if (run->spec.initial_breach != RIP_INITIAL_BREACH_EXCLUDE) {
        return RIP_OK;
    }
    RIP_TRY(rip_start_init(&start, run));
    for (size_t at = 0; at < run->book.n_account * n_mode; at++) {
        excluded[at] =
            rip_start_account(&start, at / n_mode, run->spec.mode[at % n_mode]);
    }
out:
    rip_start_free(&start);
    return status;
}

static rip_status
begin_accounts(rip_engine *self)
{
    rip_status status = RIP_OK;
    const rip_run *run = self->run;
    bool *excluded = calloc(run->book.n_account * run->spec.n_mode, sizeof(*excluded));
    if (excluded == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(find_excluded(run, excluded));
    RIP_TRY(rip_plan_init(&self->accounts, run, excluded));
    RIP_TRY(rip_sums_init(&self->sums, run, excluded));
out:
    free(excluded);
    return status;
}

/* Blocks of a group, of n that a thread has to itself. */
static size_t
group_size(const rip_engine *self, uint64_t n)
{
    const size_t each = rip_block_size(self->run) + rip_tally_size(&self->sums);
    const size_t fit = GROUP_BYTES / each;
    const size_t most = n < MAX_GROUP ? (size_t)n : MAX_GROUP;
    return fit < 1 ? 1 : fit < most ? fit : most;
}

static rip_status
begin_worker(rip_engine *self, size_t number)
{
    rip_status status = RIP_OK;
    worker *w = &self->worker[number];
    w->number = number;
    w->watch.clock_s = self->options.clock_s;
    RIP_TRY(rip_evaluator_init(&w->evaluator, self->run, &self->accounts,
                               self->options.screen));
    for (size_t g = 0; g < self->group; g++) {
        RIP_TRY(rip_block_init(&w->block[g], self->run, self->model, self->plan));
        RIP_TRY(rip_tally_init(&w->tally[g], &self->sums));
        w->block[g].panel.watch = w->watch.clock_s != NULL ? &w->watch : NULL;
    }
out:
    return status;
}

static rip_status
begin_workers(rip_engine *self)
{
    rip_status status = RIP_OK;
    const uint64_t n_block = rip_engine_blocks(self->run);
    const uint64_t n_thread = (uint64_t)self->options.n_thread;
    self->n_worker = (size_t)(n_thread < n_block ? n_thread : n_block);
    self->group = group_size(self, (n_block + self->n_worker - 1) / self->n_worker);
    self->worker = calloc(self->n_worker, sizeof(*self->worker));
    if (self->worker == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->n_worker; i++) {
        RIP_TRY(begin_worker(self, i));
    }
    for (; self->n_lock < N_LOCK; self->n_lock++) {
        omp_init_lock(&self->account_lock[self->n_lock]);
    }
    omp_init_lock(&self->population_lock);
out:
    return status;
}

static rip_status
begin_wave(rip_engine *self)
{
    self->wave_blocks = MAX_BLOCKS;
    if (!rip_wave_is_kept(self->run)) {
        return RIP_OK;
    }
    self->wave_blocks = rip_wave_capacity(self->run) / RIP_LANES;
    return rip_wave_init(&self->wave, self->run);
}

/* An account left out of a mode has no loss there (DEF-5). */
static void
keep_losses(rip_engine *self, const rip_block *block, const rip_evaluation *evaluation,
            size_t account)
{
    rip_wave *wave = &self->wave;
    const size_t first = (size_t)(block->first_path - wave->first_path);
    for (size_t m = 0; m < self->sums.n_mode; m++) {
        const bool excluded = self->sums.excluded[account * self->sums.n_mode + m];
        const double *loss = rip_evaluation_losses(evaluation, m);
        float *to =
            wave->loss + (m * self->sums.n_account + account) * wave->stride + first;
        for (size_t i = 0; i < RIP_LANES; i++) {
            to[i] = excluded ? NAN : (float)loss[i];
        }
    }
}

static void
keep_prices(rip_engine *self, const rip_block *block)
{
    const uint64_t last = self->run->outputs.keep_paths;
    const size_t n = block->n_asset;
    for (size_t i = 0; i < RIP_LANES && block->first_path + i < last; i++) {
        double *to =
            self->wave.price +
            (block->first_path + i - self->wave.first_path) * (block->n_step + 1) * n;
        for (size_t a = 0; a < n; a++) {
            to[a] = self->run->market.asset[a].price_usd;
        }
        for (size_t k = 0; k < block->n_step * n; k++) {
            to[n + k] = block->panel.value[k * RIP_LANES + i];
        }
    }
}

/* Hears of every account on every block, with the account's lock held. */
typedef bool visitor(void *context, const rip_block *block,
                     const rip_evaluation *evaluation, size_t account);

static bool
visit_account(const rip_engine *self, worker *w, size_t n, size_t account,
              visitor *visit, void *context)
{
    bool fits = true;
    rip_stopwatch_start(w->block[0].panel.watch);
    for (size_t g = 0; g < n; g++) {
        self->evaluate(&w->evaluator, &w->block[g], account, &w->tally[g].forced);
        self->tally(&w->tally[g], &self->sums, account,
                    self->run->book.account[account].weight, &w->block[g],
                    &w->evaluator.result);
        rip_stopwatch_lap(w->block[g].panel.watch, RIP_STAGE_POPULATION);
        fits &= visit(context, &w->block[g], &w->evaluator.result, account);
        rip_stopwatch_lap(w->block[g].panel.watch, RIP_STAGE_ACCOUNTS);
    }
    return fits;
}

/* Draws n blocks from `first` on and evaluates every account on them. */
static bool
run_group(rip_engine *self, worker *w, uint64_t first, size_t n, visitor *visit,
          void *context)
{
    const size_t n_account = self->sums.n_account;
    const size_t begin = w->number * n_account / self->n_worker;
    bool fits = true;
    for (size_t g = 0; g < n; g++) {
        rip_block_draw(&w->block[g], first + g);
        rip_tally_clear(&w->tally[g]);
    }
    for (size_t i = 0; i < n_account; i++) {
        const size_t account = (begin + i) % n_account;
        rip_record_fetch(&self->sums, (account + 1) % n_account);
        omp_set_lock(&self->account_lock[account % N_LOCK]);
        fits &= visit_account(self, w, n, account, visit, context);
        omp_unset_lock(&self->account_lock[account % N_LOCK]);
    }
    return fits;
}

static bool
visit_record(void *context, const rip_block *block, const rip_evaluation *evaluation,
             size_t account)
{
    rip_engine *self = context;
    if (self->wave.loss != NULL) {
        keep_losses(self, block, evaluation, account);
    }
    return self->record(&self->sums, &self->run->outputs, account, block, evaluation);
}

static bool
advance_group(rip_engine *self, worker *w, uint64_t first, size_t n)
{
    bool fits = run_group(self, w, first, n, visit_record, self);
    for (size_t g = 0; g < n; g++) {
        omp_set_lock(&self->population_lock);
        rip_stopwatch_start(w->block[g].panel.watch);
        fits &= rip_tally_flush(&w->tally[g], &w->block[g], &self->sums);
        omp_unset_lock(&self->population_lock);
        if (self->run->outputs.system) {
            rip_tally_keep(&w->tally[g], &w->block[g], &self->sums, &self->wave);
        }
        if (self->wave.price != NULL) {
            keep_prices(self, &w->block[g]);
        }
        rip_stopwatch_lap(w->block[g].panel.watch, RIP_STAGE_POPULATION);
    }
    return fits;
}

static bool
visit_pilot(void *context, const rip_block *block, const rip_evaluation *evaluation,
            size_t account)
{
    rip_pilot_keep(context, account, block, evaluation);
    return true;
}

static bool
pilot_group(rip_engine *self, rip_pilot *pilot, worker *w, uint64_t first, size_t n)
{
    const bool fits = run_group(self, w, first, n, visit_pilot, pilot);
    for (size_t g = 0; g < n; g++) {
        rip_pilot_keep_total(pilot, &w->block[g], &w->tally[g], &self->sums);
    }
    return fits;
}

/* Blocks of a group, such that n blocks keep all threads busy. */
static size_t
group_of(const rip_engine *self, uint64_t n)
{
    const uint64_t each = n / self->n_worker;
    return each < 1 ? 1 : each < self->group ? (size_t)each : self->group;
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
    uint64_t n;
    size_t group;
    if (self->sums.n_level == 0) {
        return RIP_OK;
    }
    RIP_TRY(rip_pilot_init(&pilot, self->run));
    n = (pilot.n_path + RIP_LANES - 1) / RIP_LANES;
    group = group_of(self, n);
#pragma omp parallel for schedule(dynamic, 1) num_threads((int)self->n_worker)         \
    reduction(&& : fits)
    for (uint64_t b = 0; b < n; b += group) {
        const size_t many = n - b < group ? (size_t)(n - b) : group;
        fits =
            pilot_group(self, &pilot, &self->worker[omp_get_thread_num()], b, many) &&
            fits;
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
    engine->evaluate = RIP_SIMD_PICK(rip_evaluator_run);
    engine->tally = RIP_SIMD_PICK(rip_tally_account);
    engine->record = RIP_SIMD_PICK(rip_record_account);
    engine->model = rip_market_models_find(run->shock.kind, run->shock.draws);
    /* Counts have 32 bits, and so has the path in an address (random/stream.h). */
    if (run->spec.paths == 0 || run->spec.paths > UINT32_MAX) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    RIP_TRY(engine->model->plan(&engine->plan, &run->shock, &run->market,
                                rip_run_steps(run), rip_run_step_years(run)));
    RIP_TRY(begin_accounts(engine));
    RIP_TRY(begin_workers(engine));
    RIP_TRY(begin_wave(engine));
    RIP_TRY(run_pilot(engine));
out:
    return status;
}

void
rip_engine_rest(rip_engine *self)
{
    for (size_t i = 0; self->worker != NULL && i < self->n_worker; i++) {
        for (size_t g = 0; g < MAX_GROUP; g++) {
            rip_block_free(&self->worker[i].block[g]);
            rip_tally_free(&self->worker[i].tally[g]);
        }
        rip_evaluator_free(&self->worker[i].evaluator);
    }
    rip_plan_free(&self->accounts);
    if (!self->rests) {
        /* Or threads would go on waiting for work at full speed for a while. */
        (void)omp_pause_resource_all(omp_pause_soft);
    }
    self->rests = true;
}

void
rip_engine_free(rip_engine *self)
{
    if (self == NULL) {
        return;
    }
    rip_engine_rest(self);
    if (self->n_lock > 0) {
        omp_destroy_lock(&self->population_lock);
    }
    for (size_t i = 0; i < self->n_lock; i++) {
        omp_destroy_lock(&self->account_lock[i]);
    }
    free(self->worker);
    rip_wave_free(&self->wave);
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

rip_status
rip_engine_advance(rip_engine *self, uint64_t first, uint64_t n)
{
    const uint64_t all = rip_engine_blocks(self->run);
    const size_t group = group_of(self, n);
    bool fits = true;
    if (self->rests || n > self->wave_blocks || first > all || n > all - first) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    rip_wave_begin(&self->wave, self->run, first * RIP_LANES, (first + n) * RIP_LANES);
#pragma omp parallel for schedule(dynamic, 1) num_threads((int)self->n_worker)         \
    reduction(&& : fits)
    for (uint64_t b = 0; b < n; b += group) {
        const size_t many = n - b < group ? (size_t)(n - b) : group;
        fits =
            advance_group(self, &self->worker[omp_get_thread_num()], first + b, many) &&
            fits;
    }
    return outcome_of(self, fits);
}

const rip_wave *
rip_engine_wave(const rip_engine *self)
{
    return rip_wave_is_kept(self->run) ? &self->wave : NULL;
}

const rip_accumulator *
rip_engine_sums(const rip_engine *self)
{
    return &self->sums.store;
}

double
rip_engine_spent_s(const rip_engine *self, rip_stage stage)
{
    double spent_s = 0.0;
    for (size_t i = 0; i < self->n_worker; i++) {
        spent_s += self->worker[i].watch.spent_s[stage];
    }
    return spent_s;
}

rip_status
rip_engine_restore(rip_engine *self, const rip_accumulator *sums)
{
    return rip_accumulator_add(&self->sums.store, sums);
}
