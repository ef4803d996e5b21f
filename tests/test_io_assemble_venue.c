/* Venues of single modes, and rules whose keys have several forms. */
#include "assemble_fixture.h"
#include "support.h"

#define TWO_MODES "{paths: 1000, horizon: 3d, step: 1h, modes: [isolated, cross]}"
#define TIERS     "tiers: {default: [{floor: 0, mmr: 0.05, max_leverage: 20}]}"

/* venue.by_mode: a mode's own keys over the rest, which stays as it is. */
static void
test_rules_of_one_mode(void **state)
{
    assemble_outcome got;
    const assemble_setup given = {
        .venue = "{" TIERS ", fees: {taker: 0.0004, liquidation: 0.0125}, by_mode: "
                 "{isolated: {fees: {liquidation: 0.015}, trigger: {ratio: 1.3}}, "
                 "portfolio: {portfolio: {scenarios: {grid: {spot: [-0.1, 0.1], "
                 "volatility: [same]}}}}}}"};
    (void)state;
    assemble_well(&given, &got);
    const rip_venues *venues = &got.run.venues;
    const rip_venue *isolated = rip_venue_of_mode(venues, RIP_MODE_ISOLATED);
    const rip_venue *cross = rip_venue_of_mode(venues, RIP_MODE_CROSS);
    const rip_venue *portfolio = rip_venue_of_mode(venues, RIP_MODE_PORTFOLIO);
    assert_close(cross->fees.liquidation, 0.0125, 0.0);
    assert_close(cross->trigger.ratio, 1.0, 0.0);
    assert_int_equal(cross->portfolio.n_scenario, 0);
    assert_close(isolated->fees.liquidation, 0.015, 0.0);
    assert_close(isolated->fees.taker, 0.0004, 0.0);
    assert_close(isolated->trigger.ratio, 1.3, 0.0);
    assert_close(isolated->tiers[1].rate[0], 0.05, 0.0);
    assert_close(portfolio->fees.liquidation, 0.0125, 0.0);
    assert_int_equal(portfolio->portfolio.n_scenario, 2);
    assemble_release(&got);
}

static void
test_one_venue_serves_all_modes(void **state)
{
    assemble_outcome got;
    const assemble_setup given = {.run = TWO_MODES, .venue = "{" TIERS "}"};
    (void)state;
    assemble_well(&given, &got);
    for (size_t m = 0; m < RIP_N_MODE; m++) {
        assert_int_equal(got.run.venues.of_mode[m], 0);
    }
    assemble_release(&got);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_of_one_mode),
        cmocka_unit_test(test_one_venue_serves_all_modes),
    };
    return cmocka_run_group_tests(tests, assemble_begin, assemble_end);
}
