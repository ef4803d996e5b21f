#include "riptide/random/normal.h"

#include <assert.h>

#include "riptide/random/normal_kernel.h"

static rip_normal_address
address(uint64_t seed, uint32_t step, uint64_t first_path, uint32_t purpose)
{
    assert(first_path <= UINT64_C(0x100000000) - RIP_LANES);
    return (rip_normal_address){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                                .step = step,
                                .first_path = (uint32_t)first_path,
                                .purpose = purpose};
}

void
rip_uniform_fill(uint64_t seed, uint32_t step, uint64_t first_path, uint32_t purpose,
                 size_t n_factor, double *u)
{
    const rip_normal_address at = address(seed, step, first_path, purpose);
    RIP_SIMD_PICK(rip_normal_uniforms)(&at, n_factor, u);
}

void
rip_normal_fill(uint64_t seed, uint32_t step, uint64_t first_path, uint32_t purpose,
                size_t n_factor, double *z)
{
    const rip_normal_address at = address(seed, step, first_path, purpose);
    RIP_SIMD_PICK(rip_normal_rows)(&at, n_factor, z);
}
