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

/* By SIMD level (kernel_record.c). Returns false if a figure left its exact range
   (engine/exact.h); nothing of it is then meaningful and the run must fail. */
RIP_SIMD_DECLARE(bool, rip_record_account,
                 (rip_sums * sums, const rip_outputs_spec *outputs, size_t account,
                  const rip_block *block, const rip_evaluation *evaluation));

#endif /* RIP_ENGINE_RECORD_H */
