#include "riptide/io/shard.h"

#include <assert.h>

#include "riptide/base/lanes.h"

/* index n / count, rounded down, without overflow. */
static uint64_t
part(rip_shard self, uint64_t index, uint64_t n)
{
    return index * (n / self.count) + index * (n % self.count) / self.count;
}

void
rip_shard_blocks(rip_shard self, uint64_t n_block, uint64_t *first, uint64_t *end)
{
    assert(self.count <= RIP_SHARD_MOST);
    if (self.count == 0) {
        *first = 0;
        *end = n_block;
        return;
    }
    assert(self.index < self.count);
    *first = part(self, self.index, n_block);
    *end = part(self, self.index + 1, n_block);
}

void
rip_shard_paths(rip_shard self, uint64_t n_path, uint64_t *first, uint64_t *end)
{
    const uint64_t n_block = n_path / RIP_LANES + (n_path % RIP_LANES > 0 ? 1 : 0);

    rip_shard_blocks(self, n_block, first, end);
    *first *= RIP_LANES;
    *first = *first < n_path ? *first : n_path;
    *end = *end < n_block ? *end * RIP_LANES : n_path;
}
