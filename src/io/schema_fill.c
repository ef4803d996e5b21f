#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/schema.h"
#include "riptide/io/yaml.h"

/* One spelling for every value, so that equal configurations give equal text. */
static rip_status
fill_scalar(const rip_field *field, rip_node *node)
{
    char text[32];
    double number;
    uint64_t count;

    switch (rip_schema_form(field, node)) {
    case RIP_FIELD_NULL:
        node->quoted = false;
        return rip_node_retext(node, "null");
    case RIP_FIELD_COUNT:
        if (!rip_node_is_count(node, &count)) {
            return RIP_OK;
        }
        (void)snprintf(text, sizeof(text), "%" PRIu64, count);
        return rip_node_retext(node, text);
    case RIP_FIELD_NUMBER:
        if (!rip_node_is_number(node, true, &number)) {
            return RIP_OK;
        }
        node->quoted = false;
        rip_yaml_number(number, text);
        return rip_node_retext(node, text);
    case RIP_FIELD_DURATION:
        node->quoted = false;
        return RIP_OK;
    case RIP_FIELD_CHOICE:
    case RIP_FIELD_NAME:
    case RIP_FIELD_TEXT:
    case RIP_FIELD_FILE:
        node->quoted = !rip_yaml_is_plain(node->text);
        return RIP_OK;
    default:
        return RIP_OK;
    }
}

/* The default of a field as a new node; NULL if it has none. Its place is the map's,
   so that a message about it leads somewhere. */
static rip_status
make_default(const rip_field *field, const rip_node *map, rip_node **node)
{
    rip_status status = RIP_OK;
    rip_error error = {0};
    rip_node *made = NULL;

    *node = NULL;
    if (field->fallback == NULL) {
        return RIP_OK;
    }
    /* Most defaults are plain scalars, and a book has many of them. */
    if (strchr("[{\"", field->fallback[0]) == NULL) {
        return rip_node_init(node, RIP_NODE_SCALAR, map->place, field->key,
                             field->fallback);
    }
    RIP_TRY(rip_yaml_parse_value(&made, map->place, field->fallback, &error));
    RIP_TRY(rip_node_rename(made, field->key));
    *node = made;
    made = NULL;
out:
    rip_node_free(made);
    rip_error_free(&error);
    return status;
}

/* Moves the key's node, or its default, from map to sorted. */
static rip_status
fill_key(const rip_field *field, rip_node *map, rip_node *sorted)
{
    rip_status status = RIP_OK;
    rip_node *child = NULL;
    const size_t i = rip_node_index(map, field->key);

    if (i < map->n_child) {
        child = rip_node_take(map, i);
    } else {
        RIP_TRY(make_default(field, map, &child));
    }
    if (child == NULL) {
        return RIP_OK;
    }
    RIP_TRY(rip_node_append(sorted, child));
    RIP_TRY(rip_schema_fill(field, child));
out:
    return status;
}

static rip_status
fill_map(const rip_field *field, rip_node *map)
{
    rip_status status = RIP_OK;
    rip_node sorted = {.kind = RIP_NODE_MAP};
    const rip_field *variant = rip_schema_variant(field, map);
    const rip_field *lists[] = {field->fields,
                                variant != NULL ? variant->fields : NULL};

    for (size_t k = 0; k < 2; k++) {
        const rip_field *key = lists[k];
        for (; key != NULL && key->key != NULL; key++) {
            RIP_TRY(fill_key(key, map, &sorted));
        }
    }
out:
    /* What no list knows was reported by the check; it stays, at the end. */
    for (size_t i = 0; i < map->n_child; i++) {
        const rip_status moved = rip_node_append(&sorted, map->child[i]);
        status = status == RIP_OK ? moved : status;
    }
    free(map->child);
    map->child = sorted.child;
    map->n_child = sorted.n_child;
    return status;
}

rip_status
rip_schema_fill(const rip_field *field, rip_node *node)
{
    rip_status status = RIP_OK;

    if (node->kind == RIP_NODE_SCALAR) {
        return fill_scalar(field, node);
    }
    if (node->kind == RIP_NODE_MAP && (field->forms & RIP_FIELD_MAP)) {
        return fill_map(field, node);
    }
    for (size_t i = 0; field->item != NULL && i < node->n_child; i++) {
        RIP_TRY(rip_schema_fill(field->item, node->child[i]));
    }
out:
    return status;
}
