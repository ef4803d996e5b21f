/*
 * Fuzz target of the reader of results. A first byte that is even: the rest is the
 * file, which the block and its checksum guard. Odd: the rest says how datasets and
 * attributes of a good file are replaced by others that HDF5 itself writes, of any
 * type, shape and content, and the block is made true again. Either way the reader
 * refuses the file with a line, or gives what keeps the promises of io/stored.h.
 */
#include <fcntl.h>
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "riptide/engine/sums.h"
#include "riptide/io/checksum.h"
#include "riptide/io/result.h"
#include "riptide/io/stored.h"

#define BLOCK     512
#define MOST_NAME 256

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] =
    "run: {paths: 70, horizon: 2h, step: 1h}\n"
    "market: {assets: [{symbol: BTC, price: 52137.5, volatility: 3}]}\n"
    "venue: {tiers: {default: [{floor: 0, mmr: 0.01, max_leverage: 50}]},\n"
    " portfolio: {scenarios: {grid: {spot: [-0.15, 0.15]}}}}\n"
    "accounts: {list: [{id: a, balance: 1007, positions: [{symbol: BTC, quantity: "
    "0.127}]}, {id: b, balance: 99, positions: [{symbol: BTC, quantity: -0.01}]}]}\n"
    "outputs: {histogram: {bins: 9}, levels: [0.9]}\n";

/* A good file, made once; the names of its datasets; the layout of its sums. */
static unsigned char *good;
static size_t n_good;
static char name[MOST_NAME][64];
static size_t n_name;
static rip_sums sums;

/* The file under test, in a folder of its own. */
static char folder[] = "/tmp/riptide-fuzz-XXXXXX", path[64];

#define expect(promise) expect_at((promise), #promise)

static void
expect_at(int promise, const char *text_of_it)
{
    if (!promise) {
        (void)fprintf(stderr, "broken: %s\n", text_of_it);
        abort();
    }
}

static herr_t
note_name(hid_t file, const char *found, const H5O_info_t *info, void *unused)
{
    (void)file;
    (void)unused;
    if (info->type == H5O_TYPE_DATASET && n_name < MOST_NAME) {
        (void)snprintf(name[n_name++], sizeof(name[0]), "%s", found);
    }
    return 0;
}

static void
remove_folder(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static void
keep_file(void)
{
    FILE *stream = fopen(path, "rb");
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);

    expect(stream != NULL && fseek(stream, 0, SEEK_END) == 0);
    n_good = (size_t)ftell(stream);
    rewind(stream);
    good = malloc(n_good);
    expect(good != NULL && fread(good, 1, n_good, stream) == n_good);
    (void)fclose(stream);
    (void)H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, note_name, NULL,
                    H5O_INFO_BASIC);
    (void)H5Fclose(file);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const rip_engine_options options = {.n_thread = 1, .screen = true};
    static rip_config config;
    static rip_run run;
    static rip_inputs inputs;
    static const bool excluded[6];
    rip_provenance made = {0};
    rip_error error = {0};
    rip_engine *engine = NULL;
    rip_result *result = NULL;
    const rip_result_source source = {
        .run = &run, .config = &config, .inputs = &inputs, .provenance = &made};

    (void)argc;
    (void)argv;
    (void)setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    expect(mkdtemp(folder) != NULL && atexit(remove_folder) == 0);
    (void)snprintf(path, sizeof(path), "%s/result.h5", folder);
    expect(rip_provenance_begin(&made, 0, NULL, 1) == RIP_OK);
    expect(rip_config_resolve(&config, "t", text, NULL, 0, NULL, &error) == RIP_OK);
    expect(rip_assemble(&run, &inputs, &config, false, &error, &error) == RIP_OK);
    expect(rip_engine_begin(&engine, &run, &options) == RIP_OK);
    expect(rip_engine_advance(engine, 0, rip_engine_blocks(&run)) == RIP_OK);
    expect(rip_result_begin(&result, path, true, &source, &error) == RIP_OK);
    expect(rip_result_finish(result, rip_engine_sums(engine), &error) == RIP_OK);
    expect(rip_sums_init(&sums, &run, excluded) == RIP_OK);
    keep_file();
    rip_result_free(result);
    rip_engine_free(engine);
    rip_provenance_free(&made);
    return 0;
}

/* Bytes of the input, one after the other; zeros when they are used up. */
typedef struct source {
    const uint8_t *data;
    size_t size;
} source;

static unsigned
next(source *self)
{
    if (self->size == 0) {
        return 0;
    }
    self->size--;
    return *self->data++;
}

static hid_t
next_type(source *self)
{
    const hid_t plain[] = {H5T_IEEE_F64LE, H5T_IEEE_F32LE, H5T_STD_U32LE,
                           H5T_STD_U64LE,  H5T_STD_I64LE,  H5T_STD_U8LE,
                           H5T_STD_REF_OBJ};
    const unsigned kind = next(self) % 9;
    hid_t type;

    if (kind < 7) {
        return H5Tcopy(plain[kind]);
    }
    type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, kind == 7 ? H5T_VARIABLE : 1 + next(self));
    return type;
}

/* Lengths that fit the good file, small ones, and some beyond all measure. */
static hid_t
next_space(source *self, hid_t dcpl)
{
    const int n_dim = (int)(next(self) % 5);
    hsize_t shape[4], chunk[4];

    for (int i = 0; i < n_dim; i++) {
        const unsigned length = next(self);
        shape[i] = length < 250 ? length : (hsize_t)1 << (length - 215);
        chunk[i] = shape[i] == 0 ? 1 : shape[i] < 64 ? shape[i] : 64;
    }
    if (n_dim == 0) {
        return H5Screate(next(self) % 2 == 0 ? H5S_SCALAR : H5S_NULL);
    }
    (void)H5Pset_chunk(dcpl, n_dim, chunk);
    return H5Screate_simple(n_dim, shape, NULL);
}

static void
write_values(source *self, hid_t dataset, hid_t type, hid_t space)
{
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    static char bytes[1 << 16];
    static const char *word[4096];
    static char words[64];

    for (size_t i = 0; i + 1 < sizeof(words); i++) {
        words[i] = (char)next(self);
    }
    for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
        word[i] = words + i % sizeof(words);
    }
    memset(bytes, (int)next(self), sizeof(bytes));
    if (H5Tis_variable_str(type) > 0 && n <= 4096) {
        (void)H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, word);
    } else if (H5Tis_variable_str(type) == 0 && n >= 0 &&
               (size_t)n * H5Tget_size(type) <= sizeof(bytes)) {
        (void)H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes);
    }
}

static void
replace_dataset(source *self, hid_t file)
{
    const char *which = name[next(self) % n_name];
    const hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE), type = next_type(self);
    const hid_t space = next_space(self, dcpl);
    hid_t id = -1;

    (void)H5Ldelete(file, which, H5P_DEFAULT);
    if (next(self) % 8 != 0) {
        id = H5Dcreate2(file, which, type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);
    }
    if (id >= 0 && next(self) % 4 != 0) {
        write_values(self, id, type, space);
    }
    (void)H5Dclose(id);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Pclose(dcpl);
}

static void
replace_attribute(source *self, hid_t file)
{
    static const char *const known[] = {
        "title", "status",         "riptide_version", "shard",      "seed",
        "paths", "riptide_format", "created",         "paths_done", "git_revision"};
    const char *which = known[next(self) % 10];
    const hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE), type = next_type(self);
    const hid_t space =
        next(self) % 2 == 0 ? H5Screate(H5S_SCALAR) : next_space(self, dcpl);
    static char bytes[1 << 16];
    const char *word = bytes;
    hid_t id;

    for (size_t i = 0; i < 40; i++) {
        bytes[i] = (char)next(self);
    }
    (void)H5Adelete(file, which);
    id = H5Acreate2(file, which, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (H5Tis_variable_str(type) > 0 && H5Sget_simple_extent_npoints(space) == 1) {
        (void)H5Awrite(id, type, &word);
    } else if (H5Tis_variable_str(type) == 0 &&
               H5Sget_simple_extent_npoints(space) < 256) {
        (void)H5Awrite(id, type, bytes);
    }
    (void)H5Aclose(id);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Pclose(dcpl);
}

/* The first block of the open file becomes that of its content. */
static void
seal(int fd)
{
    const size_t size = (size_t)lseek(fd, 0, SEEK_END);
    unsigned char *data = malloc(size), block[16];

    expect(data != NULL && pread(fd, data, size, 0) == (ssize_t)size);
    const uint64_t number[2] = {
        size, rip_checksum(RIP_CHECKSUM_EMPTY, data + BLOCK, size - BLOCK)};
    for (size_t i = 0; i < 16; i++) {
        block[i] = (unsigned char)(number[i / 8] >> (8 * (i % 8)));
    }
    expect(pwrite(fd, block, sizeof(block), 16) == 16);
    free(data);
}

static void
edit(int fd, const uint8_t *data, size_t size)
{
    source from = {data, size};
    hid_t file;

    expect(write(fd, good, n_good) == (ssize_t)n_good);
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    expect(file >= 0);
    while (from.size > 0) {
        if (next(&from) % 4 != 0) {
            replace_dataset(&from, file);
        } else {
            replace_attribute(&from, file);
        }
    }
    expect(H5Fclose(file) >= 0);
    seal(fd);
}

static void
read_file(void)
{
    rip_stored stored = {0};
    rip_error error = {0};
    rip_status status = rip_stored_open(&stored, path, &error);
    size_t told = error.n_total;

    expect((status == RIP_OK) == (told == 0));
    if (status == RIP_OK) {
        expect(stored.n_mode >= 1 && stored.n_mode <= RIP_N_MODE);
        expect(stored.n_account > 0 && stored.n_level > 0 && stored.n_time > 0);
        expect(stored.paths_done <= stored.paths && stored.config != NULL);
        for (size_t i = 0; i < rip_output_count(); i++) {
            const rip_output *output = rip_output_at(i);
            const void *value = NULL;
            told = error.n_total;
            status =
                rip_stored_load(&stored, output->group, output->name, &value, &error);
            expect((status == RIP_OK) == (value != NULL));
            expect((status == RIP_OK) == (told == error.n_total));
        }
        told = error.n_total;
        status = rip_stored_sums(&stored, &sums.store, &error);
        expect((status == RIP_OK) == (told == error.n_total));
    }
    rip_stored_free(&stored);
    rip_error_free(&error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    expect(fd >= 0);
    if (size > 0 && data[0] % 2 == 1) {
        edit(fd, data + 1, size - 1);
    } else if (size > 0) {
        expect(write(fd, data + 1, size - 1) == (ssize_t)size - 1);
    }
    read_file();
    (void)close(fd);
    return 0;
}
