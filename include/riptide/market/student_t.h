/*
 * market/student_t.h -- log-returns with heavy tails.                        floor 4
 */
#ifndef RIP_MARKET_STUDENT_T_H
#define RIP_MARKET_STUDENT_T_H

#include "riptide/market/shock.h"

extern const rip_shock_model rip_market_student_t;

#endif /* RIP_MARKET_STUDENT_T_H */
