#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/schema.h"

/* What describes a key of map; NULL if nothing does. */
static const rip_field *
describe_key(const rip_field *field, const rip_node *map, const char *key)
{
    if (field == NULL) {
        return NULL;
    }
    if (field->forms & RIP_FIELD_TABLE) {
        return field->item;
    }
    const rip_field *known = rip_field_find(field->fields, key);
    if (known == NULL) {
        const rip_field *variant = rip_schema_variant(field, map);
        known = variant != NULL ? rip_field_find(variant->fields, key) : NULL;
    }
    return known;
}

/* Whether new takes a side of "exactly one of" that old has not taken. */
static bool
changes_side(const rip_field *field, const rip_node *old, const rip_node *new)
{
    for (size_t i = 0; i < new->n_child; i++) {
        const char *key = new->child[i]->key;
        if (rip_field_has_word(field->one_of, key) && rip_node_find(old, key) == NULL) {
            return true;
        }
    }
    return false;
}

/* A map of another variant or side replaces: the old keys would contradict it. */
static bool
merges(const rip_field *field, const rip_node *old, const rip_node *new)
{
    if (old->kind != RIP_NODE_MAP || new->kind != RIP_NODE_MAP) {
        return false;
    }
    if (field == NULL) {
        return true;
    }
    if (changes_side(field, old, new)) {
        return false;
    }
    if (field->variants == NULL || rip_node_find(new, field->fields[0].key) == NULL) {
        return true;
    }
    return rip_schema_variant(field, old) == rip_schema_variant(field, new);
}

rip_status
rip_schema_merge(const rip_field *field, rip_node *into, rip_node *over)
{
    rip_status status = RIP_OK;

    while (over->n_child > 0) {
        rip_node *child = over->child[0];
        const size_t i = rip_node_index(into, child->key);
        const rip_field *known = describe_key(field, over, child->key);
        if (i < into->n_child && merges(known, into->child[i], child)) {
            RIP_TRY(rip_schema_merge(known, into->child[i], child));
            rip_node_remove(over, 0);
            continue;
        }
        child = rip_node_take(over, 0);
        if (i < into->n_child) {
            rip_node_replace(into, i, child);
        } else {
            RIP_TRY(rip_node_append(into, child));
        }
    }
out:
    return status;
}

static rip_status
rebase_path(rip_node *node, const char *directory)
{
    if (node->text[0] == '/') {
        return RIP_OK;
    }
    const size_t size = strlen(directory) + strlen(node->text) + 2;
    char *joined = malloc(size);
    if (joined == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    (void)snprintf(joined, size, "%s/%s", directory, node->text);
    const rip_status status = rip_node_retext(node, joined);
    free(joined);
    return status;
}

rip_status
rip_schema_rebase(const rip_field *field, rip_node *node, const char *directory)
{
    rip_status status = RIP_OK;

    if (field == NULL || directory[0] == '\0') {
        return RIP_OK;
    }
    if (node->kind == RIP_NODE_SCALAR) {
        return rip_schema_form(field, node) == RIP_FIELD_FILE
                   ? rebase_path(node, directory)
                   : RIP_OK;
    }
    for (size_t i = 0; i < node->n_child; i++) {
        const rip_field *child = node->kind == RIP_NODE_LIST
                                     ? field->item
                                     : describe_key(field, node, node->child[i]->key);
        RIP_TRY(rip_schema_rebase(child, node->child[i], directory));
    }
out:
    return status;
}
