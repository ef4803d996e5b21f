#include "riptide/market/market.h"

#include <stdlib.h>
#include <string.h>

#include "riptide/numerics/correlation.h"

/* An owned copy of n doubles. */
static rip_status
copy_doubles(double **copy, const double *from, size_t n)
{
    *copy = calloc(n, sizeof(**copy));
    if (*copy == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memcpy(*copy, from, n * sizeof(**copy));
    return RIP_OK;
}

/* Makes self->correlation positive semidefinite, or says why not. */
static rip_status
make_positive(rip_market *self, bool repair)
{
    const size_t n = self->n_asset;
    const double least = -RIP_CORRELATION_TOLERANCE * (double)n;
    rip_status status;
    double *nearest = NULL;
    double distance;
    RIP_TRY(rip_correlation_smallest_eigenvalue(n, self->correlation,
                                                &self->smallest_eigenvalue));
    if (self->smallest_eigenvalue >= least) {
        return RIP_OK;
    }
    if (!repair) {
        return RIP_RAISE(RIP_ERR_NOT_POSITIVE);
    }
    RIP_TRY(copy_doubles(&nearest, self->correlation, n * n));
    RIP_TRY(rip_correlation_nearest(n, self->correlation, nearest, &distance));
    memcpy(self->correlation, nearest, n * n * sizeof(*nearest));
    self->repaired = true;
    self->repair_distance += distance;
out:
    free(nearest);
    return status;
}

static void
stress_correlation(rip_market *self, const rip_market_spec *spec)
{
    const size_t n = self->n_asset;
    const bool *exclude = spec->stress.exclude;
    switch (spec->stress.kind) {
    case RIP_CORRELATION_STRESS_NONE:
        break;
    case RIP_CORRELATION_STRESS_ONE:
        rip_correlation_stress_one(n, self->correlation, spec->stress.weight, exclude);
        break;
    case RIP_CORRELATION_STRESS_MATRIX:
        rip_correlation_stress_toward(n, self->correlation, spec->stress.weight,
                                      spec->stress.target, exclude);
        break;
    case RIP_CORRELATION_STRESS_BLOCKS:
        for (size_t i = 0; i < spec->stress.n_block; i++) {
            const rip_correlation_block *block = &spec->stress.block[i];
            const rip_correlation_group group = {.n_member = block->n_member,
                                                 .member = block->member,
                                                 .correlation = block->correlation,
                                                 .weight = block->weight};
            rip_correlation_stress_group(n, self->correlation, &group, exclude);
        }
        break;
    }
}

/* The correlation after repair and stress, and its factor. Some stresses can make a
   sound matrix indefinite, which is then repaired or refused like a given one. */
static rip_status
build_correlation(rip_market *self, const rip_market_spec *spec)
{
    const size_t n = self->n_asset;
    rip_status status;
    if (rip_correlation_check(n, spec->correlation).fault != RIP_CORRELATION_SOUND) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    RIP_TRY(copy_doubles(&self->correlation, spec->correlation, n * n));
    RIP_TRY(make_positive(self, spec->repair));
    stress_correlation(self, spec);
    if (spec->stress.kind != RIP_CORRELATION_STRESS_NONE) {
        const double as_given = self->smallest_eigenvalue;
        RIP_TRY(make_positive(self, spec->repair));
        self->smallest_eigenvalue = as_given;
    }
    self->factor = calloc(n * n, sizeof(*self->factor));
    if (self->factor == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    status = rip_correlation_factor(n, self->correlation, self->factor);
out:
    return status;
}

rip_status
rip_market_init(rip_market *self, const rip_market_spec *spec)
{
    const size_t n = spec->n_asset;
    *self = (rip_market){.n_asset = n,
                         .funding_interval_ms = spec->funding_interval_ms,
                         .borrow_rate_usd = spec->borrow_rate_usd};
    if (n == 0) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    self->asset = calloc(n, sizeof(*self->asset));
    self->stress_drift = calloc(n, sizeof(*self->stress_drift));
    if (self->asset == NULL || self->stress_drift == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < n; i++) {
        self->asset[i] = spec->asset[i];
        self->asset[i].volatility *= spec->stress.volatility;
        self->asset[i].implied_volatility *= spec->stress.implied_volatility;
        self->stress_drift[i] =
            spec->stress.drift != NULL ? spec->stress.drift[i] : 0.0;
    }
    return build_correlation(self, spec);
}

void
rip_market_free(rip_market *self)
{
    free(self->asset);
    free(self->stress_drift);
    free(self->correlation);
    free(self->factor);
    *self = (rip_market){0};
}

void
rip_market_spec_free(rip_market_spec *self)
{
    free(self->asset);
    free(self->correlation);
    free(self->stress.target);
    for (size_t i = 0; i < self->stress.n_block; i++) {
        free(self->stress.block[i].member);
    }
    free(self->stress.block);
    free(self->stress.exclude);
    free(self->stress.drift);
    *self = (rip_market_spec){0};
}

size_t
rip_market_find(const rip_market_spec *spec, const char *symbol)
{
    size_t i = 0;
    while (i < spec->n_asset && strcmp(spec->asset[i].symbol, symbol) != 0) {
        i++;
    }
    return i;
}
