#include "summary.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "riptide/io/stored.h"
#include "riptide/io/yaml.h"
#include "riptide/numerics/statistics.h"

#define TAIL_LEAST 10.0 /* paths beyond a level below which its figures are rough */
#define WARNING    200  /* bytes */
#define NAME       80   /* bytes of a dataset's name */

/* Where the figures come from; one of them for all accounts, else of `account`. */
typedef struct source {
    rip_stored stored;
    size_t account; /* SIZE_MAX: the population */
    rip_error *error;
} source;

static bool
is_population(const source *self)
{
    return self->account == SIZE_MAX;
}

/* What an account counts: its weight in the population, else itself alone. */
static double
weight(const source *self, size_t account)
{
    if (is_population(self)) {
        return self->stored.weight[account];
    }
    return self->account == account ? 1.0 : 0.0;
}

/* A dataset of doubles at the root. */
static rip_status
load(source *self, const char *name, const double **data)
{
    const void *loaded = NULL;
    const rip_status status =
        rip_stored_load(&self->stored, "", name, &loaded, self->error);

    *data = loaded;
    return status;
}

/* The same, its name put together from two parts. */
static rip_status
load_part(source *self, const char *name, const char *suffix, const double **data)
{
    char whole[NAME + 8];

    (void)snprintf(whole, sizeof(whole), "%s%s", name, suffix);
    return load(self, whole, data);
}

/* Where mode m stands in a dataset [mode] or [mode][account]. */
static size_t
place(const source *self, size_t m)
{
    return is_population(self) ? m : m * self->stored.n_account + self->account;
}

/* Where a pair stands in a dataset [mode][other_mode] or [mode][other_mode][account].
 */
static size_t
pair_place(const source *self, size_t first, size_t second)
{
    return place(self, first * self->stored.n_mode + second);
}

static rip_status
find_account(source *self, const char *account)
{
    const rip_stored *stored = &self->stored;

    self->account = SIZE_MAX;
    for (size_t i = 0; account != NULL && i < stored->n_account; i++) {
        if (strcmp(stored->account[i], account) == 0) {
            self->account = i;
            return RIP_OK;
        }
    }
    return account == NULL
               ? RIP_OK
               : rip_error_add(
                     self->error, RIP_RAISE(RIP_ERR_CONFIG),
                     "riptide: summary: --account: there is no account %s in %s",
                     account, stored->path);
}

static rip_status
copy_text(char **copy, const char *text)
{
    *copy = strdup(text);
    return *copy != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

/* Edges between the bins of the loss histogram, the open ends aside. */
static rip_status
read_edges(summary *self, const rip_node *histogram, const source *from)
{
    const double low = rip_node_number(rip_node_find(histogram, "low"), NAN);
    const double high = rip_node_number(rip_node_find(histogram, "high"), NAN);
    const size_t n = from->stored.estimates.size[RIP_DIM_LOSS_BIN] - 2;

    self->n_bin = n + 2;
    self->edge = calloc(n + 1, sizeof(*self->edge));
    if (self->edge == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i <= n; i++) {
        self->edge[i] = low + (high - low) * ((double)i / (double)n);
    }
    return RIP_OK;
}

/* What the resolved configuration says about the run. */
static rip_status
read_config(summary *self, source *from)
{
    rip_status status = RIP_OK;
    rip_node *root = NULL;

    RIP_TRY(rip_yaml_parse(&root, from->stored.path, from->stored.config,
                           strlen(from->stored.config), from->error));
    self->wipeout_threshold =
        rip_node_number(rip_node_at(root, "run.wipeout_threshold"), NAN);
    RIP_TRY(read_edges(self, rip_node_at(root, "outputs.histogram"), from));
    RIP_TRY(copy_text(&self->initial_breach,
                      rip_node_text(rip_node_at(root, "run.initial_breach"), "")));
out:
    rip_node_free(root);
    return status;
}

static rip_status
read_facts(summary *self, source *from, const char *account)
{
    rip_status status = RIP_OK;
    const rip_stored *stored = &from->stored;
    const double *equity = NULL;

    RIP_TRY(copy_text(&self->title, stored->title));
    RIP_TRY(copy_text(&self->status, stored->status));
    if (account != NULL) {
        RIP_TRY(copy_text(&self->account, account));
    }
    self->seed = stored->seed;
    self->shard = stored->shard;
    self->paths = stored->paths;
    self->paths_done = stored->paths_done;
    self->n_account = stored->n_account;
    self->n_step = stored->n_time - 1;
    self->horizon_h = stored->time_h[stored->n_time - 1];
    RIP_TRY(load(from, "initial_equity", &equity));
    for (size_t i = 0; i < stored->n_account; i++) {
        self->weight += weight(from, i);
        self->equity_usd += weight(from, i) * equity[i];
    }
    self->level = calloc(stored->n_level + 1, sizeof(*self->level));
    if (self->level == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self->n_level = stored->n_level;
    memcpy(self->level, stored->level, stored->n_level * sizeof(*self->level));
    RIP_TRY(read_config(self, from));
out:
    return status;
}

static rip_status
read_events(summary *self, source *from, size_t m)
{
    static const char *const population[SUMMARY_N_EVENT] = {
        [SUMMARY_WIPEOUT] = "population_wipeout",
        [SUMMARY_TERMINAL] = "population_terminal_wipeout",
        [SUMMARY_LIQUIDATION] = "population_liquidation",
        [SUMMARY_FULL] = "population_full_liquidation",
        [SUMMARY_DEFICIT] = "population_deficit",
    };
    static const char *const single[SUMMARY_N_EVENT] = {
        [SUMMARY_WIPEOUT] = "wipeout_probability",
        [SUMMARY_TERMINAL] = "terminal_wipeout_probability",
        [SUMMARY_LIQUIDATION] = "liquidation_probability",
        [SUMMARY_FULL] = "full_liquidation_probability",
        [SUMMARY_DEFICIT] = "deficit_probability",
    };
    rip_status status = RIP_OK;
    const double *estimate = NULL, *lower = NULL, *upper = NULL;
    const size_t at = place(from, m);

    for (size_t e = 0; e < SUMMARY_N_EVENT; e++) {
        const char *name = is_population(from) ? population[e] : single[e];
        RIP_TRY(load(from, name, &estimate));
        RIP_TRY(load_part(from, name, "_lower", &lower));
        RIP_TRY(load_part(from, name, "_upper", &upper));
        self->mode[m].event[e] = (summary_interval){estimate[at], lower[at], upper[at]};
    }
out:
    return status;
}

/* One quantity of mode m with its error, at n consecutive places from `at` on. */
static rip_status
read_means(source *from, const char *name, size_t at, size_t n, summary_mean *mean)
{
    rip_status status = RIP_OK;
    const double *value = NULL, *se = NULL;
    const char *prefix = is_population(from) ? "population_" : "";
    char whole[NAME];

    (void)snprintf(whole, sizeof(whole), "%s%s", prefix, name);
    RIP_TRY(load(from, whole, &value));
    RIP_TRY(load_part(from, whole, "_se", &se));
    for (size_t i = 0; i < n; i++) {
        mean[i] = (summary_mean){value[at + i], se[at + i]};
    }
out:
    return status;
}

static rip_status
read_losses(summary *self, source *from, size_t m)
{
    rip_status status = RIP_OK;
    summary_mode *mode = &self->mode[m];
    const size_t at = place(from, m), n = self->n_level;

    mode->value_at_risk = calloc(n + 1, sizeof(*mode->value_at_risk));
    mode->expected_shortfall = calloc(n + 1, sizeof(*mode->expected_shortfall));
    if (mode->value_at_risk == NULL || mode->expected_shortfall == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(read_means(from, "mean_loss", at, 1, &mode->mean_loss));
    RIP_TRY(read_means(from, "value_at_risk", at * n, n, mode->value_at_risk));
    RIP_TRY(
        read_means(from, "expected_shortfall", at * n, n, mode->expected_shortfall));
out:
    return status;
}

/* Accounts that start in breach, and the histogram of losses, which counts accounts and
   paths alike. */
static rip_status
read_counts(summary *self, source *from, size_t m)
{
    rip_status status = RIP_OK;
    summary_mode *mode = &self->mode[m];
    const void *data = NULL;
    const uint32_t *breached = NULL, *count = NULL;
    const size_t n_account = from->stored.n_account;
    double total = 0.0;

    RIP_TRY(
        rip_stored_load(&from->stored, "", "initially_breached", &data, from->error));
    breached = data;
    RIP_TRY(rip_stored_load(&from->stored, "", "loss_histogram", &data, from->error));
    count = data;
    mode->histogram = calloc(self->n_bin, sizeof(*mode->histogram));
    if (mode->histogram == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < n_account; i++) {
        const size_t at = m * n_account + i;
        if (!is_population(from) && from->account != i) {
            continue;
        }
        mode->n_breached += breached[at];
        for (size_t b = 0; b < self->n_bin; b++) {
            const double counted = weight(from, i) * count[at * self->n_bin + b];
            mode->histogram[b] += counted;
            total += counted;
        }
    }
    for (size_t b = 0; b < self->n_bin && total > 0.0; b++) {
        mode->histogram[b] /= total;
    }
out:
    return status;
}

static rip_status
read_modes(summary *self, source *from)
{
    rip_status status = RIP_OK;
    const rip_stored *stored = &from->stored;

    self->mode = calloc(stored->n_mode + 1, sizeof(*self->mode));
    if (self->mode == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t m = 0; m < stored->n_mode; m++) {
        self->n_mode++;
        RIP_TRY(copy_text(&self->mode[m].name, rip_mode_name(stored->mode[m])));
        RIP_TRY(read_events(self, from, m));
        RIP_TRY(read_losses(self, from, m));
        RIP_TRY(read_counts(self, from, m));
    }
out:
    return status;
}

/*
 * The difference of two wipeout probabilities of an account, from the shares of paths
 * on which the first mode wipes out and the second does not (first), and the other way
 * round (second). With d = first - second the mean of n paths has the variance
 * (first + second - d^2) / (n - 1). If the modes never differ, neither share is above
 * the one-sided bound of no event.
 */
static summary_interval
paired_difference(double first, double second, double n)
{
    const double d = first - second;
    double reach = RIP_Z99 * sqrt((first + second - d * d) / (n - 1.0));

    if (first == 0.0 && second == 0.0) {
        reach = rip_statistics_none_of(n, RIP_CONFIDENCE99);
    }
    return (summary_interval){d, fmax(d - reach, -1.0), fmin(d + reach, 1.0)};
}

static rip_status
read_pair_wipeout(source *from, summary_pair *pair)
{
    rip_status status = RIP_OK;
    const size_t at = pair_place(from, pair->first, pair->second);
    const size_t back = pair_place(from, pair->second, pair->first);
    const double *value = NULL, *lower = NULL, *upper = NULL;

    if (is_population(from)) {
        RIP_TRY(load(from, "population_difference", &value));
        RIP_TRY(load(from, "population_difference_lower", &lower));
        RIP_TRY(load(from, "population_difference_upper", &upper));
        pair->wipeout = (summary_interval){value[at], lower[at], upper[at]};
    } else {
        RIP_TRY(load(from, "paired_wipeout", &value));
        pair->wipeout =
            paired_difference(value[at], value[back], (double)from->stored.paths_done);
    }
out:
    return status;
}

static rip_status
read_pairs(summary *self, source *from)
{
    rip_status status = RIP_OK;

    self->pair = calloc(self->n_mode * self->n_mode + 1, sizeof(*self->pair));
    if (self->pair == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t first = 0; first < self->n_mode; first++) {
        for (size_t second = first + 1; second < self->n_mode; second++) {
            summary_pair *pair = &self->pair[self->n_pair++];
            *pair = (summary_pair){.first = first, .second = second};
            RIP_TRY(read_pair_wipeout(from, pair));
            RIP_TRY(read_means(from, "mean_loss_difference",
                               pair_place(from, first, second), 1, &pair->mean_loss));
        }
    }
out:
    return status;
}

__attribute__((format(printf, 2, 3))) static rip_status
warn(summary *self, const char *format, ...)
{
    char text[WARNING];
    char **warning =
        realloc(self->warning, (self->n_warning + 1) * sizeof(*self->warning));
    va_list list;

    if (warning == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self->warning = warning;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    warning[self->n_warning] = NULL;
    return copy_text(&warning[self->n_warning++], text);
}

/* DEF-5: who starts in breach is said first. */
static rip_status
warn_of_breaches(summary *self)
{
    const bool excluded = strcmp(self->initial_breach, "exclude") == 0;
    char counts[WARNING - 80] = "", n[FIGURES_TEXT];
    uint64_t total = 0;
    size_t used = 0;

    for (size_t m = 0; m < self->n_mode; m++) {
        total += self->mode[m].n_breached;
        used += (size_t)snprintf(counts + used, sizeof(counts) - used, "%s%s %s",
                                 m > 0 ? ", " : "", self->mode[m].name,
                                 figures_count(self->mode[m].n_breached, n));
    }
    if (total == 0) {
        return RIP_OK;
    }
    return warn(self, "accounts in breach at the start, of %s: %s (%s)",
                figures_count(self->account != NULL ? 1 : self->n_account, n), counts,
                excluded ? "left out of that mode's figures"
                         : "closed at the first step's check if still in breach");
}

static rip_status
read_warnings(summary *self)
{
    rip_status status = RIP_OK;
    char a[FIGURES_TEXT], b[FIGURES_TEXT];

    RIP_TRY(warn_of_breaches(self));
    if (self->shard.count > 0) {
        RIP_TRY(warn(self, "shard %llu/%llu: %s of %s paths",
                     (unsigned long long)self->shard.index,
                     (unsigned long long)self->shard.count,
                     figures_count(self->paths_done, a),
                     figures_count(self->paths, b)));
    }
    if (strcmp(self->status, "complete") != 0) {
        RIP_TRY(warn(self, "the result is %s: %s of %s paths", self->status,
                     figures_count(self->paths_done, a),
                     figures_count(self->paths, b)));
    }
    if (self->paths_done == 1) {
        return warn(self, "one path is a scenario, not a probability");
    }
    for (size_t l = 0; l < self->n_level; l++) {
        const double beyond = (double)self->paths_done * (1.0 - self->level[l]);
        if (beyond < TAIL_LEAST) {
            RIP_TRY(warn(self, "VaR and ES at %.6g %% rest on %.2g of %s paths",
                         100.0 * self->level[l], beyond,
                         figures_count(self->paths_done, a)));
        }
    }
out:
    return status;
}

rip_status
summary_read(summary *self, const char *file, const char *account, rip_error *error)
{
    rip_status status = RIP_OK;
    source from = {.error = error};

    *self = (summary){0};
    RIP_TRY(rip_stored_open(&from.stored, file, error));
    RIP_TRY(find_account(&from, account));
    RIP_TRY(read_facts(self, &from, account));
    RIP_TRY(read_modes(self, &from));
    RIP_TRY(read_pairs(self, &from));
    RIP_TRY(read_warnings(self));
out:
    rip_stored_free(&from.stored);
    return status;
}

void
summary_free(summary *self)
{
    for (size_t m = 0; m < self->n_mode; m++) {
        free(self->mode[m].name);
        free(self->mode[m].value_at_risk);
        free(self->mode[m].expected_shortfall);
        free(self->mode[m].histogram);
    }
    for (size_t i = 0; i < self->n_warning; i++) {
        free(self->warning[i]);
    }
    free(self->warning);
    free(self->mode);
    free(self->pair);
    free(self->edge);
    free(self->level);
    free(self->title);
    free(self->status);
    free(self->account);
    free(self->initial_breach);
    *self = (summary){0};
}
