#include <stdio.h>

#include "riptide/io/result_parts.h"

/* Sections of /accumulators as datasets: a sum of 128 bits or a ranked entry is a row
   of two 64-bit numbers. */

static rip_h5_type
type_of(rip_section_type type)
{
    return type == RIP_SECTION_COUNT32   ? RIP_H5_U32
           : type == RIP_SECTION_FIXED64 ? RIP_H5_F64
                                         : RIP_H5_U64;
}

static bool
is_pair(rip_section_type type)
{
    return type == RIP_SECTION_SUM128 || type == RIP_SECTION_RANKED;
}

/* Sections of one length share an axis. */
static rip_status
put_section(rip_h5_group *group, const rip_section *section)
{
    rip_status status = RIP_OK;
    char axis[RIP_H5_NAME];
    rip_h5_dataset what = {.name = section->name,
                           .unit = "1",
                           .doc = section->doc,
                           .type = type_of(section->type),
                           .is_noise = section->is_noise,
                           .n_dim = is_pair(section->type) ? 2 : 1,
                           .dim = {axis, "pair"}};

    (void)snprintf(axis, sizeof(axis), "element_%zu", section->n_element);
    if (!rip_h5_has_axis(group, axis)) {
        RIP_TRY(rip_h5_bare_scale(group, axis, section->n_element));
    }
    status = rip_h5_put(group, &what, section->data);
out:
    return status;
}

rip_status
rip_result_sums(const rip_result *self, const rip_accumulator *sums)
{
    rip_h5_group group = {0};
    rip_status status = RIP_OK;

    RIP_TRY(rip_h5_group_begin(&group, rip_image_file(self->image), "accumulators", 0));
    RIP_TRY(rip_h5_set_count(group.id, "version", RIP_ACCUMULATOR_VERSION));
    RIP_TRY(rip_h5_bare_scale(&group, "pair", 2));
    for (size_t i = 0; i < sums->n_section; i++) {
        RIP_TRY(put_section(&group, &sums->section[i]));
    }
out:
    rip_h5_group_end(&group);
    return status;
}

rip_status
rip_result_sums_read(int64_t file, rip_accumulator *sums)
{
    rip_status status = RIP_OK;
    char path[2 * RIP_H5_NAME];

    for (size_t i = 0; i < sums->n_section; i++) {
        const rip_section *section = &sums->section[i];
        const uint64_t shape[2] = {section->n_element, 2};
        (void)snprintf(path, sizeof(path), "accumulators/%s", section->name);
        RIP_TRY(rip_h5_read(file, path, type_of(section->type),
                            is_pair(section->type) ? 2 : 1, shape, section->data));
    }
out:
    return status;
}
