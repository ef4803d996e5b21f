/*
 * base/lanes.h -- how many paths advance together.                           floor 0
 */
#ifndef RIP_BASE_LANES_H
#define RIP_BASE_LANES_H

/* Paths of a block: a constant of the program. Results do not depend on it, but the
   batches of a result (path mod 64) are its lanes. */
#define RIP_LANES 64

#endif /* RIP_BASE_LANES_H */
