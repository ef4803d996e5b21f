/* margin_boxes.h -- boxes of prices, and what the forms prove about them. */
#ifndef RIP_TESTS_MARGIN_BOXES_H
#define RIP_TESTS_MARGIN_BOXES_H

#include "margin_fixture.h"

/* Prices and funding indices between two ends, by asset. */
typedef struct fixture_box {
    double low_usd[FIXTURE_ASSETS], high_usd[FIXTURE_ASSETS];
    double low_paid[FIXTURE_ASSETS], high_paid[FIXTURE_ASSETS];
} fixture_box;

/* Positions and coins. */
#define FIXTURE_TERMS (FIXTURE_POSITIONS + FIXTURE_ASSETS)

typedef struct fixture_forms {
    rip_margin_form form[FIXTURE_FORMS];
    double number[FIXTURE_FORMS][3 * FIXTURE_TERMS];
    uint32_t asset[FIXTURE_FORMS][FIXTURE_TERMS];
    size_t n;
} fixture_forms;

/* What the engine does: forms of the mode, of stops and of the wipeout test. */
bool fixture_write_forms(const margin_fixture *f, fixture_forms *out);

/* The promise of margin/margin.h, read literally. */
bool fixture_is_proved_quiet(const fixture_forms *all, const fixture_box *b);

/* The lowest value [USD] of forms at the present point; INFINITY if a cap, a guard or
   a floor refuses the point. */
double fixture_lowest(const margin_fixture *f, const rip_margin_form *form, size_t n);

/* Whether a step to the present prices leaves the account alone; it is not taken. */
bool fixture_step_is_quiet(const margin_fixture *from);

/* Prices from `down` below the start to `up` above it, no funding. */
fixture_box fixture_box_about(const margin_fixture *f, double down, double up);

/* Gives the account a wallet of a multiple of its requirement in portfolio mode, and
   begins. */
void fixture_size_by_requirement(margin_fixture *f, double multiple);

#endif /* RIP_TESTS_MARGIN_BOXES_H */
