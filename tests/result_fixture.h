/* result_fixture.h -- small finished runs and their files, for tests of io/result. */
#ifndef RIP_TESTS_RESULT_FIXTURE_H
#define RIP_TESTS_RESULT_FIXTURE_H

#include <stddef.h>

#include "assemble_fixture.h"
#include "riptide/engine/engine.h"
#include "riptide/io/result.h"

#define RESULT_PATH_BYTES 384

/* A run that was simulated: 200 paths (a last block that is not full), three modes, two
   assets, three accounts, 4 steps, a matrix file among its inputs; everything that can
   be kept per path is kept. */
typedef struct result_run {
    assemble_outcome input;
    rip_provenance provenance;
    rip_engine *engine;
    rip_result_source source;
} result_run;

/* Makes and removes the directory of the files: set-up and tear-down of the group. */
int result_begin(void **state);
int result_end(void **state);

/* Name of a file in that directory, in one of a few static buffers. */
const char *result_path(const char *name);

void result_run_init(result_run *self);
void result_run_free(result_run *self);

/* Set-up and tear-down of a group that shares a run; `whole` names the file that it is
   written to, NULL: none. */
int result_begin_run(void **state, result_run *run, const char *whole);
int result_end_run(void **state, result_run *run);

/* Simulates (again) and writes, in waves of n blocks; what the steps return. */
rip_status result_write(result_run *self, const char *path, bool overwrite, uint64_t n,
                        rip_error *error);

/* The same, and must succeed. */
void result_write_well(result_run *self, const char *path);

/* Whole files in and out; content is malloc'ed. */
unsigned char *result_slurp(const char *path, size_t *size);
void result_spill(const char *path, const void *data, size_t size);

/* Makes the first block of a file true again after its content was changed. */
void result_reseal(const char *path);

/* Number of files in the directory whose name begins with prefix. */
size_t result_files(const char *prefix);

/* Fails the test unless error holds this one line, in which the directory is DIR. */
void result_expect(const rip_error *error, const char *line);

#endif /* RIP_TESTS_RESULT_FIXTURE_H */
