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
    char *place; /* owned; "FILE:LINE:COLUMN", "-s KEY", or "default" */
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

/* The child of a map by key, or the value at a dotted path; NULL if absent. */
const rip_node *rip_node_find(const rip_node *map, const char *key);
const rip_node *rip_node_at(const rip_node *root, const char *path);

/* Typed reading of a scalar; false if the text is not one (NaN and infinities are not
   numbers, except that `inf` is accepted where allow_infinity). */
bool rip_node_is_number(const rip_node *self, bool allow_infinity, double *value);
bool rip_node_is_count(const rip_node *self, uint64_t *value);
bool rip_node_is_bool(const rip_node *self, bool *value);
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
