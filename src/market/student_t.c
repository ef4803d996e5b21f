#include "riptide/market/student_t.h"

#include <math.h>
#include <stdlib.h>

#include "riptide/market/diffusion.h"
#include "riptide/numerics/curve.h"
#include "riptide/numerics/student.h"
#include "riptide/random/normal.h"
#include "riptide/random/stream.h"

typedef struct student_t_plan {
    uint64_t seed;
    rip_mixing mixing;
    uint64_t period_steps;
    rip_diffusion step;    /* the diffusion that is mixed */
    rip_diffusion normals; /* asset: the copula */
    rip_curve curve;       /* a normal into m; asset: a normal into a t of variance 1 */
} student_t_plan;

/* m, decreasing in z */
static double
mixing_variable(double z, double dof)
{
    return sqrt((dof - 2.0) / rip_student_chi_square(z, dof));
}

static double
unit_t(double z, double dof)
{
    return sqrt((dof - 2.0) / dof) * rip_student_t(z, dof);
}

static void
free_plan(void *plan)
{
    student_t_plan *self = plan;
    rip_diffusion_free(&self->step);
    rip_diffusion_free(&self->normals);
    rip_curve_free(&self->curve);
    free(self);
}

static rip_status
make_plan(void **plan, const rip_shock_spec *spec, const rip_market *market,
          size_t n_step, double step_years)
{
    rip_status status;
    student_t_plan *self = calloc(1, sizeof(*self));
    *plan = self;
    if (self == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (!(spec->dof > 2.0)) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    self->seed = spec->seed;
    self->mixing = spec->mixing;
    self->period_steps = spec->period_steps > 0 ? spec->period_steps : 1;
    RIP_TRY(rip_diffusion_init(&self->step, spec->seed, RIP_PURPOSE_SHOCK, market,
                               n_step, step_years));
    if (spec->mixing == RIP_MIXING_ASSET) {
        RIP_TRY(rip_diffusion_init_normals(&self->normals, spec->seed,
                                           RIP_PURPOSE_SHOCK, market));
        status = rip_curve_init(&self->curve, unit_t, spec->dof);
    } else {
        status = rip_curve_init(&self->curve, mixing_variable, spec->dof);
    }
out:
    return status;
}

static size_t
scratch_size(const void *plan)
{
    const student_t_plan *self = plan;
    return rip_diffusion_scratch(&self->step);
}

/* Which mixing variable a step has: its step word. */
static uint32_t
mixing_address(const student_t_plan *self, size_t t)
{
    switch (self->mixing) {
    case RIP_MIXING_STEP:
        return (uint32_t)t;
    case RIP_MIXING_PERIOD:
        return (uint32_t)(t / self->period_steps);
    case RIP_MIXING_PATH:
    case RIP_MIXING_ASSET:
    default:
        return 0;
    }
}

static void
fill_mixed(const student_t_plan *self, rip_panel *panel, double *scratch)
{
    double mixing[RIP_LANES];
    for (size_t t = 0; t < panel->n_step; t++) {
        const uint32_t address = mixing_address(self, t);
        if (t == 0 || address != mixing_address(self, t - 1)) {
            rip_normal_fill(self->seed, address, panel->first_path,
                            rip_stream_purpose(RIP_PURPOSE_MIXING, 0), 1, mixing);
            rip_curve_apply(&self->curve, mixing, mixing);
        }
        rip_diffusion_step(&self->step, t, mixing, panel, scratch);
    }
}

static void
fill_copula(const student_t_plan *self, rip_panel *panel, double *scratch)
{
    for (size_t t = 0; t < panel->n_step; t++) {
        rip_diffusion_step(&self->normals, t, NULL, panel, scratch);
        for (size_t a = 0; a < panel->n_factor; a++) {
            const double drift = self->step.drift[a], scale = self->step.scale[a];
            double *row = rip_panel_row(panel, t, a);
            rip_curve_apply(&self->curve, row, row);
            for (size_t i = 0; i < RIP_LANES; i++) {
                row[i] = drift + scale * row[i];
            }
        }
    }
}

static void
fill(const void *plan, rip_panel *panel, void *scratch)
{
    const student_t_plan *self = plan;
    if (self->mixing == RIP_MIXING_ASSET) {
        fill_copula(self, panel, scratch);
    } else {
        fill_mixed(self, panel, scratch);
    }
}

const rip_shock_model rip_market_student_t = {
    .name = "student_t",
    .doc = "Log-returns with a Student t law of unit variance.",
    .plan = make_plan,
    .free = free_plan,
    .scratch_size = scratch_size,
    .fill = fill};
