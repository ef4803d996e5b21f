#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "population_fixture.h"
#include "riptide/margin/margin.h"
#include "riptide/margin/models.h"

/* Buckets are the posted margin, in equal parts; the hedged part is halved. */
static void
test_margin_is_the_share_of_the_balance(void **state)
{
    population_world self;
    rip_book book;
    double smallest = 1.0, largest = 0.0;
    (void)state;
    population_begin(&self);
    population_draw(&self, &book);
    for (size_t i = 0; i < book.n_account; i++) {
        const rip_account *account = &book.account[i];
        const rip_position *held = book.position + account->first_position;
        const double used = rip_book_buckets(&book, i) / account->wallet_usd;
        const bool hedged = account->n_position > 1 && held[1].asset == held[0].asset;
        const double part =
            rip_book_buckets(&book, i) / (double)(account->n_position - hedged);
        smallest = fmin(smallest, used);
        largest = fmax(largest, used);
        assert_close(held[0].bucket, hedged ? 0.5 * part : part, 1e-12);
        assert_close(population_notional(held), held[0].bucket * held[0].leverage,
                     1e-12);
        if (hedged) {
            assert_true(held[1].quantity == -held[0].quantity);
            assert_true(held[1].bucket == held[0].bucket);
        }
    }
    assert_true(smallest >= 0.2 && smallest < 0.205);
    assert_true(largest <= 0.9 && largest > 0.895);
    rip_book_free(&book);
    population_end(&self);
}

/* A single asset, one position: every figure by hand. Tiers: 125x to 5,000, 50x to
   50,000, 10x to 1,000,000, 2x above. */
static void
test_leverage_is_capped_by_the_tier_of_its_own_notional(void **state)
{
    static const struct {
        double balance, leverage, want; /* the bucket is a half of the balance */
    } cases[] = {
        {100, 20, 20},   /* 1,000 */
        {100, 100, 100}, /* 5,000: the bound belongs to the lower tier */
        {100, 125, 100}, /* 6,250 is too much for 125x, 50x is less than 100x */
        {400, 125, 50},  /* 200: 5,000 / 200 = 25 is less than 50x of the next tier */
        {10000, 50, 10}, /* 5,000: 50,000 / 5,000 = 10, as much as the next tier */
        {10000, 9, 9},   /* 45,000 */
        {1e6, 50, 2},    /* 500,000: 1,000,000 / 500,000 = 2 */
        {4e6, 50, 2},    {20, 500, 125},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        population_world self;
        rip_book book;
        population_begin(&self);
        self.spec.count = 1;
        self.spec.hedged_fraction = 0.0;
        self.spec.margin_low = self.spec.margin_high = 0.5;
        self.spec.balance = (rip_law){.kind = RIP_LAW_FIXED, .first = cases[i].balance};
        rip_law scrap[2] = {self.spec.leverage, self.spec.positions};
        self.spec.leverage =
            (rip_law){.kind = RIP_LAW_FIXED, .first = cases[i].leverage};
        self.spec.positions = (rip_law){.kind = RIP_LAW_FIXED, .first = 1.0};
        population_draw(&self, &book);
        assert_close(book.position[0].leverage, cases[i].want, 1e-11);
        assert_close(book.position[0].bucket, cases[i].balance / 2.0, 1e-15);
        assert_close(population_notional(book.position),
                     cases[i].want * cases[i].balance / 2.0, 1e-11);
        rip_book_free(&book);
        self.spec.leverage = scrap[0];
        self.spec.positions = scrap[1];
        population_end(&self);
    }
}

/* A venue that allows more to large positions: a small one may not borrow from that. */
static void
test_leverage_of_another_tier_is_not_taken(void **state)
{
    static const double floor_usd[] = {0, 5000}, rate[] = {0.01, 0.01},
                        most[] = {5, 50};
    population_world self;
    rip_book book;
    (void)state;
    population_begin(&self);
    for (size_t i = 0; i < POPULATION_N_ASSET; i++) {
        rip_margin_tiers_free(&self.venue.tiers[i]);
        assert_int_equal(
            rip_margin_tiers_init(&self.venue.tiers[i], 2, floor_usd, rate, most, NULL),
            RIP_OK);
    }
    self.spec.balance = (rip_law){.kind = RIP_LAW_FIXED, .first = 100.0};
    population_draw(&self, &book);
    for (size_t k = 0; k < book.n_position; k++) {
        assert_true(book.position[k].leverage <= 5.0);
    }
    rip_book_free(&book);
    population_end(&self);
}

/* scale_holds: with margin, notional grows and buckets stay; with notional, the other
   way round. Leverage 2 and 3 are far below every cap here. */
static void
test_what_scale_holds(void **state)
{
    (void)state;
    for (int holds_notional = 0; holds_notional < 2; holds_notional++) {
        static const double leverage[] = {2, 3}, weight[] = {1, 1};
        population_world self;
        rip_book plain, scaled;
        population_begin(&self);
        free(self.spec.leverage.value);
        free(self.spec.leverage.weight);
        population_law(&self.spec.leverage, 2, leverage, weight);
        self.spec.balance = (rip_law){.kind = RIP_LAW_FIXED, .first = 2000.0};
        self.spec.count = 200;
        population_draw(&self, &plain);
        self.spec.leverage_scale = 4.0;
        self.spec.scale_holds_notional = holds_notional;
        population_draw(&self, &scaled);
        assert_int_equal(plain.n_position, scaled.n_position);
        for (size_t k = 0; k < plain.n_position; k++) {
            const rip_position *a = &plain.position[k], *b = &scaled.position[k];
            assert_close(b->leverage, 4.0 * a->leverage, 1e-14);
            assert_close(b->quantity, (holds_notional ? 1.0 : 4.0) * a->quantity,
                         1e-14);
            assert_close(b->bucket, (holds_notional ? 0.25 : 1.0) * a->bucket, 1e-14);
        }
        rip_book_free(&plain);
        rip_book_free(&scaled);
        population_end(&self);
    }
}

/* size_by portfolio: the initial margin of the portfolio model is the margin drawn,
   which with size_by isolated is the sum of the buckets. */
static void
test_size_by_portfolio(void **state)
{
    const rip_margin_model *model = rip_margin_models_find(RIP_MODE_PORTFOLIO);
    const double no_funding[POPULATION_N_ASSET] = {0};
    const rip_market_point start = {.price_usd = population_price_usd,
                                    .funding = no_funding};
    population_world self;
    rip_book isolated, sized;
    size_t n_sized = 0;
    (void)state;
    population_begin(&self);
    self.spec.count = 500;
    population_draw(&self, &isolated);
    self.spec.size_by = RIP_SIZE_PORTFOLIO;
    population_draw(&self, &sized);
    for (size_t i = 0; i < sized.n_account; i++) {
        rip_position_state held[16];
        rip_account_state state_now = {.held = held};
        rip_margin_bucket bucket;
        rip_account_state_reset(&state_now, &sized, i, &self.market, &self.venues,
                                model);
        model->assess(&state_now, &start, &bucket);
        const rip_account *account = &sized.account[i];
        const rip_position *first = sized.position + account->first_position;
        if (account->n_position == 2 && first[1].asset == first[0].asset) {
            /* Nothing but a hedge: no requirement to size by, so it stays. */
            assert_memory_equal(first, isolated.position + account->first_position,
                                2 * sizeof(*first));
            continue;
        }
        assert_close(bucket.initial_usd, rip_book_buckets(&isolated, i), 1e-9);
        n_sized++;
    }
    assert_true(n_sized > 300);
    rip_book_free(&isolated);
    rip_book_free(&sized);
    population_end(&self);
}

/* The floors of every asset's tiers in coins instead of USD. */
static void
count_quantities(population_world *self)
{
    static const double floor_usd[] = {0, 5000, 50000, 1e6};
    static const double rate[] = {0.004, 0.01, 0.05, 0.25};
    static const double most[] = {125, 50, 10, 2};
    self->venue.tiers_by_quantity = true;
    for (size_t i = 0; i < POPULATION_N_ASSET; i++) {
        double floors[4];
        for (size_t k = 0; k < 4; k++) {
            floors[k] = floor_usd[k] / population_price_usd[i];
        }
        rip_margin_tiers_free(&self->venue.tiers[i]);
        assert_int_equal(
            rip_margin_tiers_init(&self->venue.tiers[i], 4, floors, rate, most, NULL),
            RIP_OK);
    }
}

/* MAR-1, tiers by quantity: with the same bounds in coins the same book is drawn,
   however it is sized; no leverage is above what the tier of its quantity allows. */
static void
test_tiers_by_quantity(void **state)
{
    (void)state;
    for (size_t variant = 0; variant < 3; variant++) {
        population_world self;
        rip_book by_notional, by_quantity;
        population_begin(&self);
        self.spec.count = 1000;
        self.spec.leverage_scale = variant == 0 ? 1.0 : 2.5;
        self.spec.scale_holds_notional = variant == 1;
        self.spec.size_by = variant == 2 ? RIP_SIZE_PORTFOLIO : RIP_SIZE_ISOLATED;
        population_draw(&self, &by_notional);
        count_quantities(&self);
        population_draw(&self, &by_quantity);
        assert_int_equal(by_quantity.n_position, by_notional.n_position);
        for (size_t k = 0; k < by_quantity.n_position; k++) {
            const rip_position *got = &by_quantity.position[k];
            const rip_position *want = &by_notional.position[k];
            assert_close(got->quantity, want->quantity, 1e-11);
            assert_close(got->leverage, want->leverage, 1e-11);
            assert_close(got->bucket, want->bucket, 1e-11);
            assert_true(got->leverage <= rip_margin_tiers_max_leverage(
                                             &self.venue.tiers[got->asset],
                                             fabs(got->quantity) * (1.0 - 1e-9)));
        }
        rip_book_free(&by_notional);
        rip_book_free(&by_quantity);
        population_end(&self);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_margin_is_the_share_of_the_balance),
        cmocka_unit_test(test_leverage_is_capped_by_the_tier_of_its_own_notional),
        cmocka_unit_test(test_leverage_of_another_tier_is_not_taken),
        cmocka_unit_test(test_what_scale_holds),
        cmocka_unit_test(test_size_by_portfolio),
        cmocka_unit_test(test_tiers_by_quantity),
    };
    return cmocka_run_group_tests_name("account_population_sizes", tests, NULL, NULL);
}
