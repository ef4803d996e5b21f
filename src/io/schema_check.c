#include <stdio.h>
#include <string.h>

#include "riptide/io/report.h"
#include "riptide/io/schema.h"

static void check_node(const rip_field *field, const rip_node *node,
                       const rip_report_path *path, rip_error *error);

const rip_field *
rip_schema_variant(const rip_field *field, const rip_node *map)
{
    const rip_field *first = field->fields;

    if (field->variants == NULL) {
        return NULL;
    }
    const char *absent = first->fallback != NULL ? first->fallback : "";
    const rip_node *node = rip_node_find(map, first->key);
    if (node != NULL && node->kind != RIP_NODE_SCALAR) {
        return NULL;
    }
    return rip_field_find(field->variants, rip_node_text(node, absent));
}

/* The lists a map's keys are looked up in: the fixed one and its variant's. */
typedef struct key_lists {
    const rip_field *list[2];
    const char *with[2];     /* what chose the second: " with model ", "gaussian" */
    const rip_node *chooser; /* where that stands, or NULL */
} key_lists;

static const rip_field *
find_key(const key_lists *lists, const char *key)
{
    const rip_field *found = rip_field_find(lists->list[0], key);
    return found != NULL ? found : rip_field_find(lists->list[1], key);
}

static const char *
nearest_key(const key_lists *lists, const char *key)
{
    const char *nearest = NULL;
    size_t best = 0;

    for (size_t k = 0; k < 2; k++) {
        const rip_field *field = lists->list[k];
        for (; field != NULL && field->key != NULL; field++) {
            size_t distance;
            if (rip_field_is_near(key, field->key, &distance) &&
                (nearest == NULL || distance < best)) {
                nearest = field->key;
                best = distance;
            }
        }
    }
    return nearest;
}

static void
list_keys(const key_lists *lists, char *text)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t k = 0; k < 2; k++) {
        const rip_field *field = lists->list[k];
        for (; field != NULL && field->key != NULL; field++) {
            if (!(field->flags & RIP_FIELD_LATER) &&
                used + strlen(field->key) + 3 < RIP_SCHEMA_TEXT) {
                used += (size_t)snprintf(text + used, RIP_SCHEMA_TEXT - used, "%s%s",
                                         used > 0 ? ", " : "", field->key);
            }
        }
    }
}

/* Whether a node is from an override. */
static bool
is_overridden(const rip_node *node)
{
    return strncmp(node->place, "-s ", 3) == 0;
}

/* An override that chose another variant left the keys of the one before it. */
static void
advise(const key_lists *lists, const rip_node *node, const rip_report_path *path,
       char *text)
{
    char map[RIP_REPORT_PATH];

    text[0] = '\0';
    if (lists->chooser != NULL && is_overridden(lists->chooser) &&
        !is_overridden(node)) {
        rip_report_path_text(path->up, map);
        (void)snprintf(text, RIP_SCHEMA_TEXT,
                       "; -s '%s={%s: %s}' replaces the whole map", map,
                       lists->chooser->key, lists->chooser->text);
    }
}

static void
report_unknown(const key_lists *lists, const rip_node *node,
               const rip_report_path *path, rip_error *error)
{
    const char *near = nearest_key(lists, node->key);
    char keys[RIP_SCHEMA_TEXT], advice[RIP_SCHEMA_TEXT];

    if (near != NULL) {
        (void)rip_report(error, node->place, path, "unknown key (did you mean %s?)",
                         near);
        return;
    }
    list_keys(lists, keys);
    advise(lists, node, path, advice);
    (void)rip_report(error, node->place, path, "unknown key%s%s (allowed: %s%s)",
                     lists->with[0], lists->with[1], keys, advice);
}

static void
check_required(const rip_field *fields, const rip_node *map,
               const rip_report_path *path, rip_error *error)
{
    char allowed[RIP_SCHEMA_TEXT];

    for (; fields != NULL && fields->key != NULL; fields++) {
        if ((fields->flags & RIP_FIELD_REQUIRED) &&
            rip_node_find(map, fields->key) == NULL) {
            const rip_report_path here = {.up = path, .key = fields->key};
            rip_schema_describe(fields, allowed);
            (void)rip_report(error, map->place, &here, "required key is absent (%s)",
                             allowed);
        }
    }
}

/* Exactly one of the keys field->one_of. */
static void
check_one_of(const rip_field *field, const rip_node *map, const rip_report_path *path,
             rip_error *error)
{
    const rip_node *first = NULL;
    char words[RIP_SCHEMA_TEXT];

    if (field->one_of == NULL) {
        return;
    }
    rip_schema_words(field->one_of, words, sizeof(words));
    for (size_t i = 0; i < map->n_child; i++) {
        const rip_node *child = map->child[i];
        if (!rip_field_has_word(field->one_of, child->key)) {
            continue;
        }
        if (first != NULL) {
            const rip_report_path here = {.up = path, .key = child->key};
            (void)rip_report(error, child->place, &here,
                             "excludes %s at %s (exactly one of: %s)", first->key,
                             first->place, words);
        }
        first = child;
    }
    if (first == NULL) {
        (void)rip_report(error, map->place, path, "no value (exactly one of: %s)",
                         words);
    }
}

static void
check_map(const rip_field *field, const rip_node *map, const rip_report_path *path,
          rip_error *error)
{
    const rip_field *variant = rip_schema_variant(field, map);
    const bool unclear = field->variants != NULL &&
                         (variant == NULL || (variant->flags & RIP_FIELD_LATER));
    const bool chosen = variant != NULL && variant->key[0] != '\0';
    char with[RIP_REPORT_QUOTE] = "";
    const key_lists lists = {
        .list = {field->fields, variant != NULL ? variant->fields : NULL},
        .with = {with, chosen ? variant->key : ""},
        .chooser = chosen ? rip_node_find(map, field->fields[0].key) : NULL};

    if (chosen) {
        (void)snprintf(with, sizeof(with), " with %s ", field->fields[0].key);
    }

    for (size_t i = 0; i < map->n_child; i++) {
        const rip_node *child = map->child[i];
        const rip_field *known = find_key(&lists, child->key);
        const rip_report_path here = {.up = path, .key = child->key};
        if (known != NULL) {
            check_node(known, child, &here, error);
        } else if (!unclear) {
            report_unknown(&lists, child, &here, error);
        }
    }
    check_required(lists.list[0], map, path, error);
    check_required(lists.list[1], map, path, error);
    check_one_of(field, map, path, error);
}

static void
check_table(const rip_field *field, const rip_node *map, const rip_report_path *path,
            rip_error *error)
{
    const rip_field name = {.forms = RIP_FIELD_NAME};
    char why[2 * RIP_SCHEMA_TEXT];

    for (size_t i = 0; i < map->n_child; i++) {
        rip_node *child = map->child[i];
        const rip_node key = {.kind = RIP_NODE_SCALAR, .text = child->key};
        const rip_report_path here = {.up = path, .key = child->key};
        if (!rip_schema_allows(&name, &key, why)) {
            (void)rip_report(error, child->place, &here, "%s", why);
        }
        check_node(field->item, child, &here, error);
    }
}

static void
check_node(const rip_field *field, const rip_node *node, const rip_report_path *path,
           rip_error *error)
{
    char why[2 * RIP_SCHEMA_TEXT];

    if (field->flags & RIP_FIELD_LATER) {
        (void)rip_report(error, node->place, path, "not in this version");
        return;
    }
    if (!rip_schema_allows(field, node, why)) {
        (void)rip_report(error, node->place, path, "%s", why);
        return;
    }
    if (node->kind == RIP_NODE_MAP && (field->forms & RIP_FIELD_TABLE)) {
        check_table(field, node, path, error);
    } else if (node->kind == RIP_NODE_MAP) {
        check_map(field, node, path, error);
    }
    for (size_t i = 0; node->kind == RIP_NODE_LIST && i < node->n_child; i++) {
        const rip_report_path here = {.up = path, .index = i};
        check_node(field->item, node->child[i], &here, error);
    }
}

void
rip_schema_check(const rip_field *field, const rip_node *node, rip_error *error)
{
    check_node(field, node, NULL, error);
}

void
rip_schema_check_at(const rip_field *field, const rip_node *node,
                    const rip_report_path *path, rip_error *error)
{
    check_node(field, node, path, error);
}
