/* Steps that forms do not clear, and are sure of, against the forms in full precision.
 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "engine_fixture.h"
#include "engine_wild.h"
#include "riptide/engine/evaluate.h"
#include "riptide/market/models.h"

enum { N_RUN = 60, WINDOW = 23 };

typedef struct fixture {
    rip_run run;
    bool *excluded;
    rip_plan plan;
    void *shocks;
    rip_block block;
} fixture;

static void
begin(fixture *self, uint64_t seed)
{
    const rip_shock_model *model;
    fixture_wild_run(&self->run, seed);
    self->excluded = calloc(self->run.book.n_account * self->run.spec.n_mode,
                            sizeof(*self->excluded));
    assert_non_null(self->excluded);
    assert_int_equal(rip_plan_init(&self->plan, &self->run, self->excluded), RIP_OK);
    model = rip_market_models_find(self->run.shock.kind, RIP_DRAWS_FAST);
    assert_int_equal(model->plan(&self->shocks, &self->run.shock, &self->run.market,
                                 rip_run_steps(&self->run),
                                 rip_run_step_years(&self->run)),
                     RIP_OK);
    assert_int_equal(rip_block_init(&self->block, &self->run, model, self->shocks),
                     RIP_OK);
    rip_block_draw(&self->block, 0);
}

static void
end(fixture *self)
{
    self->block.model->free(self->shocks);
    rip_block_free(&self->block);
    rip_plan_free(&self->plan);
    free(self->excluded);
    rip_run_free(&self->run);
}

/* Steps of all searches, by what single precision says and what is true. */
typedef struct counts {
    size_t suspect, sure, breach;
} counts;

static void
check_step(const rip_screen_probe *probe, const rip_block *block, size_t lane,
           size_t step, const uint64_t bit[3], counts *n)
{
    const rip_screen_verdict verdict =
        RIP_SIMD_PICK(rip_screen_judge)(probe->store, probe->form, block, lane, step);
    assert_int_equal(bit[probe->form->wipeout ? 0 : 1], 0);
    assert_true(bit[2] <= bit[0]);
    if ((bit[0] | bit[1]) == 0) {
        assert_int_not_equal(verdict, RIP_SCREEN_BREACH);
    }
    if (bit[2] != 0) {
        assert_int_equal(verdict, RIP_SCREEN_BREACH);
    }
    n->suspect += bit[0];
    n->sure += bit[2];
    n->breach += !probe->form->wipeout && verdict == RIP_SCREEN_BREACH;
}

static void
search(const rip_screen_probe *probe, const rip_block *block, size_t first, size_t many,
       counts *n)
{
    rip_screen_suspects found[RIP_LANES] = {0};
    const size_t left = block->n_step - first;
    RIP_SIMD_PICK(rip_screen_search)(probe, block, first, many, UINT64_MAX, found);
    for (size_t lane = 0; lane < RIP_LANES; lane++) {
        assert_int_equal(found[lane].margin | found[lane].wipeout,
                         RIP_SIMD_PICK(rip_screen_steps)(
                             probe->store, probe->cap, probe->form, probe->constant,
                             block, (rip_screen_stretch){lane, first, many}));
    }
    for (size_t k = 0; k < (size_t)RIP_LANES * RIP_SCREEN_WINDOW; k++) {
        const size_t lane = k / RIP_SCREEN_WINDOW, t = k % RIP_SCREEN_WINDOW;
        const uint64_t bit[3] = {found[lane].margin >> t & 1,
                                 found[lane].wipeout >> t & 1,
                                 found[lane].breach >> t & 1};
        if (t < many && t < left) {
            check_step(probe, block, lane, first + t, bit, n);
        } else {
            assert_int_equal(bit[0] | bit[1] | bit[2], 0);
        }
    }
}

static void
search_forms(const fixture *self, const rip_screen_group *group, counts *n)
{
    const size_t n_step = self->block.n_step;
    for (size_t i = 0; !group->unknown && i < group->n_form; i++) {
        const rip_screen_probe probe =
            rip_screen_probe_of(&self->plan.store, group->cap,
                                &self->plan.store.form[group->first + i], &self->block);
        search(&probe, &self->block, 0, RIP_SCREEN_WINDOW, n);
        for (size_t first = 0; first < n_step; first += WINDOW) {
            search(&probe, &self->block, first, WINDOW, n);
        }
        search(&probe, &self->block, n_step / 2, 3, n);
    }
}

static void
search_groups(const fixture *self, counts *n)
{
    for (size_t m = 0; m < self->run.book.n_account * self->run.spec.n_mode; m++) {
        search_forms(self, &self->plan.mode[m].group, n);
    }
}

/* What is cleared is no breach, and what is sure of one is one; nearly all are. */
static void
test_answers_are_true(void **state)
{
    counts n = {0, 0, 0};
    (void)state;
    for (uint64_t seed = 0; seed < N_RUN; seed++) {
        fixture self;
        begin(&self, seed);
        search_groups(&self, &n);
        end(&self);
    }
    print_message("%zu breaches in %zu suspects, %zu for sure\n", n.breach, n.suspect,
                  n.sure);
    assert_true(n.breach > 10000);
    assert_true(n.sure > n.breach / 10 * 9);
}

/* The same where forms hold little above the starting prices only: they are sure of
   nothing beyond. */
static void
test_answers_beyond_caps(void **state)
{
    counts n = {0, 0, 0};
    (void)state;
    for (uint64_t seed = 0; seed < N_RUN; seed++) {
        fixture self;
        begin(&self, seed);
        for (size_t k = 0; k < self.plan.store.n_term; k++) {
            rip_screen_term *term = &self.plan.store.term[k];
            term->cap = 1.02f * (float)self.run.market.asset[term->asset].price_usd;
        }
        for (size_t m = 0; m < self.run.book.n_account * self.run.spec.n_mode; m++) {
            self.plan.mode[m].group.cap = 1.01f;
        }
        search_groups(&self, &n);
        end(&self);
    }
    assert_true(n.suspect > 10000);
    assert_true(n.sure > 1000);
}

/* A form's value at a step of a lane, its constant left aside. */
static double
value_of(const rip_screen_probe *probe, const rip_block *block, size_t lane,
         size_t step)
{
    double value = 0.0;
    for (uint32_t k = 0; k < probe->form->n_term; k++) {
        const rip_screen_term *term = &probe->store->term[probe->form->first_term + k];
        value +=
            term->exact * rip_block_price(block, step, term->asset)[lane] -
            (double)term->funding * rip_block_funding(block, step, term->asset, lane);
    }
    return value;
}

/* What a form says of a step with another constant. */
static rip_screen_suspects
ask(const rip_screen_probe *probe, const rip_block *block, double constant_usd,
    size_t lane, size_t step)
{
    rip_screen_form form = *probe->form;
    rip_screen_suspects found[RIP_LANES] = {0};
    rip_screen_probe moved;
    form.constant_usd = constant_usd;
    form.constant = rip_screen_safe(constant_usd, form.n_term);
    moved = rip_screen_probe_of(probe->store, probe->cap, &form, block);
    moved.breach = probe->breach;
    RIP_SIMD_PICK(rip_screen_search)
    (&moved, block, step, 1, UINT64_C(1) << lane, found);
    return found[lane];
}

/* Returns whether the form is an exact one of margin. */
static bool
check_edges(const rip_screen_probe *probe, const rip_block *block)
{
    if (probe->form->wipeout || !probe->form->exact ||
        block->peak > (double)probe->cap) {
        return false;
    }
    for (size_t lane = 0; lane < RIP_LANES; lane++) {
        const size_t step = lane * 7 % block->n_step;
        const double zero_usd = -value_of(probe, block, lane, step);
        const rip_screen_suspects at = ask(probe, block, zero_usd, lane, step);
        const double far_usd = 2.0 * (double)probe->breach;
        assert_int_equal(at.margin, 1);
        assert_int_equal(at.breach, 0);
        assert_int_equal(ask(probe, block, zero_usd + far_usd, lane, step).breach, 1);
        assert_int_equal(ask(probe, block, zero_usd - far_usd, lane, step).margin, 0);
    }
    return true;
}

typedef void check_form(const fixture *self, const rip_screen_group *group,
                        const rip_screen_form *form, void *count);

/* Every form of all groups of the wild runs. */
static void
for_each_form(check_form *check, void *count)
{
    for (uint64_t seed = 0; seed < N_RUN; seed++) {
        fixture self;
        begin(&self, seed);
        for (size_t m = 0; m < self.run.book.n_account * self.run.spec.n_mode; m++) {
            const rip_screen_group *group = &self.plan.mode[m].group;
            for (size_t i = 0; !group->unknown && i < group->n_form; i++) {
                check(&self, group, &self.plan.store.form[group->first + i], count);
            }
        }
        end(&self);
    }
}

static void
check_edges_of(const fixture *self, const rip_screen_group *group,
               const rip_screen_form *form, void *count)
{
    const rip_screen_probe probe =
        rip_screen_probe_of(&self->plan.store, group->cap, form, &self->block);
    *(size_t *)count += check_edges(&probe, &self->block);
}

/* A form that is 0 is neither cleared nor sure; a little less and it is. */
static void
test_edges(void **state)
{
    size_t n = 0;
    (void)state;
    for_each_form(check_edges_of, &n);
    assert_true(n > 100);
}

/* Places that a position's form finds, and how many searches were sure of all theirs.
 */
typedef struct found {
    size_t places, searches, sure;
} found;

/* The first step on each lane that is not cleared: none before it is a breach, and if
   the search is sure, it is one. */
static void
check_first(const fixture *self, const rip_screen_group *group,
            const rip_screen_form *form, found *n)
{
    const rip_screen_store *store = &self->plan.store;
    const rip_block *block = &self->block;
    rip_screen_places first = {.asset = store->term[form->first_term].asset};
    size_t at = 0;
    RIP_SIMD_PICK(rip_screen_first)
    (store, group->cap, form, block, UINT64_MAX, &first);
    for (size_t lane = 0; lane < RIP_LANES; lane++) {
        const bool is_found = (first.lanes >> lane & 1) != 0;
        const size_t end = is_found ? first.step[at] : block->n_step;
        for (size_t step = 0; step < end; step++) {
            assert_int_not_equal(
                RIP_SIMD_PICK(rip_screen_judge)(store, form, block, lane, step),
                RIP_SCREEN_BREACH);
        }
        if (is_found) {
            assert_int_equal(first.lane[at], lane);
            assert_true(end < block->n_step);
            assert_true(first.mark[at] ==
                        rip_block_price(block, end, first.asset)[lane]);
            assert_true(!first.sure ||
                        RIP_SIMD_PICK(rip_screen_judge)(store, form, block, lane,
                                                        end) == RIP_SCREEN_BREACH);
            at++;
        }
    }
    assert_int_equal(at, first.n);
    n->places += at;
    n->searches += at > 0;
    n->sure += at > 0 && first.sure;
}

/* found[0]: of forms that pay no funding, found[1]: of the others. */
static void
check_first_of(const fixture *self, const rip_screen_group *group,
               const rip_screen_form *form, void *count)
{
    const bool pays = form->funded && self->block.funding != NULL;
    if (form->position != RIP_SCREEN_ACCOUNT) {
        check_first(self, group, form, (found *)count + pays);
    }
}

/* Of the forms of one position: with funding or several terms nothing is sure. */
static void
test_first_breaches(void **state)
{
    found n[2] = {{0}};
    const found *free = &n[0], *paid = &n[1];
    (void)state;
    for_each_form(check_first_of, n);
    print_message("%zu searches for %zu places, %zu sure; with funding %zu for %zu\n",
                  free->searches, free->places, free->sure, paid->searches,
                  paid->places);
    assert_true(free->places > 1000 && paid->places > 1000);
    assert_true(free->sure > 20);
    assert_int_equal(paid->sure, 0);
}

/* Of forms of one term: sure when every mark is beyond the price of that name, and a
   price just at the limit is found. */
static void
check_limits(const fixture *self, const rip_screen_group *group,
             const rip_screen_form *form, void *count)
{
    const rip_screen_store *store = &self->plan.store;
    const rip_screen_term *term = &store->term[form->first_term];
    const rip_block *block = &self->block;
    const bool falls = term->row < block->n_asset;
    rip_screen_form moved = *form;
    rip_screen_places first = {.asset = term->asset};
    double least = falls ? 0.0 : INFINITY;
    if (isnan(form->limit) || block->peak > (double)group->cap ||
        (form->funded && block->funding != NULL)) {
        return;
    }
    moved.limit = rip_block_path(block, 5, term->asset)[block->n_step / 2];
    moved.limit = falls ? moved.limit : -moved.limit;
    RIP_SIMD_PICK(rip_screen_first)
    (store, group->cap, &moved, block, UINT64_C(1) << 5, &first);
    assert_int_equal(first.n, 1);
    assert_true(first.step[0] <= block->n_step / 2);
    moved.limit = form->limit;
    RIP_SIMD_PICK(rip_screen_first)
    (store, group->cap, &moved, block, UINT64_MAX, &first);
    for (size_t at = 0; at < first.n; at++) {
        least = falls ? fmax(least, first.mark[at]) : fmin(least, first.mark[at]);
    }
    for (int beyond = 0; first.n > 0 && beyond < 2; beyond++) {
        moved.sure = beyond == 0 ? least : nextafter(least, falls ? INFINITY : 0.0);
        RIP_SIMD_PICK(rip_screen_first)
        (store, group->cap, &moved, block, UINT64_MAX, &first);
        assert_int_equal(first.sure, beyond);
    }
    *(size_t *)count += first.n > 1;
}

static void
test_limits(void **state)
{
    size_t n = 0;
    (void)state;
    for_each_form(check_limits, &n);
    assert_true(n > 100);
}

static void
check_sure_price(const fixture *self, const rip_screen_group *group,
                 const rip_screen_form *form, void *count)
{
    const double weight = self->plan.store.term[form->first_term].exact;
    const double zero = -form->constant_usd / weight;
    const double part = weight * form->sure;
    (void)group;
    if (form->sure > 0.0) {
        assert_true(form->exact && form->n_term == 1);
        assert_true(form->constant_usd + part <
                    -RIP_SCREEN_SURE * (fabs(form->constant_usd) + fabs(part)));
        assert_true(fabs(form->sure - zero) < 1e-10 * fabs(zero));
        (*(size_t *)count)++;
    }
}

/* The price from which on a form is sure is a breach, and hardly beyond its zero. (If
   it is none, every price is beyond or none.) */
static void
test_sure_prices(void **state)
{
    size_t n = 0;
    (void)state;
    for_each_form(check_sure_price, &n);
    assert_true(n > 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_true),
        cmocka_unit_test(test_answers_beyond_caps),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_first_breaches),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_sure_prices),
    };
    return cmocka_run_group_tests_name("engine/search", tests, NULL, NULL);
}
