#include <math.h>

#include "standing.h"

static void
put_number(json *out, const char *key, double value)
{
    json_key(out, key);
    json_number(out, value);
}

static void
put_position(json *out, const standing_position *self)
{
    json_begin_object(out);
    json_key(out, "symbol");
    json_string(out, self->symbol);
    json_key(out, "kind");
    json_string(out, rip_book_kind_name(self->held->kind));
    put_number(out, "quantity", self->held->quantity);
    put_number(out, "mark_price", self->mark);
    put_number(out, "notional", self->notional_usd);
    put_number(out, "unrealised_pnl", self->result_usd);
    put_number(out, "initial_margin", self->initial_usd);
    put_number(out, "maintenance_margin", self->maintenance_usd);
    put_number(out, "bucket", self->bucket_usd);
    put_number(out, "bucket_equity", self->bucket_equity_usd);
    put_number(out, "liquidation_price", self->liquidation_usd);
    put_number(out, "bankruptcy_price", self->bankruptcy_usd);
    json_end_object(out);
}

static void
put_portfolio_risk(json *out, const standing *self)
{
    json_key(out, "portfolio_risk");
    if (self->scenario_usd == NULL) {
        json_null(out);
        return;
    }
    json_begin_object(out);
    json_key(out, "scenarios");
    json_begin_list(out);
    for (size_t s = 0; s < self->venue->portfolio.n_scenario; s++) {
        json_begin_object(out);
        json_key(out, "label");
        json_string(out, self->venue->portfolio.scenario[s].label);
        put_number(out, "loss", self->scenario_usd[s]);
        json_end_object(out);
    }
    json_end_list(out);
    put_number(out, "worst", self->worst_usd);
    json_key(out, "contingencies");
    json_begin_object(out);
    put_number(out, "perp", self->contingency.perp);
    put_number(out, "future", self->contingency.future);
    put_number(out, "short_option", self->contingency.short_option);
    put_number(out, "basis", self->contingency.basis);
    put_number(out, "roll", self->contingency.roll);
    json_end_object(out);
    json_end_object(out);
}

void
standing_write_json(const standing *self, json *out)
{
    json_begin_object(out);
    json_key(out, "account");
    json_string(out, self->account->id);
    json_key(out, "mode");
    json_string(out, rip_mode_name(self->mode));
    put_number(out, "equity", self->equity_usd);
    put_number(out, "wallet", self->wallet_usd);
    put_number(out, "initial_margin", self->initial_usd);
    put_number(out, "maintenance_margin", self->maintenance_usd);
    put_number(out, "margin_ratio", self->maintenance_usd / self->equity_usd);
    put_number(out, "free_collateral", self->free_usd);
    json_key(out, "liquidatable");
    json_bool(out, self->is_breached);
    put_number(out, "common_move_price", self->common_move);
    json_key(out, "positions");
    json_begin_list(out);
    for (size_t k = 0; k < self->account->n_position; k++) {
        put_position(out, &self->position[k]);
    }
    json_end_list(out);
    put_portfolio_risk(out, self);
    json_end_object(out);
}
