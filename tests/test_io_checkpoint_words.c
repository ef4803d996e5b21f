/* The sections of a checkpoint with their zeros taken out (io/checkpoint_parts.h). */
#include <string.h>

#include "riptide/io/checkpoint_parts.h"
#include "support.h"

/* Sections of four 64-bit words, written by hand. */
static void
packed_words(void **state)
{
    static const struct {
        bool good;
        size_t n;
        uint32_t run[14]; /* pairs, and words as two numbers each */
    } packed[] = {
        {true, 2, {4, 0}},
        {true, 6, {1, 1, 7, 0, 2, 0}},
        {true, 10, {0, 4, 7, 0, 7, 0, 7, 0, 7, 0}},
        {false, 2, {5, 0}},
        {false, 2, {3, 0}},
        {false, 4, {3, 2, 7, 0}},
        {false, 2, {0, 4}},
        {false, 4, {0, 0, 4, 0}},
        {false, 4, {4, 0, 0, 0}},
    };
    const rip_section one = {.name = "s", .type = RIP_SECTION_COUNT64, .n_element = 4};

    (void)state;
    for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
        rip_accumulator sums = {0};
        uint64_t data[32] = {RIP_ACCUMULATOR_VERSION, 1, 1};
        unsigned char *to = (unsigned char *)&data[3];
        const uint64_t head[3] = {RIP_SECTION_COUNT64, 4, packed[i].n * 4};
        size_t n = 3 * 8 + 1;
        *to = 's';
        memcpy(to + 1, head, sizeof(head));
        memcpy(to + 1 + sizeof(head), packed[i].run, packed[i].n * 4);
        n += sizeof(head) + packed[i].n * 4;
        assert_int_equal(rip_accumulator_init(&sums, 1, &one), RIP_OK);
        rip_sink_source from = {.data = (unsigned char *)data, .size = n};
        assert_int_equal(rip_checkpoint_unpack(from, &sums), packed[i].good);
        from.size++;
        assert_false(rip_checkpoint_unpack(from, &sums));
        for (size_t cut = 0; cut < n; cut++) {
            from.size = cut;
            assert_false(rip_checkpoint_unpack(from, &sums));
        }
        rip_accumulator_free(&sums);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
