#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/config_stages.h"
#include "riptide/io/yaml.h"

#define MAX_KEY    256 /* bytes of a dotted path */
#define MAX_STEPS  24  /* steps of a dotted path */
#define PLACE_SIZE (MAX_KEY + 8)

/* One override while it is applied. */
typedef struct override {
    char key[MAX_KEY]; /* cut into its steps */
    const char *place; /* borrows; where the value stands */
    size_t n_step;
    char *step[MAX_STEPS]; /* borrows from key */
    rip_report_path path[MAX_STEPS];
    rip_error *error;
} override;

/* Cuts "market.assets[0].price" or "market.assets.0.price" into steps. */
static bool
cut(override *self)
{
    char *rest = self->key;

    for (char *c = rest; *c != '\0'; c++) {
        if (*c == '[') {
            *c = '.';
        } else if (*c == ']' && (c[1] == '.' || c[1] == '[' || c[1] == '\0')) {
            memmove(c, c + 1, strlen(c));
            c--;
        }
    }
    while (rest != NULL) {
        char *step = strsep(&rest, ".");
        if (*step == '\0' || self->n_step == MAX_STEPS) {
            return false;
        }
        const size_t n = self->n_step++;
        self->step[n] = step;
        self->path[n] =
            (rip_report_path){.up = n > 0 ? &self->path[n - 1] : NULL, .key = step};
    }
    return true;
}

/* What an entry of a list goes by, NULL if it has no name. */
static const char *
entry_name(const rip_node *entry)
{
    const rip_node *name = rip_node_find(entry, "symbol");

    name = name != NULL ? name : rip_node_find(entry, "id");
    return name != NULL && name->kind == RIP_NODE_SCALAR ? name->text : NULL;
}

static rip_status
no_entry(const override *self, const rip_node *list, size_t n)
{
    const rip_report_path *path = n > 0 ? &self->path[n - 1] : NULL;
    const char *nearest = NULL;
    size_t best = 0, distance;

    for (size_t i = 0; i < list->n_child; i++) {
        const char *name = entry_name(list->child[i]);
        if (name != NULL && rip_field_is_near(self->step[n], name, &distance) &&
            (nearest == NULL || distance < best)) {
            nearest = name;
            best = distance;
        }
    }
    if (nearest != NULL) {
        return rip_report(self->error, self->place, path,
                          "no entry %s (did you mean %s?)", self->step[n], nearest);
    }
    return rip_report(self->error, self->place, path,
                      "no entry %s (one of %zu, by symbol, id or number from 0)",
                      self->step[n], list->n_child);
}

/* Child number i of node for step n; a key that a map lacks is made, with a map. */
static rip_status
descend(const override *self, rip_node *node, size_t n, size_t *i)
{
    rip_status status = RIP_OK;
    rip_node *made = NULL;

    if (node->kind == RIP_NODE_SCALAR) {
        return rip_report(self->error, self->place, n > 0 ? &self->path[n - 1] : NULL,
                          "%s is neither a map nor a list here", node->text);
    }
    if (node->kind == RIP_NODE_LIST) {
        *i = rip_node_entry(node, self->step[n]);
        return *i < node->n_child ? RIP_OK : no_entry(self, node, n);
    }
    *i = rip_node_index(node, self->step[n]);
    if (*i == node->n_child) {
        RIP_TRY(rip_node_init(&made, RIP_NODE_MAP, self->place, self->step[n], NULL));
        RIP_TRY(rip_node_append(node, made));
    }
out:
    return status;
}

static rip_status
put(const override *self, rip_node *root, rip_node **value)
{
    rip_status status = RIP_OK;
    rip_node *node = root;
    size_t i = 0;

    for (size_t n = 0; n < self->n_step; n++) {
        if (n == 1 && strcmp(self->step[0], "venue") == 0) {
            RIP_TRY(rip_config_venue_expand(root));
            node = root->child[rip_node_index(root, "venue")];
        }
        RIP_TRY(descend(self, node, n, &i));
        if (n + 1 < self->n_step) {
            node = node->child[i];
        }
    }
    if (node->kind == RIP_NODE_MAP) {
        RIP_TRY(rip_node_rename(*value, self->step[self->n_step - 1]));
    }
    rip_node_replace(node, i, *value);
    *value = NULL;
out:
    return status;
}

/* Owns *value from here on. */
static rip_status
put_at_key(override *self, rip_node *root, rip_node *value)
{
    rip_status status = RIP_OK;
    char quoted[RIP_REPORT_QUOTE];

    rip_report_quote(self->key, quoted);
    if (!cut(self)) {
        status = rip_error_add(self->error, RIP_ERR_CONFIG,
                               "%s: %s: not a dotted path (such as run.paths)",
                               self->place, quoted);
        goto out;
    }
    if (strcmp(self->step[0], "include") == 0) {
        status = rip_report(self->error, self->place, &self->path[0],
                            "cannot be overridden");
        goto out;
    }
    RIP_TRY(put(self, root, &value));
out:
    rip_node_free(value);
    return status;
}

static rip_status
apply(override *self, const char *text, rip_node *root)
{
    rip_status status = RIP_OK;
    rip_node *value = NULL;
    const char *equals = strchr(text, '=');
    const size_t length = equals != NULL ? (size_t)(equals - text) : 0;
    char quoted[RIP_REPORT_QUOTE], place[PLACE_SIZE];

    rip_report_quote(text, quoted);
    if (length == 0 || length >= MAX_KEY) {
        return rip_error_add(self->error, RIP_ERR_CONFIG,
                             "-s %s: not an override (KEY=VALUE)", quoted);
    }
    memcpy(self->key, text, length);
    (void)snprintf(place, sizeof(place), "-s %s", self->key);
    self->place = place;
    RIP_TRY(rip_yaml_parse_value(&value, place, equals + 1, self->error));
    if (value == NULL) {
        RIP_TRY(rip_node_init(&value, RIP_NODE_SCALAR, place, NULL, ""));
    }
    RIP_TRY(put_at_key(self, root, value));
out:
    self->place = NULL;
    return status;
}

rip_status
rip_config_put(rip_node *root, const char *key, const rip_node *value, rip_error *error)
{
    override self = {.place = value->place, .error = error};
    rip_node *copy = NULL;
    const rip_status status = rip_node_clone(value, &copy);

    if (status != RIP_OK) {
        return status;
    }
    (void)snprintf(self.key, sizeof(self.key), "%s", key);
    return put_at_key(&self, root, copy);
}

rip_status
rip_config_override(rip_node *root, size_t n_override, const char *const *override_,
                    rip_error *error)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; i < n_override; i++) {
        override self = {.error = error};
        const rip_status applied = apply(&self, override_[i], root);
        if (applied != RIP_OK && applied != RIP_ERR_CONFIG) {
            return applied;
        }
        status = status == RIP_OK ? applied : status;
    }
    return status;
}
