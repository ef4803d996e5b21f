#include "riptide/market/models.h"

#include "riptide/market/gaussian.h"
#include "riptide/market/given.h"
#include "riptide/market/gsl.h"
#include "riptide/market/none.h"
#include "riptide/market/replay.h"
#include "riptide/market/student_t.h"

/* By kind and draws; a model that draws nothing is the same for both. */
static const rip_shock_model *const models[RIP_N_SHOCK][2] = {
    [RIP_SHOCK_GAUSSIAN] = {&rip_market_gaussian, &rip_market_gsl_gaussian},
    [RIP_SHOCK_NONE] = {&rip_market_none, &rip_market_none},
    [RIP_SHOCK_STUDENT_T] = {&rip_market_student_t, &rip_market_gsl_student_t},
    [RIP_SHOCK_GIVEN] = {&rip_market_given, &rip_market_given},
    [RIP_SHOCK_REPLAY] = {&rip_market_replay, &rip_market_gsl_replay}};

const rip_shock_model *
rip_market_models_find(rip_shock_kind kind, rip_draws draws)
{
    return models[kind][draws];
}
