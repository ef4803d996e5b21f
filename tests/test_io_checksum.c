#include "riptide/io/checksum.h"

#include <string.h>

#include "support.h"

/* The check value of CRC-64/XZ is public; the other is what xz 5.4 writes for the bytes
   0 to 255. */
static void
known_answers(void **state)
{
    unsigned char byte[256];

    (void)state;
    assert_true(rip_checksum(RIP_CHECKSUM_EMPTY, "123456789", 9) ==
                UINT64_C(0x995dc9bbdf1939fa));
    assert_true(rip_checksum(RIP_CHECKSUM_EMPTY, "", 0) == RIP_CHECKSUM_EMPTY);
    for (size_t i = 0; i < sizeof(byte); i++) {
        byte[i] = (unsigned char)i;
    }
    assert_true(rip_checksum(RIP_CHECKSUM_EMPTY, byte, sizeof(byte)) ==
                UINT64_C(0x72414b2f65db3ab0));
}

/* However the bytes are cut. */
static void
pieces(void **state)
{
    static const char text[] = "what is whole is the sum of its parts, bit for bit";
    const size_t n = sizeof(text) - 1;
    const uint64_t whole = rip_checksum(RIP_CHECKSUM_EMPTY, text, n);

    (void)state;
    for (size_t cut = 0; cut <= n; cut++) {
        const uint64_t first = rip_checksum(RIP_CHECKSUM_EMPTY, text, cut);
        assert_true(rip_checksum(first, text + cut, n - cut) == whole);
    }
}

/* Every single bit counts. */
static void
flipped_bits(void **state)
{
    unsigned char data[37] = {0};
    const uint64_t whole = rip_checksum(RIP_CHECKSUM_EMPTY, data, sizeof(data));

    (void)state;
    for (size_t i = 0; i < 8 * sizeof(data); i++) {
        data[i / 8] ^= (unsigned char)(1u << (i % 8));
        assert_false(rip_checksum(RIP_CHECKSUM_EMPTY, data, sizeof(data)) == whole);
        data[i / 8] ^= (unsigned char)(1u << (i % 8));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(pieces),
        cmocka_unit_test(flipped_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
