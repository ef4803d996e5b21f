#include <math.h>
#include <string.h>

#include "figures.h"
#include "standing.h"
#include "table.h"

#define LINE   200 /* bytes */
#define DAY_MS 86400000.0

/* Money as a cell; empty where there is none. */
static void
put_money(table *out, table_style style, double value)
{
    char text[FIGURES_TEXT];

    table_cell(out, style, "%s", isnan(value) ? "" : figures_money(value, text));
}

/* A price and how far it is from the mark, in two cells. */
static void
put_price(table *out, table_style style, double price_usd, double mark_usd)
{
    char text[FIGURES_TEXT];

    if (isnan(price_usd)) {
        table_cell(out, style, "none");
        table_cell(out, style, "%s", "");
        return;
    }
    table_cell(out, style, "%s", figures_price(price_usd, text));
    table_cell(out, TABLE_DIM, "%+.2f %%", 100.0 * (price_usd / mark_usd - 1.0));
}

/* "put 50000 30d", what tells an option or a future from others of its kind. */
static void
describe_terms(const rip_position *held, char *text, size_t size)
{
    const double days = (double)held->expiry_ms / DAY_MS;

    if (held->kind == RIP_KIND_OPTION) {
        (void)snprintf(text, size, "%s%s %.10g %.4gd",
                       held->coin_settled ? "inverse " : "",
                       held->is_put ? "put" : "call", held->strike_usd, days);
    } else if (held->expiry_ms > 0) {
        (void)snprintf(text, size, "%s %.4gd", rip_book_kind_name(held->kind), days);
    } else {
        (void)snprintf(text, size, "%s", rip_book_kind_name(held->kind));
    }
}

static void
put_position(table *out, const standing_position *self)
{
    const table_style style = self->is_breached ? TABLE_WARNING : TABLE_PLAIN;
    char text[FIGURES_TEXT], terms[LINE];

    describe_terms(self->held, terms, sizeof(terms));
    table_cell(out, style, "  %.10g %s %s", self->held->quantity, self->symbol, terms);
    table_cell(out, style, "%s", figures_price(self->mark, text));
    put_money(out, style, self->notional_usd);
    put_money(out, style, self->result_usd);
    put_money(out, style, self->is_isolated ? self->bucket_equity_usd : NAN);
    put_money(out, style, self->maintenance_usd);
    put_price(out, style, self->liquidation_usd, self->price_usd);
    put_price(out, style, self->bankruptcy_usd, self->mark);
}

static rip_status
print_positions(const standing *self, FILE *out, terminal look)
{
    static const char *const head[] = {
        "  position",  "mark",        "notional", "result",     "",
        "maintenance", "liquidation", "",         "bankruptcy", ""};
    rip_status status = RIP_OK;
    bool has_bucket = false;
    table rows;

    for (size_t k = 0; k < self->account->n_position; k++) {
        has_bucket = has_bucket || self->position[k].is_isolated;
    }
    table_init(&rows, "lrrrrrrrrr");
    for (size_t c = 0; c < sizeof(head) / sizeof(head[0]); c++) {
        const bool is_equity = c == 4 && has_bucket;
        table_cell(&rows, TABLE_BOLD, "%s", is_equity ? "equity" : head[c]);
    }
    for (size_t k = 0; k < self->account->n_position; k++) {
        put_position(&rows, &self->position[k]);
    }
    status = table_print(&rows, out, look);
    table_free(&rows);
    return status;
}

/* "at or below", and the ratio where it is not 1 (MAR-3). */
static void
describe_trigger(const rip_venue *venue, char *text, size_t size)
{
    const char *words = venue->trigger.inclusive ? "at or below" : "below";

    if (venue->trigger.ratio < 1.0 || venue->trigger.ratio > 1.0) {
        (void)snprintf(text, size, "%s %.6g times", words, venue->trigger.ratio);
    } else {
        (void)snprintf(text, size, "%s", words);
    }
}

/* Why an account is liquidatable, a line for every bucket in breach. */
static void
print_reasons(const standing *self, FILE *out, terminal look)
{
    char line[LINE], trigger[LINE / 2], a[FIGURES_TEXT], b[FIGURES_TEXT];

    describe_trigger(self->venue, trigger, sizeof(trigger));
    if (self->pool_is_breached) {
        (void)snprintf(
            line, sizeof(line),
            "  liquidatable: equity %s USD is %s the maintenance margin %s\n",
            figures_money(self->pool_equity_usd, a), trigger,
            figures_money(self->pool_maintenance_usd, b));
        table_text(out, look, TABLE_WARNING, line);
    }
    for (size_t k = 0; k < self->account->n_position; k++) {
        const standing_position *position = &self->position[k];
        if (position->is_isolated && position->is_breached) {
            (void)snprintf(line, sizeof(line),
                           "  liquidatable: %s bucket, equity %s USD is %s the "
                           "maintenance margin %s\n",
                           position->symbol,
                           figures_money(position->bucket_equity_usd, a), trigger,
                           figures_money(position->maintenance_usd, b));
            table_text(out, look, TABLE_WARNING, line);
        }
    }
}

static void
print_account(const standing *self, FILE *out, terminal look)
{
    char line[LINE], a[FIGURES_TEXT], b[FIGURES_TEXT], c[FIGURES_TEXT], d[FIGURES_TEXT];

    (void)snprintf(line, sizeof(line), "%s, %s margin%s\n", self->account->id,
                   rip_mode_name(self->mode),
                   self->is_breached ? ": LIQUIDATABLE" : "");
    table_text(out, look, self->is_breached ? TABLE_WARNING : TABLE_BOLD, line);
    (void)fprintf(
        out, "  equity %s USD, maintenance margin %s, initial margin %s, free %s\n",
        figures_money(self->equity_usd, a), figures_money(self->maintenance_usd, b),
        figures_money(self->initial_usd, c), figures_money(self->free_usd, d));
}

static void
print_common_move(const standing *self, FILE *out)
{
    if (!isnan(self->common_move)) {
        (void)fprintf(out,
                      "  all underlyings together: liquidation at a move of %+.2f %% "
                      "(log-return %.6g)\n",
                      100.0 * expm1(self->common_move), self->common_move);
    }
}

static void
print_portfolio(const standing *self, FILE *out)
{
    const rip_venue *venue = self->venue;
    const rip_contingency *more = &self->contingency;
    const double contingency_usd =
        more->perp + more->future + more->short_option + more->basis + more->roll;
    char a[FIGURES_TEXT], b[FIGURES_TEXT], c[FIGURES_TEXT];
    size_t worst = 0;

    for (size_t s = 1; s < venue->portfolio.n_scenario; s++) {
        worst = self->scenario_usd[s] > self->scenario_usd[worst] ? s : worst;
    }
    (void)fprintf(out, "  worst scenario: %s, loss %s USD\n",
                  venue->portfolio.scenario[worst].label,
                  figures_money(self->scenario_usd[worst], a));
    (void)fprintf(out,
                  "  maintenance margin = %.6g x (worst by the venue's rule %s + "
                  "contingencies %s) = %s\n",
                  venue->portfolio.mm_factor, figures_money(self->worst_usd, a),
                  figures_money(contingency_usd, b),
                  figures_money(self->pool_maintenance_usd, c));
}

rip_status
standing_print(const standing *self, FILE *out, terminal look)
{
    rip_status status = RIP_OK;

    print_account(self, out, look);
    if (self->is_breached) {
        print_reasons(self, out, look);
    }
    if (self->account->n_position == 0) {
        return RIP_OK;
    }
    RIP_TRY(print_positions(self, out, look));
    print_common_move(self, out);
    if (self->scenario_usd != NULL) {
        print_portfolio(self, out);
    }
out:
    return status;
}
