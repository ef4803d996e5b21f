/*
 * Fuzz target of the reader of checkpoints: the input is what follows the head of the
 * file, which is made to fit it. Whatever it holds, the reader finds it whole and of
 * sums of its layout, or not; it never reads or allocates beyond what is there.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "riptide/io/checkpoint_parts.h"
#include "riptide/io/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(int promise)
{
    if (!promise) {
        abort();
    }
}

static void
write_file(const char *path, const uint8_t *data, size_t size)
{
    unsigned char head[RIP_CHECKPOINT_HEAD] = RIP_CHECKPOINT_MAGIC;
    const uint64_t number[2] = {RIP_CHECKPOINT_FORMAT, sizeof(head) + size};
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    uint64_t seal;

    memcpy(head + 8, number, sizeof(number));
    seal = rip_checkpoint_seal(head, rip_checksum(RIP_CHECKSUM_EMPTY, data, size));
    memcpy(head + 24, &seal, sizeof(seal));
    expect(fd >= 0 && write(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
           write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const rip_section section[] = {
        {.name = "a", .type = RIP_SECTION_COUNT32, .n_element = 5},
        {.name = "b", .type = RIP_SECTION_SUM128, .n_element = 9},
        {.name = "c", .type = RIP_SECTION_RANKED, .n_element = 4, .n_row = 2},
    };
    rip_checkpoint_content content = {0};
    rip_accumulator sums = {0};
    rip_error error = {0};
    char path[64];

    (void)snprintf(path, sizeof(path), "/tmp/riptide-fuzz-%ld", (long)getpid());
    write_file(path, data, size);
    expect(rip_checkpoint_read(&content, path, &error) == RIP_OK && content.found);
    expect(rip_accumulator_init(&sums, 3, section) == RIP_OK);
    if (content.whole) {
        expect(content.version != NULL && content.revision != NULL &&
               content.config != NULL && content.paths != NULL &&
               strchr(content.paths, '/') == NULL);
        (void)rip_checkpoint_unpack(content.sums, &sums);
    }
    /* and the sections alone, which few inputs get to otherwise */
    (void)rip_checkpoint_unpack((rip_sink_source){.data = data, .size = size}, &sums);
    rip_checkpoint_content_free(&content);
    rip_accumulator_free(&sums);
    rip_error_free(&error);
    (void)unlink(path);
    return 0;
}
