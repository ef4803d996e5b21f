#include "riptide/margin/requirement.h"

#include <assert.h>
#include <math.h>

/* MAR-2: what is left of a rate before a size adds to it. */
#define SQRT_SHARE 0.8

static const rip_margin_tiers *
tiers_of(const rip_requirement *self)
{
    return &self->venue->tiers[self->position->asset];
}

static bool
is_inverse_perp(const rip_requirement *self)
{
    return self->position->kind == RIP_KIND_INVERSE_PERP;
}

/* Notional [settlement currency] with the underlying, or a future, at a price. */
static double
notional_at(const rip_requirement *self, double price_usd)
{
    return is_inverse_perp(self) ? fabs(self->quantity) / price_usd
                                 : fabs(self->quantity) * price_usd;
}

static double
mark_of(const rip_requirement *self)
{
    return self->position->kind == RIP_KIND_LINEAR_FUTURE
               ? rip_instrument_forward(self->position, &self->view)
               : self->view.price_usd;
}

/* The price that the maintenance counts notional at. */
static double
maintenance_price(const rip_requirement *self)
{
    return self->venue->maintenance_at_entry ? self->position->entry_usd
                                             : mark_of(self);
}

static double
measure_of(const rip_requirement *self, double notional)
{
    return self->venue->tiers_by_quantity ? fabs(self->quantity) : notional;
}

/* MAR-2: a rate for a notional. */
static double
scaled(const rip_requirement *self, double rate, double notional)
{
    const double factor = self->venue->size_scaling.sqrt;
    const double size = is_inverse_perp(self) ? notional : fabs(self->quantity);
    if (factor > 0.0) {
        rate = fmax(rate, SQRT_SHARE * rate + factor * sqrt(size));
    }
    return rate + self->venue->size_scaling.slope * size;
}

/* Maintenance per unit of notional before any deduction. */
static double
rate_of(const rip_requirement *self, size_t tier, double notional)
{
    return scaled(self, tiers_of(self)->rate[tier], notional) +
           self->venue->closing_fee_reserved;
}

/* [USD per unit of the currency that notionals are in]. */
static double
currency_of(const rip_requirement *self)
{
    return is_inverse_perp(self) ? self->view.price_usd : 1.0;
}

static double
tiered_maintenance(const rip_requirement *self)
{
    const rip_margin_tiers *tiers = tiers_of(self);
    const double notional = notional_at(self, maintenance_price(self));
    const size_t k = rip_margin_tiers_find(tiers, measure_of(self, notional));
    const double per_unit =
        self->venue->tiers_by_quantity ? notional / fabs(self->quantity) : 1.0;
    const double margin =
        rate_of(self, k, notional) * notional - tiers->deduction_usd[k] * per_unit;
    const double margin_usd =
        (margin < 0.0 ? 0.0 : margin) * currency_of(self); /* a NaN stays one */
    const double *minimum_usd = self->venue->size_scaling.minimum_usd;
    return minimum_usd != NULL && margin_usd < minimum_usd[self->position->asset]
               ? minimum_usd[self->position->asset]
               : margin_usd;
}

/* MAR-2: the initial rate of a market with much open interest. */
static double
with_open_interest(const rip_requirement *self, double rate)
{
    const double *share = self->venue->size_scaling.open_interest;
    return share == NULL ? rate
                         : rate + fmax(1.0 - rate, 0.0) * share[self->position->asset];
}

static bool
scales_initial(const rip_venue *venue)
{
    return venue->size_scaling.slope > 0.0 || venue->size_scaling.sqrt > 0.0 ||
           venue->size_scaling.open_interest != NULL;
}

static double
tiered_initial(const rip_requirement *self)
{
    const rip_margin_tiers *tiers = tiers_of(self);
    const double notional = notional_at(self, mark_of(self));
    const size_t k = rip_margin_tiers_find(tiers, measure_of(self, notional));
    const double most = tiers->max_leverage[k], own = self->position->leverage;
    double rate;
    if (!scales_initial(self->venue)) {
        return notional / (own < most ? own : most) * currency_of(self);
    }
    rate = with_open_interest(self, scaled(self, 1.0 / most, notional));
    return fmax(notional / own, notional * rate) * currency_of(self);
}

/* What one short option asks for [USD]. */
typedef struct option_margin {
    double maintenance_usd, initial_usd;
} option_margin;

static option_margin
deribit_option(const rip_requirement *self, double mark_usd)
{
    const double price_usd = self->view.price_usd;
    const double forward_usd = rip_instrument_forward(self->position, &self->view);
    const double side = self->position->is_put ? -1.0 : 1.0;
    const double outside = fmax(side * (self->position->strike_usd - forward_usd), 0.0);
    option_margin asked = {
        .initial_usd = price_usd * fmax(0.15 - outside / forward_usd, 0.1) + mark_usd};
    if (self->position->is_put) {
        asked.maintenance_usd = fmax(0.075 * price_usd, 0.075 * mark_usd) + mark_usd;
        asked.initial_usd = fmax(asked.initial_usd, asked.maintenance_usd);
    } else {
        asked.maintenance_usd = 0.075 * price_usd + mark_usd;
    }
    return asked;
}

static option_margin
bybit_option(const rip_requirement *self, double mark_usd)
{
    const double price_usd = self->view.price_usd;
    const double side = self->position->is_put ? -1.0 : 1.0;
    const double outside = fmax(side * (self->position->strike_usd - price_usd), 0.0);
    const double premium_usd =
        self->position->entry_usd * rip_instrument_currency(self->position, price_usd);
    option_margin asked = {.maintenance_usd = fmax(0.03 * price_usd, 0.03 * mark_usd) +
                                              mark_usd + 0.002 * price_usd};
    asked.initial_usd = fmax(fmax(0.15 * price_usd - outside, 0.1 * price_usd) +
                                 fmax(premium_usd, mark_usd),
                             asked.maintenance_usd);
    return asked;
}

static option_margin
option_of(const rip_requirement *self)
{
    double mark_usd;
    if (self->quantity > 0.0) {
        return (option_margin){0};
    }
    assert(self->venue->option_margin != RIP_OPTION_MARGIN_NONE);
    mark_usd = rip_instrument_mark(self->position, &self->view) *
               rip_instrument_currency(self->position, self->view.price_usd);
    return self->venue->option_margin == RIP_OPTION_MARGIN_BYBIT
               ? bybit_option(self, mark_usd)
               : deribit_option(self, mark_usd);
}

double
rip_requirement_maintenance(const rip_requirement *self)
{
    return self->position->kind == RIP_KIND_OPTION
               ? fabs(self->quantity) * option_of(self).maintenance_usd
               : tiered_maintenance(self);
}

double
rip_requirement_initial(const rip_requirement *self)
{
    return self->position->kind == RIP_KIND_OPTION
               ? fabs(self->quantity) * option_of(self).initial_usd
               : tiered_initial(self);
}

double
rip_requirement_marginal(const rip_requirement *self)
{
    const double notional = notional_at(self, maintenance_price(self));
    size_t k;
    if (self->position->kind == RIP_KIND_OPTION) {
        return rip_requirement_maintenance(self) /
               rip_instrument_notional(self->position, self->quantity, &self->view);
    }
    k = rip_margin_tiers_find(tiers_of(self), measure_of(self, notional));
    return rate_of(self, k, notional) * notional / notional_at(self, mark_of(self));
}

double
rip_requirement_measure(const rip_requirement *self)
{
    return measure_of(self, notional_at(self, mark_of(self)));
}

double
rip_requirement_maintenance_measure(const rip_requirement *self)
{
    return measure_of(self, notional_at(self, maintenance_price(self)));
}

double
rip_requirement_max_leverage(const rip_requirement *self)
{
    return rip_margin_tiers_max_leverage(tiers_of(self), rip_requirement_measure(self));
}
