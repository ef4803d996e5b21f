#include "margin_boxes.h"

#include "support.h"

/* What the engine does: forms of the mode, of stops and of the wipeout test. */
bool
fixture_write_forms(const margin_fixture *f, fixture_forms *out)
{
    size_t n_margin = 0, n_step = 0;
    for (size_t i = 0; i < FIXTURE_FORMS; i++) {
        out->form[i] =
            (rip_margin_form){.n_term = FIXTURE_TERMS, /* begin starts anew */
                              .asset = out->asset[i],
                              .weight = out->number[i],
                              .cap_usd = out->number[i] + FIXTURE_TERMS,
                              .funding_weight = out->number[i] + 2 * FIXTURE_TERMS};
    }
    out->n = 0;
    if (!f->state.model->bound(&f->state, out->form, &n_margin) ||
        !rip_margin_step_bound(&f->state, &f->rules, out->form + n_margin, &n_step)) {
        return false;
    }
    assert_true(n_margin <= f->state.model->n_form(&f->state));
    assert_true(n_step <= f->account.n_position + 1);
    out->n = n_margin + n_step;
    return true;
}

/* The promise of margin/margin.h, read literally. */
static bool
form_is_positive(const rip_margin_form *form, const fixture_box *b)
{
    double value_usd = form->constant_usd;
    assert_true(form->n_term <= FIXTURE_TERMS);
    for (size_t k = 0; k < form->n_term; k++) {
        const uint32_t asset = form->asset[k];
        const double weight = form->weight[k], paid = form->funding_weight[k];
        if (weight < 0.0 && b->high_usd[asset] > form->cap_usd[k]) {
            return false;
        }
        value_usd +=
            weight * (weight < 0.0 ? b->high_usd[asset]
                                   : fmin(b->low_usd[asset], form->cap_usd[k]));
        value_usd -= fmax(paid * b->low_paid[asset], paid * b->high_paid[asset]);
    }
    return value_usd > 0.0;
}

bool
fixture_is_proved_quiet(const fixture_forms *all, const fixture_box *b)
{
    for (size_t i = 0; i < all->n; i++) {
        if (!form_is_positive(&all->form[i], b)) {
            return false;
        }
    }
    return true;
}

/* Guards have weights that vanish, floors one weight of 1: they refuse points only. */
static bool
only_refuses(const rip_margin_form *form)
{
    double largest = 0.0;
    for (size_t k = 0; k < form->n_term; k++) {
        largest = fmax(largest, fabs(form->weight[k]));
    }
    return largest < 1e-200 || (form->n_term == 1 && fabs(largest - 1.0) < 1e-9);
}

static double
value_at_point(const margin_fixture *f, const rip_margin_form *form)
{
    double value_usd = form->constant_usd;
    for (size_t k = 0; k < form->n_term; k++) {
        const uint32_t asset = form->asset[k];
        if (form->weight[k] < 0.0 && f->price_usd[asset] > form->cap_usd[k]) {
            return -INFINITY;
        }
        value_usd += form->weight[k] * fmin(f->price_usd[asset], form->cap_usd[k]) -
                     form->funding_weight[k] * f->funding[asset];
    }
    return value_usd;
}

double
fixture_lowest(const margin_fixture *f, const rip_margin_form *form, size_t n)
{
    double lowest_usd = INFINITY;
    for (size_t i = 0; i < n; i++) {
        const double value_usd = value_at_point(f, &form[i]);
        if (isinf(value_usd) || (only_refuses(&form[i]) && !(value_usd > 0.0))) {
            return INFINITY;
        }
        if (!only_refuses(&form[i])) {
            lowest_usd = fmin(lowest_usd, value_usd);
        }
    }
    return lowest_usd;
}

/* Whether the step leaves the account alone. */
bool
fixture_step_is_quiet(const margin_fixture *from)
{
    margin_fixture f = *from;
    f.state.held = f.held;
    f.state.coin = f.coin;
    f.point.price_usd = f.price_usd;
    f.point.funding = f.funding;
    f.sink.context = &f;
    f.rules.sink = &f.sink;
    f.n_event = 0;
    fixture_step(&f);
    return f.n_event == 0;
}

fixture_box
fixture_box_about(const margin_fixture *f, double down, double up)
{
    fixture_box b = {0};
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        b.low_usd[a] = (1.0 - down) * f->asset[a].price_usd;
        b.high_usd[a] = (1.0 + up) * f->asset[a].price_usd;
    }
    return b;
}

/* Gives the account a wallet of a multiple of its requirement. */
void
fixture_size_by_requirement(margin_fixture *f, double multiple)
{
    fixture_begin(f, RIP_MODE_PORTFOLIO);
    fixture_assess(f);
    f->account.wallet_usd +=
        multiple * f->bucket[0].maintenance_usd - f->bucket[0].equity_usd;
    fixture_begin(f, RIP_MODE_PORTFOLIO);
}
