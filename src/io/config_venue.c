#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/config_stages.h"
#include "riptide/io/schema.h"
#include "riptide/io/yaml.h"

#define MAX_DEPTH 8 /* of bases that have bases */

static const rip_report_path venue_path = {.key = "venue"};
static const rip_report_path base_path = {.up = &venue_path, .key = "base"};

static bool
ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool
is_file(const char *text)
{
    return strchr(text, '/') != NULL || ends_with(text, ".yaml") ||
           ends_with(text, ".yml") || ends_with(text, ".json");
}

static const rip_config_preset *
find_preset(const char *name)
{
    const rip_config_preset *preset = rip_config_presets;

    while (preset->name != NULL && strcmp(preset->name, name) != 0) {
        preset++;
    }
    return preset->name != NULL ? preset : NULL;
}

static rip_status
no_preset(const rip_node *base, const rip_report_path *path, rip_error *error)
{
    const rip_config_preset *preset = rip_config_presets;
    char names[RIP_SCHEMA_TEXT] = "", value[RIP_REPORT_QUOTE];
    const char *nearest = NULL;
    size_t used = 0, best = 0, distance;

    for (; preset->name != NULL && used + 80 < sizeof(names); preset++) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%.60s",
                                 used > 0 ? ", " : "", preset->name);
        if (rip_field_is_near(base->text, preset->name, &distance) &&
            (nearest == NULL || distance < best)) {
            nearest = preset->name;
            best = distance;
        }
    }
    rip_report_quote(base->text, value);
    if (nearest != NULL) {
        return rip_report(error, base->place, path,
                          "unknown preset %s (did you mean %s?)", value, nearest);
    }
    return rip_report(error, base->place, path,
                      "unknown preset %s (presets: %s; a file's name ends in .yaml)",
                      value, names);
}

/* The rules a name stands for: a preset's or a file's. */
static rip_status
load_base(const rip_node *base, const rip_report_path *path, const char *directory,
          rip_error *error, rip_node **venue)
{
    rip_status status = RIP_OK;
    char *full = NULL, *beside = NULL;
    const rip_config_preset *preset;

    *venue = NULL;
    if (!is_file(base->text)) {
        preset = find_preset(base->text);
        return preset == NULL ? no_preset(base, path, error)
                              : rip_yaml_parse(venue, preset->name, preset->text,
                                               preset->length, error);
    }
    if (directory == NULL) {
        return rip_report(error, base->place, path,
                          "%s cannot be read here (text without a directory)",
                          base->text);
    }
    RIP_TRY(rip_config_path_join(&full, directory, base->text));
    RIP_TRY(rip_yaml_load(venue, full, full, base->place, path, error));
    RIP_TRY(rip_config_path_directory(&beside, base->text));
    if (*venue != NULL) {
        RIP_TRY(rip_schema_rebase(&rip_schema_venue, *venue, beside));
    }
out:
    free(beside);
    free(full);
    return status;
}

static void
swap_children(rip_node *a, rip_node *b)
{
    const rip_node old = *a;

    a->child = b->child;
    a->n_child = b->n_child;
    b->child = old.child;
    b->n_child = old.n_child;
}

/* Puts what venue's `base` says under venue; the base may have a base itself. */
static rip_status
complete(rip_node *venue, const rip_report_path *path, const char *directory,
         size_t depth, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_node *base = NULL, *rules = NULL;
    const size_t i = rip_node_index(venue, "base");

    if (i == venue->n_child) {
        return RIP_OK;
    }
    base = rip_node_take(venue, i);
    if (base->kind != RIP_NODE_SCALAR || base->text[0] == '\0' || depth > MAX_DEPTH) {
        status = rip_report(error, base->place, path,
                            depth > MAX_DEPTH ? "bases without an end (at most 8)"
                                              : "not a venue (a preset or a file)");
        goto out;
    }
    RIP_TRY(load_base(base, path, directory, error, &rules));
    if (rules == NULL || rules->kind != RIP_NODE_MAP) {
        status =
            rip_report(error, base->place, path, "%s is not a venue map", base->text);
        goto out;
    }
    RIP_TRY(complete(rules, &base_path, directory, depth + 1, error));
    RIP_TRY(rip_schema_merge(&rip_schema_venue, rules, venue));
    swap_children(rules, venue);
out:
    rip_node_free(rules);
    rip_node_free(base);
    return status;
}

rip_status
rip_config_venue_expand(rip_node *root)
{
    rip_status status = RIP_OK;
    rip_node *venue = NULL, *base;
    const size_t i = rip_node_index(root, "venue");

    if (i == root->n_child) {
        RIP_TRY(rip_node_init(&venue, RIP_NODE_MAP, root->place, "venue", NULL));
        return rip_node_append(root, venue);
    }
    base = root->child[i];
    if (base->kind != RIP_NODE_SCALAR) {
        return RIP_OK;
    }
    RIP_TRY(rip_node_init(&venue, RIP_NODE_MAP, base->place, "venue", NULL));
    root->child[i] = venue;
    status = rip_node_rename(base, "base");
    if (status != RIP_OK) {
        rip_node_free(base);
        return status;
    }
    RIP_TRY(rip_node_append(venue, base));
out:
    return status;
}

rip_status
rip_config_venue_rebase(rip_node *root, const char *directory)
{
    rip_status status;
    char *joined = NULL;
    const size_t i = rip_node_index(root, "venue");
    rip_node *node = i < root->n_child ? root->child[i] : NULL;

    if (node != NULL && node->kind == RIP_NODE_MAP) {
        const size_t k = rip_node_index(node, "base");
        node = k < node->n_child ? node->child[k] : NULL;
    }
    if (node == NULL || node->kind != RIP_NODE_SCALAR || !is_file(node->text)) {
        return RIP_OK;
    }
    status = rip_config_path_join(&joined, directory, node->text);
    if (status == RIP_OK) {
        status = rip_node_retext(node, joined);
    }
    free(joined);
    return status;
}

rip_status
rip_config_venue_prepare(rip_node *into, const rip_node *over)
{
    const rip_node *new = rip_node_find(over, "venue");
    const size_t i = rip_node_index(into, "venue");

    if (new == NULL || new->kind != RIP_NODE_MAP || i == into->n_child) {
        return RIP_OK;
    }
    if (rip_node_find(new, "base") != NULL) {
        rip_node_remove(into, i); /* complete in itself */
        return RIP_OK;
    }
    return rip_config_venue_expand(into);
}

rip_status
rip_config_venue(rip_node *root, const char *directory, rip_error *error)
{
    rip_status status = RIP_OK;
    const size_t i = rip_node_index(root, "venue");

    if (i == root->n_child) {
        return RIP_OK; /* reported as an absent key */
    }
    const bool was_name = root->child[i]->kind == RIP_NODE_SCALAR;
    RIP_TRY(rip_config_venue_expand(root));
    if (root->child[i]->kind == RIP_NODE_MAP) {
        RIP_TRY(complete(root->child[i], was_name ? &venue_path : &base_path, directory,
                         0, error));
    }
out:
    return status;
}
