#include "result_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "riptide/io/checksum.h"
#include "support.h"

#define BLOCK 512

static char directory[64];

static const char run_keys[] = "{seed: 4242, paths: 200, horizon: 4h, step: 1h, "
                               "modes: [cross, isolated, portfolio]}";
static const char market_keys[] =
    "{assets: [{symbol: BTC, price: 52137.5, volatility: 3.1},\n"
    " {symbol: ETH, price: 2513.25, volatility: 4.7}], correlation: {file: m.csv}}";
static const char account_keys[] =
    "{list: [{id: a, balance: 10007, leverage: 25, positions: [{symbol: BTC, quantity: "
    "0.71}, {symbol: ETH, quantity: -9.25, top_up: to_initial}]}, {id: \"\xc3\xa9t\", "
    "weight: 3, "
    "balance: 1234.5, leverage: 10, positions: [{symbol: ETH, quantity: 3.3, leverage: "
    "10}], stop_loss: {ETH: 2400}}, {id: calm, balance: 170, "
    "positions: [{symbol: BTC, kind: spot, quantity: 0.001}]}]}\n"
    "title: A small run\n"
    "outputs: {levels: [0.9, 0.975], losses: true, system: true, keep_paths: 70, "
    "histogram: {bins: 20, low: -1, high: 1.5}, deflate: 3}";

int
result_begin(void **state)
{
    (void)snprintf(directory, sizeof(directory), "/tmp/riptide-result-XXXXXX");
    return assemble_begin(state) != 0 || mkdtemp(directory) == NULL;
}

static const char *
next_entry(DIR *folder)
{
    const struct dirent *entry;

    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            return entry->d_name;
        }
    }
    return NULL;
}

int
result_end(void **state)
{
    DIR *folder = opendir(directory);
    const char *name;

    while (folder != NULL && (name = next_entry(folder)) != NULL) {
        (void)unlink(result_path(name));
    }
    (void)closedir(folder);
    return assemble_end(state) != 0 || rmdir(directory) != 0;
}

const char *
result_path(const char *name)
{
    static char path[64][RESULT_PATH_BYTES];
    static size_t next;
    char *to = path[next++ % 64];

    (void)snprintf(to, RESULT_PATH_BYTES, "%s/%s", directory, name);
    return to;
}

void
result_run_init(result_run *self)
{
    static const char *const argument[] = {"riptide", "run", "it's.yaml"};
    const assemble_setup setup = {
        .run = run_keys,
        .market = market_keys,
        .accounts = account_keys,
        .file = {{"m.csv", "BTC,ETH\n1,0.8125\n0.8125,1\n"}},
    };

    *self = (result_run){0};
    assemble_well(&setup, &self->input);
    assert_int_equal(rip_provenance_begin(&self->provenance, 3, argument, 2), RIP_OK);
    self->source = (rip_result_source){.run = &self->input.run,
                                       .config = &self->input.config,
                                       .inputs = &self->input.inputs,
                                       .provenance = &self->provenance};
}

void
result_run_free(result_run *self)
{
    rip_engine_free(self->engine);
    rip_provenance_free(&self->provenance);
    assemble_release(&self->input);
}

int
result_begin_run(void **state, result_run *run, const char *whole)
{
    if (result_begin(state) != 0) {
        return 1;
    }
    result_run_init(run);
    if (whole != NULL) {
        result_write_well(run, result_path(whole));
    }
    return 0;
}

int
result_end_run(void **state, result_run *run)
{
    result_run_free(run);
    return result_end(state);
}

rip_status
result_write(result_run *self, const char *path, bool overwrite, uint64_t n,
             rip_error *error)
{
    static const rip_engine_options options = {.n_thread = 2, .screen = true};
    const uint64_t n_block = rip_engine_blocks(&self->input.run);
    rip_result *result = NULL;
    rip_status status = RIP_OK;
    uint64_t first = 0, end = 0;

    rip_engine_free(self->engine);
    self->engine = NULL;
    RIP_TRY(rip_engine_begin(&self->engine, &self->input.run, &options));
    RIP_TRY(rip_result_begin(&result, path, overwrite, &self->source, error));
    rip_shard_blocks(self->source.shard, n_block, &first, &end);
    for (; first < end; first += n) {
        const uint64_t part = n < end - first ? n : end - first;
        RIP_TRY(rip_engine_advance(self->engine, first, part));
        RIP_TRY(rip_result_append(result, rip_engine_wave(self->engine), error));
    }
    RIP_TRY(rip_result_finish(result, rip_engine_sums(self->engine), error));
out:
    rip_result_free(result);
    return status;
}

void
result_write_well(result_run *self, const char *path)
{
    rip_error error = {0};
    const rip_status status = result_write(self, path, true, 3, &error);

    if (status != RIP_OK) {
        fail_msg("status %d: %s", (int)status,
                 error.n_line > 0 ? error.line[0] : "(no line)");
    }
    rip_error_free(&error);
}

unsigned char *
result_slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *data;
    long end;

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    end = ftell(file);
    assert_true(end >= 0);
    rewind(file);
    *size = (size_t)end;
    data = malloc(*size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *size, file), *size);
    assert_int_equal(fclose(file), 0);
    return data;
}

void
result_spill(const char *path, const void *data, size_t size)
{
    FILE *file;

    /* Emptying a file and filling it again makes some file systems wait for the disk.
     */
    (void)unlink(path);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void
result_reseal(const char *path)
{
    size_t size = 0;
    unsigned char *data = result_slurp(path, &size);

    assert_true(size >= BLOCK);
    const uint64_t number[2] = {
        size, rip_checksum(RIP_CHECKSUM_EMPTY, data + BLOCK, size - BLOCK)};
    for (size_t i = 0; i < 16; i++) {
        data[16 + i] = (unsigned char)(number[i / 8] >> (8 * (i % 8)));
    }
    result_spill(path, data, size);
    free(data);
}

size_t
result_files(const char *prefix)
{
    DIR *folder = opendir(directory);
    const char *name;
    size_t n = 0;

    assert_non_null(folder);
    while ((name = next_entry(folder)) != NULL) {
        n += strncmp(name, prefix, strlen(prefix)) == 0;
    }
    (void)closedir(folder);
    return n;
}

void
result_expect(const rip_error *error, const char *line)
{
    char text[1024] = "";
    const char *from;
    size_t n = 0;

    assert_int_equal(error->n_total, 1);
    for (from = error->line[0]; *from != '\0' && n + 4 < sizeof(text);) {
        if (strncmp(from, directory, strlen(directory)) == 0) {
            n += (size_t)snprintf(text + n, sizeof(text) - n, "DIR");
            from += strlen(directory);
        } else {
            text[n++] = *from++;
        }
    }
    assert_string_equal(text, line);
}
