/*
 * Compiled once per SIMD level (src/meson.build). A block of rows times a strip of
 * lanes stays in registers while the columns pass.
 */
#include "riptide/market/diffusion_kernel.h"

#include "riptide/base/lanes.h"
#include "riptide/base/vector.h"

enum { BLOCK = RIP_DIFFUSION_BLOCK };

typedef rip_vector_stored vector;

static void
multiply_block(size_t n_column, const double *restrict factor, const double *restrict z,
               vector sum[BLOCK][2])
{
    vector s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0};
    vector s20 = {0}, s21 = {0}, s30 = {0}, s31 = {0};
    for (size_t j = 0; j < n_column; j++) {
        const vector z0 = *(const vector *)(z + j * RIP_LANES);
        const vector z1 = *(const vector *)(z + j * RIP_LANES + RIP_VECTOR_WIDTH);
        const double *f = factor + j * BLOCK;
        s00 += f[0] * z0;
        s01 += f[0] * z1;
        s10 += f[1] * z0;
        s11 += f[1] * z1;
        s20 += f[2] * z0;
        s21 += f[2] * z1;
        s30 += f[3] * z0;
        s31 += f[3] * z1;
    }
    sum[0][0] = s00;
    sum[0][1] = s01;
    sum[1][0] = s10;
    sum[1][1] = s11;
    sum[2][0] = s20;
    sum[2][1] = s21;
    sum[3][0] = s30;
    sum[3][1] = s31;
}

/* drift + mixing * sum into n_row rows; out and mixing begin at the strip's lane. */
static void
store_block(size_t n_row, const double *drift, const double *mixing,
            vector sum[BLOCK][2], double *out)
{
    for (size_t i = 0; i < n_row; i++) {
        for (size_t k = 0; k < 2; k++) {
            const size_t at = k * RIP_VECTOR_WIDTH;
            vector x = sum[i][k];
            if (mixing != NULL) {
                x *= *(const vector *)(mixing + at);
            }
            *(vector *)(out + i * RIP_LANES + at) = drift[i] + x;
        }
    }
}

void
RIP_SIMD_NAME(rip_diffusion_rows)(size_t n, const double *factor, const double *drift,
                                  const double *mixing, const double *z, double *out)
{
    for (size_t row = 0; row < n; row += BLOCK) {
        const size_t n_row = n - row < BLOCK ? n - row : BLOCK;
        for (size_t lane = 0; lane < RIP_LANES; lane += 2 * (size_t)RIP_VECTOR_WIDTH) {
            vector sum[BLOCK][2];
            multiply_block(row + n_row, factor + row * n, z + lane, sum);
            store_block(n_row, drift + row, mixing != NULL ? mixing + lane : NULL, sum,
                        out + row * RIP_LANES + lane);
        }
    }
}
