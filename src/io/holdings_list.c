#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/holdings.h"
#include "riptide/io/words.h"

static size_t
count_children(const rip_node *node)
{
    return node != NULL ? node->n_child : 0;
}

/* An absent key is NaN. */
static double
number_of(const rip_node *map, const char *key)
{
    return rip_node_number(rip_node_find(map, key), NAN);
}

static uint32_t
asset_of(const rip_market_spec *market, const char *symbol)
{
    const size_t asset = rip_market_find(market, symbol);

    assert(asset < market->n_asset);
    return (uint32_t)asset;
}

static void
read_stops(rip_holdings *self, size_t i, const rip_market_spec *market)
{
    const rip_node *stops = rip_node_find(self->list->child[i], "stop_loss");

    self->account[i].first_stop = self->n_stop;
    self->account[i].n_stop = count_children(stops);
    for (size_t k = 0; k < self->account[i].n_stop; k++) {
        const rip_node *stop = stops->child[k];
        self->stop[self->n_stop++] =
            (rip_holdings_stop){.asset = asset_of(market, stop->key),
                                .price_usd = rip_node_number(stop, NAN),
                                .column = k};
    }
}

static void
read_coins(rip_holdings *self, size_t i, const rip_market_spec *market)
{
    const rip_node *balances = rip_node_find(self->list->child[i], "balances");

    self->account[i].first_coin = self->n_coin;
    for (size_t k = 0; k < count_children(balances); k++) {
        const rip_node *balance = balances->child[k];
        if (strcmp(balance->key, "USD") != 0) {
            self->coin[self->n_coin++] =
                (rip_holdings_coin){.asset = asset_of(market, balance->key),
                                    .amount = rip_node_number(balance, NAN)};
        }
    }
    self->account[i].n_coin = self->n_coin - self->account[i].first_coin;
}

/* A word of the checked entry as one of an enum's, absent as 0. */
static size_t
word_of(const rip_node *map, const char *key, size_t n, const char *const *list)
{
    return rip_words_index(rip_node_text(rip_node_find(map, key), list[0]), n, list);
}

static void
read_position(rip_holdings *self, size_t i, size_t k, const rip_market_spec *market)
{
    const rip_node *entries = rip_node_find(self->list->child[i], "positions");
    const rip_node *entry = entries->child[k];
    const rip_node *top_up = rip_node_find(entry, "top_up");
    const rip_node *mode = rip_node_find(entry, "margin_mode");
    const char *symbol = rip_node_text(rip_node_find(entry, "symbol"), "");

    self->position[self->n_position++] = (rip_holdings_position){
        .account = i,
        .row = k,
        .asset = asset_of(market, symbol),
        .kind = rip_words_kind(rip_node_text(rip_node_find(entry, "kind"), "")),
        .quantity = number_of(entry, "quantity"),
        .entry_usd = number_of(entry, "entry"),
        .leverage = number_of(entry, "leverage"),
        .margin = number_of(entry, "margin"),
        .margin_mode = mode != NULL ? rip_words_mode(mode->text) : RIP_N_MODE,
        .expiry_ms = rip_node_duration(rip_node_find(entry, "expiry"), 0),
        .type = (rip_option_type)word_of(entry, "type", 3, rip_words_option_type),
        .strike_usd = number_of(entry, "strike"),
        .settlement =
            (rip_settlement)word_of(entry, "settlement", 3, rip_words_settlement),
        .implied_volatility = number_of(entry, "implied_volatility"),
        .has_top_up = top_up != NULL,
        .top_up = rip_words_top_up(top_up)};
}

static void
read_account(rip_holdings *self, size_t i, const rip_market_spec *market)
{
    const rip_node *entry = self->list->child[i];
    const rip_node *top_up = rip_node_find(entry, "top_up");
    const rip_node *mode = rip_node_find(entry, "mode");
    const rip_node *balances = rip_node_find(entry, "balances");
    rip_holdings_account *account = &self->account[i];

    *account = (rip_holdings_account){
        .mode = rip_words_mode(rip_node_text(mode, rip_mode_name(RIP_MODE_ISOLATED))),
        .weight = number_of(entry, "weight"),
        .balance_usd = rip_node_number(rip_node_find(balances, "USD"), 0.0),
        .leverage = number_of(entry, "leverage"),
        .has_top_up = top_up != NULL,
        .top_up = rip_words_top_up(top_up),
        .first_position = self->n_position,
        .n_position = count_children(rip_node_find(entry, "positions"))};
    (void)snprintf(account->id, sizeof(account->id), "%s",
                   rip_node_text(rip_node_find(entry, "id"), ""));
    read_stops(self, i, market);
    read_coins(self, i, market);
    for (size_t k = 0; k < account->n_position; k++) {
        read_position(self, i, k, market);
    }
}

rip_status
rip_holdings_from_list(rip_holdings *self, const rip_node *list,
                       const rip_market_spec *market)
{
    size_t n_position = 0, n_stop = 0, n_coin = 0;

    *self = (rip_holdings){.list = list, .n_account = list->n_child};
    for (size_t i = 0; i < list->n_child; i++) {
        n_position += count_children(rip_node_find(list->child[i], "positions"));
        n_stop += count_children(rip_node_find(list->child[i], "stop_loss"));
        n_coin += count_children(rip_node_find(list->child[i], "balances"));
    }
    self->account = calloc(self->n_account + 1, sizeof(*self->account));
    self->position = calloc(n_position + 1, sizeof(*self->position));
    self->stop = calloc(n_stop + 1, sizeof(*self->stop));
    self->coin = calloc(n_coin + 1, sizeof(*self->coin));
    if (self->account == NULL || self->position == NULL || self->stop == NULL ||
        self->coin == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->n_account; i++) {
        read_account(self, i, market);
    }
    return RIP_OK;
}
