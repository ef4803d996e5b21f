#include "riptide/margin/models.h"

#include <assert.h>

#include "riptide/margin/cross.h"
#include "riptide/margin/isolated.h"
#include "riptide/margin/mixed.h"
#include "riptide/margin/portfolio.h"

const rip_margin_model *
rip_margin_models_find(rip_mode mode)
{
    static const rip_margin_model *const models[RIP_N_MODE] = {
        [RIP_MODE_ISOLATED] = &rip_margin_isolated,
        [RIP_MODE_CROSS] = &rip_margin_cross,
        [RIP_MODE_PORTFOLIO] = &rip_margin_portfolio,
        [RIP_MODE_MIXED] = &rip_margin_mixed};
    assert(mode < RIP_N_MODE);
    return models[mode];
}
