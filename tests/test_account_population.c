#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "population_fixture.h"

/* What holds for every population: caps, buckets, entries, sides of stops. */
static void
check_account(const population_world *self, const rip_book *book, size_t i)
{
    const rip_account *account = &book->account[i];
    const rip_position *position = book->position + account->first_position;
    char id[RIP_NAME_MAX];

    (void)snprintf(id, sizeof(id), "a%06zu", i);
    assert_string_equal(account->id, id);
    assert_true(account->wallet_usd > 0.0);
    assert_true(rip_book_buckets(book, i) <= account->wallet_usd * (1.0 + 1e-12));
    assert_true(account->n_position >= 1);
    for (size_t k = 0; k < account->n_position; k++) {
        const double most = rip_margin_tiers_max_leverage(
            &self->venue.tiers[position[k].asset], population_notional(&position[k]));
        assert_true(position[k].leverage > 0.0 && position[k].leverage <= most);
        assert_true(position[k].bucket > 0.0);
        assert_true(position[k].entry_usd == population_price_usd[position[k].asset]);
        assert_true(self->spec.asset_weight[position[k].asset] > 0.0);
        assert_int_equal(position[k].kind, RIP_KIND_LINEAR_PERP);
        if (!isnan(position[k].stop_usd)) {
            const double move = position[k].stop_usd / position[k].entry_usd - 1.0;
            const double distance = position[k].quantity > 0.0 ? -move : move;
            assert_true(distance > 0.03 - 1e-12 && distance < 0.15 + 1e-12);
        }
    }
}

static void
test_promises_hold_in_every_variant(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 12; variant++) {
        static const double scale[] = {1.0, 4.0, 0.5};
        population_world self;
        rip_book book;
        population_begin(&self);
        self.spec.count = 600;
        self.spec.leverage_scale = scale[variant % 3];
        self.spec.scale_holds_notional = variant / 3 % 2 == 1;
        self.spec.size_by = variant >= 6 ? RIP_SIZE_PORTFOLIO : RIP_SIZE_ISOLATED;
        population_draw(&self, &book);
        for (size_t i = 0; i < book.n_account; i++) {
            check_account(&self, &book, i);
        }
        rip_book_free(&book);
        population_end(&self);
    }
}

/* Account i is the same whatever the count, and the same again. */
static void
test_accounts_do_not_know_the_count(void **state)
{
    population_world self;
    rip_book many, few, again;
    (void)state;
    population_begin(&self);
    population_draw(&self, &many);
    population_draw(&self, &again);
    self.spec.count = 17;
    population_draw(&self, &few);
    assert_int_equal(few.n_account, 17);
    assert_memory_equal(few.account, many.account, 17 * sizeof(*few.account));
    assert_memory_equal(few.position, many.position,
                        few.n_position * sizeof(*few.position));
    assert_int_equal(many.n_position, again.n_position);
    assert_memory_equal(many.position, again.position,
                        many.n_position * sizeof(*many.position));
    self.spec.seed = 8;
    rip_book_free(&few);
    population_draw(&self, &few);
    assert_true(few.account[0].wallet_usd < many.account[0].wallet_usd ||
                few.account[0].wallet_usd > many.account[0].wallet_usd);
    rip_book_free(&many);
    rip_book_free(&few);
    rip_book_free(&again);
    population_end(&self);
}

static void
test_fractions(void **state)
{
    population_world self;
    rip_book book;
    size_t hedged = 0, top_up = 0, stopped = 0, isolated = 0, long_first = 0, one = 0;
    size_t first_btc = 0, low = 0, below_median = 0;
    (void)state;
    population_begin(&self);
    self.spec.count = 40000;
    population_draw(&self, &book);
    for (size_t i = 0; i < book.n_account; i++) {
        const rip_account *account = &book.account[i];
        const rip_position *first = book.position + account->first_position;
        const bool is_hedged =
            account->n_position > 1 && first[1].asset == first->asset;
        const size_t n_part = account->n_position - is_hedged;
        hedged += is_hedged;
        one += n_part == 1;
        top_up += first->top_up.rule == RIP_TOP_UP_TO_INITIAL;
        stopped += isnan(first->stop_usd) ? 0 : 1;
        isolated += account->mode == RIP_MODE_ISOLATED;
        long_first += first->quantity > 0.0;
        first_btc += first->asset == 0;
        low += first->leverage <= 3.0;
        below_median += account->wallet_usd < 10000.0;
        assert_close(account->weight, 2.5, 0.0);
    }
    population_share(hedged, book.n_account, 0.15);
    population_share(one, book.n_account, 0.40);
    population_share(top_up, book.n_account, 0.2);
    population_share(stopped, book.n_account, 0.3);
    population_share(isolated, book.n_account, 0.5);
    population_share(long_first, book.n_account, 0.7);
    population_share(first_btc, book.n_account, 0.45);
    population_share(below_median, book.n_account, 0.5);
    /* No tier caps leverage 2 but those above 1e6: P(2 or 3) is 0.30 and a little. */
    assert_true((double)low / 40000.0 > 0.28 && (double)low / 40000.0 < 0.33);
    rip_book_free(&book);
    population_end(&self);
}

/* Section 7: a protected account keeps its position whole and holds as much of a put at
   0.9 S, or over a short one of a call at 1.1 S, of 30 days, bought at the mark. */
static void
test_protective_options(void **state)
{
    population_world self;
    rip_book book;
    size_t hedged = 0, options = 0;
    (void)state;
    population_begin(&self);
    self.spec.count = 20000;
    self.spec.hedged_fraction = 0.5;
    self.spec.option_fraction = 0.3;
    for (size_t a = 0; a < POPULATION_N_ASSET; a++) {
        self.market.asset[a].implied_volatility = 0.5 + 0.1 * (double)a;
    }
    population_draw(&self, &book);
    for (size_t i = 0; i < book.n_account; i++) {
        const rip_position *first = book.position + book.account[i].first_position;
        const rip_position *leg = first + 1;
        if (book.account[i].n_position < 2 || leg->asset != first->asset) {
            continue;
        }
        hedged++;
        options += leg->kind == RIP_KIND_OPTION;
        if (leg->kind == RIP_KIND_OPTION) {
            const double price_usd = population_price_usd[leg->asset];
            const bool is_long = first->quantity > 0.0;
            assert_true(leg->is_put == is_long);
            assert_close(leg->quantity, fabs(first->quantity), 0.0);
            assert_close(leg->strike_usd, price_usd * (is_long ? 0.9 : 1.1), 1e-15);
            assert_true(leg->expiry_ms == UINT64_C(2592000000));
            assert_close(book.volatility[leg->volatility_row].volatility,
                         0.5 + 0.1 * (double)leg->asset, 0.0);
            assert_true(leg->entry_usd > 0.0 && leg->entry_usd < 0.1 * price_usd);
            assert_close(leg->bucket, 0.0, 0.0);
        }
    }
    population_share(hedged, book.n_account, 0.5);
    population_share(options, hedged, 0.3);
    rip_book_free(&book);
    population_end(&self);
}

/* With probability side_correlation c all parts have one side, else each its own:
   P(two parts on the same side) = c + (1 - c)(p^2 + (1-p)^2). */
static void
test_sides_go_together(void **state)
{
    population_world self;
    rip_book book;
    size_t pairs = 0, same = 0;
    (void)state;
    population_begin(&self);
    self.spec.count = 20000;
    self.spec.hedged_fraction = 0.0;
    population_draw(&self, &book);
    for (size_t i = 0; i < book.n_account; i++) {
        const rip_position *first = book.position + book.account[i].first_position;
        if (book.account[i].n_position > 1) {
            pairs++;
            same += (first[0].quantity > 0.0) == (first[1].quantity > 0.0);
            assert_int_not_equal(first[0].asset, first[1].asset);
        }
    }
    population_share(same, pairs, 0.5 + 0.5 * (0.49 + 0.09));
    rip_book_free(&book);
    population_end(&self);
}

/* More positions than assets of positive weight: as many as there are, all distinct. */
static void
test_positions_are_limited_by_the_assets(void **state)
{
    population_world self;
    rip_book book;
    (void)state;
    population_begin(&self);
    for (size_t k = 0; k < self.spec.positions.n_value; k++) {
        self.spec.positions.value[k] = 8.0;
    }
    self.spec.hedged_fraction = 0.0;
    population_draw(&self, &book);
    for (size_t i = 0; i < book.n_account; i++) {
        const rip_position *held = book.position + book.account[i].first_position;
        assert_int_equal(book.account[i].n_position, 3);
        assert_int_equal(held[0].asset + held[1].asset + held[2].asset, 0 + 1 + 2);
        assert_true(held[0].asset != held[1].asset && held[1].asset != held[2].asset);
    }
    rip_book_free(&book);
    population_end(&self);
}

static void
test_invalid_populations_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        population_world self;
        rip_book book;
        population_begin(&self);
        rip_population_spec *spec = &self.spec;
        double *const broken[] = {&spec->balance.first,      &spec->balance.second,
                                  &spec->leverage.value[2],  &spec->leverage.weight[1],
                                  &spec->positions.value[0], &spec->asset_weight[3],
                                  &spec->leverage_scale,     &spec->long_fraction,
                                  &spec->margin_high,        &spec->mode_weight[2],
                                  &spec->stop_low,           &spec->weight};
        *broken[i] = i % 2 == 0 ? NAN : -1.0;
        assert_int_equal(rip_population_draw(&book, spec, &self.market, &self.venues),
                         RIP_ERR_INVALID_ARGUMENT);
        rip_book_free(&book);
        population_end(&self);
    }
}

static void
test_no_memory(void **state)
{
    population_world self;
    rip_book book;
    long n = 0;
    (void)state;
    population_begin(&self);
    self.spec.count = 10;
    for (rip_status status = RIP_ERR_NO_MEMORY; status != RIP_OK; n++) {
        support_fail_allocation(n);
        status = rip_population_draw(&book, &self.spec, &self.market, &self.venues);
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        rip_book_free(&book);
    }
    assert_true(n > 5);
    population_end(&self);
}

/* P(X > 3 minimum) = 3^-alpha for a Pareto law: sqrt(1/3) with alpha a half. */
static void
test_pareto_balances(void **state)
{
    population_world self;
    rip_book book;
    size_t above = 0;
    (void)state;
    population_begin(&self);
    self.spec.balance = (rip_law){.kind = RIP_LAW_PARETO, .first = 500, .second = 0.5};
    self.spec.count = 20000;
    population_draw(&self, &book);
    for (size_t i = 0; i < book.n_account; i++) {
        assert_true(book.account[i].wallet_usd >= 500.0);
        above += book.account[i].wallet_usd > 1500.0;
    }
    population_share(above, book.n_account, 0.57735026918962576);
    rip_book_free(&book);
    population_end(&self);
}

/* Beyond every market: refused rather than run. */
static void
test_balances_have_a_limit(void **state)
{
    population_world self;
    rip_book book;
    (void)state;
    population_begin(&self);
    self.spec.balance = (rip_law){.kind = RIP_LAW_PARETO, .first = 1, .second = 0.01};
    assert_int_equal(rip_population_draw(&book, &self.spec, &self.market, &self.venues),
                     RIP_ERR_INVALID_ARGUMENT);
    rip_book_free(&book);
    population_end(&self);
}

/* One book per mode is another version's. */
static void
test_own_books_are_refused(void **state)
{
    population_world self;
    rip_book book;
    (void)state;
    population_begin(&self);
    self.spec.size_by = RIP_SIZE_OWN;
    assert_int_equal(rip_population_draw(&book, &self.spec, &self.market, &self.venues),
                     RIP_ERR_INVALID_ARGUMENT);
    rip_book_free(&book);
    population_end(&self);
}

/* The first accounts of seed 7. The values are those of a separate program: Philox and
   the rules of this header written in Python, exp and the normal quantile of NumPy and
   SciPy. */
static const struct {
    double wallet_usd;
    rip_mode mode;
    size_t n_position;
} first_account[] = {{3833.74762919213, RIP_MODE_CROSS, 3},
                     {1846.46824754806, RIP_MODE_ISOLATED, 2},
                     {3245.96438579264, RIP_MODE_ISOLATED, 1},
                     {19194.0069493847, RIP_MODE_ISOLATED, 3},
                     {8424.43140625707, RIP_MODE_CROSS, 3}};
static const rip_position first_position[] = {
    {.asset = 0,
     .quantity = 0.132589304449939,
     .leverage = 10,
     .bucket = 691.287486075872,
     .stop_usd = 48997.0982906043},
    {.asset = 1,
     .quantity = 2.76487345695779,
     .leverage = 10,
     .bucket = 691.287486075872,
     .stop_usd = 2222.82173968202},
    {.asset = 2,
     .quantity = 46.0858324050581,
     .leverage = 10,
     .bucket = 691.287486075872,
     .stop_usd = 139.098961815339},
    {.asset = 1,
     .quantity = 3.94415441037835,
     .leverage = 20,
     .bucket = 493.068603227424},
    {.asset = 1,
     .quantity = -3.94415441037835,
     .leverage = 20,
     .bucket = 493.068603227424},
    {.asset = 2,
     .quantity = 35.4702439899096,
     .leverage = 5,
     .bucket = 1064.10731969729},
    {.asset = 1,
     .quantity = 4.17154633659219,
     .leverage = 2,
     .bucket = 5214.95436403231},
    {.asset = 0,
     .quantity = 0.200046199531328,
     .leverage = 2,
     .bucket = 5214.95436403231},
    {.asset = 2,
     .quantity = -69.5327248537642,
     .leverage = 2,
     .bucket = 5214.95436403231},
    {.asset = 0,
     .quantity = -0.111050959680434,
     .leverage = 3,
     .bucket = 1929.97313677955},
    {.asset = 1,
     .quantity = -2.31573619051641,
     .leverage = 3,
     .bucket = 1929.97313677955},
    {.asset = 2,
     .quantity = -38.599462735591,
     .leverage = 3,
     .bucket = 1929.97313677955},
};

static void
test_first_accounts(void **state)
{
    population_world self;
    rip_book book;
    (void)state;
    population_begin(&self);
    population_draw(&self, &book);
    for (size_t i = 0; i < 5; i++) {
        assert_close(book.account[i].wallet_usd, first_account[i].wallet_usd, 1e-13);
        assert_int_equal(book.account[i].mode, first_account[i].mode);
        assert_int_equal(book.account[i].n_position, first_account[i].n_position);
    }
    for (size_t k = 0; k < sizeof(first_position) / sizeof(first_position[0]); k++) {
        const rip_position *got = &book.position[k], *want = &first_position[k];
        assert_int_equal(got->asset, want->asset);
        assert_close(got->quantity, want->quantity, 1e-13);
        assert_close(got->leverage, want->leverage, 1e-13);
        assert_close(got->bucket, want->bucket, 1e-13);
        assert_int_equal(got->top_up.rule, RIP_TOP_UP_NONE);
        assert_true(want->stop_usd > 0.0
                        ? fabs(got->stop_usd / want->stop_usd - 1.0) < 1e-13
                        : isnan(got->stop_usd));
    }
    rip_book_free(&book);
    population_end(&self);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_promises_hold_in_every_variant),
        cmocka_unit_test(test_accounts_do_not_know_the_count),
        cmocka_unit_test(test_first_accounts),
        cmocka_unit_test(test_fractions),
        cmocka_unit_test(test_protective_options),
        cmocka_unit_test(test_sides_go_together),
        cmocka_unit_test(test_positions_are_limited_by_the_assets),
        cmocka_unit_test(test_invalid_populations_are_refused),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_pareto_balances),
        cmocka_unit_test(test_balances_have_a_limit),
        cmocka_unit_test(test_own_books_are_refused),
    };
    return cmocka_run_group_tests_name("account_population", tests, NULL, NULL);
}
