#include <stdlib.h>
#include <string.h>

#include "riptide/io/result_parts.h"

void *
rip_result_wave_array(const rip_wave *self, const rip_result_array *array)
{
    void *data;

    memcpy(&data, (const char *)self + array->at, sizeof(data));
    return data;
}

rip_status
rip_result_wave_init(rip_wave *self, const rip_run *run, uint64_t first_path, size_t n,
                     size_t n_price)
{
    rip_result_array array;

    *self = (rip_wave){
        .first_path = first_path, .n_path = n, .stride = n, .n_price = n_price};
    for (size_t i = 0; i < RIP_RESULT_SERIES; i++) {
        void *data;
        if (!rip_result_array_of(run, i, &array)) {
            continue;
        }
        data = calloc((array.is_price ? n_price : n) * array.outer * array.inner + 1,
                      rip_h5_size(array.type));
        if (data == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
        memcpy((char *)self + array.at, &data, sizeof(data));
    }
    return RIP_OK;
}

void
rip_result_wave_free(rip_wave *self, const rip_run *run)
{
    rip_result_array array;

    for (size_t i = 0; i < RIP_RESULT_SERIES; i++) {
        if (rip_result_array_of(run, i, &array)) {
            free(rip_result_wave_array(self, &array));
        }
    }
    *self = (rip_wave){0};
}
