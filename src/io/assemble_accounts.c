#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/assemble_parts.h"
#include "riptide/io/holdings.h"

/* Written digits of buckets and wallet may differ by this share (contract, section 2).
 */
#define BUCKET_TOLERANCE 1e-9

/*
 * A stop order serves the positions of its symbol for which it lies on the losing side
 * of the mark at which they were opened; one that serves none would never do anything.
 */
static rip_status
resolve_stop(const rip_assemble_book *self, size_t account, size_t stop)
{
    const rip_holdings_stop *order = &self->holdings->stop[stop];
    const rip_holdings_account *owner = &self->holdings->account[account];
    const double mark_usd = self->assembly->opening_usd[order->asset];
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

/* Where the wallet was written. */
static const char *
wallet_key(const rip_holdings *holdings)
{
    return holdings->list != NULL ? "balances" : "balance";
}

/* Buckets that leave a wallet in a mode: USD, or a coin of the account. */
static double
posted_of(const rip_book *book, const rip_account *account, rip_mode mode,
          const rip_coin *coin)
{
    double sum = 0.0;

    for (size_t k = 0; k < account->n_position; k++) {
        const rip_position *position = &book->position[account->first_position + k];
        const rip_coin *own = position->coin_settled
                                  ? &book->coin[account->first_coin + position->coin]
                                  : NULL;
        const bool is_isolated =
            rip_assemble_position_mode(position, mode) == RIP_MODE_ISOLATED;
        sum += is_isolated && own == coin ? position->bucket : 0.0;
    }
    return sum;
}

/* DEF-5: the buckets of one currency inside its wallet. coin NULL: USD. */
static rip_status
check_wallet(const rip_assemble_book *self, size_t i, rip_mode mode,
             const rip_coin *coin)
{
    const rip_account *account = &self->book->account[i];
    const double wallet = coin != NULL ? coin->amount : account->wallet_usd;
    const double posted = posted_of(self->book, account, mode, coin);
    const char *currency =
        coin != NULL ? self->assembly->run->market.asset[coin->asset].symbol : "USD";

    if (!(posted > 0.0) || posted <= wallet + BUCKET_TOLERANCE * fabs(wallet)) {
        return RIP_OK;
    }
    return rip_holdings_refuse_account(
        self->holdings, i, wallet_key(self->holdings), self->assembly->error,
        "the isolated buckets of account %s add to %.10g %s, more than its wallet of "
        "%.10g",
        account->id, posted, currency, wallet);
}

static rip_status
check_wallets(const rip_assemble_book *self, size_t i)
{
    const rip_run_spec *spec = &self->assembly->run->spec;
    const rip_account *account = &self->book->account[i];
    rip_status status = RIP_OK;

    for (size_t m = 0; m < spec->n_mode && status == RIP_OK; m++) {
        status = check_wallet(self, i, spec->mode[m], NULL);
        for (size_t k = 0; k < account->n_coin; k++) {
            const rip_coin *coin = &self->book->coin[account->first_coin + k];
            const rip_status one = check_wallet(self, i, spec->mode[m], coin);
            status = one != RIP_OK ? one : status;
        }
    }
    return status;
}

/* DEF-1 and DEF-5: net worth above 0, isolated buckets inside the wallets. */
static rip_status
check_account(const rip_assemble_book *self, size_t i)
{
    const rip_run *run = self->assembly->run;
    const rip_account *account = &self->book->account[i];
    const double worth_usd = rip_book_net_worth(self->book, i, run->market.asset);

    if (worth_usd > 0.0) {
        return check_wallets(self, i);
    }
    if (self->assembly->already_held) {
        return RIP_OK;
    }
    return rip_holdings_refuse_account(
        self->holdings, i, wallet_key(self->holdings), self->assembly->error,
        "account %s has a net worth of %.10g USD at the market's prices (above 0)",
        account->id, worth_usd);
}

/* In `mixed` what is not isolated is one pool, of one mode. */
static rip_status
check_pool(const rip_assemble_book *self, size_t i)
{
    const rip_run_spec *spec = &self->assembly->run->spec;
    const rip_account *account = &self->book->account[i];
    rip_mode pool = RIP_N_MODE;
    bool is_mixed = false;

    for (size_t m = 0; m < spec->n_mode; m++) {
        is_mixed = is_mixed || spec->mode[m] == RIP_MODE_MIXED;
    }
    for (size_t k = 0; is_mixed && k < account->n_position; k++) {
        const size_t at = account->first_position + k;
        const rip_mode mode = self->book->position[at].margin_mode;
        if (mode != RIP_MODE_ISOLATED && pool != RIP_N_MODE && mode != pool) {
            return rip_holdings_refuse_position(
                self->holdings, at, "margin_mode", self->assembly->error,
                "%s beside %s: what an account does not isolate is one pool",
                rip_mode_name(mode), rip_mode_name(pool));
        }
        pool = mode != RIP_MODE_ISOLATED ? mode : pool;
    }
    return RIP_OK;
}

/* The coin of the account that is an asset, made with nothing in it if there is none.
 */
static size_t
find_coin(rip_book *book, const rip_account *account, uint32_t asset)
{
    size_t k = account->first_coin;

    while (k < book->n_coin && book->coin[k].asset != asset) {
        k++;
    }
    if (k == book->n_coin) {
        book->coin[book->n_coin++] = (rip_coin){.asset = asset};
    }
    return k;
}

/* Balances, then a coin for whatever else positions settle in. */
static void
resolve_coins(const rip_assemble_book *self, size_t i)
{
    const rip_holdings_account *owner = &self->holdings->account[i];
    rip_account *account = &self->book->account[i];

    account->first_coin = self->book->n_coin;
    for (size_t k = 0; k < owner->n_coin; k++) {
        const rip_holdings_coin *coin = &self->holdings->coin[owner->first_coin + k];
        self->book->coin[find_coin(self->book, account, coin->asset)].amount =
            coin->amount;
    }
    for (size_t k = 0; k < owner->n_position; k++) {
        const rip_holdings_position *held =
            &self->holdings->position[owner->first_position + k];
        if (held->kind == RIP_KIND_INVERSE_PERP ||
            held->settlement == RIP_SETTLEMENT_INVERSE) {
            (void)find_coin(self->book, account, held->asset);
        }
    }
    account->n_coin = self->book->n_coin - account->first_coin;
}

static rip_status
resolve_account(const rip_assemble_book *self, size_t i)
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
    resolve_coins(self, i);
    for (size_t k = 0; k < owner->n_position; k++) {
        const rip_status one =
            rip_assemble_position(self, account, owner->first_position + k);
        status = one != RIP_OK ? one : status;
    }
    for (size_t k = 0; k < owner->n_stop; k++) {
        const rip_status one = resolve_stop(self, i, owner->first_stop + k);
        status = one != RIP_OK ? one : status;
    }
    RIP_TRY(status);
    RIP_TRY(check_pool(self, i));
    status = check_account(self, i);
out:
    return status;
}

static rip_status
resolve_book(rip_assembly *assembly, const rip_holdings *holdings)
{
    const rip_assemble_book self = {
        .assembly = assembly, .holdings = holdings, .book = &assembly->run->book};
    rip_status status = RIP_OK;

    self.book->account = calloc(holdings->n_account + 1, sizeof(*self.book->account));
    self.book->position =
        calloc(holdings->n_position + 1, sizeof(*self.book->position));
    self.book->coin =
        calloc(holdings->n_coin + holdings->n_position + 1, sizeof(*self.book->coin));
    if (self.book->account == NULL || self.book->position == NULL ||
        self.book->coin == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self.book->n_account = holdings->n_account;
    self.book->n_position = holdings->n_position;
    for (size_t i = 0; i < holdings->n_account; i++) {
        const rip_status one = resolve_account(&self, i);
        status = one != RIP_OK ? one : status;
    }
    return status != RIP_OK ? status : rip_book_list_volatilities(self.book);
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
