#include "summary.h"

#include <math.h>

#include "json.h"
#include "riptide/io/yaml.h"

const char *
summary_event_name(summary_event event)
{
    static const char *const name[SUMMARY_N_EVENT] = {
        [SUMMARY_WIPEOUT] = "wipeout",         [SUMMARY_TERMINAL] = "terminal_wipeout",
        [SUMMARY_LIQUIDATION] = "liquidation", [SUMMARY_FULL] = "full_liquidation",
        [SUMMARY_DEFICIT] = "deficit",
    };

    return name[event];
}

static void
put_interval(json *out, const char *key, const summary_interval *interval)
{
    json_key(out, key);
    json_begin_object(out);
    json_key(out, "estimate");
    json_number(out, interval->estimate);
    json_key(out, "lower");
    json_number(out, interval->lower);
    json_key(out, "upper");
    json_number(out, interval->upper);
    json_end_object(out);
}

static void
put_mean(json *out, const char *key, const summary_mean *mean)
{
    json_key(out, key);
    json_begin_object(out);
    json_key(out, "estimate");
    json_number(out, mean->value);
    json_key(out, "se");
    json_number(out, mean->se);
    json_end_object(out);
}

static void
put_levels(json *out, const char *key, const summary *self, const summary_mean *mean)
{
    json_key(out, key);
    json_begin_list(out);
    for (size_t l = 0; l < self->n_level; l++) {
        json_begin_object(out);
        json_key(out, "level");
        json_number(out, self->level[l]);
        json_key(out, "value");
        json_number(out, mean[l].value);
        json_key(out, "se");
        json_number(out, mean[l].se);
        json_end_object(out);
    }
    json_end_list(out);
}

static void
put_mode(json *out, const summary *self, const summary_mode *mode)
{
    json_begin_object(out);
    json_key(out, "mode");
    json_string(out, mode->name);
    for (size_t e = 0; e < SUMMARY_N_EVENT; e++) {
        put_interval(out, summary_event_name((summary_event)e), &mode->event[e]);
    }
    put_mean(out, "mean_loss", &mode->mean_loss);
    put_levels(out, "var", self, mode->value_at_risk);
    put_levels(out, "es", self, mode->expected_shortfall);
    json_key(out, "initially_breached");
    json_count(out, mode->n_breached);
    json_end_object(out);
}

static void
put_pair(json *out, const summary *self, const summary_pair *pair)
{
    json_begin_object(out);
    json_key(out, "first");
    json_string(out, self->mode[pair->first].name);
    json_key(out, "second");
    json_string(out, self->mode[pair->second].name);
    put_interval(out, "wipeout_difference", &pair->wipeout);
    put_mean(out, "mean_loss_difference", &pair->mean_loss);
    json_end_object(out);
}

void
summary_write_json(const summary *self, FILE *file)
{
    json out = {.out = file};

    json_begin_object(&out);
    json_key(&out, "title");
    json_string(&out, self->title);
    json_key(&out, "seed");
    json_count(&out, self->seed);
    json_key(&out, "paths_done");
    json_count(&out, self->paths_done);
    json_key(&out, "status");
    json_string(&out, self->status);
    json_key(&out, "modes");
    json_begin_list(&out);
    for (size_t m = 0; m < self->n_mode; m++) {
        put_mode(&out, self, &self->mode[m]);
    }
    json_end_list(&out);
    json_key(&out, "paired");
    json_begin_list(&out);
    for (size_t i = 0; i < self->n_pair; i++) {
        put_pair(&out, self, &self->pair[i]);
    }
    json_end_list(&out);
    json_key(&out, "warnings");
    json_begin_list(&out);
    for (size_t i = 0; i < self->n_warning; i++) {
        json_string(&out, self->warning[i]);
    }
    json_end_list(&out);
    json_end_object(&out);
    json_end(&out);
}

/* A number in the fewest digits that read back; nothing for a NaN. */
static void
csv_number(FILE *out, double value, char end)
{
    char text[32] = "";

    if (isfinite(value)) {
        rip_yaml_number(value, text);
    }
    (void)fprintf(out, "%s%c", text, end);
}

/* quantity, mode, other_mode, level; what does not apply is empty. */
static void
csv_head(FILE *out, const char *quantity, const char *mode, const char *other,
         double level)
{
    (void)fprintf(out, "%s,%s,%s,", quantity, mode, other);
    csv_number(out, level, ',');
}

static void
csv_interval(FILE *out, const summary_interval *interval)
{
    csv_number(out, interval->estimate, ',');
    (void)fputc(',', out);
    csv_number(out, interval->lower, ',');
    csv_number(out, interval->upper, '\n');
}

static void
csv_mean(FILE *out, const summary_mean *mean)
{
    csv_number(out, mean->value, ',');
    csv_number(out, mean->se, ',');
    (void)fputs(",\n", out);
}

static void
csv_mode(FILE *out, const summary *self, const summary_mode *mode)
{
    const summary_mean breached = {(double)mode->n_breached, NAN};

    for (size_t e = 0; e < SUMMARY_N_EVENT; e++) {
        csv_head(out, summary_event_name((summary_event)e), mode->name, "", NAN);
        csv_interval(out, &mode->event[e]);
    }
    csv_head(out, "mean_loss", mode->name, "", NAN);
    csv_mean(out, &mode->mean_loss);
    for (size_t l = 0; l < self->n_level; l++) {
        csv_head(out, "var", mode->name, "", self->level[l]);
        csv_mean(out, &mode->value_at_risk[l]);
    }
    for (size_t l = 0; l < self->n_level; l++) {
        csv_head(out, "es", mode->name, "", self->level[l]);
        csv_mean(out, &mode->expected_shortfall[l]);
    }
    csv_head(out, "initially_breached", mode->name, "", NAN);
    csv_mean(out, &breached);
}

void
summary_write_csv(const summary *self, FILE *out)
{
    (void)fputs("quantity,mode,other_mode,level,estimate,se,lower,upper\n", out);
    for (size_t m = 0; m < self->n_mode; m++) {
        csv_mode(out, self, &self->mode[m]);
    }
    for (size_t i = 0; i < self->n_pair; i++) {
        const summary_pair *pair = &self->pair[i];
        const char *first = self->mode[pair->first].name;
        const char *second = self->mode[pair->second].name;
        csv_head(out, "wipeout_difference", first, second, NAN);
        csv_interval(out, &pair->wipeout);
        csv_head(out, "mean_loss_difference", first, second, NAN);
        csv_mean(out, &pair->mean_loss);
    }
}
