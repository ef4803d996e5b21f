#include "riptide/account/instrument.h"

#include <math.h>

#include "riptide/numerics/black.h"
#include "riptide/numerics/math.h"

#define YEAR_MS (365.0 * 86400000.0)

double
rip_instrument_years_left(const rip_position *self, uint64_t time_ms)
{
    return self->expiry_ms > time_ms ? (double)(self->expiry_ms - time_ms) / YEAR_MS
                                     : 0.0;
}

double
rip_instrument_forward(const rip_position *self, const rip_instrument_view *view)
{
    const double years = rip_instrument_years_left(self, view->time_ms);
    /* exp(0) is exactly 1. */
    return view->price_usd * rip_math_exp(view->basis * years);
}

static double
option_mark(const rip_position *self, const rip_instrument_view *view)
{
    const double forward_usd = rip_instrument_forward(self, view);
    const double deviation =
        view->volatility * sqrt(rip_instrument_years_left(self, view->time_ms));
    const double mark_usd =
        rip_black_value(forward_usd, self->strike_usd, deviation, self->is_put);
    return self->coin_settled ? mark_usd / forward_usd : mark_usd;
}

double
rip_instrument_mark(const rip_position *self, const rip_instrument_view *view)
{
    if (self->kind == RIP_KIND_OPTION) {
        return option_mark(self, view);
    }
    return self->kind == RIP_KIND_LINEAR_FUTURE ? rip_instrument_forward(self, view)
                                                : view->price_usd;
}

double
rip_instrument_profit(const rip_position *self, double quantity,
                      const rip_instrument_view *view)
{
    const double mark = rip_instrument_mark(self, view);
    if (self->kind == RIP_KIND_INVERSE_PERP) {
        return quantity * (1.0 / self->entry_usd - 1.0 / mark);
    }
    return quantity * (mark - self->entry_usd);
}

double
rip_instrument_value(const rip_position *self, double quantity,
                     const rip_instrument_view *view)
{
    return self->kind == RIP_KIND_OPTION ? quantity * option_mark(self, view)
                                         : rip_instrument_profit(self, quantity, view);
}

double
rip_instrument_notional(const rip_position *self, double quantity,
                        const rip_instrument_view *view)
{
    if (self->kind == RIP_KIND_INVERSE_PERP) {
        return fabs(quantity);
    }
    return fabs(quantity) * (self->kind == RIP_KIND_LINEAR_FUTURE
                                 ? rip_instrument_forward(self, view)
                                 : view->price_usd);
}
