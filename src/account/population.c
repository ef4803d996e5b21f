#include "riptide/account/population.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "riptide/account/instrument.h"
#include "riptide/account/population_draw.h"
#include "riptide/margin/margin.h"
#include "riptide/margin/models.h"

/* A margin requirement below this share of the notional is rounding: it says nothing
   about size. */
#define NO_REQUIREMENT 1e-9

/* A quantity is notional / price, and back again it may round over a tier's bound; this
   share keeps it below. */
#define INSIDE_TIER 0x1p-40

/* Distance of a protective option's strike from the mark, and its life (section 7). */
#define PROTECTION    0.1
#define PROTECTION_MS UINT64_C(2592000000)

/* What one account after the other uses. */
typedef struct workspace {
    const rip_population_spec *spec;
    const rip_market *market;
    const rip_venues *venues;
    const rip_venue *venue; /* of the mode that sizes the books */
    rip_book *book;
    size_t n_eligible;        /* assets of positive weight */
    double *weight;           /* [n_asset] left while assets are picked */
    double *price_usd;        /* [n_asset] */
    double *funding;          /* [n_asset] zeros */
    rip_position_state *held; /* [most positions of an account] */
} workspace;

static bool
is_share(double x)
{
    return x >= 0.0 && x <= 1.0;
}

static bool
spec_is_valid(const rip_population_spec *spec, size_t n_asset)
{
    double assets = 0.0, modes = 0.0;

    for (size_t i = 0; i < n_asset; i++) {
        if (!(spec->asset_weight[i] >= 0.0)) {
            return false;
        }
        assets += spec->asset_weight[i];
    }
    for (size_t i = 0; i < RIP_N_MODE; i++) {
        if (!(spec->mode_weight[i] >= 0.0)) {
            return false;
        }
        modes += spec->mode_weight[i];
    }
    return rip_population_law_is_valid(&spec->balance) &&
           rip_population_law_is_valid(&spec->leverage) &&
           rip_population_law_is_valid(&spec->positions) && isfinite(assets) &&
           assets > 0.0 && isfinite(modes) && modes > 0.0 &&
           spec->leverage_scale > 0.0 && isfinite(spec->leverage_scale) &&
           is_share(spec->long_fraction) && is_share(spec->side_correlation) &&
           is_share(spec->hedged_fraction) && is_share(spec->option_fraction) &&
           is_share(spec->top_up_fraction) && is_share(spec->stop_fraction) &&
           spec->margin_low > 0.0 && spec->margin_low <= spec->margin_high &&
           spec->margin_high <= 1.0 &&
           (!(spec->stop_fraction > 0.0) ||
            (spec->stop_low > 0.0 && spec->stop_low <= spec->stop_high &&
             spec->stop_high < 1.0)) &&
           spec->weight > 0.0 && spec->size_by != RIP_SIZE_OWN;
}

static bool
draw_is(const workspace *self, uint64_t account, rip_population_draw_kind kind,
        double probability)
{
    return rip_population_uniform(self->spec->seed, account, 0, kind) < probability;
}

/* Positions before hedging, at most one an asset. */
static size_t
count_parts(const workspace *self, uint64_t account)
{
    const double drawn = rip_population_law_draw(
        &self->spec->positions, self->spec->seed, account, RIP_POPULATION_COUNT);
    return drawn < (double)self->n_eligible ? (size_t)drawn : self->n_eligible;
}

static bool
is_hedged(const workspace *self, uint64_t account)
{
    return draw_is(self, account, RIP_POPULATION_HEDGED, self->spec->hedged_fraction);
}

/* What the venue's tiers count of a notional: itself, or the quantity (MAR-1). */
static double
measure_of(const workspace *self, uint32_t asset, double notional_usd)
{
    return self->venue->tiers_by_quantity ? notional_usd / self->price_usd[asset]
                                          : notional_usd;
}

static double
leverage_at(const workspace *self, uint32_t asset, double notional_usd)
{
    return rip_margin_tiers_max_leverage(&self->venue->tiers[asset],
                                         measure_of(self, asset, notional_usd));
}

/*
 * The largest leverage up to `leverage` that the tier of its own notional allows, for a
 * bucket: the best over tiers of what the tier allows and its upper bound leaves.
 */
static double
cap_by_bucket(const workspace *self, uint32_t asset, double bucket_usd, double leverage)
{
    const rip_margin_tiers *tiers = &self->venue->tiers[asset];
    const double measure = measure_of(self, asset, bucket_usd); /* at leverage 1 */
    double best = 0.0;

    for (size_t k = 0; k < tiers->n_tier; k++) {
        const double bound = k + 1 < tiers->n_tier
                                 ? tiers->floor_usd[k + 1] * (1.0 - INSIDE_TIER)
                                 : INFINITY;
        double fit = fmin(leverage, tiers->max_leverage[k]);
        fit = fmin(fit, bound / measure);
        if ((k == 0 || measure * fit > tiers->floor_usd[k]) && fit > best) {
            best = fit;
        }
    }
    return best;
}

/* Quantity, leverage and bucket of a position that gets margin_usd. */
static void
size_position(const workspace *self, rip_position *position, double margin_usd,
              double drawn_leverage)
{
    const rip_population_spec *spec = self->spec;
    const uint32_t asset = position->asset;
    const double scaled = drawn_leverage * spec->leverage_scale;
    double notional_usd;

    position->bucket = margin_usd;
    if (spec->scale_holds_notional) {
        notional_usd =
            margin_usd * cap_by_bucket(self, asset, margin_usd, drawn_leverage);
        position->leverage = fmin(scaled, leverage_at(self, asset, notional_usd));
        position->bucket = notional_usd / position->leverage;
    } else {
        position->leverage = cap_by_bucket(self, asset, margin_usd, scaled);
        notional_usd = margin_usd * position->leverage;
    }
    position->entry_usd = self->price_usd[position->asset];
    position->quantity = notional_usd / position->entry_usd;
}

/* Assets one after the other by the weights of those left. */
static uint32_t
pick_asset(const workspace *self, uint64_t account, size_t part)
{
    const size_t asset = rip_population_pick(
        self->market->n_asset, self->weight,
        rip_population_uniform(self->spec->seed, account, part, RIP_POPULATION_ASSET));

    self->weight[asset] = 0.0;
    return (uint32_t)asset;
}

static bool
is_long(const workspace *self, uint64_t account, size_t part)
{
    const rip_population_spec *spec = self->spec;

    if (draw_is(self, account, RIP_POPULATION_ONE_SIDED, spec->side_correlation)) {
        return draw_is(self, account, RIP_POPULATION_ACCOUNT_SIDE, spec->long_fraction);
    }
    return rip_population_uniform(spec->seed, account, part, RIP_POPULATION_SIDE) <
           spec->long_fraction;
}

/* The stop order of a part, on the losing side at a drawn distance; NaN: none. */
static double
stop_price(const workspace *self, uint64_t account, size_t part,
           const rip_position *position)
{
    const rip_population_spec *spec = self->spec;

    if (!draw_is(self, account, RIP_POPULATION_STOPPED, spec->stop_fraction)) {
        return NAN;
    }
    const double u =
        rip_population_uniform(spec->seed, account, part, RIP_POPULATION_STOP_DISTANCE);
    const double distance = spec->stop_low + (spec->stop_high - spec->stop_low) * u;
    return position->entry_usd *
           (position->quantity > 0.0 ? 1.0 - distance : 1.0 + distance);
}

/* Whether the leg of a hedged account is an option. */
static bool
has_option(const workspace *self, uint64_t account)
{
    return draw_is(self, account, RIP_POPULATION_OPTION, self->spec->option_fraction);
}

/* The option that protects a position: a put under a long one, over a short one the
   call that mirrors it. Its premium is paid (INS-2). */
static rip_position
protection_of(const workspace *self, const rip_position *position)
{
    const rip_asset *asset = &self->market->asset[position->asset];
    const bool is_put = position->quantity > 0.0;
    rip_position leg = {.asset = position->asset,
                        .kind = RIP_KIND_OPTION,
                        .quantity = fabs(position->quantity),
                        .leverage = 1.0,
                        .stop_usd = NAN,
                        .top_up = position->top_up,
                        .margin_mode = position->margin_mode,
                        .is_put = is_put,
                        .strike_usd = asset->price_usd *
                                      (is_put ? 1.0 - PROTECTION : 1.0 + PROTECTION),
                        .expiry_ms = PROTECTION_MS,
                        .implied_volatility = asset->implied_volatility};
    const rip_instrument_view start = {.price_usd = asset->price_usd,
                                       .basis = asset->basis,
                                       .volatility = leg.implied_volatility};
    leg.entry_usd = rip_instrument_mark(&leg, &start);
    return leg;
}

/* One part of an account: a position, or two legs of it. Returns how many. */
static size_t
fill_part(const workspace *self, uint64_t account, size_t part, rip_position *position,
          double margin_usd)
{
    const rip_population_spec *spec = self->spec;
    const double leverage = rip_population_law_draw(&spec->leverage, spec->seed,
                                                    account, RIP_POPULATION_LEVERAGE);
    const bool tops_up =
        draw_is(self, account, RIP_POPULATION_TOP_UP, spec->top_up_fraction);
    const bool has_leg = part == 0 && is_hedged(self, account);
    const bool is_protected = has_leg && has_option(self, account);

    *position =
        (rip_position){.asset = pick_asset(self, account, part),
                       .kind = RIP_KIND_LINEAR_PERP,
                       .top_up = tops_up ? spec->top_up : self->venue->isolated.top_up,
                       .margin_mode = self->book->account[account].mode};
    size_position(self, position,
                  has_leg && !is_protected ? 0.5 * margin_usd : margin_usd, leverage);
    if (!is_long(self, account, part)) {
        position->quantity = -position->quantity;
    }
    position->stop_usd = stop_price(self, account, part, position);
    if (is_protected) {
        position[1] = protection_of(self, position);
    } else if (has_leg) {
        position[1] = position[0];
        position[1].quantity = -position->quantity;
        position[1].stop_usd = stop_price(self, account, part, &position[1]);
    }
    return has_leg ? 2 : 1;
}

/* Initial margin of an account under the portfolio model at time 0. */
static double
portfolio_margin(const workspace *self, size_t i)
{
    const rip_market_point start = {.price_usd = self->price_usd,
                                    .funding = self->funding};
    rip_account_state state = {.held = self->held};
    rip_margin_bucket bucket;
    const rip_margin_model *model = rip_margin_models_find(RIP_MODE_PORTFOLIO);

    rip_account_state_reset(&state, self->book, i, self->market, self->venues, model);
    model->assess(&state, &start, &bucket);
    return bucket.initial_usd;
}

static double
gross_notional(const workspace *self, const rip_account *account)
{
    double sum_usd = 0.0;

    for (size_t k = 0; k < account->n_position; k++) {
        const rip_position *position =
            &self->book->position[account->first_position + k];
        sum_usd += position->kind == RIP_KIND_OPTION
                       ? 0.0
                       : fabs(position->quantity) * position->entry_usd;
    }
    return sum_usd;
}

/* size_by portfolio: one factor on all quantities; the requirement is proportional. */
static void
size_by_portfolio(const workspace *self, size_t i, double margin_usd)
{
    const rip_account *account = &self->book->account[i];
    const double required_usd = portfolio_margin(self, i);

    if (!(required_usd > NO_REQUIREMENT * gross_notional(self, account))) {
        return;
    }
    const double factor = margin_usd / required_usd;
    for (size_t k = 0; k < account->n_position; k++) {
        rip_position *position = &self->book->position[account->first_position + k];
        position->quantity *= factor;
        if (position->kind == RIP_KIND_OPTION) {
            continue; /* paid for: no bucket */
        }
        const double notional_usd = fabs(position->quantity) * position->entry_usd;
        position->leverage =
            fmin(position->leverage, leverage_at(self, position->asset, notional_usd));
        position->bucket = notional_usd / position->leverage;
    }
}

/* Buckets that add to more than the wallet shrink together. */
static void
fit_buckets(const workspace *self, size_t i)
{
    const rip_account *account = &self->book->account[i];
    const double sum_usd = rip_book_buckets(self->book, i);

    if (!(sum_usd > account->wallet_usd)) {
        return;
    }
    for (size_t k = 0; k < account->n_position; k++) {
        self->book->position[account->first_position + k].bucket *=
            account->wallet_usd / sum_usd;
    }
}

static rip_status
fill_account(const workspace *self, size_t i)
{
    const rip_population_spec *spec = self->spec;
    rip_account *account = &self->book->account[i];
    const size_t n_part = count_parts(self, i);
    const double u =
        rip_population_uniform(spec->seed, i, 0, RIP_POPULATION_MARGIN_USED);
    size_t n = 0;

    (void)snprintf(account->id, sizeof(account->id), "a%06zu", i);
    account->wallet_usd =
        rip_population_law_draw(&spec->balance, spec->seed, i, RIP_POPULATION_BALANCE);
    if (!(account->wallet_usd > 0.0 && account->wallet_usd <= RIP_POPULATION_MAX_USD)) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    account->weight = spec->weight;
    account->mode = (rip_mode)rip_population_pick(
        RIP_N_MODE, spec->mode_weight,
        rip_population_uniform(spec->seed, i, 0, RIP_POPULATION_MODE));
    const double margin_usd =
        account->wallet_usd *
        (spec->margin_low + (spec->margin_high - spec->margin_low) * u);
    for (size_t k = 0; k < self->market->n_asset; k++) {
        self->weight[k] = spec->asset_weight[k];
    }
    for (size_t part = 0; part < n_part; part++) {
        n +=
            fill_part(self, i, part, &self->book->position[account->first_position + n],
                      margin_usd / (double)n_part);
    }
    if (spec->size_by == RIP_SIZE_PORTFOLIO) {
        size_by_portfolio(self, i, margin_usd);
    }
    fit_buckets(self, i);
    return RIP_OK;
}

/* Counts every account's positions, so that the book is allocated once. */
static rip_status
make_book(workspace *self)
{
    rip_book *book = self->book;
    size_t most = 1;

    book->account = calloc(self->spec->count, sizeof(*book->account));
    if (book->account == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    book->n_account = (size_t)self->spec->count;
    for (size_t i = 0; i < book->n_account; i++) {
        const size_t n = count_parts(self, i) + (is_hedged(self, i) ? 1 : 0);
        book->account[i].first_position = book->n_position;
        book->account[i].n_position = n;
        book->n_position += n;
        most = n > most ? n : most;
    }
    book->position = calloc(book->n_position + 1, sizeof(*book->position));
    self->held = calloc(most + 1, sizeof(*self->held));
    return book->position != NULL && self->held != NULL ? RIP_OK
                                                        : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

static rip_status
make_workspace(workspace *self)
{
    const size_t n = self->market->n_asset;

    self->weight = calloc(n, sizeof(*self->weight));
    self->price_usd = calloc(n, sizeof(*self->price_usd));
    self->funding = calloc(n, sizeof(*self->funding));
    if (self->weight == NULL || self->price_usd == NULL || self->funding == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < n; i++) {
        self->price_usd[i] = self->market->asset[i].price_usd;
        self->n_eligible += self->spec->asset_weight[i] > 0.0;
    }
    return RIP_OK;
}

/* The mode whose initial margin the books are sized by. */
static rip_mode
sizing_mode(const rip_population_spec *spec)
{
    switch (spec->size_by) {
    case RIP_SIZE_CROSS:
        return RIP_MODE_CROSS;
    case RIP_SIZE_PORTFOLIO:
        return RIP_MODE_PORTFOLIO;
    case RIP_SIZE_ISOLATED:
    case RIP_SIZE_OWN:
        break;
    }
    return RIP_MODE_ISOLATED;
}

rip_status
rip_population_draw(rip_book *book, const rip_population_spec *spec,
                    const rip_market *market, const rip_venues *venues)
{
    rip_status status = RIP_OK;
    workspace self = {.spec = spec,
                      .market = market,
                      .venues = venues,
                      .venue = rip_venue_of_mode(venues, sizing_mode(spec)),
                      .book = book};

    *book = (rip_book){0};
    if (spec->count == 0 || spec->count > UINT32_MAX ||
        !spec_is_valid(spec, market->n_asset)) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    RIP_TRY(make_workspace(&self));
    RIP_TRY(make_book(&self));
    for (size_t i = 0; i < book->n_account; i++) {
        RIP_TRY(fill_account(&self, i));
    }
    status = rip_book_list_volatilities(book);
out:
    free(self.weight);
    free(self.price_usd);
    free(self.funding);
    free(self.held);
    return status;
}

void
rip_population_spec_free(rip_population_spec *self)
{
    rip_population_law_free(&self->balance);
    rip_population_law_free(&self->leverage);
    rip_population_law_free(&self->positions);
    free(self->asset_weight);
    *self = (rip_population_spec){0};
}
