/*
 * margin/mixed.h -- isolated buckets beside a cross or portfolio pool.        floor 4.1
 *
 * Every position has its own margin_mode (domain.md section 5). Isolated buckets leave
 * the wallet first; all other positions of an account share one pool, in the one mode
 * that they have. The buckets are the isolated ones, by position, then the pool's.
 */
#ifndef RIP_MARGIN_MIXED_H
#define RIP_MARGIN_MIXED_H

#include "riptide/margin/margin.h"

extern const rip_margin_model rip_margin_mixed;

#endif /* RIP_MARGIN_MIXED_H */
