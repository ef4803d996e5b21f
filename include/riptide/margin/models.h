/*
 * margin/models.h -- the table of margin models.                             floor 5
 */
#ifndef RIP_MARGIN_MODELS_H
#define RIP_MARGIN_MODELS_H

#include "riptide/margin/margin.h"

/* The model of a mode: the one table that knows them all. Never NULL. */
const rip_margin_model *rip_margin_models_find(rip_mode mode);

#endif /* RIP_MARGIN_MODELS_H */
