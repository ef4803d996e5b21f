#include <math.h>

#include "riptide/account/instrument.h"
#include "riptide/io/assemble_parts.h"
#include "riptide/io/holdings.h"
#include "riptide/margin/requirement.h"

rip_mode
rip_assemble_position_mode(const rip_position *position, rip_mode mode)
{
    return mode == RIP_MODE_MIXED ? position->margin_mode : mode;
}

static rip_status
refuse(const rip_assemble_book *self, size_t i, const char *key, const char *what)
{
    const rip_kind kind = self->holdings->position[i].kind;

    return rip_holdings_refuse_position(self->holdings, i, key, self->assembly->error,
                                        "%s %s", what, rip_book_kind_name(kind));
}

/* A key that some kinds must have and the others may not. */
static rip_status
check_key(const rip_assemble_book *self, size_t i, const char *key, bool is_given,
          bool is_wanted)
{
    if (is_given == is_wanted) {
        return RIP_OK;
    }
    return refuse(self, i, key,
                  is_given ? "not a key of kind" : "absent, required by kind");
}

/* The keys of dated instruments, at the kinds that have them. */
static rip_status
check_terms(const rip_assemble_book *self, size_t i)
{
    const rip_holdings_position *held = &self->holdings->position[i];
    const bool is_option = held->kind == RIP_KIND_OPTION;
    const bool is_dated = is_option || held->kind == RIP_KIND_LINEAR_FUTURE;
    const bool has_settlement = held->settlement != RIP_SETTLEMENT_ABSENT;
    const bool has_volatility = !isnan(held->implied_volatility);
    rip_status status = RIP_OK;
    const rip_status found[] = {
        check_key(self, i, "expiry", held->expiry_ms > 0, is_dated),
        check_key(self, i, "type", held->type != RIP_OPTION_TYPE_ABSENT, is_option),
        check_key(self, i, "strike", !isnan(held->strike_usd), is_option),
        check_key(self, i, "settlement", has_settlement, is_option && has_settlement),
        check_key(self, i, "implied_volatility", has_volatility,
                  is_option && has_volatility)};

    for (size_t k = 0; k < sizeof(found) / sizeof(found[0]); k++) {
        status = found[k] != RIP_OK ? found[k] : status;
    }
    return status;
}

/* An option's own volatility, stressed like its asset's, or that. */
static rip_status
take_volatility(const rip_assemble_book *self, size_t i, rip_position *position)
{
    const rip_holdings_position *held = &self->holdings->position[i];
    const rip_assembly *assembly = self->assembly;
    const rip_asset *asset = &assembly->run->market.asset[held->asset];

    if (held->kind != RIP_KIND_OPTION) {
        return RIP_OK;
    }
    position->implied_volatility =
        isnan(held->implied_volatility)
            ? asset->implied_volatility
            : held->implied_volatility * assembly->spec.stress.implied_volatility;
    if (isnan(position->implied_volatility)) {
        return rip_holdings_refuse_position(
            self->holdings, i, "implied_volatility", assembly->error,
            "absent, and asset %s has none", asset->symbol);
    }
    return RIP_OK;
}

/* Kind, size and terms. */
static rip_status
take_instrument(const rip_assemble_book *self, const rip_account *account, size_t i)
{
    const rip_holdings_position *held = &self->holdings->position[i];
    const rip_holdings_account *owner = &self->holdings->account[held->account];
    const bool is_chosen = held->margin_mode != RIP_N_MODE;
    rip_position *position = &self->book->position[i];

    *position =
        (rip_position){.asset = held->asset,
                       .kind = held->kind,
                       .quantity = held->quantity,
                       .stop_usd = NAN,
                       .margin_mode = is_chosen ? held->margin_mode : owner->mode,
                       .coin_settled = held->kind == RIP_KIND_INVERSE_PERP ||
                                       held->settlement == RIP_SETTLEMENT_INVERSE,
                       .is_put = held->type == RIP_OPTION_TYPE_PUT,
                       .strike_usd = isnan(held->strike_usd) ? 0.0 : held->strike_usd,
                       .expiry_ms = held->expiry_ms};
    if (position->coin_settled) {
        const rip_coin *coin = &self->book->coin[account->first_coin];
        while (coin[position->coin].asset != held->asset) {
            position->coin++;
        }
    }
    return take_volatility(self, i, position);
}

/* The market when the position was opened: now, except in a what if of `margin`. */
static rip_instrument_view
opening_view(const rip_assemble_book *self, const rip_position *position)
{
    const rip_asset *asset = &self->assembly->run->market.asset[position->asset];

    return (rip_instrument_view){.price_usd =
                                     self->assembly->opening_usd[position->asset],
                                 .basis = asset->basis,
                                 .volatility = position->implied_volatility};
}

/* What a mode's venue asked for the position when it was opened. */
static rip_requirement
requirement_of(const rip_assemble_book *self, const rip_position *position,
               rip_mode mode)
{
    return (rip_requirement){.venue =
                                 rip_venue_of_mode(&self->assembly->run->venues, mode),
                             .position = position,
                             .quantity = position->quantity,
                             .view = opening_view(self, position)};
}

static rip_status
refuse_leverage(const rip_assemble_book *self, size_t i, double leverage, double most)
{
    const rip_holdings_position *held = &self->holdings->position[i];
    const rip_position *position = &self->book->position[i];
    const rip_instrument_view view = opening_view(self, position);
    const char *symbol = self->assembly->run->market.asset[held->asset].symbol;
    const double notional_usd =
        rip_instrument_notional(position, position->quantity, &view);

    if (isnan(held->leverage)) {
        return rip_holdings_refuse_account(
            self->holdings, held->account, "leverage", self->assembly->error,
            "%.10g is above %.10g, the most for %.10g USD of %s", leverage, most,
            notional_usd, symbol);
    }
    return rip_holdings_refuse_position(
        self->holdings, i, "leverage", self->assembly->error,
        "%.10g is above %.10g, the most for %.10g USD of %s", leverage, most,
        notional_usd, symbol);
}

/* Leverage by MAR-1 in the modes of the run: the one said, else the largest allowed. */
static rip_status
take_leverage(const rip_assemble_book *self, size_t i, rip_position *position)
{
    const rip_holdings_position *held = &self->holdings->position[i];
    const rip_holdings_account *owner = &self->holdings->account[held->account];
    const rip_run_spec *spec = &self->assembly->run->spec;
    const double said = isnan(held->leverage) ? owner->leverage : held->leverage;

    position->leverage = 1.0;
    if (held->kind == RIP_KIND_OPTION || (held->kind == RIP_KIND_SPOT && isnan(said))) {
        return RIP_OK;
    }
    position->leverage = isnan(said) ? 0.0 : said;
    for (size_t m = 0; m < spec->n_mode; m++) {
        const rip_requirement asked = requirement_of(
            self, position, rip_assemble_position_mode(position, spec->mode[m]));
        const double most = rip_requirement_max_leverage(&asked);
        if (!isnan(said) && !(said <= most)) {
            return refuse_leverage(self, i, said, most);
        }
        position->leverage = isnan(said) ? fmax(position->leverage, most) : said;
    }
    return RIP_OK;
}

/* INS-2: a short option posts its initial margin, a long one has been paid for. */
static double
option_bucket(const rip_assemble_book *self, const rip_position *position)
{
    const rip_requirement asked = requirement_of(self, position, RIP_MODE_ISOLATED);

    if (position->quantity > 0.0 ||
        asked.venue->option_margin == RIP_OPTION_MARGIN_NONE) {
        return 0.0;
    }
    return rip_requirement_initial(&asked) /
           rip_instrument_currency(position, asked.view.price_usd);
}

/* Notional at entry over the leverage that the isolated mode allows. */
static double
default_bucket(const rip_assemble_book *self, const rip_position *position)
{
    const rip_requirement asked = requirement_of(self, position, RIP_MODE_ISOLATED);
    const double leverage =
        position->kind == RIP_KIND_SPOT
            ? position->leverage
            : fmin(position->leverage, rip_requirement_max_leverage(&asked));

    if (position->kind == RIP_KIND_INVERSE_PERP) {
        return fabs(position->quantity) / position->entry_usd / leverage;
    }
    return fabs(position->quantity) * position->entry_usd / leverage;
}

static rip_status
take_bucket(const rip_assemble_book *self, size_t i, rip_position *position)
{
    const rip_holdings_position *held = &self->holdings->position[i];
    const bool is_option = held->kind == RIP_KIND_OPTION;

    if (!isnan(held->margin)) {
        position->bucket = held->margin;
    } else if (is_option) {
        position->bucket = option_bucket(self, position);
    } else {
        position->bucket = default_bucket(self, position);
    }
    if (!is_option && !(position->bucket > 0.0)) {
        return rip_holdings_refuse_position(
            self->holdings, i, "quantity", self->assembly->error,
            "%.10g is too small to need a margin", held->quantity);
    }
    return RIP_OK;
}

/* INS-2 and MAR-6: modes in which the venue has no rule for the position. */
static rip_status
check_modes(const rip_assemble_book *self, size_t i)
{
    const rip_position *position = &self->book->position[i];
    const rip_run *run = self->assembly->run;
    const bool is_short_option =
        position->kind == RIP_KIND_OPTION && position->quantity < 0.0;

    for (size_t m = 0; m < run->spec.n_mode; m++) {
        const rip_mode mode = rip_assemble_position_mode(position, run->spec.mode[m]);
        const rip_venue *venue = rip_venue_of_mode(&run->venues, mode);
        if (mode == RIP_MODE_PORTFOLIO && venue->portfolio.n_scenario == 0) {
            return rip_holdings_refuse_position(
                self->holdings, i, "margin_mode", self->assembly->error,
                "venue %s has no portfolio.scenarios, so no portfolio mode",
                venue->name);
        }
        if (is_short_option && mode != RIP_MODE_PORTFOLIO &&
            venue->option_margin == RIP_OPTION_MARGIN_NONE) {
            return rip_holdings_refuse_position(
                self->holdings, i, "quantity", self->assembly->error,
                "a short option needs a rule of the venue's option_margin in the mode "
                "%s (deribit, bybit)",
                rip_mode_name(mode));
        }
    }
    return RIP_OK;
}

rip_status
rip_assemble_position(const rip_assemble_book *self, const rip_account *account,
                      size_t i)
{
    const rip_holdings_position *held = &self->holdings->position[i];
    const rip_holdings_account *owner = &self->holdings->account[held->account];
    const rip_venues *venues = &self->assembly->run->venues;
    rip_position *position = &self->book->position[i];
    rip_status status = RIP_OK;

    RIP_TRY(check_terms(self, i));
    RIP_TRY(take_instrument(self, account, i));
    const rip_instrument_view view = opening_view(self, position);
    position->entry_usd =
        isnan(held->entry_usd) ? rip_instrument_mark(position, &view) : held->entry_usd;
    position->top_up = rip_venue_of_mode(venues, RIP_MODE_ISOLATED)->isolated.top_up;
    if (owner->has_top_up) {
        position->top_up = owner->top_up;
    }
    if (held->has_top_up) {
        position->top_up = held->top_up;
    }
    RIP_TRY(take_leverage(self, i, position));
    RIP_TRY(take_bucket(self, i, position));
    status = check_modes(self, i);
out:
    return status;
}
