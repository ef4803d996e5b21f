/*
 * io/document.h -- a tree of keys and values that remembers where each was said.
 *                                                                            floor 7
 * The one representation of YAML text between parser, checks and use. Scalars keep
 * their text; typed access is by the functions below, which assert that a check has
 * passed.
 */
#ifndef RIP_IO_DOCUMENT_H
#define RIP_IO_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/error.h"

typedef enum rip_node_kind {
    RIP_NODE_SCALAR = 0,
    RIP_NODE_LIST,
    RIP_NODE_MAP
} rip_node_kind;

typedef struct rip_node {
    rip_node_kind kind;
    char *place; /* owned; "FILE:LINE:COLUMN" or "-s KEY"; of a default: its map's */
    char *key;   /* owned; own key inside a map, NULL in a list and at the root */
    char *text;  /* owned; of a scalar */
    bool quoted; /* the scalar was quoted, so it is a string */
    size_t n_child;
    struct rip_node **child; /* [n_child] owned, each owned */
} rip_node;

typedef struct rip_document {
    rip_node *root; /* owned; a map */
} rip_document;

void rip_document_free(rip_document *self);

/* The child of a map by key, NULL if absent. NULL-safe. */
const rip_node *rip_node_find(const rip_node *map, const char *key);
/* The value at a dotted path; list entries go by their `symbol` or `id`, else by index
   ("market.assets.BTC.price", "market.assets.0.price"). NULL if absent. NULL-safe. */
const rip_node *rip_node_at(const rip_node *root, const char *path);

/* Index of a map's child by key, or n_child. Lists and scalars have no keys. */
size_t rip_node_index(const rip_node *map, const char *key);
/* Index of a list's entry by `symbol`, `id` or number, or n_child. */
size_t rip_node_entry(const rip_node *list, const char *name);

/*
 * Making trees. `init` allocates a node with copies of place, key and text (each may be
 * NULL but place); append hands child over to parent, also when it fails; `replace`
 * frees the old child i; `remove` frees it and closes the gap. Errors: NO_MEMORY.
 */
RIP_NODISCARD rip_status rip_node_init(rip_node **self, rip_node_kind kind,
                                       const char *place, const char *key,
                                       const char *text);
RIP_NODISCARD rip_status rip_node_append(rip_node *parent, rip_node *child);
RIP_NODISCARD rip_status rip_node_clone(const rip_node *self, rip_node **copy);
RIP_NODISCARD rip_status rip_node_rename(rip_node *self, const char *key);
RIP_NODISCARD rip_status rip_node_retext(rip_node *self, const char *text);
void rip_node_replace(rip_node *parent, size_t i, rip_node *child);
void rip_node_remove(rip_node *parent, size_t i);
/* Child i leaves parent and is the caller's. */
rip_node *rip_node_take(rip_node *parent, size_t i);
void rip_node_free(rip_node *self);

/* Typed reading of a scalar; false if the text is not one (NaN and infinities are not
   numbers, except that `inf` is accepted where allow_infinity). */
bool rip_node_is_number(const rip_node *self, bool allow_infinity, double *value);
bool rip_node_is_count(const rip_node *self, uint64_t *value);
bool rip_node_is_bool(const rip_node *self, bool *value);
/* Written as nothing, `null` or `~`. */
bool rip_node_is_null(const rip_node *self);
/* A duration: a number and one of ms, s, m, h, d, an exact number of milliseconds. */
bool rip_node_is_duration(const rip_node *self, uint64_t *milliseconds);
/* True if the scalar's text equals text. NULL-safe: an absent node is not anything. */
bool rip_node_is_text(const rip_node *self, const char *text);

/* For checked values: the value, or fallback if the node is NULL. */
double rip_node_number(const rip_node *self, double fallback);
uint64_t rip_node_count(const rip_node *self, uint64_t fallback);
bool rip_node_bool(const rip_node *self, bool fallback);
uint64_t rip_node_duration(const rip_node *self, uint64_t fallback);
const char *rip_node_text(const rip_node *self, const char *fallback);

#endif /* RIP_IO_DOCUMENT_H */
