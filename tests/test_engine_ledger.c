/* Conservation of money in every trial (domain.md section 6), and that a leak is seen.
 */
#include "support.h"

#include "engine_wild.h"
#include "riptide/engine/ledger.h"
#include "riptide/margin/models.h"
#include "riptide/margin/step.h"

enum { N_STEP = 40 };

static void
hear(void *context, const rip_account_state *state, const rip_event *event)
{
    (void)state;
    rip_ledger_add(context, event);
}

/* What a trial came to. */
typedef struct trial {
    rip_position_state held[8];
    rip_account_state state;
    rip_market_point end;
    rip_ledger ledger;
    double price[8], funding[8];
    double loss_usd;
} trial;

/* A walk of large steps, so that much happens. */
static void
run_trial(trial *self, const rip_run *run, rip_mode mode, size_t account,
          uint64_t *seed)
{
    const rip_event_sink sink = {.on_event = hear, .context = &self->ledger};
    const rip_step_rules rules = {
        .wipeout_threshold = 0.1, .step_years = 0.001, .sink = &sink};
    rip_margin_bucket bucket[8];
    double cause[RIP_N_CAUSE];
    *self = (trial){.state.held = self->held};
    rip_account_state_reset(&self->state, &run->book, account, &run->market,
                            &run->venues, rip_margin_models_find(mode));
    for (size_t a = 0; a < run->market.n_asset; a++) {
        self->price[a] = 100.0;
    }
    for (uint32_t t = 1; t <= N_STEP; t++) {
        for (size_t a = 0; a < run->market.n_asset; a++) {
            self->price[a] *= 1.0 + 0.14 * (support_uniform(seed) - 0.5);
            self->funding[a] += 1e-4 * self->price[a] * (support_uniform(seed) - 0.4);
        }
        self->end = (rip_market_point){.price_usd = self->price,
                                       .funding = self->funding,
                                       .years = 0.001 * t,
                                       .step = t};
        rip_ledger_open_step(&self->ledger, &self->state, &self->end);
        rip_margin_step(&self->state, &self->end, &rules, bucket);
        rip_ledger_close_step(&self->ledger, &self->state, &self->end);
    }
    self->loss_usd = rip_account_state_loss(&self->state, &self->end, cause);
}

static bool
balances(const trial *self)
{
    return rip_ledger_balances(&self->ledger, &self->state, &self->end, self->loss_usd);
}

/* A change to a finished trial, by an amount of money. */
typedef void leak(trial *self, double usd);

static void
none(trial *self, double usd)
{
    (void)self;
    (void)usd;
}
static void
lose_an_event(trial *self, double usd)
{
    self->ledger.amount_usd -= usd;
}
static void
lose_cash(trial *self, double usd)
{
    self->state.free_usd -= usd;
}
static void
understate_the_loss(trial *self, double usd)
{
    self->loss_usd -= usd;
}

static void
check(leak *change, bool want)
{
    size_t n_touched = 0;
    uint64_t seed = 77;
    for (uint64_t k = 0; k < 60; k++) {
        rip_run run;
        fixture_wild_run(&run, k);
        for (size_t at = 0; at < 3 * run.book.n_account; at++) {
            trial one;
            run_trial(&one, &run, (rip_mode)(at % 3), at / 3, &seed);
            n_touched += one.state.liquidation_step != 0;
            change(&one, 0.01);
            if (balances(&one) != want) {
                fail_msg("run %u, account %zu, mode %zu", (unsigned)k, at / 3, at % 3);
            }
        }
        rip_run_free(&run);
    }
    assert_in_range(n_touched, 300, 1300);
}

static void
test_money_is_conserved(void **state)
{
    (void)state;
    check(none, true);
}

static void
test_a_lost_event_is_seen(void **state)
{
    (void)state;
    check(lose_an_event, false);
}

static void
test_lost_cash_is_seen(void **state)
{
    (void)state;
    check(lose_cash, false);
}

static void
test_an_understated_loss_is_seen(void **state)
{
    (void)state;
    check(understate_the_loss, false);
}

/* No recourse: nobody ends with less than nothing (DEF-1). */
static void
test_negative_worth_is_seen(void **state)
{
    uint64_t seed = 5;
    double lost_usd;
    rip_run run;
    trial one;
    (void)state;
    fixture_wild_run(&run, 1);
    run_trial(&one, &run, RIP_MODE_CROSS, 0, &seed);
    assert_true(balances(&one));
    lost_usd = 1.01 * rip_account_state_net_worth(&one.state, &one.end) + 1.0;
    one.state.free_usd -= lost_usd;
    one.loss_usd += lost_usd;
    one.ledger.amount_usd += lost_usd;
    assert_false(balances(&one));
    rip_run_free(&run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_money_is_conserved),
        cmocka_unit_test(test_a_lost_event_is_seen),
        cmocka_unit_test(test_lost_cash_is_seen),
        cmocka_unit_test(test_an_understated_loss_is_seen),
        cmocka_unit_test(test_negative_worth_is_seen),
    };
    return cmocka_run_group_tests_name("engine/ledger", tests, NULL, NULL);
}
