/*
 * margin/isolated.h -- every position has its own bucket (MAR-4).      floor 4
 */
#ifndef RIP_MARGIN_ISOLATED_H
#define RIP_MARGIN_ISOLATED_H

#include "riptide/margin/margin.h"

extern const rip_margin_model rip_margin_isolated;

#endif /* RIP_MARGIN_ISOLATED_H */
