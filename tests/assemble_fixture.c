#include "assemble_fixture.h"

#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

static char directory[64];

static const char default_run[] = "{paths: 100, horizon: 4h, step: 1h}";
static const char default_market[] =
    "{assets: [{symbol: BTC, price: 60000, volatility: 0.58},\n"
    " {symbol: ETH, price: 2500, volatility: 0.78}], correlation: 0.8}";
static const char default_venue[] =
    "{tiers: {default: [{floor: 0, mmr: 0.005, max_leverage: 100},\n"
    "  {floor: 50000, mmr: 0.01, max_leverage: 50}]},\n"
    " portfolio: {scenarios: {grid: {spot: [-0.15, 0.15]}}}}";
static const char default_accounts[] =
    "{list: [{id: a, balance: 10000, positions: [{symbol: BTC, quantity: 0.1}]}]}";

static void
write_file(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static const char *
or_default(const char *text, const char *fallback)
{
    return text != NULL ? text : fallback;
}

void
assemble(const assemble_setup *given, assemble_outcome *got)
{
    char text[32768];

    *got = (assemble_outcome){0};
    for (size_t i = 0; i < ASSEMBLE_MAX_FILES && given->file[i].name != NULL; i++) {
        write_file(given->file[i].name, given->file[i].text);
    }
    (void)snprintf(
        text, sizeof(text),
        "run: %s\nmarket: %s\nshocks: %s\nvenue: %s\naccounts: %s\n",
        or_default(given->run, default_run), or_default(given->market, default_market),
        or_default(given->shocks, "{}"), or_default(given->venue, default_venue),
        or_default(given->accounts, default_accounts));
    got->status = rip_config_resolve(&got->config, "t.yaml", text, directory, 0, NULL,
                                     &got->error);
    for (size_t i = 0; i < got->error.n_line; i++) {
        fail_msg("not a configuration: %s", got->error.line[i]);
    }
    got->status = rip_assemble(&got->run, &got->inputs, &got->config,
                               given->already_held, &got->notes, &got->error);
}

void
assemble_release(assemble_outcome *got)
{
    rip_run_free(&got->run);
    rip_inputs_free(&got->inputs);
    rip_config_free(&got->config);
    rip_error_free(&got->notes);
    rip_error_free(&got->error);
}

void
assemble_well(const assemble_setup *given, assemble_outcome *got)
{
    assemble(given, got);
    if (got->status != RIP_OK) {
        fail_msg("status %d: %s", (int)got->status,
                 got->error.n_line > 0 ? got->error.line[0] : "(no line)");
    }
    assert_int_equal(got->error.n_total, 0);
}

/* A message with the temporary directory written as DIR. */
static void
hide_directory(const char *line, char *text, size_t size)
{
    size_t used = 0;

    while (*line != '\0' && used + 1 < size) {
        if (strncmp(line, directory, strlen(directory)) == 0) {
            used += (size_t)snprintf(text + used, size - used, "DIR");
            line += strlen(directory);
        } else {
            text[used++] = *line++;
        }
    }
    text[used] = '\0';
}

void
assemble_expect(const assemble_setup *given, rip_status code, const char *message)
{
    assemble_outcome got;
    char text[2048];

    assemble(given, &got);
    if (got.error.n_line == 0) {
        fail_msg("no refusal (status %d), want: %s", (int)got.status, message);
    }
    for (size_t i = 1; i < got.error.n_line; i++) {
        print_error("one line too many: %s\n", got.error.line[i]);
    }
    hide_directory(got.error.line[0], text, sizeof(text));
    assert_string_equal(text, message);
    assert_int_equal(got.status, code);
    assert_int_equal(got.error.n_total, 1);
    assemble_release(&got);
}

int
assemble_begin(void **state)
{
    (void)state;
    (void)gsl_set_error_handler_off();
    (void)snprintf(directory, sizeof(directory), "/tmp/riptide-assemble-XXXXXX");
    return mkdtemp(directory) == NULL;
}

int
assemble_end(void **state)
{
    static const char *const name[] = {"a.csv", "p.csv", "m.csv", "r.csv"};
    (void)state;
    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
        char path[256];
        (void)snprintf(path, sizeof(path), "%s/%s", directory, name[i]);
        (void)unlink(path);
    }
    return rmdir(directory);
}
