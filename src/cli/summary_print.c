#include "summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "riptide/base/mode.h"
#include "table.h"

#define DIGITS_MOST 6  /* decimals of a cell */
#define CELL        48 /* bytes of a number */

/* Boundaries of the bars, as loss / initial equity; the nearest bin edges are taken. */
static const double boundary[] = {-0.5, -0.25, -0.1, 0.0, 0.1,
                                  0.25, 0.5,   0.75, 0.9, 1.0};
#define N_BOUNDARY (sizeof(boundary) / sizeof(boundary[0]))

typedef struct printer {
    const summary *figures;
    table table;
    terminal look;
    double unit; /* of money: 1, 10^3, 10^6 or 10^9 USD */
} printer;

/* Decimals that show two digits of an error that begins with 1, else one. */
static int
decimals_of(double error)
{
    double at = 1.0;
    int n = 0;

    if (!(error > 0.0)) {
        return 0;
    }
    while (n < DIGITS_MOST && error < 2.0 * at) {
        at /= 10.0;
        n++;
    }
    return n;
}

/* "12.34" and "(12.12-12.57)", in per cent, in two cells. */
static void
put_interval(printer *self, const summary_interval *x, bool is_signed)
{
    const int n_decimal = decimals_of(50.0 * (x->upper - x->lower));
    const char *between = is_signed ? " to " : terminal_dash(self->look);
    char low[FIGURES_TEXT], high[FIGURES_TEXT];

    if (isnan(x->estimate)) {
        table_cell(&self->table, TABLE_PLAIN, "none");
        table_cell(&self->table, TABLE_PLAIN, "%s", "");
        return;
    }
    table_cell(&self->table, TABLE_PLAIN, "%s",
               figures_decimal(100.0 * x->estimate, n_decimal, low));
    if (isnan(x->lower) || isnan(x->upper)) {
        table_cell(&self->table, TABLE_PLAIN, "%s", "");
        return;
    }
    table_cell(&self->table, TABLE_DIM, "(%s%s%s)",
               figures_decimal(100.0 * x->lower, n_decimal, low), between,
               figures_decimal(100.0 * x->upper, n_decimal, high));
}

/* "1,234" and "± 12", in units of money, in two cells. */
static void
put_mean(printer *self, const summary_mean *x)
{
    const int n_decimal = decimals_of(x->se / self->unit);
    char text[FIGURES_TEXT];

    if (isnan(x->value)) {
        table_cell(&self->table, TABLE_PLAIN, "none");
        table_cell(&self->table, TABLE_PLAIN, "%s", "");
        return;
    }
    table_cell(&self->table, TABLE_PLAIN, "%s",
               figures_decimal(x->value / self->unit, n_decimal, text));
    if (isnan(x->se)) {
        table_cell(&self->table, TABLE_PLAIN, "%s", "");
        return;
    }
    table_cell(&self->table, TABLE_DIM, "%s %s", terminal_plus_minus(self->look),
               figures_decimal(x->se / self->unit, n_decimal, text));
}

static void
put_events(printer *self)
{
    static const char *const label[SUMMARY_N_EVENT] = {
        [SUMMARY_WIPEOUT] = "  wiped out",
        [SUMMARY_TERMINAL] = "  ... at the horizon",
        [SUMMARY_LIQUIDATION] = "  forced close",
        [SUMMARY_FULL] = "  closed completely",
        [SUMMARY_DEFICIT] = "  deficit",
    };
    const summary *s = self->figures;

    table_line(&self->table, TABLE_BOLD,
               "%s, 99 %% interval (wiped out: at most %.6g %% of equity left)",
               s->account != NULL ? "probability in %" : "% of accounts",
               100.0 * s->wipeout_threshold);
    for (size_t e = 0; e < SUMMARY_N_EVENT; e++) {
        table_cell(&self->table, TABLE_PLAIN, "%s", label[e]);
        for (size_t m = 0; m < s->n_mode; m++) {
            put_interval(self, &s->mode[m].event[e], false);
        }
    }
}

/* The unit in which the largest loss has at most five digits before the point. */
static void
choose_unit(printer *self)
{
    const summary *s = self->figures;
    double largest = 0.0;

    for (size_t m = 0; m < s->n_mode; m++) {
        const summary_mode *mode = &s->mode[m];
        largest = fmax(largest, fabs(mode->mean_loss.value));
        for (size_t l = 0; l < s->n_level; l++) {
            largest = fmax(largest, fabs(mode->value_at_risk[l].value));
            largest = fmax(largest, fabs(mode->expected_shortfall[l].value));
        }
    }
    self->unit = 1.0;
    while (largest >= 1e5 * self->unit && self->unit < 1e9) {
        self->unit *= 1e3;
    }
}

static const char *
unit_name(const printer *self)
{
    return self->unit < 1e3   ? "USD"
           : self->unit < 1e6 ? "thousand USD"
           : self->unit < 1e9 ? "million USD"
                              : "billion USD";
}

static void
put_losses(printer *self)
{
    const summary *s = self->figures;

    table_line(&self->table, TABLE_BOLD, "%s, %s (%s standard error)",
               s->account != NULL ? "loss" : "loss of all accounts", unit_name(self),
               terminal_plus_minus(self->look));
    table_cell(&self->table, TABLE_PLAIN, "  mean");
    for (size_t m = 0; m < s->n_mode; m++) {
        put_mean(self, &s->mode[m].mean_loss);
    }
    for (size_t l = 0; l < s->n_level; l++) {
        table_cell(&self->table, TABLE_PLAIN, "  VaR %.6g %%", 100.0 * s->level[l]);
        for (size_t m = 0; m < s->n_mode; m++) {
            put_mean(self, &s->mode[m].value_at_risk[l]);
        }
    }
    for (size_t l = 0; l < s->n_level; l++) {
        table_cell(&self->table, TABLE_PLAIN, "  ES %.6g %%", 100.0 * s->level[l]);
        for (size_t m = 0; m < s->n_mode; m++) {
            put_mean(self, &s->mode[m].expected_shortfall[l]);
        }
    }
}

/* Index of the bin edge nearest to x. */
static size_t
nearest_edge(const summary *s, double x)
{
    size_t best = 0;

    for (size_t i = 1; i < s->n_bin - 1; i++) {
        if (fabs(s->edge[i] - x) < fabs(s->edge[best] - x)) {
            best = i;
        }
    }
    return best;
}

/* Edges between the bars, increasing; returns how many there are. */
static size_t
choose_cuts(const summary *s, size_t *cut)
{
    size_t n = 0;

    for (size_t i = 0; i < N_BOUNDARY; i++) {
        const size_t at = nearest_edge(s, boundary[i]);
        if (n == 0 || at > cut[n - 1]) {
            cut[n++] = at;
        }
    }
    return n;
}

/* "loss 10-25 %" or "gain over 50 %": bar k of those between n cuts. */
static void
put_range(printer *self, const size_t *cut, size_t n, size_t k)
{
    const double *edge = self->figures->edge;
    const double low = k > 0 ? 100.0 * edge[cut[k - 1]] : -INFINITY;
    const double high = k < n ? 100.0 * edge[cut[k]] : INFINITY;
    const char *dash = terminal_dash(self->look);

    if (k == 0) {
        table_cell(&self->table, TABLE_PLAIN, "  %s %.4g",
                   high > 0.0 ? "loss below" : "gain above", fabs(high));
    } else if (k == n) {
        table_cell(&self->table, TABLE_PLAIN, "  %s %.4g",
                   low < 0.0 ? "gain up to" : "loss from", fabs(low));
    } else if (high <= 0.0) {
        table_cell(&self->table, TABLE_PLAIN, "  gain %.4g%s%.4g", fabs(high), dash,
                   -low);
    } else if (low >= 0.0) {
        table_cell(&self->table, TABLE_PLAIN, "  loss %.4g%s%.4g", low, dash, high);
    } else {
        table_cell(&self->table, TABLE_PLAIN, "  loss %.4g to %.4g", low, high);
    }
}

/* Share of losses in bar k. Bin b ends at edge b; the last one has no end. */
static double
bar_share(const summary *s, const summary_mode *mode, const size_t *cut, size_t n,
          size_t k)
{
    const size_t first = k > 0 ? cut[k - 1] + 1 : 0;
    const size_t last = k < n ? cut[k] : s->n_bin - 1;
    double share = 0.0;

    for (size_t b = first; b <= last; b++) {
        share += mode->histogram[b];
    }
    return share;
}

static void
put_distribution(printer *self)
{
    const summary *s = self->figures;
    size_t cut[N_BOUNDARY];
    const size_t n = choose_cuts(s, cut);
    double largest = 0.0;
    char bar[TERMINAL_BAR_BYTES];

    for (size_t m = 0; m < s->n_mode; m++) {
        for (size_t k = 0; k <= n; k++) {
            largest = fmax(largest, bar_share(s, &s->mode[m], cut, n, k));
        }
    }
    if (!(largest > 0.0)) {
        return;
    }
    table_line(&self->table, TABLE_BOLD, "%s by loss in %% of initial equity",
               s->account != NULL ? "% of paths" : "% of accounts and paths");
    for (size_t k = 0; k <= n; k++) {
        put_range(self, cut, n, k);
        for (size_t m = 0; m < s->n_mode; m++) {
            const double share = bar_share(s, &s->mode[m], cut, n, k);
            table_cell(&self->table, TABLE_PLAIN, "%.2f", 100.0 * share);
            table_cell(&self->table, TABLE_BAR, "%s",
                       terminal_bar(self->look, share / largest, bar));
        }
    }
}

static void
put_mode_names(printer *self)
{
    const summary *s = self->figures;

    table_cell(&self->table, TABLE_PLAIN, "%s", "");
    for (size_t m = 0; m < s->n_mode; m++) {
        table_cell(&self->table, TABLE_BOLD, "%s", s->mode[m].name);
        table_cell(&self->table, TABLE_PLAIN, "%s", "");
    }
}

static rip_status
print_modes(printer *self, FILE *out)
{
    rip_status status = RIP_OK;
    char column[2 * RIP_N_MODE + 2] = "l";

    for (size_t m = 0; m < self->figures->n_mode; m++) {
        memcpy(column + 1 + 2 * m, "rL", 3);
    }
    table_init(&self->table, column);
    put_mode_names(self);
    put_events(self);
    put_losses(self);
    put_distribution(self);
    status = table_print(&self->table, out, self->look);
    table_free(&self->table);
    return status;
}

static rip_status
print_pairs(printer *self, FILE *out)
{
    const summary *s = self->figures;
    rip_status status = RIP_OK;

    if (s->n_pair == 0) {
        return RIP_OK;
    }
    table_init(&self->table, "lrLrL");
    table_line(&self->table, TABLE_BOLD,
               "first minus second, same paths: wiped out in points, mean loss in %s",
               unit_name(self));
    for (size_t i = 0; i < s->n_pair; i++) {
        const summary_pair *pair = &s->pair[i];
        table_cell(&self->table, TABLE_PLAIN, "  %s - %s", s->mode[pair->first].name,
                   s->mode[pair->second].name);
        put_interval(self, &pair->wipeout, true);
        put_mean(self, &pair->mean_loss);
    }
    status = table_print(&self->table, out, self->look);
    table_free(&self->table);
    return status;
}

/* Title, size of the run, and what has to be said before any figure. */
static void
print_head(const printer *self, FILE *out)
{
    const summary *s = self->figures;
    char a[FIGURES_TEXT], b[FIGURES_TEXT], c[FIGURES_TEXT];

    if (s->title[0] != '\0') {
        table_text(out, self->look, TABLE_BOLD, s->title);
        (void)fputc('\n', out);
    }
    (void)fprintf(out, "%s %s of %.6g h in %s %s, seed %llu; ",
                  figures_count(s->paths_done, a),
                  s->paths_done == 1 ? "path" : "paths", s->horizon_h,
                  figures_count(s->n_step, b), s->n_step == 1 ? "step" : "steps",
                  (unsigned long long)s->seed);
    if (s->account != NULL) {
        (void)fprintf(out, "account %s", s->account);
    } else {
        (void)fprintf(out, "%s %s", figures_count(s->n_account, a),
                      s->n_account == 1 ? "account" : "accounts");
        if (s->weight < (double)s->n_account || s->weight > (double)s->n_account) {
            (void)fprintf(out, " (by weight %.6g)", s->weight);
        }
    }
    (void)fprintf(out, " with %s USD of equity\n",
                  figures_decimal(s->equity_usd, 0, c));
    for (size_t i = 0; i < s->n_warning; i++) {
        table_text(out, self->look, TABLE_WARNING, "warning: ");
        table_text(out, self->look, TABLE_WARNING, s->warning[i]);
        (void)fputc('\n', out);
    }
    (void)fputc('\n', out);
}

rip_status
summary_print(const summary *self, FILE *out, terminal look)
{
    rip_status status = RIP_OK;
    printer to = {.figures = self, .look = look};

    choose_unit(&to);
    print_head(&to, out);
    RIP_TRY(print_modes(&to, out));
    RIP_TRY(print_pairs(&to, out));
out:
    return status;
}
