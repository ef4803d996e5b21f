/*
 * What this machine can do at most, on one thread: multiply-adds in registers, bytes
 * read from each level of memory, and increments of counters. README.md holds the
 * stages of a run against it.
 *
 *     cc -O3 -march=native -o ceilings experiments/bench/ceilings.c && ./ceilings
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LANES = 8, CHAINS = 16, ROUNDS = 5 };

typedef double vector __attribute__((vector_size(8 * LANES)));

static double
now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Independent chains of multiply-adds, so that only their number counts. */
static double
gflops(void)
{
    const long n = 20000000;
    vector sum[CHAINS];
    const vector a = (vector){0} + 0.999999999, b = (vector){0} + 1e-9;
    double began, spent;
    for (int c = 0; c < CHAINS; c++) {
        sum[c] = (vector){0} + c;
    }
    began = now();
    for (long i = 0; i < n; i++) {
#pragma GCC unroll 16
        for (int c = 0; c < CHAINS; c++) {
            sum[c] = sum[c] * a + b;
        }
    }
    spent = now() - began;
    for (int c = 1; c < CHAINS; c++) {
        sum[0] += sum[c];
    }
    __asm__ volatile("" ::"x"(sum[0][0]));
    return 2e-9 * (double)n * CHAINS * LANES / spent;
}

/* Reading an array of so many bytes again and again. */
static double
gigabytes(size_t bytes)
{
    const size_t n = bytes / sizeof(vector);
    const long rounds = (long)(((size_t)2 << 30) / bytes) + 1;
    vector *x = aligned_alloc(64, bytes);
    vector sum[8] = {0};
    double began, spent;
    if (x == NULL) {
        exit(1);
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = (vector){0} + (double)i;
    }
    began = now();
    for (long r = 0; r < rounds; r++) {
        for (size_t i = 0; i < n; i += 8) {
            for (size_t k = 0; k < 8; k++) {
                sum[k] += x[i + k];
            }
        }
        __asm__ volatile("" ::: "memory");
    }
    spent = now() - began;
    for (int k = 1; k < 8; k++) {
        sum[0] += sum[k];
    }
    __asm__ volatile("" ::"x"(sum[0][0]));
    free(x);
    return 1e-9 * (double)rounds * (double)bytes / spent;
}

/* Counters of one account: a histogram of 202 bins at random places. */
static double
increments(void)
{
    enum { N = 1 << 16 };
    static uint32_t count[202], place[N];
    uint64_t state = 88172645463325252u;
    double began, spent;
    for (int i = 0; i < N; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        place[i] = (uint32_t)(state % 202);
    }
    began = now();
    for (int r = 0; r < 1000; r++) {
        for (int i = 0; i < N; i++) {
            count[place[i]]++;
        }
        __asm__ volatile("" ::: "memory");
    }
    spent = now() - began;
    return 1e-9 * 1000.0 * N / spent;
}

static double
best(double (*measure)(size_t), size_t size)
{
    double most = 0.0;
    for (int r = 0; r < ROUNDS; r++) {
        const double x = measure(size);
        most = x > most ? x : most;
    }
    return most;
}

static double
flops_of(size_t unused)
{
    (void)unused;
    return gflops();
}

static double
increments_of(size_t unused)
{
    (void)unused;
    return increments();
}

int
main(void)
{
    (void)printf("multiply-add f64        %7.1f GFLOP/s\n", best(flops_of, 0));
    (void)printf("read    32 KiB          %7.1f GB/s\n",
                 best(gigabytes, (size_t)32 << 10));
    (void)printf("read   512 KiB          %7.1f GB/s\n",
                 best(gigabytes, (size_t)512 << 10));
    (void)printf("read     8 MiB          %7.1f GB/s\n",
                 best(gigabytes, (size_t)8 << 20));
    (void)printf("read   256 MiB          %7.1f GB/s\n",
                 best(gigabytes, (size_t)256 << 20));
    (void)printf("counter increments      %7.2f G/s\n", best(increments_of, 0));
    return 0;
}
