/*
 * engine/isolated.h. Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/engine/isolated.h"

#include <math.h>
#include <string.h>

#include "isolated_closes.h"

enum {
    CHUNK = VECTOR_STEPS, /* steps of a lane that are searched together */
    N_VECTOR = CHUNK / VECTOR_FLOATS,
    N_REGISTER = RIP_LANES / VECTOR_FLOATS
};

/* Shares of the sum of n parts by which net worth in single precision may be off: twice
   the roundings of n + 16 operations. */
#define WORTH_ROUNDING 0x1p-23
#define WORTH_OTHERS   16.0

/*
 * On a lane whose first suspect step was no breach: the first one that is, and its
 * close.
 */
static void
search_on(const runner *self, const rip_screen_form *form, size_t lane, size_t first)
{
    const rip_visit *visit = self->visit;
    const float constant = rip_screen_constant(visit->store, form, visit->block);
    closes c;
    c.at.n = 1;
    c.at.lanes = UINT64_C(1) << lane;
    c.at.lane[0] = (uint32_t)lane;
    for (; first < visit->block->n_step; first += RIP_SCREEN_WINDOW) {
        uint64_t steps = RIP_SIMD_NAME(rip_screen_steps)(
            visit->store, visit->group->cap, form, constant, visit->block,
            (rip_screen_stretch){lane, first, RIP_SCREEN_WINDOW});
        for (; steps != 0; steps &= steps - 1) {
            const size_t step = first + (size_t)__builtin_ctzll(steps);
            c.at.step[0] = (uint32_t)step;
            c.at.mark[0] = rip_visit_price(visit, form->position, step, lane);
            compute(self, form->position, &c);
            if (breaches(self, form->position, &c) != 0) {
                settle(self, form->position, &c);
                return;
            }
        }
    }
}

/* Keeps the entries in breach; the others are searched from the next step on. */
__attribute__((noinline)) static void
keep_breaches(const runner *self, const rip_screen_form *form, closes *c)
{
    const uint64_t breached = breaches(self, form->position, c);
    const rip_screen_places found = c->at;
    if ((size_t)__builtin_popcountll(breached) == found.n) {
        return;
    }
    c->at.n = 0;
    c->at.lanes = 0;
    for (size_t n = 0; n < found.n; n++) {
        if ((breached >> n & 1) != 0) {
            c->at.lanes |= UINT64_C(1) << found.lane[n];
            c->at.lane[c->at.n] = found.lane[n];
            c->at.step[c->at.n] = found.step[n];
            c->at.mark[c->at.n++] = found.mark[n];
        } else {
            search_on(self, form, found.lane[n], found.step[n] + 1);
        }
    }
    compute(self, form->position, c);
}

/* Searches one position on the lanes that its form does not clear. */
static void
search(const runner *self, const rip_screen_form *form, uint64_t lanes)
{
    const rip_visit *visit = self->visit;
    const size_t k = form->position;
    closes c;
    c.at.asset = visit->position[k].asset;
    RIP_SIMD_NAME(rip_screen_first)
    (visit->store, visit->group->cap, form, visit->block, lanes, &c.at);
    if (c.at.n == 0) {
        return;
    }
    compute(self, k, &c);
    if (!c.at.sure) {
        keep_breaches(self, form, &c);
    }
    settle(self, k, &c);
}

static const double *
index_at_the_end(const rip_block *block, size_t asset)
{
    return block->funding + ((block->n_step - 1) * block->n_asset + asset) * RIP_LANES;
}

static void
search_all(const runner *self)
{
    const rip_visit *visit = self->visit;
    const rip_block *block = visit->block;
    for (size_t k = 0; k < visit->account->n_position; k++) {
        self->self->close[k].lanes = 0;
    }
    /* Later than any step. */
    memset(self->outcomes->liquidation_step, 0xff,
           sizeof(self->outcomes->liquidation_step));
    for (size_t i = 0; i < visit->group->n_form; i++) {
        const rip_screen_form *form = rip_visit_form(visit, i);
        const uint64_t lanes = visit->fails[i] & visit->lanes;
        if (form->position != RIP_SCREEN_ACCOUNT && lanes != 0) {
            const size_t asset = visit->position[form->position].asset;
            rip_isolated_close *to = &self->self->close[form->position];
            rows_copy(block->change + asset * RIP_LANES, to->change);
            if (rip_screen_is_long(block)) {
                memset(to->step, 0x7f, sizeof(to->step)); /* later than any step */
            }
            if (block->funding != NULL) {
                rows_copy(index_at_the_end(block, asset), to->funding);
            }
            search(self, form, lanes);
        }
    }
}

/* The loss by price moves with closed positions standing still, then by other causes.
 */
static void
sum_losses(const runner *self)
{
    const rip_visit *visit = self->visit;
    const rip_block *block = visit->block;
    const size_t n = visit->account->n_position;
    rip_outcomes *out = self->outcomes;
    rows_holding holding[RIP_VISIT_POSITIONS];
    for (size_t k = 0; k < n; k++) {
        const rip_position *held = &visit->position[k];
        const rip_isolated_close *close = &self->self->close[k];
        const bool pays = rip_visit_pays(visit, k);
        holding[k] = (rows_holding){
            .quantity = held->quantity,
            .change = close->lanes != 0
                          ? close->change
                          : block->change + (size_t)held->asset * RIP_LANES,
            .funding = !pays               ? NULL
                       : close->lanes != 0 ? close->funding
                                           : index_at_the_end(block, held->asset)};
    }
    rows_market(n, holding, false, out->loss_usd);
    if (block->funding != NULL) {
        rows_funding(n, holding, false, rip_outcomes_raw(out, RIP_CAUSE_FUNDING));
    }
    for (size_t c = RIP_CAUSE_MARKET + 1; c < RIP_N_CAUSE; c++) {
        if ((out->rows >> c & 1) != 0) {
            rows_add(out->loss_usd, out->cause_usd[c]);
        }
    }
}

/* What is true of the lanes with closes (DEF-3). */
static void
flag_closes(const runner *self)
{
    const rip_visit *visit = self->visit;
    rip_outcomes *out = self->outcomes;
    uint64_t full = out->event;
    for (size_t i = 0; i < visit->group->n_form && full != 0; i++) {
        const rip_screen_form *form = rip_visit_form(visit, i);
        if (form->position != RIP_SCREEN_ACCOUNT) {
            full &= self->self->close[form->position].lanes;
        }
    }
    out->flag[RIP_SHARE_LIQUIDATED] = out->event;
    out->flag[RIP_SHARE_FULL] = full;
    out->flag[RIP_SHARE_DEFICIT] = ~rows_at_least(out->cause_usd[RIP_CAUSE_GAP], 0.0);
}

/* Net worth at the end of a step (0-based) of a lane (DEF-1). */
static double
net_worth(const runner *self, double free_usd, size_t lane, size_t step)
{
    const rip_visit *visit = self->visit;
    double worth = free_usd;
    for (size_t k = 0; k < visit->account->n_position; k++) {
        const rip_position *held = &visit->position[k];
        const rip_isolated_close *close = &self->self->close[k];
        if ((close->lanes >> lane & 1) != 0 && close->step[lane] <= step + 1) {
            worth += self->returns ? close->returned_usd[lane] : 0.0;
        } else {
            worth +=
                held->bucket + rip_formula_result(held->quantity, held->entry_usd,
                                                  rip_visit_price(visit, k, step, lane),
                                                  rip_visit_due(visit, k, step, lane));
        }
    }
    return worth;
}

/* Net worth by step in single precision: what is certain to be there. */
typedef struct worth {
    float start; /* free balance less the floor, dues and all roundings */
    float base[RIP_VISIT_POSITIONS], slope[RIP_VISIT_POSITIONS]; /* of open positions */
} worth;

static void
prepare_worth(const runner *self, double free_usd, worth *to)
{
    const rip_visit *visit = self->visit;
    const rip_block *block = visit->block;
    double size = fabs(free_usd) + visit->initial_usd, due = 0.0;
    for (size_t k = 0; k < visit->account->n_position; k++) {
        const rip_position *held = &visit->position[k];
        const double base = held->bucket - held->quantity * held->entry_usd;
        to->base[k] = (float)base;
        to->slope[k] = (float)held->quantity;
        size += fabs(base) + fabs(held->quantity) * block->highest[held->asset];
        if (rip_visit_pays(visit, k)) {
            due += fmax(held->quantity * block->funding_low[held->asset],
                        held->quantity * block->funding_high[held->asset]);
        }
    }
    size *= WORTH_ROUNDING * ((double)visit->account->n_position + WORTH_OTHERS);
    to->start = (float)(free_usd - visit->floor_usd - due - size);
}

static vector_floats
step_numbers(void)
{
    vector_floats number;
    for (int i = 0; i < VECTOR_FLOATS; i++) {
        number[i] = (float)i;
    }
    return number;
}

/* Of a chunk of steps from `first` on, those that may be at or below the floor. */
static uint64_t
suspects(const runner *self, const worth *from, size_t lane, size_t first)
{
    const rip_visit *visit = self->visit;
    const vector_floats number = step_numbers();
    vector_floats value[N_VECTOR];
    uint64_t above = 0;
    for (size_t v = 0; v < N_VECTOR; v++) {
        value[v] = vector_all(from->start);
    }
    for (size_t k = 0; k < visit->account->n_position; k++) {
        const rip_isolated_close *close = &self->self->close[k];
        const float *price =
            rip_block_path(visit->block, lane, visit->position[k].asset) + first;
        const bool closed = (close->lanes >> lane & 1) != 0;
        const float returned =
            closed && self->returns ? (float)close->returned_usd[lane] : 0.0f;
        const float until =
            closed ? (float)close->step[lane] - 1.0f - (float)first : 0.0f;
        for (size_t v = 0; v < N_VECTOR; v++) {
            const vector_floats open =
                from->base[k] +
                from->slope[k] * vector_floats_at(price + v * VECTOR_FLOATS);
            value[v] += !closed
                            ? open
                            : vector_choose(number + (float)(v * VECTOR_FLOATS) < until,
                                            open, vector_all(returned));
        }
    }
    for (size_t v = 0; v < N_VECTOR; v++) {
        above |= vector_above(value[v], vector_all(0.0f)) << v * VECTOR_FLOATS;
    }
    return ~above & vector_first_bits(CHUNK);
}

/* What one position is worth at the least on a chunk of steps, of a register of lanes:
   `open` at its worst price there, unless it was closed before. */
static inline vector_floats
least_worth(const runner *self, const rip_isolated_close *close, size_t lane,
            vector_floats open, int begin)
{
    const vector_ints until = vector_ints_at((const int32_t *)close->step + lane) - 1;
    vector_floats returned = vector_all(0.0f), least;
    if (self->returns) {
        for (size_t i = 0; i < VECTOR_FLOATS; i++) {
            returned[i] = (float)close->returned_usd[lane + i];
        }
    }
    least = vector_choose(open < returned, open, returned);
    least = vector_choose(begin + RIP_BLOCK_CHUNK - 1 < until, open, least);
    return vector_choose(begin < until, least, returned);
}

/* Lanes on which some step of a chunk may be at or below the floor: the same sums as
   for single steps, of the least that a position is worth on the chunk. */
static uint64_t
suspect_lanes(const runner *self, const worth *from, size_t chunk)
{
    const rip_visit *visit = self->visit;
    const int begin = (int)(chunk * RIP_BLOCK_CHUNK);
    vector_floats value[N_REGISTER];
    uint64_t above = 0;
    for (size_t v = 0; v < N_REGISTER; v++) {
        value[v] = vector_all(from->start);
    }
    for (size_t k = 0; k < visit->account->n_position; k++) {
        const rip_isolated_close *close = &self->self->close[k];
        const bool falls = from->slope[k] > 0.0f;
        const size_t asset = visit->position[k].asset;
        const float *worst =
            rip_block_chunk(visit->block, chunk) +
            (falls ? asset : visit->block->n_asset + asset) * RIP_LANES;
        const float slope = falls ? from->slope[k] : -from->slope[k];
        for (size_t v = 0; v < N_REGISTER; v++) {
            const size_t lane = v * VECTOR_FLOATS;
            const vector_floats open =
                from->base[k] + slope * vector_floats_at(worst + lane);
            value[v] +=
                close->lanes == 0 ? open : least_worth(self, close, lane, open, begin);
        }
    }
    for (size_t v = 0; v < N_REGISTER; v++) {
        above |= vector_above(value[v], vector_all(0.0f)) << v * VECTOR_FLOATS;
    }
    return ~above;
}

/* First of some steps (bit 0 is first) of a lane at or below the threshold (DEF-3);
   n_step if none. */
static size_t
first_wiped(const runner *self, double free_usd, size_t lane, size_t first,
            uint64_t steps)
{
    const size_t n_step = self->visit->block->n_step;
    for (; steps != 0; steps &= steps - 1) {
        const size_t step = first + (size_t)__builtin_ctzll(steps);
        if (step < n_step &&
            !(net_worth(self, free_usd, lane, step) > self->visit->floor_usd)) {
            return step;
        }
    }
    return n_step;
}

static void
wipe(const runner *self, double free_usd, size_t lane, size_t step)
{
    const rip_visit *visit = self->visit;
    const size_t last = visit->block->n_step - 1;
    rip_outcomes_wipe(self->outcomes, visit->held, lane, step,
                      !(net_worth(self, free_usd, lane, last) > visit->floor_usd));
}

/* Looks at the steps from `first` on of some lanes, as many as are searched together;
   returns the lanes that are not wiped out on them. */
static uint64_t
look_at(const runner *self, const worth *from, double free_usd, uint64_t lanes,
        size_t first)
{
    uint64_t left = lanes;
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        const size_t step =
            first_wiped(self, free_usd, lane, first, suspects(self, from, lane, first));
        if (step < self->visit->block->n_step) {
            wipe(self, free_usd, lane, step);
            left &= ~(rest & (0 - rest));
        }
    }
    return left;
}

static void
test_wipeouts(const runner *self)
{
    const rip_visit *visit = self->visit;
    const rip_block *block = visit->block;
    uint64_t lanes = 0;
    double free_usd;
    worth from;
    for (size_t i = 0; i < visit->group->n_form; i++) {
        lanes |= rip_visit_form(visit, i)->wipeout ? visit->fails[i] : 0;
    }
    lanes &= visit->lanes;
    if (lanes == 0) {
        return;
    }
    free_usd =
        visit->account->wallet_usd - rip_book_buckets(&visit->run->book, visit->number);
    prepare_worth(self, free_usd, &from);
    if (!rip_screen_is_long(block)) {
        for (size_t first = 0; first < block->n_step; first += CHUNK) {
            lanes = look_at(self, &from, free_usd, lanes, first);
        }
        return;
    }
    for (size_t c = 0; c < block->n_chunk && lanes != 0; c++) {
        const uint64_t here = lanes & suspect_lanes(self, &from, c);
        lanes &= ~here | look_at(self, &from, free_usd, here, c * RIP_BLOCK_CHUNK);
    }
}

void
RIP_SIMD_NAME(rip_isolated_run)(rip_isolated *self, const rip_visit *visit,
                                rip_outcomes *outcomes)
{
    const runner r = make_runner(self, visit, outcomes);
    uint64_t closed = 0;
    search_all(&r);
    for (size_t k = 0; k < visit->account->n_position; k++) {
        closed |= self->close[k].lanes;
    }
    if (closed != 0) {
        /* Fills the whole row of losses. */
        outcomes->event = closed;
        sum_losses(&r);
        flag_closes(&r);
    }
    test_wipeouts(&r);
}
