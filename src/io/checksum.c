#include "riptide/io/checksum.h"

#include <pthread.h>
#include <string.h>

#define POLYNOMIAL UINT64_C(0xc96c5795d7870f42) /* of ECMA-182, reflected */
#define SLICES     8                            /* bytes taken at once */

/* table[k][b]: what byte b does to the remainder k bytes later. */
static uint64_t table[SLICES][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
fill_table(void)
{
    for (size_t b = 0; b < 256; b++) {
        uint64_t value = b;
        for (int bit = 0; bit < 8; bit++) {
            value = (value >> 1) ^ ((value & 1) != 0 ? POLYNOMIAL : 0);
        }
        table[0][b] = value;
    }
    for (size_t k = 1; k < SLICES; k++) {
        for (size_t b = 0; b < 256; b++) {
            const uint64_t value = table[k - 1][b];
            table[k][b] = (value >> 8) ^ table[0][value & 0xff];
        }
    }
}

uint64_t
rip_checksum(uint64_t before, const void *data, size_t size)
{
    const unsigned char *byte = data;
    uint64_t value = ~before;

    (void)pthread_once(&once, fill_table);
    for (; size >= SLICES; size -= SLICES, byte += SLICES) {
        uint64_t next = 0;
        for (size_t k = 0; k < SLICES; k++) {
            const uint64_t at = (value >> (8 * k)) & 0xff;
            next ^= table[SLICES - 1 - k][at ^ byte[k]];
        }
        value = next;
    }
    for (; size > 0; size--, byte++) {
        value = (value >> 8) ^ table[0][(value & 0xff) ^ *byte];
    }
    return ~value;
}
