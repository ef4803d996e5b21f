#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/assemble_parts.h"
#include "riptide/io/holdings.h"

/* Written digits of buckets and wallet may differ by this share (contract, section 2).
 */
#define BUCKET_TOLERANCE 1e-9

/* Everything a position's defaults are looked up in. */
typedef struct context {
    rip_assembly *assembly;
    const rip_holdings *holdings;
    rip_book *book;
} context;

/* The leverage said for a position, by itself or by its account; NaN: none. */
static double
said_leverage(const rip_holdings_account *owner, const rip_holdings_position *held)
{
    return isnan(held->leverage) ? owner->leverage : held->leverage;
}

static rip_status
refuse_leverage(const context *self, size_t position, double leverage, double most)
{
    const rip_holdings_position *held = &self->holdings->position[position];
    const rip_market *market = &self->assembly->run->market;
    const rip_asset *asset = &market->asset[held->asset];
    const double notional_usd = fabs(held->quantity) * asset->price_usd;

    if (isnan(held->leverage)) {
        return rip_holdings_refuse_account(
            self->holdings, held->account, "leverage", self->assembly->error,
            "%.10g is above %.10g, the most for %.10g USD of %s", leverage, most,
            notional_usd, asset->symbol);
    }
    return rip_holdings_refuse_position(
        self->holdings, position, "leverage", self->assembly->error,
        "%.10g is above %.10g, the most for %.10g USD of %s", leverage, most,
        notional_usd, asset->symbol);
}

/* Leverage and bucket: MAR-1 and MAR-4 with the defaults of the contract. */
static rip_status
resolve_margin(const context *self, size_t i, rip_position *position)
{
    const rip_holdings_position *held = &self->holdings->position[i];
    const rip_run *run = self->assembly->run;
    const double price_usd = run->market.asset[held->asset].price_usd;
    const double most = rip_margin_tiers_max_leverage(
        &run->venues.distinct[0].tiers[held->asset], fabs(held->quantity) * price_usd);
    const double said = said_leverage(&self->holdings->account[held->account], held);
    rip_status status = RIP_OK;

    position->leverage = said;
    if (isnan(said)) {
        position->leverage = held->kind == RIP_KIND_SPOT ? 1.0 : most;
    } else if (!(said <= most)) {
        status = refuse_leverage(self, i, said, most);
    }
    position->bucket =
        isnan(held->margin_usd)
            ? fabs(held->quantity) * position->entry_usd / position->leverage
            : held->margin_usd;
    if (!(position->bucket > 0.0)) {
        status = rip_holdings_refuse_position(
            self->holdings, i, "quantity", self->assembly->error,
            "%.10g is too small to need a margin", held->quantity);
    }
    return status;
}

static rip_status
resolve_position(const context *self, size_t i)
{
    const rip_holdings_position *held = &self->holdings->position[i];
    const rip_holdings_account *owner = &self->holdings->account[held->account];
    const rip_run *run = self->assembly->run;
    rip_position *position = &self->book->position[i];

    *position = (rip_position){.asset = held->asset,
                               .kind = held->kind,
                               .quantity = held->quantity,
                               .entry_usd = held->entry_usd,
                               .stop_usd = NAN,
                               .top_up = run->venues.distinct[0].isolated.top_up};
    if (isnan(position->entry_usd)) {
        position->entry_usd = run->market.asset[held->asset].price_usd;
    }
    if (owner->has_top_up) {
        position->top_up = owner->top_up;
    }
    if (held->has_top_up) {
        position->top_up = held->top_up;
    }
    return resolve_margin(self, i, position);
}

/*
 * A stop order serves the positions of its symbol for which it lies on the losing side
 * of the mark; one that serves none would never do anything.
 */
static rip_status
resolve_stop(const context *self, size_t account, size_t stop)
{
    const rip_holdings_stop *order = &self->holdings->stop[stop];
    const rip_holdings_account *owner = &self->holdings->account[account];
    const double mark_usd = self->assembly->run->market.asset[order->asset].price_usd;
    size_t n_held = 0, n_served = 0;
    char message[200];

    for (size_t i = 0; i < owner->n_position; i++) {
        rip_position *position = &self->book->position[owner->first_position + i];
        const bool is_long = position->quantity > 0.0;
        const bool is_losing =
            is_long ? order->price_usd < mark_usd : order->price_usd > mark_usd;
        n_held += position->asset == order->asset;
        if (position->asset == order->asset && is_losing) {
            position->stop_usd = order->price_usd;
            n_served++;
        }
    }
    if (n_served > 0) {
        return RIP_OK;
    }
    if (n_held == 0) {
        (void)snprintf(message, sizeof(message), "account %s has no position in it",
                       owner->id);
    } else {
        (void)snprintf(message, sizeof(message),
                       "%.10g is not on the losing side of the mark %.10g (below it "
                       "for a long position, above for a short one)",
                       order->price_usd, mark_usd);
    }
    return rip_holdings_refuse_stop(self->holdings, account, stop,
                                    self->assembly->error, message);
}

static bool
has_mode(const rip_run *run, rip_mode mode)
{
    for (size_t i = 0; i < run->spec.n_mode; i++) {
        if (run->spec.mode[i] == mode) {
            return true;
        }
    }
    return false;
}

/* DEF-1 and DEF-5: net worth above 0, isolated buckets inside the wallet. */
static rip_status
check_account(const context *self, size_t i)
{
    const rip_run *run = self->assembly->run;
    const rip_account *account = &self->book->account[i];
    const char *key = self->holdings->list != NULL ? "balances" : "balance";
    const double worth_usd = rip_book_net_worth(self->book, i, run->market.asset);
    const double buckets_usd = rip_book_buckets(self->book, i);
    rip_status status = RIP_OK;

    if (!(worth_usd > 0.0) && !self->assembly->allow_insolvent) {
        status = rip_holdings_refuse_account(
            self->holdings, i, key, self->assembly->error,
            "account %s has a net worth of %.10g USD at the market's prices (above 0)",
            account->id, worth_usd);
    }
    if (has_mode(run, RIP_MODE_ISOLATED) && worth_usd > 0.0 &&
        !(buckets_usd <= account->wallet_usd * (1.0 + BUCKET_TOLERANCE))) {
        status = rip_holdings_refuse_account(
            self->holdings, i, key, self->assembly->error,
            "the isolated buckets of account %s add to %.10g USD, more than its wallet "
            "of %.10g",
            account->id, buckets_usd, account->wallet_usd);
    }
    return status;
}

static rip_status
resolve_account(const context *self, size_t i)
{
    const rip_holdings_account *owner = &self->holdings->account[i];
    rip_account *account = &self->book->account[i];
    rip_status status = RIP_OK;

    *account = (rip_account){.wallet_usd = owner->balance_usd,
                             .weight = owner->weight,
                             .first_position = owner->first_position,
                             .n_position = owner->n_position,
                             .mode = owner->mode};
    memcpy(account->id, owner->id, sizeof(account->id));
    if (owner->n_position == 0) {
        return rip_holdings_refuse_account(self->holdings, i, "id",
                                           self->assembly->error,
                                           "account %s has no position", owner->id);
    }
    for (size_t k = 0; k < owner->n_position; k++) {
        const rip_status one = resolve_position(self, owner->first_position + k);
        status = one != RIP_OK ? one : status;
    }
    for (size_t k = 0; k < owner->n_stop; k++) {
        const rip_status one = resolve_stop(self, i, owner->first_stop + k);
        status = one != RIP_OK ? one : status;
    }
    return status != RIP_OK ? status : check_account(self, i);
}

static rip_status
resolve_book(rip_assembly *assembly, const rip_holdings *holdings)
{
    const context self = {
        .assembly = assembly, .holdings = holdings, .book = &assembly->run->book};
    rip_status status = RIP_OK;

    self.book->account = calloc(holdings->n_account + 1, sizeof(*self.book->account));
    self.book->position =
        calloc(holdings->n_position + 1, sizeof(*self.book->position));
    if (self.book->account == NULL || self.book->position == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self.book->n_account = holdings->n_account;
    self.book->n_position = holdings->n_position;
    for (size_t i = 0; i < holdings->n_account; i++) {
        const rip_status one = resolve_account(&self, i);
        status = one != RIP_OK ? one : status;
    }
    return status;
}

static rip_status
read_files(rip_assembly *self, const rip_node *files, rip_holdings *holdings)
{
    rip_status status = RIP_OK;

    status = rip_assemble_csv(self, rip_node_find(files, "accounts"),
                              "accounts.files.accounts", &holdings->accounts);
    const rip_status positions =
        rip_assemble_csv(self, rip_node_find(files, "positions"),
                         "accounts.files.positions", &holdings->positions);
    RIP_TRY(status);
    RIP_TRY(positions);
    status = rip_holdings_from_files(holdings, &self->spec, self->error);
out:
    return status;
}

rip_status
rip_assemble_accounts(rip_assembly *self)
{
    const rip_node *accounts = rip_node_find(self->config->document.root, "accounts");
    const rip_node *list = rip_node_find(accounts, "list");
    const rip_node *files = rip_node_find(accounts, "files");
    rip_status status = RIP_OK;
    rip_holdings holdings = {0};

    if (list == NULL && files == NULL) {
        return rip_assemble_population(self, rip_node_find(accounts, "generate"));
    }
    if (list != NULL) {
        RIP_TRY(rip_holdings_from_list(&holdings, list, &self->spec));
    } else {
        RIP_TRY(read_files(self, files, &holdings));
    }
    status = resolve_book(self, &holdings);
out:
    rip_holdings_free(&holdings);
    return status;
}
