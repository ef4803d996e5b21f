#include "riptide/engine/screen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/engine/kernel.h"

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
rip_screen_group_init(rip_screen_group *self, size_t n_form, size_t n_term)
{
    *self = (rip_screen_group){0};
    self->form = calloc(n_form > 0 ? n_form : 1, sizeof(*self->form));
    self->term = calloc(n_term > 0 ? n_term : 1, sizeof(*self->term));
    if (self->form == NULL || self->term == NULL) {
        rip_screen_group_free(self);
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

void
rip_screen_group_free(rip_screen_group *self)
{
    free(self->form);
    free(self->term);
    *self = (rip_screen_group){0};
}

static void
add_form(rip_screen_group *group, const rip_margin_form *form, uint32_t n_asset)
{
    rip_screen_form *to = &group->form[group->n_form++];
    to->constant_usd = form->constant_usd;
    to->first_term = (uint32_t)group->n_term;
    to->n_term = (uint32_t)form->n_term;
    for (size_t k = 0; k < form->n_term; k++) {
        const bool falls = form->weight[k] >= 0.0;
        group->term[group->n_term++] =
            (rip_screen_term){.row = falls ? form->asset[k] : n_asset + form->asset[k],
                              .asset = form->asset[k],
                              .weight = falls ? form->weight[k] : -form->weight[k],
                              .cap_usd = form->cap_usd[k],
                              .funding = form->funding_weight[k]};
    }
}

void
rip_screen_compile(rip_screen_group *group, const rip_account_state *state,
                   const rip_step_rules *rules, rip_screen_workspace *workspace)
{
    const uint32_t n_asset = (uint32_t)state->market->n_asset;
    size_t n_margin = 0, n_step = 0;
    group->n_form = 0;
    group->n_term = 0;
    group->unknown =
        !state->model->bound(state, workspace->form, &n_margin) ||
        !rip_margin_step_bound(state, rules, workspace->form + n_margin, &n_step);
    if (group->unknown) {
        return;
    }
    assert(n_margin + n_step <= workspace->n_form);
    for (size_t i = 0; i < n_margin + n_step; i++) {
        add_form(group, &workspace->form[i], n_asset);
    }
}

/* Most that funding can take from a form on any lane and step of the block. */
static double
funding_of_form(const rip_screen_group *group, const rip_screen_form *form,
                const rip_block *block)
{
    double most = 0.0;
    if (block->funding == NULL) {
        return 0.0;
    }
    for (uint32_t k = 0; k < form->n_term; k++) {
        const rip_screen_term *term = &group->term[form->first_term + k];
        const double at_low = term->funding * block->funding_low[term->asset];
        const double at_high = term->funding * block->funding_high[term->asset];
        most += at_low > at_high ? at_low : at_high;
    }
    return most;
}

uint64_t
rip_screen_lanes(const rip_screen_group *group, const rip_block *block)
{
    const double *extreme = rip_block_extreme(block, block->n_chunk);
    const rip_kernel *kernel = rip_kernel_best();
    uint64_t failing = 0;
    if (group->unknown) {
        return UINT64_MAX;
    }
    for (size_t i = 0; i < group->n_form && failing != UINT64_MAX; i++) {
        const rip_screen_form *form = &group->form[i];
        const rip_screen_term *term = &group->term[form->first_term];
        failing |=
            kernel->form_fails(form->constant_usd - funding_of_form(group, form, block),
                               form->n_term, term, extreme);
        for (uint32_t k = 0; k < form->n_term; k++) {
            if (term[k].row >= block->n_asset &&
                block->highest[term[k].asset] > term[k].cap_usd) {
                failing |= kernel->below(extreme + (size_t)term[k].row * RIP_LANES,
                                         -term[k].cap_usd);
            }
        }
    }
    return failing;
}

bool
rip_screen_chunk_is_quiet(const rip_screen_group *group, const rip_block *block,
                          size_t chunk, size_t lane)
{
    const double *extreme = rip_block_extreme(block, chunk);
    if (group->unknown) {
        return false;
    }
    for (size_t i = 0; i < group->n_form; i++) {
        const rip_screen_form *form = &group->form[i];
        double slack = form->constant_usd - funding_of_form(group, form, block);
        for (uint32_t k = 0; k < form->n_term; k++) {
            const rip_screen_term *term = &group->term[form->first_term + k];
            const double x = extreme[(size_t)term->row * RIP_LANES + lane];
            if (term->row >= block->n_asset && -x > term->cap_usd) {
                return false;
            }
            slack += term->weight * x;
        }
        if (!(slack > 0.0)) {
            return false;
        }
    }
    return true;
}

bool
rip_screen_step_is_quiet(const rip_screen_group *group, const rip_block *block,
                         size_t step, size_t lane)
{
    const size_t at = ((block->n_step + 1) * lane + step + 1) * block->n_asset;
    const double *price = block->path_price + at;
    const double *funding = block->funding != NULL ? block->path_funding + at : NULL;
    for (size_t i = 0; i < group->n_form; i++) {
        const rip_screen_form *form = &group->form[i];
        double slack = form->constant_usd;
        for (uint32_t k = 0; k < form->n_term; k++) {
            const rip_screen_term *term = &group->term[form->first_term + k];
            const bool falls = term->row < block->n_asset;
            double x = price[term->asset];
            if (x > term->cap_usd) {
                if (!falls) {
                    return false;
                }
                x = term->cap_usd;
            }
            slack += falls ? term->weight * x : -(term->weight * x);
            slack -= funding != NULL ? term->funding * funding[term->asset] : 0.0;
        }
        if (!(slack > 0.0)) {
            return false;
        }
    }
    return true;
}
