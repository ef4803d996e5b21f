/* The requirement of one position against what venues publish. */
#include "support.h"

#include <gsl/gsl_errno.h>

#include "riptide/margin/requirement.h"

#define DAY_MS UINT64_C(86400000)

/* A venue of one asset whose schedule a test gives. */
typedef struct desk {
    rip_venue venue;
    rip_margin_tiers tiers;
    rip_position position;
} desk;

static rip_requirement
desk_open(desk *self, rip_kind kind, double quantity, double price_usd)
{
    self->position = (rip_position){.kind = kind,
                                    .quantity = quantity,
                                    .entry_usd = price_usd,
                                    .leverage = 1000.0,
                                    .coin_settled = kind == RIP_KIND_INVERSE_PERP};
    self->venue.tiers = &self->tiers;
    return (rip_requirement){.venue = &self->venue,
                             .position = &self->position,
                             .quantity = quantity,
                             .view = {.price_usd = price_usd}};
}

static void
desk_tiers(desk *self, size_t n, const double *floors, const double *rate,
           const double *most, const double *deduction)
{
    assert_int_equal(
        rip_margin_tiers_init(&self->tiers, n, floors, rate, most, deduction), RIP_OK);
}

/* MAR-1, coins: Binance support FAQ, liquidation price of COIN-M contracts (2021
   table): 60 BTC at 10,000 in the tier of 5 % from 50 BTC on, deduction 1.81. */
static void
test_coin_tiers(void **state)
{
    static const double floors[] = {0.0, 50.0}, rate[] = {0.025, 0.05};
    static const double most[] = {20.0, 10.0}, deduction[] = {0.56, NAN};
    desk self = {0};
    rip_requirement asked;
    (void)state;
    desk_tiers(&self, 2, floors, rate, most, deduction);
    asked = desk_open(&self, RIP_KIND_INVERSE_PERP, -600000.0, 10000.0);
    assert_close(rip_requirement_maintenance(&asked), 11900.0, 1e-12);
    assert_close(rip_requirement_initial(&asked), 60000.0, 1e-12);
    assert_close(rip_requirement_measure(&asked), 60.0, 1e-15);
    assert_close(rip_requirement_max_leverage(&asked), 10.0, 0.0);
    assert_close(rip_requirement_marginal(&asked), 0.05, 1e-15);
    rip_margin_tiers_free(&self.tiers);
}

/* MAR-2, slope: Deribit documentation, margin examples: 25 BTC, 25 SOL. */
static void
test_slope(void **state)
{
    static const double floors = 0.0, rate[] = {0.01, 0.02}, most[] = {50.0, 25.0};
    desk self = {0};
    rip_requirement asked;
    (void)state;
    desk_tiers(&self, 1, &floors, &rate[0], &most[0], NULL);
    self.venue.size_scaling.slope = 5e-5;
    asked = desk_open(&self, RIP_KIND_INVERSE_PERP, 1.5e6, 60000.0);
    assert_close(rip_requirement_maintenance(&asked), 16875.0, 1e-12);
    assert_close(rip_requirement_initial(&asked), 31875.0, 1e-12);
    rip_margin_tiers_free(&self.tiers);
    desk_tiers(&self, 1, &floors, &rate[1], &most[1], NULL);
    self.venue.size_scaling.slope = 5e-6;
    asked = desk_open(&self, RIP_KIND_LINEAR_PERP, -25.0, 200.0);
    assert_close(rip_requirement_maintenance(&asked), 100.625, 1e-12);
    assert_close(rip_requirement_initial(&asked), 200.625, 1e-12);
    rip_margin_tiers_free(&self.tiers);
}

/* MAR-2, square root: max(r, 0.8 r + factor sqrt x) turns at x = (0.2 r / factor)^2. */
static void
test_square_root(void **state)
{
    static const double floors = 0.0, rate = 0.03, most = 20.0;
    desk self = {0};
    rip_requirement asked;
    (void)state;
    desk_tiers(&self, 1, &floors, &rate, &most, NULL);
    self.venue.size_scaling.sqrt = 0.0006;
    asked = desk_open(&self, RIP_KIND_LINEAR_PERP, 99.9, 13.7);
    assert_close(rip_requirement_maintenance(&asked), 0.03 * 99.9 * 13.7, 1e-14);
    asked = desk_open(&self, RIP_KIND_LINEAR_PERP, 2500.0, 13.7);
    assert_close(rip_requirement_maintenance(&asked), (0.024 + 0.03) * 34250.0, 1e-14);
    assert_close(rip_requirement_initial(&asked), (0.04 + 0.03) * 34250.0, 1e-14);
    rip_margin_tiers_free(&self.tiers);
}

/* MAR-2: closing fee in the maintenance only; N at the entry; the minimum of a symbol;
   open interest 30 % of the way from 5 % to 1. */
static void
test_other_terms(void **state)
{
    static const double floors = 0.0, rate = 0.01, most = 20.0;
    double minimum_usd = 7.5, share = 0.3;
    desk self = {0};
    rip_requirement asked;
    (void)state;
    desk_tiers(&self, 1, &floors, &rate, &most, NULL);
    self.venue.closing_fee_reserved = 0.0006;
    asked = desk_open(&self, RIP_KIND_LINEAR_PERP, -31.0, 17.3);
    assert_close(rip_requirement_maintenance(&asked), 0.0106 * 536.3, 1e-14);
    assert_close(rip_requirement_initial(&asked), 536.3 / 20.0, 1e-15);
    self.venue.maintenance_at_entry = true;
    asked.view.price_usd = 19.9;
    assert_close(rip_requirement_maintenance(&asked), 0.0106 * 536.3, 1e-14);
    assert_close(rip_requirement_marginal(&asked), 0.0106 * 17.3 / 19.9, 1e-14);
    self.venue.size_scaling.minimum_usd = &minimum_usd;
    assert_close(rip_requirement_maintenance(&asked), 7.5, 0.0);
    self.venue.size_scaling.open_interest = &share;
    assert_close(rip_requirement_initial(&asked), 31.0 * 19.9 * (0.05 + 0.3 * 0.95),
                 1e-14);
    rip_margin_tiers_free(&self.tiers);
}

/* MAR-1: tiers that count coins hold whatever the price; 40 coins, 30 of them in the
   first tier. */
static void
test_tiers_by_quantity(void **state)
{
    static const double floors[] = {0.0, 30.0}, rate[] = {0.01, 0.03};
    static const double most[] = {50.0, 20.0};
    desk self = {0};
    (void)state;
    desk_tiers(&self, 2, floors, rate, most, NULL);
    self.venue.tiers_by_quantity = true;
    for (double price_usd = 0.37; price_usd < 1e5; price_usd *= 13.0) {
        const rip_requirement asked =
            desk_open(&self, RIP_KIND_LINEAR_PERP, -40.0, price_usd);
        assert_close(rip_requirement_maintenance(&asked),
                     (0.01 * 30.0 + 0.03 * 10.0) * price_usd, 1e-14);
        assert_close(rip_requirement_max_leverage(&asked), 20.0, 0.0);
    }
    rip_margin_tiers_free(&self.tiers);
}

static rip_requirement
short_option(desk *self, double price_usd, double strike_usd, bool is_put)
{
    rip_requirement asked = desk_open(self, RIP_KIND_OPTION, -1.0, price_usd);
    self->position.is_put = is_put;
    self->position.strike_usd = strike_usd;
    self->position.expiry_ms = 30 * DAY_MS;
    return asked;
}

/* INS-2: Bybit help centre, options margin: a short put, strike 18,500, index 20,250,
   mark 290 (the volatility gives it): 938 and 2,315. */
static void
test_bybit_option(void **state)
{
    desk self = {.venue = {.option_margin = RIP_OPTION_MARGIN_BYBIT}};
    rip_requirement asked = short_option(&self, 20250.0, 18500.0, true);
    (void)state;
    asked.view.volatility = 0.4109235040511513;
    self.position.entry_usd = rip_instrument_mark(&self.position, &asked.view);
    assert_near(self.position.entry_usd, 290.0, 1e-6);
    assert_near(rip_requirement_maintenance(&asked), 938.0, 0.01);
    assert_near(rip_requirement_initial(&asked), 2315.0, 0.6);
    self.position.entry_usd = 400.0; /* the larger of premium and mark */
    assert_near(rip_requirement_initial(&asked), 2315.0 + 110.0, 0.6);
    assert_close(rip_requirement_marginal(&asked),
                 rip_requirement_maintenance(&asked) / 20250.0, 1e-15);
    asked.quantity = 1.0;
    assert_close(rip_requirement_maintenance(&asked), 0.0, 0.0);
    assert_close(rip_requirement_initial(&asked), 0.0, 0.0);
}

/* INS-2: the rules of Deribit's standard margin, in coins of a mark m in coins. */
static void
test_deribit_option(void **state)
{
    desk self = {.venue = {.option_margin = RIP_OPTION_MARGIN_DERIBIT}};
    rip_requirement asked = short_option(&self, 52000.0, 54600.0, false);
    double mark;
    (void)state;
    asked.view.volatility = 0.6;
    self.position.coin_settled = true;
    mark = rip_instrument_mark(&self.position, &asked.view);
    assert_close(rip_requirement_maintenance(&asked), 52000.0 * (0.075 + mark), 1e-14);
    /* 5 % out of the money: 15 % less 5 % is the least of 10 %. */
    assert_close(rip_requirement_initial(&asked), 52000.0 * (0.1 + mark), 1e-12);
    asked = short_option(&self, 52000.0, 51000.0, true);
    asked.view.volatility = 0.6;
    mark = rip_instrument_mark(&self.position, &asked.view);
    assert_close(rip_requirement_maintenance(&asked), 0.075 * 52000.0 + mark, 1e-14);
    assert_close(rip_requirement_initial(&asked),
                 52000.0 * (0.15 - 1000.0 / 52000.0) + mark, 1e-12);
    /* So deep in the money that the mark exceeds the index: 0.075 m then. */
    asked = short_option(&self, 52000.0, 260000.0, true);
    asked.view.volatility = 0.6;
    assert_close(rip_requirement_maintenance(&asked), 1.075 * 208000.0, 1e-12);
    assert_close(rip_requirement_initial(&asked), 52000.0 * 0.15 + 208000.0, 0.05);
    assert_true(rip_requirement_initial(&asked) >= rip_requirement_maintenance(&asked));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coin_tiers),        cmocka_unit_test(test_slope),
        cmocka_unit_test(test_square_root),       cmocka_unit_test(test_other_terms),
        cmocka_unit_test(test_tiers_by_quantity), cmocka_unit_test(test_bybit_option),
        cmocka_unit_test(test_deribit_option),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
