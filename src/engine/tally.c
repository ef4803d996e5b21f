#include "riptide/engine/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/engine/fine.h"

/* Quanta of one figure of a path, or of all accounts together: RIP_EXACT_RANGE scales,
   whose squares are in range too. */
#define LIMIT 0x1p50

/* Hands out aligned pieces of one allocation; counts only while base is NULL. */
static void *
take(char *base, size_t *used, size_t bytes)
{
    void *at = base != NULL ? base + *used : NULL;
    *used += (bytes + 63) / 64 * 64;
    return at;
}

static size_t
lay_out(rip_tally *self, char *base)
{
    const size_t rows = self->n_mode * RIP_LANES;
    const size_t cells = self->n_mode * self->n_time;
    size_t used = 0;
    self->held = take(base, &used, RIP_LANES * sizeof(*self->held));
    self->change = take(base, &used, rows * sizeof(*self->change));
    self->deficit = take(base, &used, rows * sizeof(*self->deficit));
    self->held_cause =
        take(base, &used, RIP_N_CAUSE * RIP_LANES * sizeof(*self->held_cause));
    self->cause_change =
        take(base, &used, rows * RIP_N_CAUSE * sizeof(*self->cause_change));
    self->share = take(base, &used, rows * RIP_N_SHARE * sizeof(*self->share));
    self->n_wiped = take(base, &used, rows * sizeof(*self->n_wiped));
    self->liquidated_at =
        take(base, &used, cells * RIP_LANES * sizeof(*self->liquidated_at));
    self->wiped_at = take(base, &used, cells * RIP_LANES * sizeof(*self->wiped_at));
    self->forced_any =
        take(base, &used, cells * self->n_asset * sizeof(*self->forced_any));
    self->size = used; /* what a clear zeroes; forced rows are zeroed when first used */
    self->forced =
        take(base, &used, cells * self->n_asset * RIP_LANES * sizeof(*self->forced));
    return used;
}

rip_status
rip_tally_init(rip_tally *self, const rip_sums *sums)
{
    *self = (rip_tally){
        .n_mode = sums->n_mode, .n_time = sums->n_step + 1, .n_asset = sums->n_asset};
    self->to_quantum = ldexp(1.0, RIP_EXACT_MONEY_BITS) / sums->population_scale;
    self->storage = aligned_alloc(64, lay_out(self, NULL));
    if (self->storage == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    (void)lay_out(self, self->storage);
    return RIP_OK;
}

void
rip_tally_free(rip_tally *self)
{
    free(self->storage);
    *self = (rip_tally){0};
}

void
rip_tally_clear(rip_tally *self)
{
    memset(self->storage, 0, self->size);
    self->failed = false;
}

void
rip_tally_forced(rip_tally *self, size_t mode, size_t lane, uint32_t step,
                 uint32_t asset, double notional_usd)
{
    const size_t row = (mode * self->n_time + step) * self->n_asset + asset;
    const double quanta = notional_usd * self->to_quantum;
    int64_t *forced = self->forced + row * RIP_LANES;
    self->failed |= !(quanta < LIMIT);
    if (!self->forced_any[row]) {
        self->forced_any[row] = true;
        memset(forced, 0, RIP_LANES * sizeof(*forced));
    }
    forced[lane] += rip_exact_round(quanta);
}

static void
count_share(rip_tally *self, size_t mode, rip_share share, size_t lane)
{
    self->share[(mode * RIP_N_SHARE + share) * RIP_LANES + lane] += self->unit;
}

static void
count_outcome(rip_tally *self, size_t mode, size_t lane, const rip_outcome *outcome)
{
    if (outcome->wipeout_step != 0) {
        count_share(self, mode, RIP_SHARE_WIPED, lane);
        self->n_wiped[mode * RIP_LANES + lane]++;
        self->wiped_at[(mode * self->n_time + outcome->wipeout_step) * RIP_LANES +
                       lane] += self->unit;
    }
    if (outcome->liquidation_step != 0) {
        count_share(self, mode, RIP_SHARE_LIQUIDATED, lane);
        self->liquidated_at[(mode * self->n_time + outcome->liquidation_step) *
                                RIP_LANES +
                            lane] += self->unit;
    }
    if (outcome->terminal_wipeout) {
        count_share(self, mode, RIP_SHARE_TERMINAL, lane);
    }
    if (outcome->fully_liquidated) {
        count_share(self, mode, RIP_SHARE_FULL, lane);
    }
    if (outcome->deficit_usd > 0.0) {
        count_share(self, mode, RIP_SHARE_DEFICIT, lane);
    }
}

/* Causes of an account held to the horizon, of all lanes. */
typedef int64_t held_causes[RIP_N_CAUSE][RIP_LANES];

static void
add_held_cause(rip_tally *self, const rip_block *block, const double *usd,
               double weighted, rip_cause cause, held_causes held)
{
    self->failed |= !rip_kernel_best()->quantise(usd, weighted, block->panel.weight,
                                                 LIMIT, held[cause]);
    for (size_t i = 0; i < RIP_LANES; i++) {
        self->held_cause[cause * RIP_LANES + i] += held[cause][i];
    }
}

static void
change_causes(rip_tally *self, size_t mode, size_t lane, double weighted,
              const rip_outcome *outcome, held_causes held)
{
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        const double quanta = outcome != NULL ? outcome->cause_usd[c] * weighted : 0.0;
        self->failed |= !(fabs(quanta) < LIMIT);
        self->cause_change[(mode * RIP_N_CAUSE + c) * RIP_LANES + lane] +=
            rip_exact_round(quanta) - held[c][lane];
    }
}

static void
add_events(rip_tally *self, size_t mode, double weighted,
           const rip_evaluation *evaluation, const int64_t *held, held_causes causes)
{
    for (uint64_t rest = evaluation->event[mode]; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        const rip_outcome *outcome = &evaluation->outcome[mode][lane];
        const double loss = outcome->loss_usd * weighted;
        const double deficit = outcome->deficit_usd * weighted;
        self->failed |= !(fabs(loss) < LIMIT && deficit < LIMIT);
        self->change[mode * RIP_LANES + lane] += rip_exact_round(loss) - held[lane];
        self->deficit[mode * RIP_LANES + lane] += rip_exact_round(deficit);
        change_causes(self, mode, lane, weighted, outcome, causes);
        count_outcome(self, mode, lane, outcome);
    }
}

void
rip_tally_account(rip_tally *self, const rip_run *run, const rip_sums *sums,
                  size_t account, const rip_block *block,
                  const rip_evaluation *evaluation)
{
    const double weighted = run->book.account[account].weight * self->to_quantum;
    int64_t held[RIP_LANES];
    held_causes causes = {{0}};
    self->failed |= !rip_kernel_best()->quantise(evaluation->loss_usd, weighted,
                                                 block->panel.weight, LIMIT, held);
    add_held_cause(self, block, evaluation->market_usd, weighted, RIP_CAUSE_MARKET,
                   causes);
    if (block->funding != NULL) {
        add_held_cause(self, block, evaluation->funding_usd, weighted,
                       RIP_CAUSE_FUNDING, causes);
    }
    self->unit = sums->unit[account];
    for (size_t i = 0; i < RIP_LANES; i++) {
        self->held[i] += held[i];
    }
    for (size_t m = 0; m < self->n_mode; m++) {
        if (sums->excluded[account * self->n_mode + m]) {
            for (size_t i = 0; i < RIP_LANES; i++) {
                self->change[m * RIP_LANES + i] -= held[i];
                change_causes(self, m, i, weighted, NULL, causes);
            }
        } else {
            add_events(self, m, weighted, evaluation, held, causes);
        }
    }
}

int64_t
rip_tally_total(const rip_tally *self, size_t mode, size_t lane)
{
    return self->held[lane] + self->change[mode * RIP_LANES + lane];
}

static void
flush_total(const rip_tally *self, size_t m, size_t lane, int64_t unit, rip_sums *sums)
{
    const int64_t total = rip_tally_total(self, m, lane);
    const double y = (double)total * 0x1p-40;
    rip_exact_add(&sums->total_sum[m], total * unit);
    rip_exact_add(&sums->total_square[m], unit * rip_exact_square(y));
    for (size_t l = 0; l < sums->n_level; l++) {
        const size_t at = m * sums->n_level + l;
        const double usd = y * sums->population_scale;
        rip_fine_place place;
        switch (rip_fine_find(&sums->population_fine_zone[at], sums->n_population_fine,
                              usd, &place)) {
        case RIP_FINE_BELOW:
            break;
        case RIP_FINE_INSIDE:
            sums->population_fine_count[at * sums->n_population_fine + place.bin] +=
                (uint64_t)unit;
            sums->population_fine_sum[at * sums->n_population_fine + place.bin] +=
                (uint64_t)unit * place.inside;
            break;
        case RIP_FINE_ABOVE:
            sums->population_tail_count[at] += (uint64_t)unit;
            rip_exact_add(&sums->population_tail_sum[at], total * unit);
            rip_exact_add(&sums->population_tail_square[at],
                          unit * rip_exact_square(y));
            break;
        }
    }
}

/* Loss of all accounts on a lane in a mode by cause. */
static int64_t
cause_total(const rip_tally *self, size_t m, size_t cause, size_t lane)
{
    return self->held_cause[cause * RIP_LANES + lane] +
           self->cause_change[(m * RIP_N_CAUSE + cause) * RIP_LANES + lane];
}

static void
flush_causes(const rip_tally *self, size_t m, size_t lane, int64_t unit, rip_sums *sums)
{
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        const int64_t total = cause_total(self, m, c, lane);
        const size_t at = m * RIP_N_CAUSE + c;
        rip_exact_add(&sums->total_cause_sum[at], total * unit);
        rip_exact_add(&sums->total_cause_square[at],
                      unit * rip_exact_square((double)total * 0x1p-40));
    }
}

static size_t
share_bin(uint64_t share, uint64_t total)
{
    const size_t bin = (size_t)(share * 100 / total) + 1;
    if (share == 0) {
        return 0;
    }
    return share == total ? RIP_SUMS_SHARES - 1 : bin;
}

static void
flush_shares(const rip_tally *self, size_t m, size_t lane, uint64_t unit,
             rip_sums *sums)
{
    const uint64_t *share = self->share + m * RIP_N_SHARE * RIP_LANES + lane;
    for (size_t k = 0; k < RIP_N_SHARE; k++) {
        const uint64_t x = share[k * RIP_LANES];
        rip_exact_add_product(&sums->share_sum[m * RIP_N_SHARE + k], x, unit);
        rip_exact_add_product(&sums->share_square[m * RIP_N_SHARE + k], x, x * unit);
    }
    if (sums->total_unit[m] > 0) {
        sums->wiped_share[m * RIP_SUMS_SHARES +
                          share_bin(share[RIP_SHARE_WIPED * RIP_LANES],
                                    sums->total_unit[m])] += unit;
    }
}

static void
flush_times(const rip_tally *self, size_t m, size_t lane, uint64_t unit, rip_sums *sums)
{
    uint64_t liquidated = 0, wiped = 0;
    for (size_t t = 0; t < self->n_time; t++) {
        const size_t at = m * self->n_time + t;
        liquidated += self->liquidated_at[at * RIP_LANES + lane];
        wiped += self->wiped_at[at * RIP_LANES + lane];
        rip_exact_add_product(&sums->liquidated_by_sum[at], liquidated, unit);
        rip_exact_add_product(&sums->liquidated_by_square[at], liquidated,
                              liquidated * unit);
        rip_exact_add_product(&sums->wiped_by_sum[at], wiped, unit);
        rip_exact_add_product(&sums->wiped_by_square[at], wiped, wiped * unit);
    }
}

static void
flush_pairs(const rip_tally *self, size_t lane, int64_t unit, rip_sums *sums)
{
    for (size_t m = 0; m < self->n_mode; m++) {
        for (size_t o = m + 1; o < self->n_mode; o++) {
            const size_t at = m * self->n_mode + o;
            const int64_t loss =
                rip_tally_total(self, m, lane) - rip_tally_total(self, o, lane);
            const uint64_t a = self->share[m * RIP_N_SHARE * RIP_LANES + lane];
            const uint64_t b = self->share[o * RIP_N_SHARE * RIP_LANES + lane];
            const uint64_t gap = a > b ? a - b : b - a;
            rip_exact_add(&sums->total_difference_square[at],
                          unit * rip_exact_square((double)loss * 0x1p-40));
            rip_exact_add_product(&sums->share_difference_square[at], gap,
                                  gap * (uint64_t)unit);
        }
    }
}

/* Forced volume of each (mode, time, asset) and, per lane, of the whole path. */
static void
flush_forced(const rip_tally *self, const rip_block *block, rip_sums *sums,
             int64_t *path_total)
{
    const size_t n_row = self->n_mode * self->n_time * self->n_asset;
    for (size_t row = 0; row < n_row; row++) {
        const int64_t *forced = self->forced + row * RIP_LANES;
        int64_t *total = path_total + row / (self->n_time * self->n_asset) * RIP_LANES;
        if (!self->forced_any[row]) {
            continue;
        }
        for (size_t i = 0; i < RIP_LANES; i++) {
            const int64_t unit = rip_block_unit(block, i);
            total[i] += forced[i];
            rip_exact_add(&sums->forced_sum[row], unit * forced[i]);
            rip_exact_add(&sums->forced_square[row],
                          unit * rip_exact_square((double)forced[i] * 0x1p-40));
        }
    }
}

static void
flush_moves(const rip_tally *self, const rip_block *block, rip_sums *sums,
            const int64_t *path_total)
{
    for (size_t i = 0; i < RIP_LANES; i++) {
        const int64_t unit = rip_block_unit(block, i);
        const size_t fall = (size_t)(block->index_drawdown[i] * RIP_SUMS_MOVES);
        const size_t bin = fall < RIP_SUMS_MOVES ? fall : RIP_SUMS_MOVES - 1;
        sums->paths_by_move[bin] += (uint64_t)unit;
        for (size_t m = 0; m < self->n_mode; m++) {
            const size_t at = m * RIP_SUMS_MOVES + bin;
            const int64_t forced = path_total[m * RIP_LANES + i];
            const uint64_t wiped = self->share[m * RIP_N_SHARE * RIP_LANES + i];
            rip_exact_add(&sums->forced_by_move[at], unit * forced);
            rip_exact_add(&sums->forced_by_move_square[at],
                          unit * rip_exact_square((double)forced * 0x1p-40));
            rip_exact_add_product(&sums->wiped_by_move[at], wiped, (uint64_t)unit);
            rip_exact_add_product(&sums->wiped_by_move_square[at], wiped,
                                  wiped * (uint64_t)unit);
        }
    }
}

/* Largest totals first: a signed total is ranked by its offset from the smallest. */
static void
flush_worst(const rip_tally *self, const rip_block *block, size_t m, size_t lane,
            rip_sums *sums)
{
    const uint64_t key = (uint64_t)rip_tally_total(self, m, lane) + ((uint64_t)1 << 63);
    rip_accumulator_rank(sums->worst + m * sums->n_rank, sums->n_rank, key,
                         block->first_path + lane);
}

/* Whether the sums over accounts and their differences can be added exactly. */
static bool
totals_fit(const rip_tally *self, const int64_t *path_total)
{
    bool fit = true;
    for (size_t i = 0; i < RIP_LANES; i++) {
        int64_t low = rip_tally_total(self, 0, i), high = low;
        for (size_t m = 1; m < self->n_mode; m++) {
            const int64_t total = rip_tally_total(self, m, i);
            low = total < low ? total : low;
            high = total > high ? total : high;
        }
        fit &= (double)high < LIMIT && (double)-low < LIMIT &&
               (double)(high - low) < LIMIT;
    }
    /* No part of a path's forced volume is above its sum: all are positive. */
    for (size_t i = 0; i < self->n_mode * RIP_LANES; i++) {
        fit &= (double)path_total[i] < LIMIT;
    }
    for (size_t i = 0; i < self->n_mode * RIP_N_CAUSE * RIP_LANES; i++) {
        const size_t m = i / (RIP_N_CAUSE * RIP_LANES);
        const int64_t total =
            cause_total(self, m, i / RIP_LANES % RIP_N_CAUSE, i % RIP_LANES);
        fit &= fabs((double)total) < LIMIT;
    }
    return fit;
}

bool
rip_tally_flush(const rip_tally *self, const rip_block *block, rip_sums *sums)
{
    int64_t path_total[RIP_N_MODE * RIP_LANES] = {0};
    for (size_t i = 0; i < RIP_LANES; i++) {
        const int64_t unit = rip_block_unit(block, i);
        if (unit == 0) {
            continue;
        }
        sums->paths[0] += (uint64_t)unit;
        for (size_t m = 0; m < self->n_mode; m++) {
            flush_total(self, m, i, unit, sums);
            flush_causes(self, m, i, unit, sums);
            flush_shares(self, m, i, (uint64_t)unit, sums);
            flush_times(self, m, i, (uint64_t)unit, sums);
            flush_worst(self, block, m, i, sums);
        }
        flush_pairs(self, i, unit, sums);
    }
    flush_forced(self, block, sums, path_total);
    flush_moves(self, block, sums, path_total);
    return !self->failed && totals_fit(self, path_total);
}

static void
keep_notional(const rip_tally *self, const rip_sums *sums, size_t m, size_t lane,
              float *notional)
{
    for (size_t a = 0; a < self->n_asset; a++) {
        int64_t sum = 0;
        for (size_t t = 0; t < self->n_time; t++) {
            const size_t row = (m * self->n_time + t) * self->n_asset + a;
            sum += self->forced_any[row] ? self->forced[row * RIP_LANES + lane] : 0;
        }
        notional[a] = (float)((double)sum * 0x1p-40 * sums->population_scale);
    }
}

void
rip_tally_keep(const rip_tally *self, const rip_block *block, const rip_sums *sums,
               double fund_usd, rip_wave *wave)
{
    const size_t first = (size_t)(block->first_path - wave->first_path);
    const double quantum = 0x1p-40 * sums->population_scale;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const size_t at = first + i;
        for (size_t m = 0; m < self->n_mode; m++) {
            const size_t row = m * wave->stride + at;
            const double deficit = (double)self->deficit[m * RIP_LANES + i] * quantum;
            wave->wiped_accounts[row] = self->n_wiped[m * RIP_LANES + i];
            wave->total_loss[row] = (double)rip_tally_total(self, m, i) * quantum;
            wave->fund_draw[row] = deficit < fund_usd ? deficit : fund_usd;
            keep_notional(self, sums, m, i,
                          wave->liquidated_notional + row * self->n_asset);
        }
        wave->market_return[at] = block->index_return[i];
        wave->market_drawdown[at] = block->index_drawdown[i];
        for (size_t a = 0; a < self->n_asset; a++) {
            wave->asset_return[at * self->n_asset + a] =
                (float)(rip_block_price(block, block->n_step - 1, a)[i] /
                            block->run->market.asset[a].price_usd -
                        1.0);
        }
    }
}
