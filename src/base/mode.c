#include "riptide/base/mode.h"

#include <assert.h>

const char *
rip_mode_name(rip_mode mode)
{
    static const char *const name[RIP_N_MODE] = {"isolated", "cross", "portfolio",
                                                 "mixed"};
    assert(mode < RIP_N_MODE);
    return name[mode];
}

const char *
rip_mode_cause_name(rip_cause cause)
{
    static const char *const name[RIP_N_CAUSE] = {
        "market",      "slippage_and_impact",    "fees", "funding",
        "confiscated", "gap_through_bankruptcy", "adl",  "socialised",
    };
    assert(cause < RIP_N_CAUSE);
    return name[cause];
}
