#include <stdio.h>

#include "riptide/base/simd.h"
#include "riptide/io/result_parts.h"

#define SHARD_TEXT 48

rip_status
rip_result_facts_write(int64_t root, size_t n, const rip_result_fact *fact)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; i < n; i++) {
        RIP_TRY(rip_h5_set_text(root, fact[i].name, fact[i].text));
    }
out:
    return status;
}

rip_status
rip_result_facts_made(int64_t root, const rip_provenance *made)
{
    const rip_result_fact text[] = {
        {"Conventions", "CF-1.8"},
        {"created", made->created},
        {"simd", rip_simd_name(rip_simd_level())},
        {"compiler", rip_provenance_compiler()},
        {"gsl_version", rip_provenance_gsl()},
        {"hdf5_version", rip_provenance_hdf5()},
        {"command", made->command},
        {"job_id", made->job_id},
        {"job_node", made->job_node},
    };
    rip_status status = RIP_OK;

    RIP_TRY(rip_result_facts_write(root, sizeof(text) / sizeof(text[0]), text));
    RIP_TRY(rip_h5_set_count(root, "riptide_format", RIP_RESULT_FORMAT));
    RIP_TRY(rip_h5_set_count(root, "threads", (uint64_t)made->n_thread));
    RIP_TRY(rip_h5_set_number(root, "wall_time_s", made->wall_time_s));
    RIP_TRY(rip_h5_set_number(root, "cpu_time_s", made->cpu_time_s));
    RIP_TRY(rip_h5_set_count(root, "peak_memory_bytes", made->peak_memory_bytes));
    RIP_TRY(rip_h5_set_count(root, "job_restarts", made->job_restarts));
out:
    return status;
}

/* From which point of which sweep; runs on their own have none of this. */
static rip_status
write_point(int64_t root, const rip_result_point *point)
{
    rip_status status = RIP_OK;

    if (point == NULL) {
        return RIP_OK;
    }
    RIP_TRY(rip_h5_set_count(root, "sweep_point", point->index));
    RIP_TRY(rip_h5_set_count(root, "sweep_points", point->count));
    RIP_TRY(rip_h5_set_text(root, "sweep", point->sweep));
    RIP_TRY(rip_h5_set_text(root, "sweep_sha256", point->sha256));
out:
    return status;
}

rip_status
rip_result_facts(const rip_result *self, uint64_t paths_done)
{
    const rip_run_spec *spec = &self->source.run->spec;
    const rip_shard shard = self->source.shard;
    const rip_node *title = rip_node_find(self->source.config->document.root, "title");
    char part[SHARD_TEXT] = "";
    rip_h5_group root = {0};
    rip_status status = RIP_OK;

    if (shard.count > 0) {
        (void)snprintf(part, sizeof(part), "%llu/%llu", (unsigned long long)shard.index,
                       (unsigned long long)shard.count);
    }
    const rip_result_fact text[] = {
        {"title", rip_node_text(title, "")},
        {"riptide_version", rip_provenance_version()},
        {"git_revision", rip_provenance_revision()},
        {"status", self->source.partial ? "partial" : "complete"},
        {"shard", part},
    };
    RIP_TRY(rip_h5_group_begin(&root, rip_image_file(self->image), "/", 0));
    RIP_TRY(rip_result_facts_write(root.id, sizeof(text) / sizeof(text[0]), text));
    RIP_TRY(rip_result_facts_made(root.id, self->source.provenance));
    RIP_TRY(rip_h5_set_count(root.id, "seed", spec->seed));
    RIP_TRY(rip_h5_set_count(root.id, "paths", spec->paths));
    RIP_TRY(rip_h5_set_count(root.id, "paths_done", paths_done));
    RIP_TRY(write_point(root.id, self->source.point));
out:
    rip_h5_group_end(&root);
    return status;
}
