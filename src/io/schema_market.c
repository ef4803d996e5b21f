#include <math.h>

#include "riptide/io/schema.h"

/* A square matrix: rows of numbers. What the numbers must obey is checked apart. */
static const rip_field cell_item = {.forms = RIP_FIELD_NUMBER, .min = -1, .max = 1};
static const rip_field row_item = {.forms = RIP_FIELD_LIST, .item = &cell_item};
static const rip_field name_item = {.forms = RIP_FIELD_NAME};

static const rip_field asset_fields[] = {
    {.key = "symbol",
     .forms = RIP_FIELD_NAME,
     .flags = RIP_FIELD_REQUIRED,
     .example = "BTC",
     .doc = "Name by which everything else refers to the asset."},
    {.key = "price",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_REQUIRED | RIP_FIELD_ABOVE,
     .max = 1e15,
     .unit = "USD",
     .example = "60000",
     .doc = "Mark price at time 0."},
    {.key = "volatility",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_REQUIRED,
     .max = 100,
     .unit = "1/sqrt(year)",
     .example = "0.58",
     .doc = "Standard deviation of the log-return per square root of 365 days."},
    {.key = "drift",
     .forms = RIP_FIELD_NUMBER,
     .min = -1000,
     .max = 1000,
     .unit = "1/year",
     .fallback = "0",
     .doc = "Growth rate of the expected price."},
    {.key = "daily_volume",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_ABOVE,
     .max = INFINITY,
     .unit = "USD",
     .example = "2.0e+10",
     .doc = "Traded volume of a day; weights generated positions."},
    {.key = "implied_volatility",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_ABOVE,
     .max = 10000,
     .unit = "1/sqrt(year)",
     .example = "0.55",
     .doc = "Implied volatility of options on the asset."},
    {.key = "basis",
     .forms = RIP_FIELD_NUMBER,
     .min = -100,
     .max = 100,
     .unit = "1/year",
     .fallback = "0",
     .doc = "Carry of dated futures over the spot price."},
    {0}};

static const rip_field asset_item = {.forms = RIP_FIELD_MAP, .fields = asset_fields};

static const rip_field correlation_fields[] = {
    {.key = "value",
     .forms = RIP_FIELD_NUMBER,
     .min = -1,
     .max = 1,
     .doc = "One correlation for all pairs."},
    {.key = "matrix",
     .forms = RIP_FIELD_LIST,
     .item = &row_item,
     .doc = "The matrix as a list of rows in the order of the assets."},
    {.key = "file", .forms = RIP_FIELD_FILE, .doc = "The matrix as a CSV file."},
    {.key = "repair",
     .forms = RIP_FIELD_CHOICE,
     .choices = "none higham",
     .fallback = "none",
     .doc = "Whether a matrix that is no correlation matrix is moved to the nearest "
            "one."},
    {0}};

static const rip_field block_fields[] = {
    {.key = "symbols",
     .forms = RIP_FIELD_LIST,
     .flags = RIP_FIELD_REQUIRED | RIP_FIELD_FILLED,
     .item = &name_item,
     .example = "[ETH, SOL]",
     .doc = "Members of the block."},
    {.key = "correlation",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_REQUIRED,
     .min = -1,
     .max = 1,
     .example = "0.95",
     .doc = "Where the correlations inside the block go."},
    {.key = "weight",
     .forms = RIP_FIELD_NUMBER,
     .max = 1,
     .fallback = "1",
     .doc = "How far they go: 0 not at all, 1 all the way."},
    {0}};

static const rip_field block_item = {.forms = RIP_FIELD_MAP, .fields = block_fields};

static const rip_field stress_correlation_fields[] = {
    {.key = "toward",
     .forms = RIP_FIELD_FILE | RIP_FIELD_LIST,
     .item = &row_item,
     .doc = "The matrix to move to: a list of rows or a CSV file."},
    {.key = "blocks",
     .forms = RIP_FIELD_LIST,
     .flags = RIP_FIELD_FILLED,
     .item = &block_item,
     .doc = "Groups of assets whose correlations move."},
    {.key = "weight",
     .forms = RIP_FIELD_NUMBER,
     .max = 1,
     .doc = "With `toward`: how far, 0 not at all, 1 all the way."},
    {0}};

static const rip_field drift_item = {.forms = RIP_FIELD_NUMBER, .min = -20, .max = 20};

static const rip_field stress_fields[] = {
    {.key = "correlation",
     .forms = RIP_FIELD_NUMBER | RIP_FIELD_MAP,
     .max = 1,
     .fields = stress_correlation_fields,
     .one_of = "toward blocks",
     .example = "0.5",
     .doc = "A number x moves every correlation toward one: R <- (1-x) R + x 11'."},
    {.key = "exclude",
     .forms = RIP_FIELD_LIST,
     .item = &name_item,
     .example = "[BTC]",
     .doc = "Symbols that the correlation stress leaves alone."},
    {.key = "volatility",
     .forms = RIP_FIELD_NUMBER,
     .max = 100,
     .fallback = "1",
     .doc = "Multiplies every volatility."},
    {.key = "implied_volatility",
     .forms = RIP_FIELD_NUMBER,
     .max = 100,
     .fallback = "1",
     .doc = "Multiplies every implied volatility."},
    {.key = "drift",
     .forms = RIP_FIELD_TABLE,
     .item = &drift_item,
     .example = "{BTC: -0.2}",
     .doc = "By symbol: added to the log-return, spread evenly over the horizon."},
    {0}};

static const rip_field rate_item = {.forms = RIP_FIELD_NUMBER, .min = -1, .max = 1};

static const rip_field funding_fields[] = {
    {.key = "interval",
     .forms = RIP_FIELD_DURATION,
     .min = 1,
     .max = 365 * 86400000.0,
     .fallback = "8h",
     .doc = "Time between two payments."},
    {.key = "rate",
     .forms = RIP_FIELD_NUMBER,
     .min = -1,
     .max = 1,
     .unit = "per interval",
     .fallback = "0",
     .doc = "Share of notional paid by longs; negative: by shorts (INS-3)."},
    {.key = "per_asset",
     .forms = RIP_FIELD_TABLE,
     .item = &rate_item,
     .example = "{BTC: 0.0002}",
     .doc = "Rates of single symbols."},
    {0}};

static const rip_field borrow_item = {.forms = RIP_FIELD_NUMBER, .max = 100};

const rip_field rip_schema_market_fields[] = {
    {.key = "assets",
     .forms = RIP_FIELD_LIST,
     .flags = RIP_FIELD_REQUIRED | RIP_FIELD_FILLED,
     .item = &asset_item,
     .doc = "The assets."},
    {.key = "correlation",
     .forms = RIP_FIELD_NUMBER | RIP_FIELD_LIST | RIP_FIELD_MAP,
     .min = -1,
     .max = 1,
     .item = &row_item,
     .fields = correlation_fields,
     .one_of = "value matrix file",
     .example = "0.8",
     .doc = "One number, a matrix as a list of rows, or a map; required with more than "
            "one asset."},
    {.key = "stress",
     .forms = RIP_FIELD_MAP,
     .fields = stress_fields,
     .doc = "What a selloff does to the market, on top of it."},
    {.key = "funding",
     .forms = RIP_FIELD_MAP,
     .fields = funding_fields,
     .doc = "Funding payments of perpetuals; absent: none."},
    {.key = "borrow_rate",
     .forms = RIP_FIELD_TABLE,
     .item = &borrow_item,
     .unit = "1/year",
     .example = "{USD: 0.05}",
     .doc = "Interest on negative balances, for USD and symbols; absent: 0."},
    {0}};
