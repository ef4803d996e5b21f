#include <math.h>

#include "riptide/io/schema.h"

static const rip_field move_item = {
    .forms = RIP_FIELD_NUMBER, .flags = RIP_FIELD_ABOVE, .min = -1, .max = 10};
static const rip_field state_item = {.forms = RIP_FIELD_CHOICE,
                                     .choices = "down same up"};

static const rip_field grid_fields[] = {
    {.key = "spot",
     .forms = RIP_FIELD_LIST,
     .flags = RIP_FIELD_REQUIRED | RIP_FIELD_FILLED,
     .item = &move_item,
     .example = "[-0.15, 0, 0.15]",
     .doc = "Relative moves of the underlyings."},
    {.key = "volatility",
     .forms = RIP_FIELD_LIST,
     .flags = RIP_FIELD_FILLED,
     .item = &state_item,
     .fallback = "[same]",
     .doc = "Volatility states each move is combined with."},
    {0}};

static const rip_field extra_fields[] = {{.key = "label",
                                          .forms = RIP_FIELD_NAME,
                                          .example = "crash",
                                          .doc = "Name of the scenario."},
                                         {.key = "spot",
                                          .forms = RIP_FIELD_NUMBER,
                                          .flags = RIP_FIELD_REQUIRED | RIP_FIELD_ABOVE,
                                          .min = -1,
                                          .max = 10,
                                          .example = "-0.3",
                                          .doc = "Relative move of all underlyings."},
                                         {.key = "volatility",
                                          .forms = RIP_FIELD_CHOICE,
                                          .choices = "down same up",
                                          .fallback = "same",
                                          .doc = "Volatility state."},
                                         {.key = "weight",
                                          .forms = RIP_FIELD_NUMBER,
                                          .flags = RIP_FIELD_ABOVE,
                                          .max = 10,
                                          .fallback = "1",
                                          .doc = "Multiplies the scenario's loss."},
                                         {0}};

static const rip_field extra_item = {.forms = RIP_FIELD_MAP, .fields = extra_fields};

static const rip_field scenarios_fields[] = {
    {.key = "grid",
     .forms = RIP_FIELD_MAP,
     .fields = grid_fields,
     .example = "{}",
     .doc = "Every move with every volatility state."},
    {.key = "extra",
     .forms = RIP_FIELD_LIST,
     .item = &extra_item,
     .fallback = "[]",
     .doc = "Single joint scenarios, such as [{spot: -0.3, weight: 0.35}]."},
    {0}};

static const rip_field range_item = {
    .forms = RIP_FIELD_NUMBER, .flags = RIP_FIELD_ABOVE, .max = 100};

static const rip_field volatility_shock_fields[] = {
    {.key = "up",
     .forms = RIP_FIELD_NUMBER,
     .max = 10,
     .fallback = "0",
     .doc = "Relative rise of implied volatility in the state up."},
    {.key = "down",
     .forms = RIP_FIELD_NUMBER,
     .max = 10,
     .fallback = "0",
     .doc = "Relative fall of it in the state down."},
    {.key = "floor",
     .forms = RIP_FIELD_NUMBER,
     .max = 100,
     .fallback = "0",
     .doc = "Smallest shocked implied volatility."},
    {.key = "power_short",
     .forms = RIP_FIELD_NUMBER,
     .max = 20,
     .fallback = "0",
     .doc = "Power of 30 days over time to expiry, below the pivot."},
    {.key = "power_long",
     .forms = RIP_FIELD_NUMBER,
     .max = 20,
     .fallback = "0",
     .doc = "The same from the pivot on."},
    {.key = "pivot",
     .forms = RIP_FIELD_DURATION,
     .min = 1,
     .max = 36500 * 86400000.0,
     .fallback = "30d",
     .doc = "Time to expiry at which the power changes."},
    {0}};

static const rip_field cell_item = {.forms = RIP_FIELD_NUMBER, .min = -1, .max = 1};
static const rip_field row_item = {.forms = RIP_FIELD_LIST, .item = &cell_item};

static const rip_field matrix_file_fields[] = {
    {.key = "file",
     .forms = RIP_FIELD_FILE,
     .flags = RIP_FIELD_REQUIRED,
     .doc = "The assumed matrix as a CSV file."},
    {0}};

static const rip_field offset_fields[] = {{.key = "factor",
                                           .forms = RIP_FIELD_NUMBER,
                                           .flags = RIP_FIELD_REQUIRED,
                                           .max = 1,
                                           .doc = "f of f R_joint + (1 - f) sum R_u."},
                                          {0}};

static const rip_field correlated_fields[] = {
    {.key = "correlation",
     .forms = RIP_FIELD_NUMBER | RIP_FIELD_LIST | RIP_FIELD_MAP,
     .flags = RIP_FIELD_REQUIRED,
     .min = -1,
     .max = 1,
     .item = &row_item,
     .fields = matrix_file_fields,
     .doc = "The correlation the venue assumes: a number, a matrix or {file}."},
    {0}};

static const rip_field between_fields[] = {
    {.key = "rule",
     .forms = RIP_FIELD_CHOICE,
     .flags = RIP_FIELD_REQUIRED,
     .choices = "add joint offset correlated",
     .doc = "How requirements of underlyings combine."},
    {0}};

static const rip_field between_variants[] = {
    {.key = "add", .doc = "The sum of the underlyings' own."},
    {.key = "joint", .doc = "The worst when all move together."},
    {.key = "offset", .fields = offset_fields, .doc = "Between joint and add."},
    {.key = "correlated",
     .fields = correlated_fields,
     .doc = "The worst under an assumed correlation."},
    {0}};

static const rip_field contingency_fields[] = {
    {.key = "perp",
     .forms = RIP_FIELD_NUMBER,
     .max = 10,
     .fallback = "0",
     .doc = "Per unit of net perpetual notional of an underlying."},
    {.key = "future",
     .forms = RIP_FIELD_NUMBER,
     .max = 10,
     .fallback = "0",
     .doc = "Per unit of net notional of a future."},
    {.key = "short_option",
     .forms = RIP_FIELD_NUMBER,
     .max = 10,
     .fallback = "0",
     .doc = "Per unit of notional of options short on balance."},
    {.key = "basis",
     .forms = RIP_FIELD_NUMBER,
     .max = 10,
     .fallback = "0",
     .doc = "On the gap between futures and perpetuals."},
    {.key = "roll",
     .forms = RIP_FIELD_NUMBER,
     .max = 10,
     .fallback = "0",
     .doc = "On the gap between expiries."},
    {0}};

static const rip_field ladder_fields[] = {
    {.key = "up_to",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_REQUIRED | RIP_FIELD_ABOVE | RIP_FIELD_INFINITE,
     .max = INFINITY,
     .unit = "USD",
     .example = "10000",
     .doc = "Gross notional up to which the factor serves; increasing."},
    {.key = "factor",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_REQUIRED,
     .max = 1000,
     .example = "1",
     .doc = "Least requirement per unit of it; the last one serves what is above."},
    {0}};
static const rip_field ladder_item = {.forms = RIP_FIELD_MAP, .fields = ladder_fields};

const rip_field rip_schema_portfolio_fields[] = {
    {.key = "scenarios",
     .forms = RIP_FIELD_MAP,
     .flags = RIP_FIELD_REQUIRED,
     .fields = scenarios_fields,
     .doc = "The moves that are tried."},
    {.key = "spot_range",
     .forms = RIP_FIELD_TABLE,
     .item = &range_item,
     .fallback = "{}",
     .doc = "By symbol: multiplies the moves of one underlying; absent: 1."},
    {.key = "volatility_shock",
     .forms = RIP_FIELD_MAP,
     .fields = volatility_shock_fields,
     .fallback = "{}",
     .doc = "What the states up and down do to implied volatility."},
    {.key = "gain_offset",
     .forms = RIP_FIELD_NUMBER,
     .max = 1,
     .fallback = "1",
     .doc = "Share of a scenario's gains that offsets its losses."},
    {.key = "between_underlyings",
     .forms = RIP_FIELD_CHOICE | RIP_FIELD_MAP,
     .choices = "add joint",
     .fields = between_fields,
     .variants = between_variants,
     .fallback = "add",
     .doc = "How requirements of underlyings combine: add, joint, or a map with a "
            "rule."},
    {.key = "contingency",
     .forms = RIP_FIELD_MAP,
     .fields = contingency_fields,
     .fallback = "{}",
     .doc = "Charges on top of the worst loss."},
    {.key = "minimum_ladder",
     .forms = RIP_FIELD_LIST,
     .item = &ladder_item,
     .doc = "A floor by gross notional."},
    {.key = "mm_factor",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_ABOVE,
     .max = 100,
     .fallback = "1",
     .doc = "Maintenance margin per unit of requirement."},
    {.key = "im_factor",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_ABOVE,
     .max = 100,
     .fallback = "1",
     .doc = "Initial margin per unit of requirement."},
    {0}};
