#include "riptide/io/document.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SEGMENT 256 /* bytes of one step of a dotted path */

static rip_status
copy_text(char **to, const char *from)
{
    *to = NULL;
    if (from == NULL) {
        return RIP_OK;
    }
    const size_t size = strlen(from) + 1;
    *to = malloc(size);
    if (*to == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memcpy(*to, from, size);
    return RIP_OK;
}

void
rip_node_free(rip_node *self)
{
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->n_child; i++) {
        rip_node_free(self->child[i]);
    }
    free(self->child);
    free(self->place);
    free(self->key);
    free(self->text);
    free(self);
}

void
rip_document_free(rip_document *self)
{
    rip_node_free(self->root);
    *self = (rip_document){0};
}

rip_status
rip_node_init(rip_node **self, rip_node_kind kind, const char *place, const char *key,
              const char *text)
{
    rip_status status = RIP_OK;
    rip_node *node = calloc(1, sizeof(*node));

    *self = NULL;
    if (node == NULL) {
        (void)RIP_RAISE(RIP_ERR_NO_MEMORY);
        return RIP_ERR_NO_MEMORY;
    }
    node->kind = kind;
    RIP_TRY(copy_text(&node->place, place));
    RIP_TRY(copy_text(&node->key, key));
    RIP_TRY(copy_text(&node->text, text));
    *self = node;
    node = NULL;
out:
    rip_node_free(node);
    return status;
}

/* Room for one more child; capacities are powers of two, so n_child tells them. */
static bool
grow(rip_node *parent)
{
    const size_t n = parent->n_child;

    if (n > 0 && (n & (n - 1)) != 0) {
        return true;
    }
    const size_t capacity = n == 0 ? 1 : 2 * n;
    rip_node **child = realloc(parent->child, capacity * sizeof(rip_node *));
    if (child == NULL) {
        return false;
    }
    parent->child = child;
    return true;
}

rip_status
rip_node_append(rip_node *parent, rip_node *child)
{
    if (!grow(parent)) {
        rip_node_free(child);
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    parent->child[parent->n_child++] = child;
    return RIP_OK;
}

void
rip_node_replace(rip_node *parent, size_t i, rip_node *child)
{
    rip_node_free(parent->child[i]);
    parent->child[i] = child;
}

rip_node *
rip_node_take(rip_node *parent, size_t i)
{
    rip_node *child = parent->child[i];

    parent->n_child--;
    for (size_t j = i; j < parent->n_child; j++) {
        parent->child[j] = parent->child[j + 1];
    }
    return child;
}

void
rip_node_remove(rip_node *parent, size_t i)
{
    rip_node_free(rip_node_take(parent, i));
}

rip_status
rip_node_clone(const rip_node *self, rip_node **copy)
{
    rip_status status = RIP_OK;
    rip_node *node = NULL;

    *copy = NULL;
    RIP_TRY(rip_node_init(&node, self->kind, self->place, self->key, self->text));
    node->quoted = self->quoted;
    for (size_t i = 0; i < self->n_child; i++) {
        rip_node *child = NULL;
        RIP_TRY(rip_node_clone(self->child[i], &child));
        RIP_TRY(rip_node_append(node, child));
    }
    *copy = node;
    node = NULL;
out:
    rip_node_free(node);
    return status;
}

static rip_status
put_text(char **text, const char *value)
{
    char *copy = NULL;
    const rip_status status = copy_text(&copy, value);

    if (status == RIP_OK) {
        free(*text);
        *text = copy;
    }
    return status;
}

rip_status
rip_node_rename(rip_node *self, const char *key)
{
    return put_text(&self->key, key);
}

rip_status
rip_node_retext(rip_node *self, const char *text)
{
    return put_text(&self->text, text);
}

size_t
rip_node_index(const rip_node *map, const char *key)
{
    size_t i = 0;

    if (map->kind != RIP_NODE_MAP) {
        return map->n_child;
    }
    while (i < map->n_child && strcmp(map->child[i]->key, key) != 0) {
        i++;
    }
    return i;
}

const rip_node *
rip_node_find(const rip_node *map, const char *key)
{
    if (map == NULL) {
        return NULL;
    }
    const size_t i = rip_node_index(map, key);
    return i < map->n_child ? map->child[i] : NULL;
}

static size_t
entry_by_number(const rip_node *list, const char *name)
{
    size_t i = 0;

    for (const char *c = name; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || i >= list->n_child) {
            return list->n_child;
        }
        i = 10 * i + (size_t)(*c - '0');
    }
    return name[0] != '\0' && i < list->n_child ? i : list->n_child;
}

size_t
rip_node_entry(const rip_node *list, const char *name)
{
    if (list->kind != RIP_NODE_LIST) {
        return list->n_child;
    }
    for (size_t i = 0; i < list->n_child; i++) {
        const rip_node *entry = list->child[i];
        if (rip_node_is_text(rip_node_find(entry, "symbol"), name) ||
            rip_node_is_text(rip_node_find(entry, "id"), name)) {
            return i;
        }
    }
    return entry_by_number(list, name);
}

const rip_node *
rip_node_at(const rip_node *root, const char *path)
{
    const rip_node *node = root;

    while (node != NULL && *path != '\0') {
        char segment[MAX_SEGMENT];
        const size_t length = strcspn(path, ".");
        if (length >= sizeof(segment)) {
            return NULL;
        }
        memcpy(segment, path, length);
        segment[length] = '\0';
        const size_t i = node->kind == RIP_NODE_LIST ? rip_node_entry(node, segment)
                                                     : rip_node_index(node, segment);
        node = i < node->n_child ? node->child[i] : NULL;
        path += length + (path[length] == '.');
    }
    return node;
}
