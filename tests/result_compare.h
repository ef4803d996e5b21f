/* result_compare.h -- what is in results, for tests of io/result and sweep/shards. */
#ifndef RIP_TESTS_RESULT_COMPARE_H
#define RIP_TESTS_RESULT_COMPARE_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/io/h5.h"
#include "riptide/io/image.h"

/* A file that must be there, opened for reading by HDF5; closed by the caller. */
int64_t result_open(const char *path);

/* All n values of a dataset, malloc'ed; fails the test unless it has so many. */
void *result_numbers(const rip_image *image, const char *path, rip_h5_type type,
                     size_t n);

/* Fails the test unless each file has every dataset of the other with the same bits. */
void result_expect_same(const char *path_a, const char *path_b);

#endif /* RIP_TESTS_RESULT_COMPARE_H */
