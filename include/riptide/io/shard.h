/*
 * io/shard.h -- which part of a run a process simulates.                    floor 7.01
 *
 * Shard I of N has the blocks I n / N (rounded down) up to, but without, (I + 1) n / N
 * of the n blocks of the run. Shards are contiguous, do not overlap and together are
 * the run; one may be empty if there are fewer blocks than shards.
 */
#ifndef RIP_IO_SHARD_H
#define RIP_IO_SHARD_H

#include <stdint.h>

#define RIP_SHARD_MOST 1000000 /* shards of a run */

typedef struct rip_shard {
    uint64_t index, count; /* count 0: the whole run, not a shard */
} rip_shard;

/* Blocks *first up to, but without, *end of a run of n_block blocks. */
void rip_shard_blocks(rip_shard self, uint64_t n_block, uint64_t *first, uint64_t *end);

/* The same in paths of a run of n_path paths. */
void rip_shard_paths(rip_shard self, uint64_t n_path, uint64_t *first, uint64_t *end);

#endif /* RIP_IO_SHARD_H */
