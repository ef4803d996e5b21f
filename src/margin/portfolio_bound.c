#include "riptide/margin/portfolio_bound.h"

#include <math.h>

#include "riptide/margin/form.h"
#include "riptide/margin/holding.h"
#include "riptide/margin/position.h"

/* Shares of the starting price that are tried for the box of `correlated`. */
static const double widths[] = {0.5, 0.35, 0.25, 0.17, 0.12, 0.08, 0.05};
#define N_WIDTH        (sizeof(widths) / sizeof(widths[0]))
#define SHARE_OF_SUM   0.5 /* of the slack: then the sum serves */
#define SHARE_OF_CHORD (1.0 / 3.0)
#define CHORD_ROUNDING (1.0 + 1e-9)

/* What the forms of a state have in common. */
typedef struct plan {
    const rip_account_state *state;
    double lowest, highest; /* moves of the grid */
    bool inner;   /* moves between the two, and none at all, may be the worst */
    double width; /* of the box of `correlated`; 0: the sum bounds it everywhere */
} plan;

static plan
make_plan(const rip_account_state *state)
{
    const rip_venue *venue = state->venue;
    plan self = {.state = state};
    double widest = 0.0;
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        if (!venue->portfolio.scenario[s].extra) {
            self.lowest = fmin(self.lowest, venue->portfolio.scenario[s].spot);
            self.highest = fmax(self.highest, venue->portfolio.scenario[s].spot);
        }
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        widest = fmax(widest, venue->portfolio.spot_range[state->position[k].asset]);
    }
    self.inner =
        !(self.lowest < 0.0 && self.highest > 0.0) ||
        -fmax(-self.lowest, self.highest) * widest < RIP_MARGIN_HOLDING_LOWEST_MOVE;
    return self;
}

/* Whether a scenario has a form of its own. */
static bool
needs_form(const plan *self, size_t scenario)
{
    const rip_venue *venue = self->state->venue;
    const double spot = venue->portfolio.scenario[scenario].spot;
    if (venue->portfolio.scenario[scenario].extra) {
        return true;
    }
    return venue->portfolio.between != RIP_BETWEEN_ADD &&
           rip_margin_holding_is_grid_move(venue, scenario) &&
           (self->inner || spot <= self->lowest || spot >= self->highest);
}

/* Half the difference and half the sum of the losses down and up, per USD of price. */
static double
odd_part(const rip_margin_holding *held, const rip_venue *venue, double spot)
{
    return 0.5 * (rip_margin_holding_loss(held, venue, -fabs(spot)) -
                  rip_margin_holding_loss(held, venue, fabs(spot)));
}

static double
even_part(const rip_margin_holding *held, const rip_venue *venue, double spot)
{
    return 0.5 * (rip_margin_holding_loss(held, venue, -fabs(spot)) +
                  rip_margin_holding_loss(held, venue, fabs(spot)));
}

/* The norm of `correlated` at the starting prices, for one size of move. */
typedef struct norm {
    double value_usd;    /* f0 */
    double sum_usd;      /* sum |r0_u| sqrt(C_uu) */
    double absolute_usd; /* sqrt(sum |C_uv r0_u r0_v|) */
    double tangent_usd;  /* sum |g_u S0_u| */
} norm;

static const double *
row_of(const rip_account_state *state, size_t position)
{
    const rip_venue *venue = state->venue;
    return &venue->portfolio
                .correlation[state->position[position].asset * venue->n_asset];
}

/* Leaves r0_u in the scratch of the first position of every underlying. */
static void
fill_scratch(const rip_account_state *state, double spot)
{
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const rip_margin_holding held = rip_margin_holding_of(state, k);
            state->held[k].scratch_usd = state->asset[held.asset].price_usd *
                                         odd_part(&held, state->venue, spot);
        }
    }
}

/* r0_u (C r0)_u, or with absolute values throughout, of the scratch. */
static double
product(const rip_account_state *state, size_t position, bool absolute)
{
    const double *row = row_of(state, position);
    double sum_usd = 0.0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const double term_usd =
                row[state->position[k].asset] * state->held[k].scratch_usd;
            sum_usd += absolute ? fabs(term_usd) : term_usd;
        }
    }
    return (absolute ? fabs(state->held[position].scratch_usd)
                     : state->held[position].scratch_usd) *
           sum_usd;
}

static norm
norm_at_start(const rip_account_state *state, double spot)
{
    double square = 0.0, absolute = 0.0, tangent = 0.0;
    norm self = {0};
    fill_scratch(state, spot);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const double own = product(state, k, false);
            square += own;
            tangent += fabs(own);
            absolute += product(state, k, true);
            self.sum_usd += fabs(state->held[k].scratch_usd) *
                            sqrt(row_of(state, k)[state->position[k].asset]);
        }
    }
    self.value_usd = sqrt(fmax(square, 0.0));
    self.absolute_usd = sqrt(absolute);
    self.tangent_usd = self.value_usd > 0.0 ? tangent / self.value_usd : INFINITY;
    return self;
}

/* k: the most by which the norm exceeds its tangent in a box of this width. */
static double
chord(const norm *self, double width)
{
    const double along_usd = self->value_usd - width * self->tangent_usd;
    const double across_usd = width * self->absolute_usd;
    if (!(along_usd > 0.0)) {
        return INFINITY;
    }
    return CHORD_ROUNDING *
           (sqrt(along_usd * along_usd + across_usd * across_usd) - along_usd);
}

/* Equity less the requirement [USD] at the start, the norm of the worst move replaced;
   what a form's slack is there, shares of the rest alike. */
static double
slack_at_start(const rip_account_state *state, double spot, double norm_usd)
{
    const rip_venue *venue = state->venue;
    double equity_usd = rip_account_state_balance(state), required_usd = norm_usd;
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        if (rip_margin_position_is_pooled(state, k)) {
            equity_usd += held->quantity *
                          (state->asset[held->asset].price_usd - held->entry_usd);
        }
        if (state->held[k].first_of_asset) {
            const rip_margin_holding net = rip_margin_holding_of(state, k);
            required_usd += state->asset[net.asset].price_usd *
                            (even_part(&net, venue, spot) +
                             rip_margin_holding_contingency(&net, venue));
        }
    }
    return equity_usd -
           venue->trigger.ratio * venue->portfolio.mm_factor * required_usd;
}

/* The widest box whose chord is cheap enough for one size of move; INFINITY: needs
   none. */
static double
width_for(const rip_account_state *state, double spot)
{
    const rip_venue *venue = state->venue;
    const norm start = norm_at_start(state, spot);
    const double slack_usd = slack_at_start(state, spot, start.value_usd);
    const double cost = venue->trigger.ratio * venue->portfolio.mm_factor;
    if (slack_at_start(state, spot, start.sum_usd) >= SHARE_OF_SUM * slack_usd) {
        return INFINITY;
    }
    for (size_t i = 0; i < N_WIDTH; i++) {
        if (cost * chord(&start, widths[i]) <= SHARE_OF_CHORD * slack_usd) {
            return widths[i];
        }
    }
    return 0.0;
}

/* One box for all sizes of move; none if one of them has none. */
static double
choose_width(const plan *self)
{
    const rip_venue *venue = self->state->venue;
    double width = INFINITY;
    if (venue->portfolio.between != RIP_BETWEEN_CORRELATED) {
        return 0.0;
    }
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        if (!venue->portfolio.scenario[s].extra && needs_form(self, s)) {
            width =
                fmin(width, width_for(self->state, venue->portfolio.scenario[s].spot));
        }
    }
    return isinf(width) ? 0.0 : width;
}

/*
 * What one underlying adds to a bound of the requirement per USD of price, if a
 * scenario is the worst; NULL: no move is. Of `correlated` only what is not in the
 * norm.
 */
static double
requirement(const rip_margin_holding *held, const rip_venue *venue,
            const rip_scenario *moved)
{
    const double factor = venue->portfolio.offset_factor;
    if (moved != NULL && moved->extra) {
        return moved->weight * rip_margin_holding_loss(held, venue, moved->spot);
    }
    switch (venue->portfolio.between) {
    case RIP_BETWEEN_JOINT:
        return moved == NULL ? 0.0 : rip_margin_holding_loss(held, venue, moved->spot);
    case RIP_BETWEEN_OFFSET:
        return (moved == NULL
                    ? 0.0
                    : factor * rip_margin_holding_loss(held, venue, moved->spot)) +
               (1.0 - factor) * rip_margin_holding_worst(held, venue);
    case RIP_BETWEEN_CORRELATED:
        return moved == NULL ? 0.0 : even_part(held, venue, moved->spot);
    case RIP_BETWEEN_ADD:
        break;
    }
    return rip_margin_holding_worst(held, venue);
}

/* Takes a bound of the norm off a form. */
static void
take_norm(const plan *self, double spot, double cost, rip_margin_form *form)
{
    const rip_account_state *state = self->state;
    const norm start = norm_at_start(state, spot); /* leaves r0 in the scratch */
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const uint32_t asset = state->position[k].asset;
            const double part_usd =
                self->width > 0.0
                    ? product(state, k, false) / start.value_usd
                    : fabs(state->held[k].scratch_usd) * sqrt(row_of(state, k)[asset]);
            (void)rip_margin_form_add_price(
                form, asset, -cost * part_usd / state->asset[asset].price_usd);
        }
    }
    if (self->width > 0.0) {
        rip_margin_form_add_money(form, -cost * chord(&start, self->width));
    }
}

static void
write_form(const plan *self, const rip_scenario *moved, rip_margin_form *form)
{
    const rip_account_state *state = self->state;
    const rip_venue *venue = state->venue;
    const double cost = venue->trigger.ratio * venue->portfolio.mm_factor;
    rip_margin_form_begin(form);
    rip_margin_form_add_money(form, rip_account_state_balance(state));
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_pooled(state, k)) {
            rip_margin_form_add_position(form, state, k);
        }
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const rip_margin_holding held = rip_margin_holding_of(state, k);
            const double unit = requirement(&held, venue, moved) +
                                rip_margin_holding_contingency(&held, venue);
            (void)rip_margin_form_add_price(form, (uint32_t)held.asset, -cost * unit);
        }
    }
    /* The requirement is the worst of what the forms take off, but for the norm, which
       they bound. */
    form->exact = venue->portfolio.between != RIP_BETWEEN_CORRELATED;
    if (!form->exact && moved != NULL && !moved->extra) {
        take_norm(self, moved->spot, cost, form);
    }
}

/* Keeps the prices within the box; returns the number of forms. */
static size_t
write_box(const plan *self, rip_margin_form *form)
{
    const rip_account_state *state = self->state;
    size_t n = 1;
    rip_margin_form_begin(&form[0]);
    rip_margin_form_add_money(&form[0], 1.0);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (state->held[k].first_of_asset) {
            const uint32_t asset = state->position[k].asset;
            const double price_usd = state->asset[asset].price_usd;
            rip_margin_form_add_guard(&form[0], asset, (1.0 + self->width) * price_usd);
            rip_margin_form_begin(&form[n]);
            rip_margin_form_add_money(&form[n], -(1.0 - self->width) * price_usd);
            (void)rip_margin_form_add_price(&form[n], asset, 1.0);
            n++;
        }
    }
    return n;
}

/* One form a scenario and one for none of them; the box. */
size_t
rip_margin_portfolio_bound_n_form(const rip_account_state *state)
{
    return state->venue->portfolio.n_scenario + state->account->n_position + 2;
}

bool
rip_margin_portfolio_bound(const rip_account_state *state, rip_margin_form *form,
                           size_t *n_written)
{
    plan forms = make_plan(state);
    *n_written = 0;
    if (rip_margin_form_is_impossible(state)) {
        return false;
    }
    if (state->n_open_pool == 0) {
        return true;
    }
    forms.width = choose_width(&forms);
    if (forms.inner || state->venue->portfolio.between == RIP_BETWEEN_ADD) {
        write_form(&forms, NULL, &form[(*n_written)++]);
    }
    for (size_t s = 0; s < state->venue->portfolio.n_scenario; s++) {
        if (needs_form(&forms, s)) {
            write_form(&forms, &state->venue->portfolio.scenario[s],
                       &form[(*n_written)++]);
        }
    }
    if (forms.width > 0.0) {
        *n_written += write_box(&forms, &form[*n_written]);
    }
    return true;
}
