#include "riptide/engine/screen.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

rip_status
rip_screen_workspace_init(rip_screen_workspace *self, size_t n_form, size_t n_position)
{
    const size_t each = n_position * (3 * sizeof(double) + sizeof(uint32_t)) + 64;
    char *at = NULL;
    *self = (rip_screen_workspace){.n_form = n_form, .n_position = n_position};
    self->form = calloc(n_form, sizeof(*self->form));
    self->storage = calloc(n_form, each);
    if (self->form == NULL || self->storage == NULL) {
        rip_screen_workspace_free(self);
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    at = self->storage;
    for (size_t i = 0; i < n_form; i++) {
        double *numbers = (double *)(void *)(at + i * (each / 64 * 64));
        self->form[i].weight = numbers;
        self->form[i].cap_usd = numbers + n_position;
        self->form[i].funding_weight = numbers + 2 * n_position;
        self->form[i].asset = (uint32_t *)(void *)(numbers + 3 * n_position);
    }
    return RIP_OK;
}

void
rip_screen_workspace_free(rip_screen_workspace *self)
{
    free(self->form);
    free(self->storage);
    *self = (rip_screen_workspace){0};
}

rip_status
rip_screen_store_reserve(rip_screen_store *self, const rip_screen_workspace *workspace)
{
    const size_t n_more = 2 * workspace->n_form; /* two proofs */
    const size_t n_form = self->n_form + n_more;
    const size_t n_term = self->n_term + n_more * workspace->n_position;
    if (n_form > self->most_form) {
        const size_t most = n_form + n_form / 2;
        rip_screen_form *form = realloc(self->form, most * sizeof(*form));
        if (form == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
        self->form = form;
        self->most_form = most;
    }
    if (n_term > self->most_term) {
        const size_t most = n_term + n_term / 2;
        rip_screen_term *term = realloc(self->term, most * sizeof(*term));
        if (term == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
        self->term = term;
        self->most_term = most;
    }
    return RIP_OK;
}

void
rip_screen_store_trim(rip_screen_store *self)
{
    rip_screen_form *form =
        realloc(self->form, (self->n_form + 1) * sizeof(*self->form));
    rip_screen_term *term =
        realloc(self->term, (self->n_term + 1) * sizeof(*self->term));
    if (form != NULL) {
        self->form = form;
        self->most_form = self->n_form + 1;
    }
    if (term != NULL) {
        self->term = term;
        self->most_term = self->n_term + 1;
    }
}

void
rip_screen_store_free(rip_screen_store *self)
{
    free(self->form);
    free(self->term);
    *self = (rip_screen_store){0};
}

float
rip_screen_safe(double x, size_t n_term)
{
    return (float)(x - (double)(n_term + 8) * RIP_SCREEN_ROUNDING * fabs(x));
}

/* Most that funding can take from a form on any lane and step of the block. */
static double
funding_of(const rip_screen_store *store, const rip_screen_form *form,
           const rip_block *block)
{
    double most = 0.0;
    for (uint32_t k = 0; k < form->n_term; k++) {
        const rip_screen_term *term = &store->term[form->first_term + k];
        const double at_low = (double)term->funding * block->funding_low[term->asset];
        const double at_high = (double)term->funding * block->funding_high[term->asset];
        most += at_low > at_high ? at_low : at_high;
    }
    /* The quantity is rounded to single precision. */
    return most * (1.0 + 0x1p-22);
}

float
rip_screen_funded_constant(const rip_screen_store *store, const rip_screen_form *form,
                           const rip_block *block)
{
    return rip_screen_safe(form->constant_usd - funding_of(store, form, block),
                           form->n_term);
}

/* The constant is less the most that funding takes; the quantity is rounded to single
   precision, which the factor covers. */
double
rip_screen_shortfall(const rip_screen_store *store, const rip_screen_form *form,
                     const rip_block *block)
{
    double range = 0.0;
    for (uint32_t k = 0; k < form->n_term; k++) {
        const rip_screen_term *term = &store->term[form->first_term + k];
        range += fabs((double)term->funding) *
                 (block->funding_high[term->asset] - block->funding_low[term->asset]);
    }
    return 2.0 * range;
}

/* Every part is moved by n + 8 roundings and takes part in up to n + 8 (see
   RIP_SCREEN_ROUNDING): less than a quarter of this. */
static float
rounding_of(const rip_account_state *state, const rip_margin_form *form)
{
    double size = fabs(form->constant_usd);
    for (size_t k = 0; k < form->n_term; k++) {
        size += fabs(form->weight[k]) * state->asset[form->asset[k]].price_usd;
    }
    return (float)(8.0 * ((double)form->n_term + 8.0) * RIP_SCREEN_ROUNDING * size);
}

/* INFINITY: none. */
static float
safe_cap(double cap)
{
    return cap < INFINITY ? rip_screen_safe(cap, 0) : INFINITY;
}

static rip_screen_term
term_of(const rip_margin_form *form, size_t k, uint32_t n_asset)
{
    const double weight = form->weight[k];
    const bool falls = weight >= 0.0;
    const float slope = rip_screen_safe(weight, form->n_term);
    return (rip_screen_term){.row = falls ? form->asset[k] : n_asset + form->asset[k],
                             .asset = form->asset[k],
                             .weight = falls ? slope : -slope,
                             .slope = slope,
                             .cap = safe_cap(form->cap_usd[k]),
                             .funding = (float)form->funding_weight[k],
                             .exact = weight};
}

/* The division rounds once more. */
float
rip_screen_limit(float constant, const rip_screen_term *term)
{
    const double limit = -(double)constant / (double)term->weight;
    return (float)(limit + 2.0 * RIP_SCREEN_ROUNDING * fabs(limit));
}

/* NaN: the form has none. */
static float
limit_of(const rip_screen_form *form, const rip_screen_term *term)
{
    return form->n_term == 1 && term->weight > 0.0f
               ? rip_screen_limit(form->constant, term)
               : NAN;
}

/* c + w p < -SURE (|c| + |w| p) for every price p beyond; NaN: not known. */
static double
sure_of(const rip_screen_form *form, const rip_screen_term *term)
{
    const double limit = -form->constant_usd / term->exact;
    const double aside = term->exact > 0.0 ? -4.0 : 4.0;
    return form->exact && form->n_term == 1 && term->weight > 0.0f
               ? limit * (1.0 + aside * RIP_SCREEN_SURE)
               : NAN;
}

/* Puts the newest form into the chain of an earlier one with the same terms. */
static void
share_terms(rip_screen_store *store, size_t first)
{
    const uint32_t mine = (uint32_t)store->n_form - 1;
    rip_screen_form *form = &store->form[mine];
    const rip_screen_term *term = &store->term[form->first_term];
    uint32_t length = 1;
    form->head = mine;
    form->next = mine;
    for (size_t i = first; i < mine; i++) {
        rip_screen_form *other = &store->form[i];
        if (other->head != i || other->n_term != form->n_term ||
            memcmp(&store->term[other->first_term], term,
                   form->n_term * sizeof(*term)) != 0) {
            continue;
        }
        for (; other->next != (uint32_t)(other - store->form); length++) {
            other = &store->form[other->next];
        }
        if (length == RIP_SCREEN_CHAIN) {
            length = 1; /* full: there may be another */
            continue;
        }
        form->head = (uint32_t)i;
        form->first_term = other->first_term;
        other->next = mine;
        store->n_term -= form->n_term;
        return;
    }
}

static void
append(rip_screen_store *store, size_t first_of_chain, const rip_account_state *state,
       const rip_margin_form *form, bool wipeout)
{
    const uint32_t n_asset = (uint32_t)state->market->n_asset;
    rip_screen_form *to = &store->form[store->n_form++];
    *to = (rip_screen_form){.constant_usd = form->constant_usd,
                            .first_term = (uint32_t)store->n_term,
                            .n_term = (uint32_t)form->n_term,
                            .position = form->position == RIP_MARGIN_FORM_ACCOUNT
                                            ? RIP_SCREEN_ACCOUNT
                                            : (uint32_t)form->position,
                            .wipeout = wipeout,
                            .exact = form->exact};
    for (size_t k = 0; k < form->n_term; k++) {
        store->term[store->n_term++] = term_of(form, k, n_asset);
        to->funded = to->funded || form->funding_weight[k] != 0.0;
    }
    to->constant = rip_screen_safe(form->constant_usd, form->n_term);
    to->rounding = rounding_of(state, form);
    to->limit = limit_of(to, &store->term[to->first_term]);
    to->sure = sure_of(to, &store->term[to->first_term]);
    share_terms(store, first_of_chain);
}

/* Least cap of the forms, in starting prices. */
static float
least_cap(const rip_account_state *state, const rip_margin_form *form, size_t n)
{
    double least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < form[i].n_term; k++) {
            least = fmin(least,
                         form[i].cap_usd[k] / state->asset[form[i].asset[k]].price_usd);
        }
    }
    return safe_cap(least);
}

/* Appends the forms of one proof to a group; false: there is none. */
static bool
add_proof(rip_screen_store *store, size_t first_of_chain,
          const rip_account_state *state, const rip_step_rules *rules,
          rip_screen_workspace *workspace, rip_screen_group *group)
{
    size_t n_margin = 0, n_step = 0, n;
    float cap;
    if (!state->model->bound(state, workspace->form, &n_margin) ||
        !rip_margin_step_bound(state, rules, workspace->form + n_margin, &n_step)) {
        return false;
    }
    n = n_margin + n_step;
    assert(n <= workspace->n_form);
    group->n_form += (uint32_t)n;
    cap = least_cap(state, workspace->form, n);
    group->cap = cap < group->cap ? cap : group->cap;
    for (size_t i = 0; i < n; i++) {
        const rip_margin_form *form = &workspace->form[i];
        append(store, first_of_chain, state, form,
               i >= n_margin && form->position == RIP_MARGIN_FORM_ACCOUNT);
    }
    return true;
}

rip_screen_group
rip_screen_compile(rip_screen_store *store, size_t first_of_chain,
                   const rip_account_state *state, const rip_step_rules *rules,
                   rip_screen_workspace *workspace)
{
    rip_screen_group group = {.first = (uint32_t)store->n_form, .cap = INFINITY};
    group.unknown = !add_proof(store, first_of_chain, state, rules, workspace, &group);
    group.n_wide = group.n_form;
    if (!group.unknown && !state->is_linear) {
        rip_account_state narrow = *state;
        narrow.is_narrow = true;
        (void)add_proof(store, first_of_chain, &narrow, rules, workspace, &group);
    }
    return group;
}
