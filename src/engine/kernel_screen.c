/*
 * The searches of engine/screen.h. Compiled once per SIMD level (src/meson.build).
 */
#include <math.h>

#include "riptide/engine/screen.h"
#include "riptide/margin/form.h"
#include "vector.h"

enum {
    N_VECTOR = RIP_LANES / VECTOR_FLOATS,
    CHUNK = VECTOR_STEPS,
    N_CHUNK = CHUNK / VECTOR_FLOATS
};

/* Of a form of one term. */
static inline float
limit_of(const rip_screen_store *store, const rip_screen_form *form,
         const rip_block *block)
{
    return !form->funded || block->funding == NULL
               ? form->limit
               : rip_screen_limit(rip_screen_constant(store, form, block),
                                  &store->term[form->first_term]);
}

/* Lanes of a row that are above a limit. */
static inline uint64_t
lanes_above(const float *row, float limit)
{
    vector_floats x[N_VECTOR];
    for (size_t v = 0; v < N_VECTOR; v++) {
        x[v] = vector_floats_at(row + v * VECTOR_FLOATS);
    }
    return vector_lanes_above(x, limit);
}

/* Lanes with a price above the cap of a term that does not hold there. */
static uint64_t
lanes_above_caps(const rip_screen_store *store, const rip_screen_form *form,
                 const rip_block *block)
{
    uint64_t lanes = 0;
    for (uint32_t k = 0; k < form->n_term; k++) {
        const rip_screen_term *term = &store->term[form->first_term + k];
        if (term->row >= block->n_asset &&
            block->highest[term->asset] > (double)term->cap) {
            lanes |= ~lanes_above(block->extreme + (size_t)term->row * RIP_LANES,
                                  -term->cap);
        }
    }
    return lanes;
}

/* The sum of a form's terms on all lanes, of extremes. */
static inline void
sum_terms(const rip_screen_store *store, const rip_screen_form *form,
          const float *extreme, vector_floats sum[N_VECTOR])
{
    const rip_screen_term *term = &store->term[form->first_term];
    for (size_t v = 0; v < N_VECTOR; v++) {
        sum[v] = vector_all(0.0f);
    }
    for (size_t k = 0; k < form->n_term; k++) {
        const float *row = extreme + (size_t)term[k].row * RIP_LANES;
        for (size_t v = 0; v < N_VECTOR; v++) {
            sum[v] = vector_fma(term[k].weight,
                                vector_floats_at(row + v * VECTOR_FLOATS), sum[v]);
        }
    }
}

/* Lanes whose sum is not above minus a constant. */
static inline uint64_t
lanes_failing(const vector_floats sum[N_VECTOR], float constant)
{
    return ~vector_lanes_above(sum, -constant);
}

/* The sum of a chain's terms, held against each of its constants. */
static void
chain_lanes(const rip_screen_store *store, size_t head, const rip_block *block,
            uint64_t *fails)
{
    vector_floats sum[N_VECTOR];
    sum_terms(store, &store->form[head], block->extreme, sum);
    for (size_t i = head;; i = store->form[i].next) {
        fails[i - head] =
            lanes_failing(sum, rip_screen_constant(store, &store->form[i], block));
        if (store->form[i].next == i) {
            return;
        }
    }
}

void
RIP_SIMD_NAME(rip_screen_lanes)(const rip_screen_store *store, size_t first, size_t n,
                                float cap, const rip_block *block, uint64_t *fails)
{
    for (size_t i = 0; i < n; i++) {
        const rip_screen_form *form = &store->form[first + i];
        if (!isnan(form->limit)) {
            const uint32_t row = store->term[form->first_term].row;
            fails[i] = ~lanes_above(block->extreme + (size_t)row * RIP_LANES,
                                    limit_of(store, form, block));
        } else if (form->head == first + i) {
            chain_lanes(store, first + i, block, &fails[i]);
        }
    }
    for (size_t i = 0; block->peak > (double)cap && i < n; i++) {
        fails[i] |= lanes_above_caps(store, &store->form[first + i], block);
    }
}

uint64_t
RIP_SIMD_NAME(rip_screen_chunk)(const rip_screen_store *store, float cap,
                                const rip_screen_form *form, float constant,
                                const rip_block *block, size_t chunk)
{
    const uint64_t capped =
        block->peak > (double)cap ? lanes_above_caps(store, form, block) : 0;
    vector_floats sum[N_VECTOR];
    sum_terms(store, form, rip_block_chunk(block, chunk), sum);
    return capped | lanes_failing(sum, constant);
}

/* Whether a price of the lane may exceed a cap of the form. */
static bool
lane_is_capped(const rip_screen_store *store, const rip_screen_form *form,
               const rip_block *block, size_t lane)
{
    const float *high = block->extreme + block->n_asset * RIP_LANES + lane;
    for (uint32_t k = 0; k < form->n_term; k++) {
        const rip_screen_term *term = &store->term[form->first_term + k];
        if (-high[(size_t)term->asset * RIP_LANES] > term->cap) {
            return true;
        }
    }
    return false;
}

/* One step of a lane with prices beyond caps: a positive weight is cut there, a
   negative one does not hold. */
static bool
step_is_quiet(const rip_screen_probe *self, const rip_block *block, size_t lane,
              size_t step)
{
    float value = self->constant;
    for (uint32_t k = 0; k < self->form->n_term; k++) {
        const rip_screen_term *term = &self->store->term[self->form->first_term + k];
        const float price = rip_block_path(block, lane, term->asset)[step];
        if (price > term->cap && term->row >= block->n_asset) {
            return false;
        }
        value += term->slope * (price < term->cap ? price : term->cap);
    }
    return value > 0.0f;
}

/* What a form says of steps of one lane (bit 0 is the first). */
typedef struct answer {
    uint64_t suspect; /* it does not clear them */
    uint64_t breach;  /* it is sure of a breach */
} answer;

static inline void
add_answer(const rip_screen_probe *self, answer says, rip_screen_suspects *to)
{
    if (self->form->wipeout) {
        to->wipeout |= says.suspect;
    } else {
        to->margin |= says.suspect;
        to->breach |= says.breach;
    }
}

static answer
ask_one_by_one(const rip_screen_probe *self, const rip_block *block,
               rip_screen_stretch at)
{
    answer says = {0, 0};
    for (size_t t = 0; t < at.many; t++) {
        const bool quiet = step_is_quiet(self, block, at.lane, at.first + t);
        says.suspect |= (uint64_t)!quiet << t;
    }
    return says;
}

/* Of the next n steps, a constant where this is expanded. */
static inline answer
ask_at_once(const rip_screen_probe *self, const rip_block *block, const float *path,
            size_t n)
{
    const rip_screen_term *term = &self->store->term[self->form->first_term];
    const vector_floats breach = vector_all(self->breach);
    vector_floats value[RIP_SCREEN_WINDOW / VECTOR_FLOATS];
    uint64_t above = 0, below = 0;
    for (size_t v = 0; v < n / VECTOR_FLOATS; v++) {
        value[v] = vector_all(self->constant);
    }
    for (size_t k = 0; k < self->form->n_term; k++) {
        const float *price = path + term[k].asset * block->n_pad;
        for (size_t v = 0; v < n / VECTOR_FLOATS; v++) {
            value[v] = vector_fma(
                term[k].slope, vector_floats_at(price + v * VECTOR_FLOATS), value[v]);
        }
    }
    for (size_t v = 0; v < n / VECTOR_FLOATS; v++) {
        above |= vector_above(value[v], vector_all(0.0f)) << v * VECTOR_FLOATS;
        below |= vector_above(breach, value[v]) << v * VECTOR_FLOATS;
    }
    return (answer){~above, below};
}

/* Searches a stretch, the same on some lanes, all at once as n steps: a constant where
   this is expanded. */
static inline void
search_lanes(const rip_screen_probe *self, const rip_block *block,
             rip_screen_stretch at, size_t n, uint64_t lanes,
             rip_screen_suspects *suspects)
{
    const uint64_t mask = vector_first_bits(at.many);
    for (; lanes != 0; lanes &= lanes - 1) {
        const size_t lane = (size_t)__builtin_ctzll(lanes);
        const float *path = rip_block_path(block, lane, 0) + at.first;
        const answer says = ask_at_once(self, block, path, n);
        add_answer(self, (answer){says.suspect & mask, says.breach & mask},
                   &suspects[lane]);
    }
}

static uint64_t
lanes_capped(const rip_screen_probe *self, const rip_block *block, uint64_t lanes)
{
    uint64_t capped = 0;
    for (; lanes != 0; lanes &= lanes - 1) {
        const size_t lane = (size_t)__builtin_ctzll(lanes);
        capped |= (uint64_t)lane_is_capped(self->store, self->form, block, lane)
                  << lane;
    }
    return capped;
}

void
RIP_SIMD_NAME(rip_screen_search)(const rip_screen_probe *self, const rip_block *block,
                                 size_t first, size_t many, uint64_t lanes,
                                 rip_screen_suspects *suspects)
{
    const size_t left = block->n_step - first;
    const uint64_t capped =
        block->peak > (double)self->cap ? lanes_capped(self, block, lanes) : 0;
    rip_screen_stretch at = {.first = first, .many = left < many ? left : many};
    for (uint64_t rest = capped; rest != 0; rest &= rest - 1) {
        at.lane = (size_t)__builtin_ctzll(rest);
        add_answer(self, ask_one_by_one(self, block, at), &suspects[at.lane]);
    }
    lanes &= ~capped;
    if (at.many <= RIP_BLOCK_CHUNK) {
        search_lanes(self, block, at, RIP_BLOCK_CHUNK, lanes, suspects);
    } else if (at.many <= CHUNK) {
        search_lanes(self, block, at, CHUNK, lanes, suspects);
    } else {
        search_lanes(self, block, at, RIP_SCREEN_WINDOW, lanes, suspects);
    }
}

uint64_t
RIP_SIMD_NAME(rip_screen_steps)(const rip_screen_store *store, float cap,
                                const rip_screen_form *form, float constant,
                                const rip_block *block, rip_screen_stretch at)
{
    const rip_screen_probe probe = {.store = store,
                                    .form = form,
                                    .cap = cap,
                                    .constant = constant,
                                    .breach = -INFINITY};
    const size_t left = block->n_step - at.first;
    const float *path = rip_block_path(block, at.lane, 0) + at.first;
    uint64_t steps = 0;
    at.many = left < at.many ? left : at.many;
    if (block->peak > (double)cap && lane_is_capped(store, form, block, at.lane)) {
        return ask_one_by_one(&probe, block, at).suspect;
    }
    if (at.many <= RIP_BLOCK_CHUNK) {
        steps = ask_at_once(&probe, block, path, RIP_BLOCK_CHUNK).suspect;
    } else if (at.many <= CHUNK) {
        steps = ask_at_once(&probe, block, path, CHUNK).suspect;
    } else {
        steps = ask_at_once(&probe, block, path, RIP_SCREEN_WINDOW).suspect;
    }
    return steps & vector_first_bits(at.many);
}

/* The first step of a chunk at which the price is not on the quiet side of a limit;
   CHUNK if none. */
static inline size_t
chunk_beyond(bool falls, vector_floats limit, const float *path)
{
    uint64_t beyond = UINT64_C(1) << CHUNK;
    for (size_t v = 0; v < N_CHUNK; v++) {
        const vector_floats price = vector_floats_at(path + v * VECTOR_FLOATS);
        beyond |=
            (falls ? vector_not_below(limit, price) : vector_not_below(price, limit))
            << v * VECTOR_FLOATS;
    }
    return (size_t)__builtin_ctzll(beyond);
}

/* The first of n_step steps at which the price is not on the quiet side of a limit, or
   any number from n_step on: a chunk may reach beyond the last one. */
static inline size_t
step_beyond(bool falls, vector_floats limit, const float *path, size_t n_step)
{
    for (size_t begin = 0; begin < n_step; begin += CHUNK) {
        const size_t at = chunk_beyond(falls, limit, path + begin);
        if (at < CHUNK) {
            return begin + at;
        }
    }
    return n_step;
}

/* A limit that the prices of one asset may fall to, or rise to. */
typedef struct lane_walk {
    float limit;
    const float *path;  /* prices of lane 0 by step */
    const double *mark; /* of step 0 by lane */
} lane_walk;

/* The first step beyond the limit on each of some lanes of a block. Returns the mark
   among them that is least beyond. falls and one_chunk (no path is longer than CHUNK)
   are constants where this is expanded. */
static inline double
walk_lanes(bool falls, bool one_chunk, const lane_walk *self, const rip_block *block,
           uint64_t lanes, rip_screen_places *first)
{
    const vector_floats limit = vector_all(self->limit);
    const float *path = self->path;
    const double *mark = self->mark;
    const size_t n_step = block->n_step, n_cell = block->n_asset * RIP_LANES;
    const size_t stride = block->n_asset * block->n_pad;
    double least = falls ? 0.0 : INFINITY;
    size_t n = 0;
    first->lanes = lanes;
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        const float *here = path + lane * stride;
        const size_t step = one_chunk ? chunk_beyond(falls, limit, here)
                                      : step_beyond(falls, limit, here, n_step);
        double price;
        if (step >= n_step) {
            first->lanes &= ~(rest & (0 - rest));
            continue;
        }
        price = mark[step * n_cell + lane];
        least = (falls ? price > least : price < least) ? price : least;
        first->lane[n] = (uint32_t)lane;
        first->step[n] = (uint32_t)step;
        first->mark[n++] = price;
    }
    first->n = n;
    return least;
}

/* By themselves, or what the loops need is kept in memory, and they wait for it. */
__attribute__((noinline)) static double
walk_down(const lane_walk *self, const rip_block *block, uint64_t lanes,
          rip_screen_places *first)
{
    return block->n_step <= CHUNK ? walk_lanes(true, true, self, block, lanes, first)
                                  : walk_lanes(true, false, self, block, lanes, first);
}

__attribute__((noinline)) static double
walk_up(const lane_walk *self, const rip_block *block, uint64_t lanes,
        rip_screen_places *first)
{
    return block->n_step <= CHUNK ? walk_lanes(false, true, self, block, lanes, first)
                                  : walk_lanes(false, false, self, block, lanes, first);
}

/* The same of a form of one term. */
static inline void
first_beyond(const rip_screen_store *store, const rip_screen_form *form,
             const rip_block *block, uint64_t lanes, rip_screen_places *first)
{
    lane_walk walk = {.limit = limit_of(store, form, block),
                      .path = rip_block_path(block, 0, first->asset),
                      .mark = rip_block_price(block, 0, first->asset)};
    if (store->term[form->first_term].row < block->n_asset) {
        first->sure = walk_down(&walk, block, lanes, first) < form->sure;
    } else {
        walk.limit = -walk.limit;
        first->sure = walk_up(&walk, block, lanes, first) > form->sure;
    }
    if (form->funded && block->funding != NULL) {
        first->sure = false;
    }
}

/* Of a lane with prices beyond caps, or a form of several terms. */
static size_t
first_of_lane(const rip_screen_store *store, float cap, const rip_screen_form *form,
              float constant, const rip_block *block, size_t lane)
{
    for (size_t begin = 0; begin < block->n_step; begin += RIP_SCREEN_WINDOW) {
        const uint64_t steps = RIP_SIMD_NAME(rip_screen_steps)(
            store, cap, form, constant, block,
            (rip_screen_stretch){lane, begin, RIP_SCREEN_WINDOW});
        if (steps != 0) {
            return begin + (size_t)__builtin_ctzll(steps);
        }
    }
    return block->n_step;
}

void
RIP_SIMD_NAME(rip_screen_first)(const rip_screen_store *store, float cap,
                                const rip_screen_form *form, const rip_block *block,
                                uint64_t lanes, rip_screen_places *first)
{
    float constant;
    if (!isnan(form->limit) && block->peak <= (double)cap) {
        first_beyond(store, form, block, lanes, first);
        return;
    }
    constant = rip_screen_constant(store, form, block);
    first->n = 0;
    first->lanes = 0;
    first->sure = false;
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        const size_t lane = (size_t)__builtin_ctzll(rest);
        const size_t step = first_of_lane(store, cap, form, constant, block, lane);
        if (step < block->n_step) {
            first->lanes |= UINT64_C(1) << lane;
            first->lane[first->n] = (uint32_t)lane;
            first->step[first->n] = (uint32_t)step;
            first->mark[first->n++] = rip_block_price(block, step, first->asset)[lane];
        }
    }
}

rip_screen_verdict
RIP_SIMD_NAME(rip_screen_judge)(const rip_screen_store *store,
                                const rip_screen_form *form, const rip_block *block,
                                size_t lane, size_t step)
{
    double value = form->constant_usd, size = fabs(value);
    for (uint32_t k = 0; k < form->n_term; k++) {
        const rip_screen_term *term = &store->term[form->first_term + k];
        const double price = rip_block_price(block, step, term->asset)[lane];
        const double part = term->exact * price;
        const double due =
            (double)term->funding * rip_block_funding(block, step, term->asset, lane);
        if (price > (double)term->cap) {
            return RIP_SCREEN_UNCERTAIN;
        }
        value += part - due;
        /* The quantity that pays is rounded to single precision. */
        size += fabs(part) + fabs(due) * (1.0 + 0x1p-24 / RIP_SCREEN_SURE);
    }
    if (value > RIP_SCREEN_SURE * size) {
        return RIP_SCREEN_QUIET;
    }
    return form->exact && value < -RIP_SCREEN_SURE * size ? RIP_SCREEN_BREACH
                                                          : RIP_SCREEN_UNCERTAIN;
}
