#include <math.h>

#include "riptide/io/schema.h"

#define MOST_POINTS 1000000

/*
 * A value of a swept key. Whether the key takes it is not said here: the points are
 * resolved one by one (sweep/points.h). Whole numbers are tried before other numbers,
 * so that a seed keeps its 64 bits.
 */
static const rip_field any_value = {
    .forms = RIP_FIELD_COUNT | RIP_FIELD_NUMBER | RIP_FIELD_BOOL | RIP_FIELD_DURATION |
             RIP_FIELD_TEXT | RIP_FIELD_NULL | RIP_FIELD_LIST | RIP_FIELD_TABLE,
    .flags = RIP_FIELD_INFINITE,
    .min = -INFINITY,
    .max = INFINITY,
    .item = &any_value};

static const rip_field values = {
    .forms = RIP_FIELD_LIST, .flags = RIP_FIELD_FILLED, .item = &any_value};

static const rip_field end_of_range = {
    .forms = RIP_FIELD_NUMBER, .min = -INFINITY, .max = INFINITY};

static const rip_field range = {
    .forms = RIP_FIELD_LIST, .flags = RIP_FIELD_FILLED, .item = &end_of_range};

static const rip_field latin_fields[] = {
    {.key = "points",
     .forms = RIP_FIELD_COUNT,
     .flags = RIP_FIELD_REQUIRED,
     .min = 1,
     .max = MOST_POINTS,
     .example = "100",
     .doc = "Number of points; every key has one in each of so many equal parts of its "
            "range."},
    {.key = "seed",
     .forms = RIP_FIELD_COUNT,
     .max = 0x1p64,
     .fallback = "1",
     .doc = "Of the points, independent of run.seed."},
    {.key = "ranges",
     .forms = RIP_FIELD_TABLE,
     .flags = RIP_FIELD_REQUIRED,
     .item = &range,
     .example = "{market.stress.correlation: [0, 1]}",
     .doc =
         "Lowest and highest value, by dotted key; a key of whole numbers takes both "
         "ends."},
    {0}};

const rip_field rip_schema_sweep_fields[] = {
    {.key = "grid",
     .forms = RIP_FIELD_TABLE,
     .item = &values,
     .example = "{market.stress.correlation: [0, 0.5, 1]}",
     .doc = "Lists of values by dotted key; all combinations, the last key fastest."},
    {.key = "zip",
     .forms = RIP_FIELD_TABLE,
     .item = &values,
     .example = "{market.stress.correlation: [0, 1], market.stress.volatility: [1, 2]}",
     .doc = "Lists of equal length by dotted key; first values, second values, ..."},
    {.key = "latin",
     .forms = RIP_FIELD_MAP,
     .fields = latin_fields,
     .doc = "Points of a Latin hypercube."},
    {.key = "baseline",
     .forms = RIP_FIELD_TABLE,
     .item = &any_value,
     .example = "{market.stress.correlation: 0}",
     .doc = "Values of some of the keys: the sweep file compares every point with the "
            "one where these keys are so and the others are as they are."},
    {0}};
