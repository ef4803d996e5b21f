#include <math.h>

#include "riptide/engine/tally.h"

/* Quanta of one figure of a path, or of all accounts together: RIP_EXACT_RANGE scales,
   whose squares are in range too. */
#define LIMIT 0x1p50

/* Sum and sum of squares of shares over lanes. */
typedef struct share_sums {
    uint64_t sum; /* of 64 shares below 2^46 */
    rip_exact_sum square;
} share_sums;

static share_sums
sum_shares(const uint64_t *share, uint64_t lanes)
{
    share_sums s = {0};
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        const uint64_t x = share[__builtin_ctzll(rest)];
        s.sum += x;
        rip_exact_add_product(&s.square, x, x);
    }
    return s;
}

static void
add_shares(const share_sums *s, rip_exact_sum *sum, rip_exact_sum *square)
{
    rip_exact_add_product(sum, s->sum, 1);
    rip_exact_merge(square, &s->square);
}

static void
flush_total(const rip_tally *self, size_t m, size_t lane, rip_sums *sums)
{
    const int64_t total = rip_tally_total(self, m, lane);
    const double y = (double)total * 0x1p-40;
    rip_exact_add(&sums->total_sum[m], total);
    rip_exact_add(&sums->total_square[m], rip_exact_square(y));
    for (size_t l = 0; l < sums->n_level; l++) {
        const size_t at = m * sums->n_level + l, n = sums->n_population_fine;
        rip_fine_place place;
        switch (rip_fine_find(&sums->population_fine_zone[at], n,
                              y * sums->population_scale, &place)) {
        case RIP_FINE_BELOW:
            break;
        case RIP_FINE_INSIDE:
            sums->population_fine_count[at * n + place.bin]++;
            sums->population_fine_sum[at * n + place.bin] += place.inside;
            break;
        case RIP_FINE_ABOVE:
            sums->population_tail_count[at]++;
            rip_exact_add(&sums->population_tail_sum[at], total);
            rip_exact_add(&sums->population_tail_square[at], rip_exact_square(y));
            break;
        }
    }
}

static void
flush_causes(const rip_tally *self, size_t m, size_t lane, rip_sums *sums)
{
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        const int64_t total = rip_tally_cause(self, m, (rip_cause)c, lane);
        const size_t at = m * RIP_N_CAUSE + c;
        rip_exact_add(&sums->total_cause_sum[at * RIP_SUMS_BATCHES + lane], total);
        rip_exact_add(&sums->total_cause_square[at],
                      rip_exact_square((double)total * 0x1p-40));
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

/* The lane of a path is its batch. */
static void
flush_shares(const rip_tally *self, size_t m, uint64_t lanes, rip_sums *sums)
{
    const uint64_t *share = self->share + m * RIP_N_SHARE * RIP_LANES;
    const uint64_t *wiped = share + (size_t)RIP_SHARE_WIPED * RIP_LANES;
    for (size_t k = 0; k < RIP_N_SHARE; k++) {
        const size_t at = m * RIP_N_SHARE + k;
        for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
            const size_t i = (size_t)__builtin_ctzll(rest);
            const uint64_t x = share[k * RIP_LANES + i];
            rip_exact_add_product(&sums->share_sum[at * RIP_SUMS_BATCHES + i], x, 1);
            rip_exact_add_product(&sums->share_square[at], x, x);
        }
    }
    for (uint64_t rest = lanes; rest != 0 && sums->total_unit[m] > 0;
         rest &= rest - 1) {
        const size_t bin = share_bin(wiped[__builtin_ctzll(rest)], sums->total_unit[m]);
        sums->wiped_share[m * RIP_SUMS_SHARES + bin]++;
    }
}

/* Shares by then: sums over time of what is counted at its time. The last one, of the
   whole path, is left in share [RIP_LANES], which is 0 before. */
static void
flush_times(const uint64_t *counted, size_t n_time, uint64_t lanes, uint64_t *share,
            rip_exact_sum *sum, rip_exact_sum *square)
{
    for (size_t t = 0; t < n_time; t++) {
        share_sums s;
        for (size_t i = 0; i < RIP_LANES; i++) {
            share[i] += counted[t * RIP_LANES + i];
        }
        s = sum_shares(share, lanes);
        add_shares(&s, &sum[t], &square[t]);
    }
}

static void
flush_pairs(const rip_tally *self, size_t lane, rip_sums *sums)
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
                          rip_exact_square((double)loss * 0x1p-40));
            rip_exact_add_product(&sums->share_difference_square[at], gap, gap);
        }
    }
}

/*
 * Forced volume of each (mode, time, asset) and, per lane, of the whole path. Lanes
 * that do not count have none.
 */
static bool
flush_forced(const rip_tally *self, rip_sums *sums, int64_t *path_total)
{
    const rip_forced *all = &self->forced;
    const size_t n_time = self->n_time, n_asset = self->n_asset;
    bool fits = !all->failed;
    for (size_t i = 0; i < self->n_mode * n_asset; i++) {
        const size_t m = i / n_asset, a = i % n_asset;
        const rip_forced_rows rows = rip_forced_rows_of(all, m, a);
        for (size_t t = 0; t < n_time; t++) {
            const int64_t *row = rip_forced_row(&rows, t);
            const size_t at = (m * n_time + t) * n_asset + a;
            int64_t sum, square;
            if (row != NULL) {
                fits &= RIP_SIMD_PICK(rip_tally_forced)(row, path_total + m * RIP_LANES,
                                                        &sum, &square);
                rip_exact_add(&sums->forced_sum[at], sum);
                rip_exact_add(&sums->forced_square[at], square);
            }
        }
    }
    return fits;
}

static void
flush_move(const rip_tally *self, double drawdown, size_t lane,
           const int64_t *path_total, rip_sums *sums)
{
    const size_t fall = (size_t)(drawdown * RIP_SUMS_MOVES);
    const size_t bin = fall < RIP_SUMS_MOVES ? fall : RIP_SUMS_MOVES - 1;
    sums->paths_by_move[bin]++;
    for (size_t m = 0; m < self->n_mode; m++) {
        const size_t at = m * RIP_SUMS_MOVES + bin;
        const int64_t forced = path_total[m * RIP_LANES + lane];
        const uint64_t wiped = self->share[m * RIP_N_SHARE * RIP_LANES + lane];
        rip_exact_add(&sums->forced_by_move[at], forced);
        rip_exact_add(&sums->forced_by_move_square[at],
                      rip_exact_square((double)forced * 0x1p-40));
        rip_exact_add_product(&sums->wiped_by_move[at], wiped, 1);
        rip_exact_add_product(&sums->wiped_by_move_square[at], wiped, wiped);
    }
}

/* Largest totals first: a signed total is ranked by its offset from the smallest. */
static void
flush_worst(const rip_tally *self, uint64_t path, size_t m, size_t lane, rip_sums *sums)
{
    const uint64_t key = (uint64_t)rip_tally_total(self, m, lane) + ((uint64_t)1 << 63);
    rip_accumulator_rank(sums->worst + m * sums->n_rank, sums->n_rank, key, path);
}

/* Whether the sums over accounts and their differences can be added exactly. */
static bool
lane_fits(const rip_tally *self, size_t lane, const int64_t *path_total)
{
    int64_t low = rip_tally_total(self, 0, lane), high = low;
    bool fits = true;
    for (size_t m = 0; m < self->n_mode; m++) {
        const int64_t total = rip_tally_total(self, m, lane);
        low = total < low ? total : low;
        high = total > high ? total : high;
        /* No part of a path's forced volume is above its sum: all are positive. */
        fits &= (double)path_total[m * RIP_LANES + lane] < LIMIT;
        for (size_t c = 0; c < RIP_N_CAUSE; c++) {
            fits &= fabs((double)rip_tally_cause(self, m, (rip_cause)c, lane)) < LIMIT;
        }
    }
    return fits && (double)high < LIMIT && (double)-low < LIMIT &&
           (double)(high - low) < LIMIT;
}

bool
rip_tally_flush(rip_tally *self, const rip_block *block, rip_sums *sums)
{
    int64_t path_total[RIP_N_MODE * RIP_LANES] = {0};
    bool fits = flush_forced(self, sums, path_total) && !self->failed;
    for (size_t m = 0; m < self->n_mode; m++) {
        const size_t at = m * self->n_time;
        uint64_t *share = self->share + m * RIP_N_SHARE * RIP_LANES;
        flush_times(self->liquidated_at + at * RIP_LANES, self->n_time, block->lanes,
                    share + (size_t)RIP_SHARE_LIQUIDATED * RIP_LANES,
                    &sums->liquidated_by_sum[at], &sums->liquidated_by_square[at]);
        flush_times(self->wiped_at + at * RIP_LANES, self->n_time, block->lanes,
                    share + (size_t)RIP_SHARE_WIPED * RIP_LANES,
                    &sums->wiped_by_sum[at], &sums->wiped_by_square[at]);
        flush_shares(self, m, block->lanes, sums);
    }
    for (uint64_t rest = block->lanes; rest != 0; rest &= rest - 1) {
        const size_t i = (size_t)__builtin_ctzll(rest);
        sums->paths[0]++;
        for (size_t m = 0; m < self->n_mode; m++) {
            flush_total(self, m, i, sums);
            flush_causes(self, m, i, sums);
            flush_worst(self, block->first_path + i, m, i, sums);
        }
        flush_pairs(self, i, sums);
        flush_move(self, block->index_drawdown[i], i, path_total, sums);
        fits &= lane_fits(self, i, path_total);
    }
    return fits;
}

static void
keep_notional(const rip_tally *self, const rip_sums *sums, size_t m, size_t lane,
              float *notional)
{
    const rip_forced *forced = &self->forced;
    for (size_t a = 0; a < self->n_asset; a++) {
        const rip_forced_rows rows = rip_forced_rows_of(forced, m, a);
        int64_t sum = 0;
        for (size_t t = 0; t < self->n_time; t++) {
            const int64_t *row = rip_forced_row(&rows, t);
            sum += row != NULL ? row[lane] : 0;
        }
        notional[a] = (float)((double)sum * 0x1p-40 * sums->population_scale);
    }
}

static void
keep_mode(const rip_tally *self, const rip_sums *sums, size_t m, size_t lane,
          rip_wave *wave, size_t at)
{
    const double quantum = 0x1p-40 * sums->population_scale;
    const size_t row = m * wave->stride + at;
    wave->wiped_accounts[row] = self->n_wiped[m * RIP_LANES + lane];
    wave->total_loss[row] = (double)rip_tally_total(self, m, lane) * quantum;
    wave->fund_draw[row] =
        (double)-rip_tally_cause(self, m, RIP_CAUSE_GAP, lane) * quantum;
    keep_notional(self, sums, m, lane, wave->liquidated_notional + row * self->n_asset);
}

void
rip_tally_keep(const rip_tally *self, const rip_block *block, const rip_sums *sums,
               rip_wave *wave)
{
    const size_t first = (size_t)(block->first_path - wave->first_path);
    const double fund_usd = block->run->venues.distinct[0].fund.size_usd;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const size_t at = first + i;
        for (size_t m = 0; m < self->n_mode; m++) {
            double *draw = &wave->fund_draw[m * wave->stride + at];
            keep_mode(self, sums, m, i, wave, at);
            *draw = *draw < fund_usd ? *draw : fund_usd;
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
