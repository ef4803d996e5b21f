#include <stdlib.h>
#include <string.h>

#include "riptide/io/result_parts.h"

enum { N_LARGE = 3 }; /* axes of what is dropped as soon as it is written */

static rip_h5_type
type_of(rip_output_type type)
{
    return type == RIP_OUTPUT_F64   ? RIP_H5_F64
           : type == RIP_OUTPUT_U32 ? RIP_H5_U32
                                    : RIP_H5_U64;
}

static rip_status
put_output(const rip_result *self, rip_h5_group *group, const rip_output *output,
           const void *value)
{
    rip_status status = RIP_OK;
    rip_h5_dataset what = {.name = output->name,
                           .unit = output->unit,
                           .doc = output->doc,
                           .type = type_of(output->type),
                           .n_dim = output->n_dim};

    for (size_t k = 0; k < output->n_dim; k++) {
        what.dim[k] = rip_output_dim_name(output->dim[k]);
        RIP_TRY(rip_result_axis(self, group, output->dim[k], 0));
    }
    status = rip_h5_put(group, &what, value);
out:
    return status;
}

/* All outputs of one group, whose name is that of output `first`. */
static rip_status
put_group(const rip_result *self, rip_estimates *estimates, size_t first)
{
    const char *name = rip_output_at(first)->group;
    const bool is_root = name[0] == '\0';
    rip_h5_group group = {0};
    rip_status status = RIP_OK;

    RIP_TRY(rip_h5_group_begin(&group, rip_image_file(self->image),
                               is_root ? "/" : name, self->deflate));
    /* The contract's order; some scales have no dataset at the root (bin_edge). */
    for (rip_dim dim = 0; is_root && dim < RIP_DIM_PATH; dim++) {
        RIP_TRY(rip_result_axis(self, &group, dim, 0));
    }
    for (size_t i = first; i < rip_output_count(); i++) {
        if (strcmp(rip_output_at(i)->group, name) == 0) {
            RIP_TRY(put_output(self, &group, rip_output_at(i), estimates->data[i]));
            if (rip_output_at(i)->n_dim >= N_LARGE) {
                rip_estimates_drop(estimates, i);
            }
        }
    }
out:
    rip_h5_group_end(&group);
    return status;
}

rip_status
rip_result_estimates(const rip_result *self, const rip_accumulator *sums,
                     rip_estimates *estimates)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; i < rip_output_count(); i++) {
        size_t first = 0;
        while (strcmp(rip_output_at(first)->group, rip_output_at(i)->group) != 0) {
            first++;
        }
        if (first == i && strcmp(rip_output_at(i)->group, "batches") == 0) {
            RIP_TRY(rip_estimates_batches(estimates, self->source.run, sums));
        }
        if (first == i) {
            RIP_TRY(put_group(self, estimates, i));
        }
    }
out:
    return status;
}

rip_status
rip_result_config(const rip_result *self)
{
    static const rip_h5_dataset yaml = {.name = "yaml",
                                        .unit = "1",
                                        .doc = "Resolved configuration, as YAML",
                                        .type = RIP_H5_TEXT};
    static const rip_h5_dataset input = {.name = "input",
                                         .unit = "1",
                                         .doc = "File that was read, relative to the "
                                                "configuration",
                                         .type = RIP_H5_TEXT,
                                         .n_dim = 1};
    static const rip_h5_dataset digest = {.name = "input_sha256",
                                          .unit = "1",
                                          .doc = "SHA-256 digest of the file",
                                          .type = RIP_H5_TEXT,
                                          .n_dim = 1,
                                          .dim = {"input"}};
    const rip_inputs *inputs = self->source.inputs;
    const char **text = calloc(inputs->n_file + 1, sizeof(*text));
    rip_h5_group group = {0};
    rip_status status = RIP_OK;
    char *resolved = NULL;

    if (text == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_config_write(self->source.config, &resolved));
    RIP_TRY(rip_h5_group_begin(&group, rip_image_file(self->image), "config", 0));
    RIP_TRY(rip_h5_put_text(&group, &yaml, resolved));
    for (size_t i = 0; i < inputs->n_file; i++) {
        text[i] = inputs->file[i].path;
    }
    RIP_TRY(rip_h5_scale(&group, &input, inputs->n_file, text));
    for (size_t i = 0; i < inputs->n_file; i++) {
        text[i] = inputs->file[i].sha256;
    }
    status = rip_h5_put(&group, &digest, text);
out:
    rip_h5_group_end(&group);
    free(resolved);
    free((void *)text);
    return status;
}
