#include "riptide/io/config.h"

#include <stdlib.h>
#include <string.h>

#include "riptide/io/config_stages.h"
#include "riptide/io/schema.h"
#include "riptide/io/yaml.h"

/* Stands in for a venue that could not be read, so that the rest is still checked. */
#define ANY_VENUE                                                                      \
    "{tiers: {default: [{floor: 0, mmr: 0, max_leverage: 1}]}, "                       \
    "portfolio: {scenarios: {grid: {spot: [0]}}}}"

static rip_status
stand_in(rip_node *root, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_node *venue = NULL;
    const size_t i = rip_node_index(root, "venue");

    RIP_TRY(rip_yaml_parse_value(&venue, "default", ANY_VENUE, error));
    RIP_TRY(rip_node_rename(venue, "venue"));
    rip_node_replace(root, i, venue);
    venue = NULL;
out:
    rip_node_free(venue);
    return status;
}

/* What a configuration is made of, besides its own text. */
typedef struct sources {
    const char *name; /* of the text, in messages */
    size_t n_override;
    const char *const *override;
    const rip_config_values *values; /* of a point of its sweep, or NULL */
} sources;

/* A point of a sweep is a run of its own; so is a sweep that an override set to null.
 */
static void
drop_sweep(rip_node *root, bool is_point)
{
    const size_t i = rip_node_index(root, "sweep");

    if (i < root->n_child && (is_point || rip_node_is_null(root->child[i]))) {
        rip_node_remove(root, i);
    }
}

static rip_status
apply(rip_node *root, const sources *from, rip_error *error)
{
    rip_status status =
        rip_config_override(root, from->n_override, from->override, error);

    drop_sweep(root, from->values != NULL);
    for (size_t i = 0; from->values != NULL && i < from->values->n; i++) {
        const rip_status put =
            rip_config_put(root, from->values->key[i], from->values->value[i], error);
        status = put != RIP_OK && status != RIP_ERR_NO_MEMORY ? put : status;
    }
    return status;
}

/* Puts the parts together; a part that is wrong is reported and left out. */
static rip_status
gather(rip_config *self, const sources *from, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_node *root = self->document.root;
    const char *directory = self->directory;
    const rip_node *assets;

    RIP_TRY(rip_config_include(root, from->name, directory, error));
    assets = rip_node_at(root, "market.assets");
    if (assets != NULL) {
        RIP_TRY(rip_node_clone(assets, &self->assets));
    }
    status = apply(root, from, error);
    if (status != RIP_OK && status != RIP_ERR_CONFIG) {
        return status;
    }
    status = rip_config_venue(root, directory, error);
    if (status == RIP_ERR_CONFIG) {
        status = stand_in(root, error);
    }
out:
    return status;
}

static rip_status
check(rip_node *root, rip_error *error)
{
    rip_status status = RIP_OK;

    rip_schema_check(&rip_schema_config, root, error);
    RIP_TRY(rip_config_expand(root));
    RIP_TRY(rip_schema_fill(&rip_schema_config, root));
    RIP_TRY(rip_config_check(root, error));
    status = error->n_total > 0 ? error->code : RIP_OK;
out:
    return status;
}

/* Owns root from here on. */
static rip_status
resolve(rip_config *self, rip_node *root, const sources *from, rip_error *error)
{
    rip_status status = RIP_OK;

    self->document.root = root;
    if (root == NULL || root->kind != RIP_NODE_MAP) {
        return rip_error_add(error, RIP_ERR_CONFIG,
                             "%s:1:1: not a configuration (a map with the keys run, "
                             "market, venue, accounts)",
                             from->name);
    }
    RIP_TRY(gather(self, from, error));
    RIP_TRY(check(root, error));
out:
    return status;
}

/* NOLINTBEGIN(readability-function-size): overrides are a counted array. */
rip_status
rip_config_resolve(rip_config *self, const char *name, const char *text,
                   const char *directory, size_t n_override,
                   const char *const *override, rip_error *error)
{
    rip_status status = RIP_OK;
    const sources from = {.name = name, .n_override = n_override, .override = override};
    rip_node *root = NULL;

    *self = (rip_config){0};
    if (directory != NULL) {
        self->directory = strdup(directory);
        if (self->directory == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    RIP_TRY(rip_yaml_parse(&root, name, text, strlen(text), error));
    RIP_TRY(resolve(self, root, &from, error));
out:
    return status;
}
/* NOLINTEND(readability-function-size) */

static rip_status
load(rip_config *self, const sources *from, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_node *root = NULL;

    *self = (rip_config){0};
    RIP_TRY(rip_config_path_directory(&self->directory, from->name));
    if (self->directory[0] == '\0') {
        free(self->directory);
        self->directory = strdup(".");
        if (self->directory == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    RIP_TRY(rip_yaml_load(&root, from->name, from->name, "", NULL, error));
    RIP_TRY(resolve(self, root, from, error));
out:
    return status;
}

rip_status
rip_config_load(rip_config *self, const char *file, size_t n_override,
                const char *const *override, rip_error *error)
{
    const sources from = {.name = file, .n_override = n_override, .override = override};

    return load(self, &from, error);
}

rip_status
rip_config_load_point(rip_config *self, const rip_config_source *source,
                      const rip_config_values *values, rip_error *error)
{
    const sources from = {.name = source->file,
                          .n_override = source->n_override,
                          .override = source->override,
                          .values = values};

    return load(self, &from, error);
}

rip_status
rip_config_write(const rip_config *self, char **text)
{
    return rip_yaml_write(self->document.root, text);
}

void
rip_config_free(rip_config *self)
{
    rip_document_free(&self->document);
    rip_node_free(self->assets);
    free(self->directory);
    *self = (rip_config){0};
}
