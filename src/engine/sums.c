#include "riptide/engine/sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Axes of a section. */
typedef enum axis {
    END = 0,
    ACCOUNT,
    ROW,
    MODE,
    BATCH,
    CAUSE,
    BIN,
    TIME,
    ASSET,
    LEVEL,
    FINE,
    POPULATION_FINE,
    SHARE,
    SHARE_BIN,
    MOVE,
    RANK,
    ZONE,
    N_AXIS
} axis;

typedef struct layout {
    const char *name, *doc;
    rip_section_type type;
    size_t offset; /* of the typed pointer in rip_sums */
    axis shape[5];
} layout;

#define SUM(field, doc, ...)                                                           \
    {                                                                                  \
#field, doc, RIP_SECTION_SUM128, offsetof(rip_sums, field),                    \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }
#define COUNT(field, doc, ...)                                                         \
    {                                                                                  \
#field, doc, RIP_SECTION_COUNT32, offsetof(rip_sums, field),                   \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }
#define TALLY(field, doc, ...)                                                         \
    {                                                                                  \
#field, doc, RIP_SECTION_COUNT64, offsetof(rip_sums, field),                   \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }
#define FIXED(field, doc, ...)                                                         \
    {                                                                                  \
#field, doc, RIP_SECTION_FIXED64, offsetof(rip_sums, field),                   \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }

static const layout table[] = {
    SUM(loss_sum, "loss", ACCOUNT, ROW),
    TALLY(loss_batch, "loss by batch, modulo 2^64", ACCOUNT, ROW, BATCH),
    SUM(loss_square, "squared loss", ACCOUNT, ROW),
    SUM(cause_sum, "loss by cause, but for the market", ACCOUNT, ROW, CAUSE),
    COUNT(histogram, "paths by loss / initial equity", ACCOUNT, ROW, BIN),
    COUNT(wipeouts, "paths wiped out, by batch", ACCOUNT, MODE, BATCH),
    COUNT(liquidations, "paths with a forced close, by batch", ACCOUNT, MODE, BATCH),
    COUNT(terminal_wipeouts, "paths wiped out at the horizon", ACCOUNT, MODE),
    COUNT(full_liquidations, "paths with every position force-closed", ACCOUNT, MODE),
    COUNT(deficits, "paths with a deficit", ACCOUNT, MODE),
    COUNT(wipeout_pairs, "wiped out under the first mode, not the second", ACCOUNT,
          MODE, MODE),
    SUM(difference_square, "squared difference of losses of two modes", ACCOUNT, MODE,
        MODE),
    COUNT(liquidation_time, "first forced close by step", ACCOUNT, MODE, TIME),
    FIXED(fine_zone, "zone of the fine histogram", ACCOUNT, MODE, LEVEL, ZONE),
    COUNT(fine_count, "paths by fine bin", ACCOUNT, MODE, LEVEL, FINE),
    TALLY(fine_sum, "positions inside the fine bins", ACCOUNT, MODE, LEVEL, FINE),
    COUNT(tail_count, "paths above the zone", ACCOUNT, MODE, LEVEL),
    SUM(tail_sum, "loss above the zone", ACCOUNT, MODE, LEVEL),
    SUM(tail_square, "squared loss above the zone", ACCOUNT, MODE, LEVEL),
    TALLY(paths, "paths done", END),
    SUM(total_sum, "loss of all accounts", MODE),
    SUM(total_square, "squared loss of all accounts", MODE),
    SUM(total_difference_square, "squared difference of total losses", MODE, MODE),
    SUM(total_cause_sum, "loss of all accounts by cause and batch", MODE, CAUSE, BATCH),
    SUM(total_cause_square, "squared loss of all accounts by cause", MODE, CAUSE),
    SUM(share_sum, "accounts by event and batch", MODE, SHARE, BATCH),
    SUM(share_square, "squared accounts by event", MODE, SHARE),
    SUM(share_difference_square, "squared difference of accounts wiped out", MODE,
        MODE),
    SUM(liquidated_by_sum, "accounts force-closed by then", MODE, TIME),
    SUM(liquidated_by_square, "squared accounts force-closed by then", MODE, TIME),
    SUM(wiped_by_sum, "accounts wiped out by then", MODE, TIME),
    SUM(wiped_by_square, "squared accounts wiped out by then", MODE, TIME),
    TALLY(wiped_share, "paths by share of accounts wiped out", MODE, SHARE_BIN),
    SUM(forced_sum, "notional force-closed", MODE, TIME, ASSET),
    SUM(forced_square, "squared notional force-closed", MODE, TIME, ASSET),
    SUM(forced_by_move, "notional force-closed by drawdown", MODE, MOVE),
    SUM(forced_by_move_square, "squared notional force-closed by drawdown", MODE, MOVE),
    SUM(wiped_by_move, "accounts wiped out by drawdown", MODE, MOVE),
    SUM(wiped_by_move_square, "squared accounts wiped out by drawdown", MODE, MOVE),
    TALLY(paths_by_move, "paths by drawdown", MOVE),
    FIXED(population_fine_zone, "zone of the fine histogram of the total", MODE, LEVEL,
          ZONE),
    TALLY(population_fine_count, "paths by fine bin of the total", MODE, LEVEL,
          POPULATION_FINE),
    TALLY(population_fine_sum, "positions inside the fine bins of the total", MODE,
          LEVEL, POPULATION_FINE),
    TALLY(population_tail_count, "paths above the zone of the total", MODE, LEVEL),
    SUM(population_tail_sum, "total loss above the zone", MODE, LEVEL),
    SUM(population_tail_square, "squared total loss above the zone", MODE, LEVEL),
    FIXED(scale, "unit of an account's money times 2^40", ACCOUNT),
    FIXED(fixed_population_scale, "unit of the population's money times 2^40", END),
    {"worst",
     "largest total losses",
     RIP_SECTION_RANKED,
     offsetof(rip_sums, worst),
     {MODE, RANK}},
};

#define N_TABLE (sizeof(table) / sizeof(table[0]))

/*
 * Fine bins of one level. Up to its knee the zone spans about ten standard errors of
 * the pilot's quantile, which are 10 sqrt(paths / pilot) of the run's; 64 sqrt(paths /
 * pilot) bins make half a bin about a tenth of the run's standard error, up to `most`.
 */
static size_t
fine_bins(uint64_t paths, size_t most)
{
    const double n = ceil(64.0 * sqrt((double)paths / RIP_SUMS_PILOT));
    return n < 64.0 ? 64 : n > (double)most ? most : (size_t)n;
}

/* A batch adds up to paths / 64 losses below 2^50 quanta, which 62 bits must hold. */
static unsigned
batch_shift(uint64_t paths)
{
    unsigned shift = 0;
    while (paths / RIP_SUMS_BATCHES >= (uint64_t)1 << (12 + shift)) {
        shift++;
    }
    return shift;
}

void
rip_sums_sizes(rip_sums *self, const rip_run *run)
{
    self->n_mode = run->spec.n_mode;
    self->n_account = run->book.n_account;
    self->n_step = rip_run_steps(run);
    self->n_asset = run->market.n_asset;
    self->n_level = run->outputs.n_level;
    self->n_bin = (size_t)run->outputs.histogram.bins + 2;
    self->n_fine = fine_bins(run->spec.paths, 1024);
    self->n_population_fine = fine_bins(run->spec.paths, 8192);
    self->batch_shift = batch_shift(run->spec.paths);
    self->n_rank =
        run->spec.paths < RIP_SUMS_RANKS ? (size_t)run->spec.paths : RIP_SUMS_RANKS;
}

static size_t
axis_length(const rip_sums *self, axis which)
{
    switch (which) {
    case ACCOUNT:
        return self->n_account;
    case ROW:
        return 1 + self->n_mode;
    case MODE:
        return self->n_mode;
    case BATCH:
        return RIP_SUMS_BATCHES;
    case CAUSE:
        return RIP_N_CAUSE;
    case BIN:
        return self->n_bin;
    case TIME:
        return self->n_step + 1;
    case ASSET:
        return self->n_asset;
    case LEVEL:
        return self->n_level;
    case FINE:
        return self->n_fine;
    case POPULATION_FINE:
        return self->n_population_fine;
    case SHARE:
        return RIP_N_SHARE;
    case SHARE_BIN:
        return RIP_SUMS_SHARES;
    case MOVE:
        return RIP_SUMS_MOVES;
    case RANK:
        return self->n_rank;
    case ZONE:
        return sizeof(rip_fine_zone) / sizeof(double);
    case END:
    case N_AXIS:
        break;
    }
    return 1;
}

static void
sections_of(const rip_sums *self, rip_section *section)
{
    for (size_t i = 0; i < N_TABLE; i++) {
        size_t n = 1;
        for (size_t k = 0; k < 5 && table[i].shape[k] != END; k++) {
            n *= axis_length(self, table[i].shape[k]);
        }
        section[i] = (rip_section){
            .name = table[i].name,
            .doc = table[i].doc,
            .type = table[i].type,
            .n_element = n,
            .n_row = table[i].type == RIP_SECTION_RANKED ? self->n_mode : 0,
            .is_noise = table[i].offset == offsetof(rip_sums, loss_batch)};
    }
}

static rip_status
attach(rip_sums *self, const rip_accumulator *store)
{
    rip_section want[N_TABLE];
    sections_of(self, want);
    if (store->n_section != N_TABLE) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    for (size_t i = 0; i < N_TABLE; i++) {
        const rip_section *got = &store->section[i];
        if (strcmp(got->name, want[i].name) != 0 || got->type != want[i].type ||
            got->n_element != want[i].n_element) {
            return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
        }
        memcpy((char *)self + table[i].offset, &got->data, sizeof(got->data));
    }
    return RIP_OK;
}

/* Notional of all positions at time 0 [USD]. */
static double
gross_notional(const rip_run *run, size_t account)
{
    const rip_account *held = &run->book.account[account];
    double gross = 0.0;
    for (size_t k = 0; k < held->n_position; k++) {
        const rip_position *p = &run->book.position[held->first_position + k];
        gross += fabs(p->quantity) * run->market.asset[p->asset].price_usd;
    }
    return gross;
}

static double
total_weight(const rip_run *run)
{
    double total = 0.0;
    for (size_t i = 0; i < run->book.n_account; i++) {
        total += run->book.account[i].weight;
    }
    return total;
}

static void
take_accounts(rip_sums *self, const rip_run *run, const double *equity)
{
    const double total = total_weight(run);
    const double per_weight = ldexp(1.0, RIP_SUMS_UNIT_BITS) / total;
    for (size_t i = 0; i < self->n_account; i++) {
        const double weight = run->book.account[i].weight;
        self->initial_equity[i] =
            equity != NULL ? equity[i]
                           : rip_book_net_worth(&run->book, i, run->market.asset);
        self->population_equity += weight * self->initial_equity[i];
        self->unit[i] = (uint64_t)rip_exact_round(weight * per_weight);
        for (size_t m = 0; m < self->n_mode; m++) {
            self->total_unit[m] +=
                self->excluded[i * self->n_mode + m] ? 0 : self->unit[i];
        }
    }
    self->population_weight = total;
}

/* Scales are part of the store, which is all that a reader of it has. */
static void
place_scales(rip_sums *self, const rip_run *run)
{
    double total_size = 0.0;
    for (size_t i = 0; i < self->n_account; i++) {
        const double equity = self->initial_equity[i];
        const double gross = gross_notional(run, i);
        const double size = gross > 0.0 && gross < equity ? gross : equity;
        self->scale[i] = rip_exact_scale(size);
        total_size += run->book.account[i].weight * size;
    }
    *self->fixed_population_scale = rip_exact_scale(total_size);
    self->population_scale = *self->fixed_population_scale;
}

/* All but the store: sizes, equities, units. */
static rip_status
init_accounts(rip_sums *self, const rip_run *run, const bool *excluded,
              const double *equity)
{
    *self = (rip_sums){0};
    rip_sums_sizes(self, run);
    self->initial_equity = calloc(self->n_account, sizeof(*self->initial_equity));
    self->unit = calloc(self->n_account, sizeof(*self->unit));
    self->excluded = calloc(self->n_account * self->n_mode, sizeof(*self->excluded));
    self->total_unit = calloc(self->n_mode, sizeof(*self->total_unit));
    if (self->initial_equity == NULL || self->unit == NULL || self->excluded == NULL ||
        self->total_unit == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memcpy(self->excluded, excluded,
           self->n_account * self->n_mode * sizeof(*excluded));
    take_accounts(self, run, equity);
    return RIP_OK;
}

rip_status
rip_sums_store(rip_accumulator *store, const rip_run *run)
{
    rip_sums sizes = {0};
    rip_section section[N_TABLE];
    rip_sums_sizes(&sizes, run);
    sections_of(&sizes, section);
    return rip_accumulator_init(store, N_TABLE, section);
}

rip_status
rip_sums_init(rip_sums *self, const rip_run *run, const bool *excluded)
{
    rip_status status = RIP_OK;
    RIP_TRY(init_accounts(self, run, excluded, NULL));
    RIP_TRY(rip_sums_store(&self->store, run));
    RIP_TRY(attach(self, &self->store));
    place_scales(self, run);
out:
    return status;
}

rip_status
rip_sums_view(rip_sums *self, const rip_run *run, const double *equity,
              const bool *excluded, const rip_accumulator *store)
{
    rip_status status = RIP_OK;
    RIP_TRY(init_accounts(self, run, excluded, equity));
    RIP_TRY(attach(self, store));
    self->population_scale = *self->fixed_population_scale;
out:
    return status;
}

void
rip_sums_free(rip_sums *self)
{
    free(self->initial_equity);
    free(self->unit);
    free(self->excluded);
    free(self->total_unit);
    rip_accumulator_free(&self->store);
    *self = (rip_sums){0};
}

size_t
rip_sums_size(const rip_run *run)
{
    rip_sums sums = {0};
    rip_section section[N_TABLE];
    size_t size = 0;
    rip_sums_sizes(&sums, run);
    sections_of(&sums, section);
    for (size_t i = 0; i < N_TABLE; i++) {
        size += section[i].n_element * rip_accumulator_element_size(section[i].type);
    }
    return size;
}
