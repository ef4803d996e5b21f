/*
 * engine/record.h -- adding one account's evaluation to its sums.          floor 6.8
 *
 * The account held to the horizon is added once for all modes; a mode adds only what it
 * changes on its event lanes (engine/sums.h). Nothing here depends on the order in
 * which blocks come. The caller serialises calls for the same account.
 */
#ifndef RIP_ENGINE_RECORD_H
#define RIP_ENGINE_RECORD_H

#include <stdbool.h>

#include "riptide/base/simd.h"
#include "riptide/engine/block.h"
#include "riptide/engine/evaluate.h"
#include "riptide/engine/sums.h"

#define RIP_RECORD_LINE 64 /* bytes that come from memory together */

/*
 * Has the sums of an account on their way from memory, of which rip_record_account
 * touches nearly all: called while another is evaluated, it saves a third of the time
 * of recording. Inlined by force, since what does no more than this passes for a
 * function without effect, and is not called.
 */
__attribute__((always_inline)) static inline void
rip_record_fetch(const rip_sums *sums, size_t account)
{
    const size_t n_mode = sums->n_mode, n_row = 1 + n_mode;
    const struct {
        const void *sums;
        size_t bytes; /* of an account */
    } section[] = {
        {sums->loss_sum, n_row * sizeof(*sums->loss_sum)},
        {sums->loss_batch, n_row * RIP_SUMS_BATCHES * sizeof(*sums->loss_batch)},
        {sums->loss_square, n_row * sizeof(*sums->loss_square)},
        {sums->cause_sum, n_row * RIP_N_CAUSE * sizeof(*sums->cause_sum)},
        {sums->histogram, n_row * sums->n_bin * sizeof(*sums->histogram)},
        {sums->wipeouts, n_mode * RIP_SUMS_BATCHES * sizeof(*sums->wipeouts)},
        {sums->liquidations, n_mode * RIP_SUMS_BATCHES * sizeof(*sums->liquidations)},
        {sums->terminal_wipeouts, n_mode * sizeof(*sums->terminal_wipeouts)},
        {sums->full_liquidations, n_mode * sizeof(*sums->full_liquidations)},
        {sums->deficits, n_mode * sizeof(*sums->deficits)},
        {sums->wipeout_pairs, n_mode * n_mode * sizeof(*sums->wipeout_pairs)},
        {sums->difference_square, n_mode * n_mode * sizeof(*sums->difference_square)},
        {sums->liquidation_time,
         n_mode * (sums->n_step + 1) * sizeof(*sums->liquidation_time)},
    };
    for (size_t s = 0; s < sizeof(section) / sizeof(section[0]); s++) {
        const char *at = (const char *)section[s].sums + account * section[s].bytes;
#pragma GCC unroll 8
        for (size_t i = 0; i < section[s].bytes; i += RIP_RECORD_LINE) {
            __builtin_prefetch(at + i, 1);
        }
    }
}

/* By SIMD level (kernel_record.c). Returns false if a figure left its exact range
   (engine/exact.h); nothing of it is then meaningful and the run must fail. */
RIP_SIMD_DECLARE(bool, rip_record_account,
                 (rip_sums * sums, const rip_outputs_spec *outputs, size_t account,
                  const rip_block *block, const rip_evaluation *evaluation));

#endif /* RIP_ENGINE_RECORD_H */
