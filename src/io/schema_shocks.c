#include <math.h>

#include "riptide/io/schema.h"

static const rip_field student_t_fields[] = {
    {.key = "dof",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_ABOVE,
     .min = 2,
     .max = 1e6,
     .fallback = "4",
     .doc = "Degrees of freedom; small: heavy tails."},
    {.key = "mixing",
     .forms = RIP_FIELD_CHOICE,
     .choices = "step period path asset",
     .fallback = "step",
     .doc = "What shares one mixing variable: all assets in a step, a period or a "
            "path, or nothing."},
    {0}};

static const rip_field given_fields[] = {
    {.key = "file",
     .forms = RIP_FIELD_FILE,
     .flags = RIP_FIELD_REQUIRED,
     .example = "paths.h5",
     .doc = "An HDF5 file with a group /paths laid out like a result's own."},
    {0}};

static const rip_field residual_fields[] = {
    {.key = "volatility",
     .forms = RIP_FIELD_NUMBER,
     .flags = RIP_FIELD_REQUIRED | RIP_FIELD_ABOVE,
     .max = 100,
     .unit = "1/sqrt(year)",
     .example = "0.3",
     .doc = "Volatility of the noise around the replayed returns."},
    {.key = "correlation",
     .forms = RIP_FIELD_NUMBER,
     .min = -1,
     .max = 1,
     .fallback = "0",
     .doc = "Correlation of the noise between assets."},
    {0}};

static const rip_field replay_fields[] = {
    {.key = "event",
     .forms = RIP_FIELD_NAME,
     .flags = RIP_FIELD_LATER,
     .doc = "A name of the shipped crash library."},
    {.key = "file",
     .forms = RIP_FIELD_FILE,
     .example = "returns.csv",
     .doc = "CSV of simple returns per step: time,SYMBOL..."},
    {.key = "basis",
     .forms = RIP_FIELD_CHOICE,
     .choices = "low close",
     .fallback = "close",
     .doc = "Which returns of an event are replayed."},
    {.key = "scale",
     .forms = RIP_FIELD_NUMBER,
     .min = -100,
     .max = 100,
     .fallback = "1",
     .doc = "Multiplies every return."},
    {.key = "residual",
     .forms = RIP_FIELD_MAP,
     .fields = residual_fields,
     .doc = "Noise around the replayed returns; without it `paths` must be 1."},
    {0}};

const rip_field rip_schema_shocks_variants[] = {
    {.key = "gaussian", .doc = "Normal log-returns."},
    {.key = "none", .doc = "Prices stay."},
    {.key = "student_t",
     .fields = student_t_fields,
     .doc = "Log-returns with a Student t law of unit variance."},
    {.key = "given", .fields = given_fields, .doc = "Paths from a file."},
    {.key = "replay", .fields = replay_fields, .doc = "One table of returns."},
    {.key = "skewed_t", .flags = RIP_FIELD_LATER},
    {.key = "merton", .flags = RIP_FIELD_LATER},
    {.key = "kou", .flags = RIP_FIELD_LATER},
    {.key = "svcj", .flags = RIP_FIELD_LATER},
    {.key = "regime", .flags = RIP_FIELD_LATER},
    {.key = "garch", .flags = RIP_FIELD_LATER},
    {.key = "bootstrap", .flags = RIP_FIELD_LATER},
    {.key = "fhs", .flags = RIP_FIELD_LATER},
    {0}};

const rip_field rip_schema_shocks_fields[] = {
    {.key = "model",
     .forms = RIP_FIELD_CHOICE,
     .choices = "gaussian none student_t given replay skewed_t merton kou svcj regime "
                "garch bootstrap fhs",
     .built = "gaussian none student_t given replay",
     .fallback = "gaussian",
     .doc = "The law of the log-returns."},
    {.key = "period",
     .forms = RIP_FIELD_DURATION | RIP_FIELD_CHOICE,
     .choices = "step",
     .min = 1,
     .max = 36500 * 86400000.0,
     .fallback = "step",
     .doc = "How often state variables change: a multiple or a divisor of the step."},
    {.key = "condition",
     .forms = RIP_FIELD_TABLE,
     .flags = RIP_FIELD_LATER,
     .doc = "Returns over the horizon that are taken as given."},
    {.key = "volatility_dynamics",
     .forms = RIP_FIELD_MAP,
     .flags = RIP_FIELD_LATER,
     .doc = "How implied volatilities move."},
    {.key = "volatility_is",
     .forms = RIP_FIELD_CHOICE,
     .choices = "total diffusive",
     .built = "total",
     .fallback = "total",
     .doc = "Whether an asset's volatility includes jumps."},
    {0}};
