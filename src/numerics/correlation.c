#include "riptide/numerics/correlation.h"

#include <math.h>

#include "riptide/base/status.h"

static rip_correlation_fault
entry_fault(double value, double mirrored, bool diagonal)
{
    if (!(isfinite(value))) {
        return RIP_CORRELATION_NOT_FINITE;
    }
    if (diagonal && fabs(value - 1.0) > RIP_CORRELATION_TOLERANCE) {
        return RIP_CORRELATION_DIAGONAL;
    }
    if (fabs(value) > 1.0 + RIP_CORRELATION_TOLERANCE) {
        return RIP_CORRELATION_RANGE;
    }
    if (!(fabs(value - mirrored) <= RIP_CORRELATION_TOLERANCE)) {
        return RIP_CORRELATION_ASYMMETRIC;
    }
    return RIP_CORRELATION_SOUND;
}

rip_correlation_entry
rip_correlation_check(size_t n, const double *matrix)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            const double value = matrix[i * n + j];
            const rip_correlation_fault fault =
                entry_fault(value, matrix[j * n + i], i == j);
            if (fault != RIP_CORRELATION_SOUND) {
                return (rip_correlation_entry){fault, i, j, value};
            }
        }
    }
    return (rip_correlation_entry){.fault = RIP_CORRELATION_SOUND};
}

static bool
is_excluded(const bool *exclude, size_t i)
{
    return exclude != NULL && exclude[i];
}

static void
move_entry(size_t n, double *matrix, size_t i, size_t j, double weight, double toward)
{
    double *entry = &matrix[i * n + j];
    *entry = (1.0 - weight) * *entry + weight * toward;
}

void
rip_correlation_stress_one(size_t n, double *matrix, double weight, const bool *exclude)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (i != j && !is_excluded(exclude, i) && !is_excluded(exclude, j)) {
                move_entry(n, matrix, i, j, weight, 1.0);
            }
        }
    }
}

void
rip_correlation_stress_toward(size_t n, double *matrix, double weight,
                              const double *target, const bool *exclude)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (i != j && !is_excluded(exclude, i) && !is_excluded(exclude, j)) {
                move_entry(n, matrix, i, j, weight, target[i * n + j]);
            }
        }
    }
}

void
rip_correlation_stress_group(size_t n, double *matrix,
                             const rip_correlation_group *group, const bool *exclude)
{
    for (size_t a = 0; a < group->n_member; a++) {
        for (size_t b = 0; b < group->n_member; b++) {
            const size_t i = group->member[a], j = group->member[b];
            if (i != j && !is_excluded(exclude, i) && !is_excluded(exclude, j)) {
                move_entry(n, matrix, i, j, group->weight, group->correlation);
            }
        }
    }
}
