/*
 * base/mode.h -- the margin modes and the causes of a loss, by name.         floor 0
 */
#ifndef RIP_BASE_MODE_H
#define RIP_BASE_MODE_H

typedef enum rip_mode {
    RIP_MODE_ISOLATED = 0,
    RIP_MODE_CROSS,
    RIP_MODE_PORTFOLIO,
    RIP_MODE_MIXED, /* every position in its own of the others */
    RIP_N_MODE
} rip_mode;

/* Where an account's money went (domain.md section 6); the causes sum to the loss. */
typedef enum rip_cause {
    RIP_CAUSE_MARKET = 0, /* mark-to-mark result of held quantity, sign reversed */
    RIP_CAUSE_SLIPPAGE,   /* slippage_and_impact */
    RIP_CAUSE_FEES,
    RIP_CAUSE_FUNDING, /* with interest */
    RIP_CAUSE_CONFISCATED,
    RIP_CAUSE_GAP, /* gap_through_bankruptcy: never positive */
    RIP_CAUSE_ADL,
    RIP_CAUSE_SOCIALISED,
    RIP_N_CAUSE
} rip_cause;

/* Names as in the configuration and the result; static storage. */
const char *rip_mode_name(rip_mode mode);
const char *rip_mode_cause_name(rip_cause cause);

#endif /* RIP_BASE_MODE_H */
