/*
 * margin/portfolio.h -- one bucket, worst loss of scenarios (MAR-6).   floor 4
 */
#ifndef RIP_MARGIN_PORTFOLIO_H
#define RIP_MARGIN_PORTFOLIO_H

#include "riptide/margin/margin.h"

extern const rip_margin_model rip_margin_portfolio;

#endif /* RIP_MARGIN_PORTFOLIO_H */
