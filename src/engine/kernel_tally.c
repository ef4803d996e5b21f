/*
 * Adding accounts to engine/tally.h. Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/engine/tally.h"

#include "rows.h"

/* Events of a mode that are cheaper taken lane by lane than all lanes at once. */
#define FEW 12

static const int64_t nothing[RIP_LANES];

/* One account on the lanes of a block. */
typedef struct adding {
    rip_tally *self;
    const rip_evaluation *evaluation;
    const double *weight; /* of lanes */
    double factor;        /* from USD to quanta, by the account's weight */
    uint64_t unit;        /* of the account among shares */
    const int64_t *held;  /* [RIP_LANES] quanta of the held account */
    const int64_t *funding;
} adding;

/* unit at the step of each lane; at [time][RIP_LANES] */
static void
add_at_steps(uint64_t lanes, const uint32_t *step, uint64_t unit, uint64_t *restrict at)
{
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        at[step[lane] * (size_t)RIP_LANES + lane] += unit;
    }
}

/* The wiped and the liquidated are counted at their steps only; shares of paths follow.
 */
static void
add_flags(const adding *a, size_t m)
{
    rip_tally *self = a->self;
    const rip_outcomes *out = &a->evaluation->mode[m];
    const uint64_t wiped = out->flag[RIP_SHARE_WIPED];
    const uint64_t liquidated = out->flag[RIP_SHARE_LIQUIDATED];
    const size_t row = m * self->n_time * RIP_LANES;
    uint64_t *share = self->share + m * RIP_N_SHARE * RIP_LANES;
    for (size_t s = 0; s < RIP_N_SHARE; s++) {
        if (s != RIP_SHARE_WIPED && s != RIP_SHARE_LIQUIDATED) {
            rows_count(out->flag[s], a->unit, share + s * RIP_LANES);
        }
    }
    rows_count32(wiped, self->n_wiped + m * RIP_LANES);
    add_at_steps(wiped, out->wipeout_step, a->unit, self->wiped_at + row);
    add_at_steps(liquidated, out->liquidation_step, a->unit, self->liquidated_at + row);
}

/* A row of money less what the held account has of it, on the lanes with events. */
static bool
add_row(const adding *a, uint64_t event, const double *usd, const int64_t *held,
        int64_t *to)
{
    return __builtin_popcountll(event) <= FEW
               ? rows_tally_few(event, usd, a->factor, a->weight, held, to)
               : rows_tally_change(usd, a->factor, a->weight, held, to);
}

/* What a mode changes in the money of the held account. */
static bool
add_changes(const adding *a, size_t m)
{
    const rip_outcomes *out = &a->evaluation->mode[m];
    int64_t *cause = a->self->cause + m * RIP_N_CAUSE * RIP_LANES;
    bool fits =
        add_row(a, out->event, out->loss_usd, a->held, a->self->change + m * RIP_LANES);
    for (unsigned rest = out->rows; rest != 0; rest &= rest - 1) {
        const unsigned c = (unsigned)__builtin_ctz(rest);
        fits &= add_row(a, out->event, out->cause_usd[c],
                        c == RIP_CAUSE_FUNDING ? a->funding : nothing,
                        cause + (size_t)c * RIP_LANES);
    }
    return fits;
}

/* A mode that leaves the account out loses what it would have held. */
static void
take_away(const adding *a, size_t m)
{
    int64_t *change = a->self->change + m * RIP_LANES;
    int64_t *funding =
        a->self->cause + (m * RIP_N_CAUSE + RIP_CAUSE_FUNDING) * RIP_LANES;
    for (size_t i = 0; i < RIP_LANES; i++) {
        change[i] -= a->held[i];
        funding[i] -= a->funding[i];
    }
}

void
RIP_SIMD_NAME(rip_tally_account)(rip_tally *self, const rip_sums *sums, size_t account,
                                 double weight, const rip_block *block,
                                 const rip_evaluation *evaluation)
{
    int64_t held[RIP_LANES], funding[RIP_LANES];
    const adding a = {.self = self,
                      .evaluation = evaluation,
                      .weight = block->panel.weight,
                      .factor = weight * self->forced.to_quantum,
                      .unit = sums->unit[account],
                      .held = held,
                      .funding = evaluation->held.funded ? funding : nothing};
    bool fits =
        rows_tally(evaluation->held.loss_usd, a.factor, a.weight, held, self->held);
    if (evaluation->held.funded) {
        fits &= rows_tally(evaluation->held.funding_usd, a.factor, a.weight, funding,
                           self->held_funding);
    }
    for (size_t m = 0; m < self->n_mode; m++) {
        if (sums->excluded[account * self->n_mode + m]) {
            take_away(&a, m);
        } else if (evaluation->mode[m].event != 0) {
            fits &= add_changes(&a, m);
            add_flags(&a, m);
        }
    }
    self->failed |= !fits;
}

bool
RIP_SIMD_NAME(rip_tally_forced)(const int64_t *forced, int64_t *path_total,
                                int64_t *sum, int64_t *square)
{
    uint64_t squares = 0, seen = 0;
    int64_t added = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const double y = rip_exact_to_double(forced[i]);
        const uint64_t raised = rip_exact_raised(y * y * 0x1p-50);
        path_total[i] += forced[i];
        added += forced[i];
        squares += raised;
        seen |= raised;
    }
    *sum = added;
    *square = (int64_t)(squares - RIP_LANES * RIP_EXACT_RAISE);
    return rip_exact_are_sound(seen);
}
