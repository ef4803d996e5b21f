/*
 * margin/cross.h -- one bucket, requirements of all positions added (MAR-5). floor 4
 */
#ifndef RIP_MARGIN_CROSS_H
#define RIP_MARGIN_CROSS_H

#include "riptide/margin/margin.h"

extern const rip_margin_model rip_margin_cross;

#endif /* RIP_MARGIN_CROSS_H */
