#include "riptide/market/student_t.h"

static rip_status
make_plan(void **plan, const rip_shock_spec *spec, const rip_market *market,
          size_t n_step, double step_years)
{
    *plan = NULL;
    (void)spec;
    (void)market;
    (void)n_step;
    (void)step_years;
    return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
}

const rip_shock_model rip_market_student_t = {
    .name = "student_t",
    .doc = "Log-returns with a Student t law of unit variance.",
    .plan = make_plan};
