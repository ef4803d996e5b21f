#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/assemble_parts.h"

static void
take_asset(rip_asset *asset, const rip_node *node)
{
    (void)snprintf(asset->symbol, sizeof(asset->symbol), "%s",
                   rip_node_text(rip_node_find(node, "symbol"), ""));
    asset->price_usd = rip_node_number(rip_node_find(node, "price"), NAN);
    asset->volatility = rip_node_number(rip_node_find(node, "volatility"), NAN);
    asset->drift = rip_node_number(rip_node_find(node, "drift"), 0.0);
    asset->daily_volume_usd = rip_node_number(rip_node_find(node, "daily_volume"), NAN);
    asset->implied_volatility =
        rip_node_number(rip_node_find(node, "implied_volatility"), NAN);
    asset->basis = rip_node_number(rip_node_find(node, "basis"), 0.0);
}

static rip_status
take_assets(rip_market_spec *spec, const rip_node *assets)
{
    spec->asset = calloc(assets->n_child, sizeof(*spec->asset));
    if (spec->asset == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    spec->n_asset = assets->n_child;
    for (size_t i = 0; i < assets->n_child; i++) {
        take_asset(&spec->asset[i], assets->child[i]);
    }
    return RIP_OK;
}

static rip_status
take_correlation(rip_assembly *self, const rip_node *node)
{
    rip_market_spec *spec = &self->spec;

    spec->correlation =
        calloc(spec->n_asset * spec->n_asset, sizeof(*spec->correlation));
    if (spec->correlation == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    spec->repair = rip_node_is_text(rip_node_find(node, "repair"), "higham");
    if (node == NULL) {
        spec->correlation[0] = 1.0; /* one asset: it needs no correlation */
        return RIP_OK;
    }
    return rip_assemble_matrix(self, node, "market.correlation", spec->correlation);
}

static rip_status
take_block(rip_assembly *self, rip_correlation_block *block, const rip_node *node)
{
    const rip_node *symbols = rip_node_find(node, "symbols");

    block->correlation = rip_node_number(rip_node_find(node, "correlation"), NAN);
    block->weight = rip_node_number(rip_node_find(node, "weight"), 1.0);
    block->member = calloc(symbols->n_child, sizeof(*block->member));
    if (block->member == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    block->n_member = symbols->n_child;
    for (size_t i = 0; i < symbols->n_child; i++) {
        block->member[i] = rip_assemble_asset(self, symbols->child[i]->text);
    }
    return RIP_OK;
}

static rip_status
take_blocks(rip_assembly *self, const rip_node *blocks)
{
    rip_market_spec *spec = &self->spec;
    rip_status status = RIP_OK;

    spec->stress.kind = RIP_CORRELATION_STRESS_BLOCKS;
    spec->stress.block = calloc(blocks->n_child, sizeof(*spec->stress.block));
    if (spec->stress.block == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    spec->stress.n_block = blocks->n_child;
    for (size_t i = 0; i < blocks->n_child; i++) {
        RIP_TRY(take_block(self, &spec->stress.block[i], blocks->child[i]));
    }
out:
    return status;
}

static rip_status
take_correlation_stress(rip_assembly *self, const rip_node *node)
{
    rip_market_spec *spec = &self->spec;
    const rip_node *blocks = rip_node_find(node, "blocks");

    if (node == NULL) {
        return RIP_OK;
    }
    if (blocks != NULL) {
        return take_blocks(self, blocks);
    }
    if (node->kind == RIP_NODE_SCALAR) {
        spec->stress.kind = RIP_CORRELATION_STRESS_ONE;
        spec->stress.weight = rip_node_number(node, 0.0);
        return RIP_OK;
    }
    spec->stress.kind = RIP_CORRELATION_STRESS_MATRIX;
    spec->stress.weight = rip_node_number(rip_node_find(node, "weight"), 1.0);
    spec->stress.target =
        calloc(spec->n_asset * spec->n_asset, sizeof(*spec->stress.target));
    if (spec->stress.target == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return rip_assemble_matrix(self, rip_node_find(node, "toward"),
                               "market.stress.correlation.toward", spec->stress.target);
}

static rip_status
take_excluded(rip_assembly *self, const rip_node *exclude)
{
    rip_market_spec *spec = &self->spec;

    if (exclude == NULL) {
        return RIP_OK;
    }
    spec->stress.exclude = calloc(spec->n_asset, sizeof(*spec->stress.exclude));
    if (spec->stress.exclude == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < exclude->n_child; i++) {
        spec->stress.exclude[rip_assemble_asset(self, exclude->child[i]->text)] = true;
    }
    return RIP_OK;
}

static rip_status
take_drift(rip_assembly *self, const rip_node *drift)
{
    rip_market_spec *spec = &self->spec;

    if (drift == NULL) {
        return RIP_OK;
    }
    spec->stress.drift = calloc(spec->n_asset, sizeof(*spec->stress.drift));
    if (spec->stress.drift == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < drift->n_child; i++) {
        spec->stress.drift[rip_assemble_asset(self, drift->child[i]->key)] =
            rip_node_number(drift->child[i], 0.0);
    }
    return RIP_OK;
}

static rip_status
take_stress(rip_assembly *self, const rip_node *stress)
{
    rip_market_spec *spec = &self->spec;
    rip_status status = RIP_OK;

    spec->stress.volatility = rip_node_number(rip_node_find(stress, "volatility"), 1.0);
    spec->stress.implied_volatility =
        rip_node_number(rip_node_find(stress, "implied_volatility"), 1.0);
    RIP_TRY(take_excluded(self, rip_node_find(stress, "exclude")));
    RIP_TRY(take_drift(self, rip_node_find(stress, "drift")));
    status = take_correlation_stress(self, rip_node_find(stress, "correlation"));
out:
    return status;
}

static void
take_funding(rip_assembly *self, const rip_node *funding)
{
    const rip_node *per_asset = rip_node_find(funding, "per_asset");
    const double rate = rip_node_number(rip_node_find(funding, "rate"), 0.0);

    self->spec.funding_interval_ms =
        rip_node_duration(rip_node_find(funding, "interval"), 0);
    for (size_t i = 0; i < self->spec.n_asset; i++) {
        self->spec.asset[i].funding_rate = rate;
    }
    for (size_t i = 0; per_asset != NULL && i < per_asset->n_child; i++) {
        const size_t asset = rip_assemble_asset(self, per_asset->child[i]->key);
        self->spec.asset[asset].funding_rate =
            rip_node_number(per_asset->child[i], 0.0);
    }
}

static void
take_borrow_rates(rip_assembly *self, const rip_node *rates)
{
    for (size_t i = 0; rates != NULL && i < rates->n_child; i++) {
        const double rate = rip_node_number(rates->child[i], 0.0);
        if (strcmp(rates->child[i]->key, "USD") == 0) {
            self->spec.borrow_rate_usd = rate;
        } else {
            const size_t asset = rip_assemble_asset(self, rates->child[i]->key);
            self->spec.asset[asset].borrow_rate = rate;
        }
    }
}

static rip_status
take_market(rip_assembly *self, const rip_node *market)
{
    rip_status status = RIP_OK;

    RIP_TRY(take_assets(&self->spec, rip_node_find(market, "assets")));
    take_funding(self, rip_node_find(market, "funding"));
    take_borrow_rates(self, rip_node_find(market, "borrow_rate"));
    RIP_TRY(take_correlation(self, rip_node_find(market, "correlation")));
    status = take_stress(self, rip_node_find(market, "stress"));
out:
    return status;
}

/* The market as asked for cannot be built: the user learns by how much. */
static rip_status
refuse_correlation(rip_assembly *self, const rip_node *node)
{
    return rip_assemble_refuse(
        self, node, "market.correlation",
        "no correlation matrix, its smallest eigenvalue is %.6g (at least 0; "
        "`repair: higham` takes the nearest correlation matrix)",
        self->run->market.smallest_eigenvalue);
}

rip_status
rip_assemble_market(rip_assembly *self)
{
    const rip_node *market = rip_node_find(self->config->document.root, "market");
    const rip_node *correlation = rip_node_find(market, "correlation");
    rip_status status = RIP_OK;

    RIP_TRY(take_market(self, market));
    status = rip_market_init(&self->run->market, &self->spec);
    if (status == RIP_ERR_NOT_POSITIVE) {
        return refuse_correlation(self, correlation);
    }
    RIP_TRY(status);
    if (self->run->market.repaired) {
        (void)rip_error_add(
            self->notes, RIP_OK,
            "%s: market.correlation: repaired: the nearest correlation matrix is %.6g "
            "away in the Frobenius norm (the smallest eigenvalue was %.6g)",
            correlation->place, self->run->market.repair_distance,
            self->run->market.smallest_eigenvalue);
    }
out:
    return status;
}
