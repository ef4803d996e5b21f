#include "riptide/engine/record.h"

#include <string.h>

#include "riptide/engine/fine.h"
#include "riptide/engine/kernel.h"

/* One account on one block, and how its money becomes integers. */
typedef struct recording {
    rip_sums *sums;
    size_t account;
    const rip_block *block;
    const rip_evaluation *evaluation;
    double to_scale;         /* 1 / scale */
    double low, per_unit;    /* of the loss histogram */
    double to_equity;        /* 1 / initial equity */
    int64_t held[RIP_LANES]; /* loss held to the horizon, in quanta */
    uint32_t bin[RIP_LANES]; /* its histogram bin */
} recording;

void
rip_record_losses(const rip_evaluation *evaluation, size_t mode, double *loss_usd)
{
    memcpy(loss_usd, evaluation->loss_usd, RIP_LANES * sizeof(*loss_usd));
    for (uint64_t rest = evaluation->event[mode]; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        loss_usd[lane] = evaluation->outcome[mode][lane].loss_usd;
    }
}

static int64_t
quanta(const recording *self, double usd)
{
    return rip_exact_round(usd * self->to_scale * 0x1p40);
}

static int64_t
square(const recording *self, double usd)
{
    return rip_exact_square(usd * self->to_scale);
}

static bool
sum_cause(const recording *self, const double *usd, rip_cause cause)
{
    rip_exact_sum *to = self->sums->cause_sum +
                        self->account * (1 + self->sums->n_mode) * RIP_N_CAUSE + cause;
    int64_t part[RIP_LANES], total = 0;
    const bool fits = rip_kernel_best()->quantise(
        usd, self->to_scale * 0x1p40, self->block->panel.weight, 0x1p50, part);
    for (size_t i = 0; i < RIP_LANES; i++) {
        total += part[i];
    }
    rip_exact_add(to, total);
    return fits;
}

static bool
record_held(recording *self)
{
    rip_sums *sums = self->sums;
    const size_t row = self->account * (1 + sums->n_mode);
    const rip_kernel *kernel = rip_kernel_best();
    const double *loss = self->evaluation->loss_usd;
    bool fits = kernel->quantise(loss, self->to_scale * 0x1p40,
                                 self->block->panel.weight, 0x1p50, self->held);
    rip_exact_sum *batch = sums->loss_sum + row * RIP_SUMS_BATCHES;
    uint32_t *histogram = sums->histogram + row * sums->n_bin;
    int64_t squares = 0;
    kernel->bins(loss, self->to_equity, self->low, self->per_unit, sums->n_bin,
                 self->bin);
    for (size_t i = 0; i < RIP_LANES; i++) {
        const int64_t unit = rip_block_unit(self->block, i);
        rip_exact_add(&batch[i], self->held[i]);
        histogram[self->bin[i]] += (uint32_t)unit;
        squares += unit * square(self, loss[i]);
    }
    rip_exact_add(&sums->loss_square[row], squares);
    fits &= sum_cause(self, self->evaluation->market_usd, RIP_CAUSE_MARKET);
    if (self->block->funding != NULL) {
        fits &= sum_cause(self, self->evaluation->funding_usd, RIP_CAUSE_FUNDING);
    }
    return fits;
}

static void
count_outcome(const recording *self, size_t m, size_t lane, uint32_t unit)
{
    rip_sums *sums = self->sums;
    const rip_outcome *outcome = &self->evaluation->outcome[m][lane];
    const size_t at = self->account * sums->n_mode + m;
    sums->wipeouts[at * RIP_SUMS_BATCHES + lane] +=
        outcome->wipeout_step != 0 ? unit : 0;
    sums->terminal_wipeouts[at] += outcome->terminal_wipeout ? unit : 0;
    sums->full_liquidations[at] += outcome->fully_liquidated ? unit : 0;
    if (outcome->liquidation_step != 0) {
        sums->liquidations[at * RIP_SUMS_BATCHES + lane] += unit;
        sums->liquidation_time[at * (sums->n_step + 1) + outcome->liquidation_step] +=
            unit;
    }
    if (outcome->deficit_usd > 0.0) {
        sums->deficits[at] += unit;
        rip_exact_add(&sums->deficit_sum[at],
                      (int64_t)unit * quanta(self, outcome->deficit_usd));
    }
}

/* What the mode changes in the sums of the held account. */
static void
change_sums(const recording *self, size_t m, size_t lane, int64_t unit)
{
    rip_sums *sums = self->sums;
    const rip_evaluation *evaluation = self->evaluation;
    const rip_outcome *outcome = &evaluation->outcome[m][lane];
    const size_t row = self->account * (1 + sums->n_mode) + 1 + m;
    const double loss = outcome->loss_usd, held = evaluation->loss_usd[lane];
    uint32_t bin[RIP_LANES];
    double at[RIP_LANES] = {loss};
    rip_kernel_best()->bins(at, self->to_equity, self->low, self->per_unit, sums->n_bin,
                            bin);
    rip_exact_add(&sums->loss_sum[row * RIP_SUMS_BATCHES + lane],
                  unit * quanta(self, loss) - self->held[lane]);
    rip_exact_add(&sums->loss_square[row],
                  unit * (square(self, loss) - square(self, held)));
    sums->histogram[row * sums->n_bin + bin[0]] += (uint32_t)unit;
    sums->histogram[row * sums->n_bin + self->bin[lane]] -= (uint32_t)unit;
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        const double before = c == RIP_CAUSE_MARKET    ? evaluation->market_usd[lane]
                              : c == RIP_CAUSE_FUNDING ? evaluation->funding_usd[lane]
                                                       : 0.0;
        rip_exact_add(&sums->cause_sum[row * RIP_N_CAUSE + c],
                      unit *
                          (quanta(self, outcome->cause_usd[c]) - quanta(self, before)));
    }
}

static bool
outcome_fits(const recording *self, const rip_outcome *outcome)
{
    bool fits = true;
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        fits &= fabs(outcome->cause_usd[c] * self->to_scale) < RIP_EXACT_RANGE;
    }
    return fits && fabs(outcome->loss_usd * self->to_scale) < RIP_EXACT_RANGE &&
           outcome->deficit_usd * self->to_scale < RIP_EXACT_RANGE;
}

static bool
record_events(const recording *self, size_t m)
{
    bool fits = true;
    for (uint64_t rest = self->evaluation->event[m]; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        const int64_t unit = rip_block_unit(self->block, lane);
        fits &= outcome_fits(self, &self->evaluation->outcome[m][lane]);
        change_sums(self, m, lane, unit);
        count_outcome(self, m, lane, (uint32_t)unit);
    }
    return fits;
}

static void
record_fine(const recording *self, size_t at, double loss, uint32_t unit)
{
    rip_sums *sums = self->sums;
    rip_fine_place place;
    switch (rip_fine_find(&sums->fine_zone[at], sums->n_fine, loss, &place)) {
    case RIP_FINE_BELOW:
        break;
    case RIP_FINE_INSIDE:
        sums->fine_count[at * sums->n_fine + place.bin] += unit;
        sums->fine_sum[at * sums->n_fine + place.bin] += unit * place.inside;
        break;
    case RIP_FINE_ABOVE:
        sums->tail_count[at] += unit;
        rip_exact_add(&sums->tail_sum[at], (int64_t)unit * quanta(self, loss));
        rip_exact_add(&sums->tail_square[at], (int64_t)unit * square(self, loss));
        break;
    }
}

static void
record_quantiles(const recording *self, size_t m)
{
    const rip_sums *sums = self->sums;
    const size_t first = (self->account * sums->n_mode + m) * sums->n_level;
    double loss[RIP_LANES];
    double lowest = sums->fine_zone[first].begin;
    for (size_t l = 1; l < sums->n_level; l++) {
        const double edge = sums->fine_zone[first + l].begin;
        lowest = edge < lowest ? edge : lowest;
    }
    rip_record_losses(self->evaluation, m, loss);
    for (uint64_t rest = ~rip_kernel_best()->below(loss, lowest); rest != 0;
         rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        for (size_t l = 0; l < sums->n_level; l++) {
            record_fine(self, first + l, loss[lane],
                        (uint32_t)rip_block_unit(self->block, lane));
        }
    }
}

/* Lanes where either of two modes has an outcome of its own. */
static bool
record_pair(const recording *self, size_t m, size_t o)
{
    rip_sums *sums = self->sums;
    const rip_evaluation *e = self->evaluation;
    const size_t base = self->account * sums->n_mode * sums->n_mode;
    int64_t squares = 0;
    bool fits = true;
    for (uint64_t rest = e->event[m] | e->event[o]; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        const int64_t unit = rip_block_unit(self->block, lane);
        const bool in_m = (e->event[m] >> lane & 1) != 0;
        const bool in_o = (e->event[o] >> lane & 1) != 0;
        const bool wiped_m = in_m && e->outcome[m][lane].wipeout_step != 0;
        const bool wiped_o = in_o && e->outcome[o][lane].wipeout_step != 0;
        const double loss_m = in_m ? e->outcome[m][lane].loss_usd : e->loss_usd[lane];
        const double loss_o = in_o ? e->outcome[o][lane].loss_usd : e->loss_usd[lane];
        sums->wipeout_pairs[base + m * sums->n_mode + o] +=
            wiped_m && !wiped_o ? (uint32_t)unit : 0;
        sums->wipeout_pairs[base + o * sums->n_mode + m] +=
            wiped_o && !wiped_m ? (uint32_t)unit : 0;
        fits &= fabs((loss_m - loss_o) * self->to_scale) < RIP_EXACT_RANGE;
        squares += unit * square(self, loss_m - loss_o);
    }
    rip_exact_add(&sums->difference_square[base + m * sums->n_mode + o], squares);
    return fits;
}

bool
rip_record_account(rip_sums *sums, const rip_outputs_spec *outputs, size_t account,
                   const rip_block *block, const rip_evaluation *evaluation)
{
    recording self = {.sums = sums,
                      .account = account,
                      .block = block,
                      .evaluation = evaluation,
                      .to_scale = 1.0 / sums->scale[account],
                      .to_equity = 1.0 / sums->initial_equity[account],
                      .low = outputs->histogram.low,
                      .per_unit = (double)outputs->histogram.bins /
                                  (outputs->histogram.high - outputs->histogram.low)};
    bool fits = record_held(&self);
    for (size_t m = 0; m < sums->n_mode; m++) {
        if (sums->excluded[account * sums->n_mode + m]) {
            continue;
        }
        fits &= record_events(&self, m);
        if (sums->n_level > 0) {
            record_quantiles(&self, m);
        }
        for (size_t o = m + 1; o < sums->n_mode; o++) {
            fits &= record_pair(&self, m, o);
        }
    }
    return fits;
}
