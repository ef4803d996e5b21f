/* result_compare.h -- two results have the same datasets, for tests of io/result. */
#ifndef RIP_TESTS_RESULT_COMPARE_H
#define RIP_TESTS_RESULT_COMPARE_H

/* Fails the test unless each file has every dataset of the other with the same bits. */
void result_expect_same(const char *path_a, const char *path_b);

#endif /* RIP_TESTS_RESULT_COMPARE_H */
