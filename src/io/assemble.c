#include "riptide/io/assemble.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "riptide/io/assemble_parts.h"
#include "riptide/io/words.h"

#define MAX_MESSAGE 1000 /* bytes */

rip_status
rip_assemble_refuse(rip_assembly *self, const rip_node *node, const char *key,
                    const char *format, ...)
{
    char message[MAX_MESSAGE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG), "%s: %s: %s",
                         node->place, key, message);
}

size_t
rip_assemble_asset(const rip_assembly *self, const char *symbol)
{
    const size_t asset = rip_market_find(&self->spec, symbol);

    assert(asset < self->spec.n_asset);
    return asset;
}

static void
take_run(rip_assembly *self, const rip_node *run)
{
    static const char *const breach[] = {"liquidate", "exclude", "error"};
    const rip_node *modes = rip_node_find(run, "modes");
    rip_run_spec *spec = &self->run->spec;

    spec->seed = rip_node_count(rip_node_find(run, "seed"), 0);
    spec->paths = rip_node_count(rip_node_find(run, "paths"), 0);
    spec->horizon_ms = rip_node_duration(rip_node_find(run, "horizon"), 0);
    spec->step_ms = rip_node_duration(rip_node_find(run, "step"), 1);
    spec->wipeout_threshold =
        rip_node_number(rip_node_find(run, "wipeout_threshold"), 0.1);
    spec->initial_breach = (rip_initial_breach)rip_words_index(
        rip_node_text(rip_node_find(run, "initial_breach"), breach[0]), 3, breach);
    spec->n_mode = modes->n_child;
    for (size_t i = 0; i < modes->n_child; i++) {
        spec->mode[i] = rip_words_mode(modes->child[i]->text);
    }
}

static rip_status
take_outputs(rip_assembly *self, const rip_node *outputs)
{
    const rip_node *levels = rip_node_find(outputs, "levels");
    const rip_node *system = rip_node_find(outputs, "system");
    const rip_node *histogram = rip_node_find(outputs, "histogram");
    rip_outputs_spec *spec = &self->run->outputs;

    spec->losses = rip_node_bool(rip_node_find(outputs, "losses"), false);
    spec->keep_paths = rip_node_count(rip_node_find(outputs, "keep_paths"), 0);
    /* `auto` is off here, because coupled runs are not in this version. */
    spec->system = rip_node_is_text(system, "true");
    spec->histogram.bins = rip_node_count(rip_node_find(histogram, "bins"), 200);
    spec->histogram.low = rip_node_number(rip_node_find(histogram, "low"), -1.0);
    spec->histogram.high = rip_node_number(rip_node_find(histogram, "high"), 1.5);
    spec->level = calloc(levels->n_child, sizeof(*spec->level));
    if (spec->level == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    spec->n_level = levels->n_child;
    for (size_t i = 0; i < levels->n_child; i++) {
        spec->level[i] = rip_node_number(levels->child[i], 0.0);
    }
    return RIP_OK;
}

rip_status
rip_assemble_settings(rip_assembly *self)
{
    const rip_node *root = self->config->document.root;

    take_run(self, rip_node_find(root, "run"));
    return take_outputs(self, rip_node_find(root, "outputs"));
}

/* The price of an asset before overrides; its mark if it had none. */
static double
opening_price(const rip_node *assets, const rip_asset *asset)
{
    double price_usd;

    for (size_t i = 0; assets != NULL && i < assets->n_child; i++) {
        const rip_node *one = assets->child[i];
        if (rip_node_is_text(rip_node_find(one, "symbol"), asset->symbol) &&
            rip_node_is_number(rip_node_find(one, "price"), false, &price_usd) &&
            price_usd > 0.0) {
            return price_usd;
        }
    }
    return asset->price_usd;
}

static rip_status
take_opening_prices(rip_assembly *self)
{
    const rip_market *market = &self->run->market;
    const rip_node *assets = self->already_held ? self->config->assets : NULL;

    self->opening_usd = calloc(market->n_asset, sizeof(*self->opening_usd));
    if (self->opening_usd == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < market->n_asset; i++) {
        self->opening_usd[i] = opening_price(assets, &market->asset[i]);
    }
    return RIP_OK;
}

/* Shocks, venue and accounts need the market; accounts need the venue too. */
static rip_status
assemble_parts(rip_assembly *self)
{
    rip_status status = RIP_OK;

    RIP_TRY(rip_assemble_settings(self));
    RIP_TRY(rip_assemble_market(self));
    RIP_TRY(take_opening_prices(self));
    const rip_status shocks = rip_assemble_shocks(self);
    const rip_status venue = rip_assemble_venue(self);
    const rip_status accounts = venue == RIP_OK ? rip_assemble_accounts(self) : venue;
    status = shocks != RIP_OK ? shocks : accounts;
out:
    return status;
}

rip_status
rip_assemble(rip_run *run, rip_inputs *inputs, const rip_config *config,
             bool already_held, rip_error *notes, rip_error *error)
{
    rip_assembly self = {.run = run,
                         .inputs = inputs,
                         .config = config,
                         .already_held = already_held,
                         .notes = notes,
                         .error = error};

    *run = (rip_run){0};
    *inputs = (rip_inputs){0};
    const rip_status status = assemble_parts(&self);
    free(self.opening_usd);
    rip_market_spec_free(&self.spec);
    return status;
}
