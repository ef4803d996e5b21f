#include "riptide/engine/kernel.h"

const rip_kernel *
rip_kernel_best(void)
{
    return RIP_SIMD_PICK_OBJECT(rip_kernel_lanes);
}
