#include "riptide/base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE ((size_t)2 << 20)
#define LINE  ((size_t)64)

void
rip_pages_advise(void *memory, size_t size)
{
    const uintptr_t begin = ((uintptr_t)memory + LARGE - 1) / LARGE * LARGE;
    const uintptr_t end = ((uintptr_t)memory + size) / LARGE * LARGE;
    if (begin < end) {
        char *first = (char *)memory + (begin - (uintptr_t)memory);
        (void)madvise(first, end - begin, MADV_HUGEPAGE);
    }
}

void *
rip_pages_alloc(size_t size)
{
    const size_t align = size >= 2 * LARGE ? LARGE : LINE;
    const size_t whole = (size + LINE - 1) / LINE * LINE;
    void *memory = aligned_alloc(align, whole > 0 ? whole : LINE);
    if (memory != NULL) {
        rip_pages_advise(memory, whole);
    }
    return memory;
}
