#include "riptide/io/shard.h"

#include "riptide/base/lanes.h"
#include "support.h"

/* Contiguous, without overlap, together the run; sizes differ by one at most. */
static void
parts_are_the_whole(void **state)
{
    static const uint64_t n_block[] = {0,  1,    2,        7,
                                       64, 1000, 15625001, UINT64_C(1) << 58};
    static const uint64_t n_shard[] = {1, 2, 3, 7, 64, 997, RIP_SHARD_MOST};

    (void)state;
    for (size_t b = 0; b < sizeof(n_block) / sizeof(n_block[0]); b++) {
        for (size_t s = 0; s < sizeof(n_shard) / sizeof(n_shard[0]); s++) {
            const uint64_t least = n_block[b] / n_shard[s];
            uint64_t reached = 0;
            for (uint64_t i = 0; i < n_shard[s]; i++) {
                uint64_t first = 1, end = 0;
                rip_shard_blocks((rip_shard){i, n_shard[s]}, n_block[b], &first, &end);
                assert_int_equal(first, reached);
                assert_in_range(end - first, least, least + 1);
                reached = end;
            }
            assert_int_equal(reached, n_block[b]);
        }
    }
}

/* Worked: 1,000 paths are 16 blocks, the last of 40; shard 1 of 3 has blocks 5 to 9. */
static void
paths_of_a_shard(void **state)
{
    uint64_t first = 0, end = 0;

    (void)state;
    rip_shard_paths((rip_shard){1, 3}, 1000, &first, &end);
    assert_int_equal(first, 320);
    assert_int_equal(end, 640);
    rip_shard_paths((rip_shard){2, 3}, 1000, &first, &end);
    assert_int_equal(first, 640);
    assert_int_equal(end, 1000);
    rip_shard_paths((rip_shard){0, 0}, 1000, &first, &end);
    assert_int_equal(first, 0);
    assert_int_equal(end, 1000);
    /* more shards than blocks: some are empty */
    rip_shard_paths((rip_shard){0, 3}, 2 * RIP_LANES, &first, &end);
    assert_int_equal(first, end);
    rip_shard_paths((rip_shard){2, 3}, 2 * RIP_LANES - 9, &first, &end);
    assert_int_equal(first, RIP_LANES);
    assert_int_equal(end, 2 * RIP_LANES - 9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_the_whole),
        cmocka_unit_test(paths_of_a_shard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
