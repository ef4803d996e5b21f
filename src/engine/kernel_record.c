/*
 * engine/record.h. Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/engine/record.h"

#include "riptide/engine/fine.h"
#include "rows.h"

/* Events of a mode that are cheaper taken lane by lane than all lanes at once. */
#define FEW 12

/* One account on one block, and how its money becomes integers. */
typedef struct recording {
    rip_sums *sums;
    size_t account;
    const rip_block *block;
    const rip_evaluation *evaluation;
    const rows_money *held;     /* loss held to the horizon */
    const uint32_t *bin;        /* [RIP_LANES] its histogram bin */
    double factor;              /* 2^40 / scale */
    double low, per_unit;       /* of the loss histogram */
    double per_equity;          /* 1 / initial equity */
    int64_t held_funding;       /* funding held to the horizon, in quanta over lanes */
    uint64_t apart[RIP_N_MODE]; /* squares of the mode's loss less the held one */
} recording;

static bool
is_few(uint64_t lanes)
{
    return __builtin_popcountll(lanes) <= FEW;
}

static void
count_bins(const recording *self, uint32_t *restrict histogram)
{
    if (self->block->lanes == UINT64_MAX) {
#pragma GCC unroll 8
        for (size_t i = 0; i < RIP_LANES; i++) {
            histogram[self->bin[i]]++;
        }
        return;
    }
    for (uint64_t rest = self->block->lanes; rest != 0; rest &= rest - 1) {
        histogram[self->bin[__builtin_ctzll(rest)]]++;
    }
}

static bool
record_held(recording *self, rows_money *money, uint32_t *bin)
{
    rip_sums *sums = self->sums;
    const rip_held *held = &self->evaluation->held;
    const double *weight = self->block->panel.weight;
    const size_t row = self->account * (1 + sums->n_mode);
    const uint64_t raise = RIP_EXACT_RAISE >> sums->batch_shift;
    uint64_t *restrict batch = sums->loss_batch + row * RIP_SUMS_BATCHES;
    bool fits =
        rows_to_money(held->loss_usd, self->factor, weight, sums->batch_shift, money);
    for (size_t i = 0; i < RIP_LANES; i++) {
        batch[i] += money->coarse[i] - raise;
    }
    rip_exact_add(&sums->loss_sum[row], rows_lowered_sum(money->quanta));
    rip_exact_add(&sums->loss_square[row], rows_lowered_sum(money->square));
    rows_bins(held->loss_usd, self->per_equity, self->low, self->per_unit, sums->n_bin,
              bin);
    count_bins(self, sums->histogram + row * sums->n_bin);
    if (held->funded) {
        fits &= rows_sum(held->funding_usd, self->factor, weight, &self->held_funding);
        rip_exact_add(&sums->cause_sum[row * RIP_N_CAUSE + RIP_CAUSE_FUNDING],
                      self->held_funding);
    }
    return fits;
}

static void
count_outcomes(const recording *self, size_t m)
{
    rip_sums *sums = self->sums;
    const rip_outcomes *out = &self->evaluation->mode[m];
    const size_t at = self->account * sums->n_mode + m;
    uint32_t *restrict times = sums->liquidation_time + at * (sums->n_step + 1);
    rows_count32(out->flag[RIP_SHARE_WIPED], sums->wipeouts + at * RIP_SUMS_BATCHES);
    rows_count32(out->flag[RIP_SHARE_LIQUIDATED],
                 sums->liquidations + at * RIP_SUMS_BATCHES);
    sums->terminal_wipeouts[at] +=
        (uint32_t)__builtin_popcountll(out->flag[RIP_SHARE_TERMINAL]);
    sums->full_liquidations[at] +=
        (uint32_t)__builtin_popcountll(out->flag[RIP_SHARE_FULL]);
    sums->deficits[at] += (uint32_t)__builtin_popcountll(out->flag[RIP_SHARE_DEFICIT]);
    for (uint64_t rest = out->flag[RIP_SHARE_LIQUIDATED]; rest != 0; rest &= rest - 1) {
        times[out->liquidation_step[__builtin_ctzll(rest)]]++;
    }
}

/* Causes but the market, which is what the others leave of the loss. */
static bool
record_causes(const recording *self, size_t m)
{
    rip_sums *sums = self->sums;
    const rip_outcomes *out = &self->evaluation->mode[m];
    const double *weight = self->block->panel.weight;
    const size_t row = self->account * (1 + sums->n_mode) + 1 + m;
    const bool few = is_few(out->event);
    bool fits = true;
    for (unsigned rest = out->rows; rest != 0; rest &= rest - 1) {
        const unsigned c = (unsigned)__builtin_ctz(rest);
        int64_t sum;
        if (few && c != RIP_CAUSE_FUNDING) {
            fits &=
                rows_sum_of(out->event, out->cause_usd[c], self->factor, weight, &sum);
        } else {
            fits &= rows_sum(out->cause_usd[c], self->factor, weight, &sum);
            sum -= c == RIP_CAUSE_FUNDING ? self->held_funding : 0;
        }
        rip_exact_add(&sums->cause_sum[row * RIP_N_CAUSE + c], sum);
    }
    return fits;
}

/* The bins of some lanes, instead of those of the held account. */
static void
move_bins(const recording *self, size_t row, uint64_t lanes, const uint32_t *bin)
{
    uint32_t *restrict histogram = self->sums->histogram + row * self->sums->n_bin;
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        histogram[bin[lane]]++;
        histogram[self->bin[lane]]--;
    }
}

/* What a mode changes in the sums of the held account, modulo 2^64. */
typedef struct change {
    uint64_t sum, square;
    uint64_t apart; /* squares of the mode's loss less the held one */
    uint64_t seen;  /* all raised squares, or'ed together */
} change;

static inline void
change_lane(const recording *self, const double *restrict loss, size_t i,
            uint64_t *restrict batch, change *to)
{
    const double weight = self->block->panel.weight[i];
    const double less = self->evaluation->held.loss_usd[i];
    const double z = loss[i] * self->factor * weight;
    const uint64_t quanta = rip_exact_raised(z), square = rows_square(z);
    const uint64_t apart = rows_square((loss[i] - less) * self->factor * weight);
    batch[i] += rows_coarse(self->sums->batch_shift, quanta) - self->held->coarse[i];
    to->sum += quanta - self->held->quanta[i];
    to->square += square - self->held->square[i];
    to->apart += apart - RIP_EXACT_RAISE;
    to->seen |= square | apart;
}

/* What the mode changes in the sums of the held account. */
static bool
record_losses(recording *self, size_t m, size_t row)
{
    rip_sums *sums = self->sums;
    const rip_outcomes *out = &self->evaluation->mode[m];
    uint64_t *batch = sums->loss_batch + row * RIP_SUMS_BATCHES;
    change all = {0};
    uint32_t bin[RIP_LANES];
    if (is_few(out->event)) {
        for (uint64_t rest = out->event; rest != 0; rest &= rest - 1) {
            const size_t i = (size_t)__builtin_ctzll(rest);
            change_lane(self, out->loss_usd, i, batch, &all);
            bin[i] = rows_bin(out->loss_usd[i], self->per_equity, self->low,
                              self->per_unit, sums->n_bin);
        }
    } else {
        for (size_t i = 0; i < RIP_LANES; i++) {
            change_lane(self, out->loss_usd, i, batch, &all);
        }
        rows_bins(out->loss_usd, self->per_equity, self->low, self->per_unit,
                  sums->n_bin, bin);
    }
    rip_exact_add(&sums->loss_sum[row], (int64_t)all.sum);
    rip_exact_add(&sums->loss_square[row], (int64_t)all.square);
    self->apart[m] = all.apart;
    move_bins(self, row, out->event, bin);
    return rip_exact_are_sound(all.seen);
}

static bool
record_events(recording *self, size_t m)
{
    const size_t row = self->account * (1 + self->sums->n_mode) + 1 + m;
    bool fits = record_losses(self, m, row);
    count_outcomes(self, m);
    fits &= record_causes(self, m);
    return fits;
}

static void
record_fine(const recording *self, size_t at, double loss)
{
    rip_sums *sums = self->sums;
    rip_fine_place place;
    switch (rip_fine_find(&sums->fine_zone[at], sums->n_fine, loss, &place)) {
    case RIP_FINE_BELOW:
        break;
    case RIP_FINE_INSIDE:
        sums->fine_count[at * sums->n_fine + place.bin]++;
        sums->fine_sum[at * sums->n_fine + place.bin] += place.inside;
        break;
    case RIP_FINE_ABOVE:
        sums->tail_count[at]++;
        rip_exact_add(&sums->tail_sum[at], rip_exact_round(loss * self->factor));
        rip_exact_add(&sums->tail_square[at],
                      rip_exact_square(loss * self->factor * 0x1p-40));
        break;
    }
}

static void
record_quantiles(const recording *self, size_t m)
{
    const rip_sums *sums = self->sums;
    const size_t first = (self->account * sums->n_mode + m) * sums->n_level;
    const double *loss = rip_evaluation_losses(self->evaluation, m);
    double lowest = sums->fine_zone[first].begin;
    for (size_t l = 1; l < sums->n_level; l++) {
        const double begin = sums->fine_zone[first + l].begin;
        lowest = begin < lowest ? begin : lowest;
    }
    for (uint64_t rest = self->block->lanes & rows_at_least(loss, lowest); rest != 0;
         rest &= rest - 1) {
        for (size_t l = 0; l < sums->n_level; l++) {
            record_fine(self, first + l, loss[__builtin_ctzll(rest)]);
        }
    }
}

/*
 * Sum of squares of the difference of two modes. Where only one of them has an event it
 * is its difference from the held account.
 */
static bool
difference(const recording *self, size_t m, size_t o, int64_t *square)
{
    const rip_evaluation *e = self->evaluation;
    const uint64_t both = e->mode[m].event & e->mode[o].event;
    const double *a = rip_evaluation_losses(e, m), *b = rip_evaluation_losses(e, o);
    const double *held = e->held.loss_usd;
    uint64_t sum = self->apart[m] + self->apart[o], seen = 0;
    if (!is_few(both)) {
        return rows_difference(a, b, self->factor, self->block->panel.weight, square);
    }
    for (uint64_t rest = both; rest != 0; rest &= rest - 1) {
        const size_t i = (size_t)__builtin_ctzll(rest);
        const double factor = self->factor, weight = self->block->panel.weight[i];
        const uint64_t apart = rows_square((a[i] - b[i]) * factor * weight);
        const uint64_t one = rows_square((a[i] - held[i]) * factor * weight);
        const uint64_t other = rows_square((b[i] - held[i]) * factor * weight);
        sum += apart - one - other + RIP_EXACT_RAISE;
        seen |= apart | one | other;
    }
    *square = (int64_t)sum;
    return rip_exact_are_sound(seen);
}

/* Two modes, if they differ on any lane. */
static bool
record_pair(const recording *self, size_t m, size_t o)
{
    rip_sums *sums = self->sums;
    const rip_evaluation *e = self->evaluation;
    const size_t base = self->account * sums->n_mode * sums->n_mode;
    const uint64_t wiped_m = e->mode[m].flag[RIP_SHARE_WIPED];
    const uint64_t wiped_o = e->mode[o].flag[RIP_SHARE_WIPED];
    int64_t square;
    bool fits;
    if ((e->mode[m].event | e->mode[o].event) == 0) {
        return true;
    }
    fits = difference(self, m, o, &square);
    rip_exact_add(&sums->difference_square[base + m * sums->n_mode + o], square);
    sums->wipeout_pairs[base + m * sums->n_mode + o] +=
        (uint32_t)__builtin_popcountll(wiped_m & ~wiped_o);
    sums->wipeout_pairs[base + o * sums->n_mode + m] +=
        (uint32_t)__builtin_popcountll(wiped_o & ~wiped_m);
    return fits;
}

bool
RIP_SIMD_NAME(rip_record_account)(rip_sums *sums, const rip_outputs_spec *outputs,
                                  size_t account, const rip_block *block,
                                  const rip_evaluation *evaluation)
{
    rows_money held;
    uint32_t bin[RIP_LANES];
    recording self = {.sums = sums,
                      .account = account,
                      .block = block,
                      .evaluation = evaluation,
                      .held = &held,
                      .bin = bin,
                      .factor = 0x1p40 / sums->scale[account],
                      .per_equity = 1.0 / sums->initial_equity[account],
                      .low = outputs->histogram.low,
                      .per_unit = (double)outputs->histogram.bins /
                                  (outputs->histogram.high - outputs->histogram.low)};
    bool fits = record_held(&self, &held, bin);
    for (size_t m = 0; m < sums->n_mode; m++) {
        if (sums->excluded[account * sums->n_mode + m]) {
            continue;
        }
        if (evaluation->mode[m].event != 0) {
            fits &= record_events(&self, m);
        }
        if (sums->n_level > 0) {
            record_quantiles(&self, m);
        }
        for (size_t o = 0; o < m; o++) {
            fits &=
                sums->excluded[account * sums->n_mode + o] || record_pair(&self, o, m);
        }
    }
    return fits;
}
