/*
 * io/config.h -- a configuration is a value.                                 floor 7.1
 *
 * rip_config_resolve turns text and overrides into a rip_config (every key, defaults
 * included); rip_config_write turns it back into YAML, the text that is stored in the
 * result, hashed by checkpoints, and resolves to the same rip_config again. Nothing
 * here runs a simulation; io/assemble.h makes a rip_run from it.
 */
#ifndef RIP_IO_CONFIG_H
#define RIP_IO_CONFIG_H

#include <stdio.h>

#include "riptide/base/error.h"
#include "riptide/io/document.h"

/* A resolved configuration: a tree in which every key that applies is present. */
typedef struct rip_config {
    rip_document document; /* owned */
    char *directory;       /* owned; file paths in it are relative to this */
    rip_node *assets; /* owned; market.assets before overrides, unchecked; or NULL */
} rip_config;

/*
 * Reads FILE, its includes, applies n_override strings "KEY=VALUE", checks everything
 * that can be checked without loading other files, and fills defaults. All problems are
 * added to error; returns RIP_OK only without any.
 */
RIP_NODISCARD rip_status rip_config_load(rip_config *self, const char *file,
                                         size_t n_override, const char *const *override,
                                         rip_error *error);

/* The same from text in memory; name stands for the file in messages. */
RIP_NODISCARD rip_status rip_config_resolve(rip_config *self, const char *name,
                                            const char *text, const char *directory,
                                            size_t n_override,
                                            const char *const *override,
                                            rip_error *error);

/* A configuration as a command names it. */
typedef struct rip_config_source {
    const char *file;
    size_t n_override;
    const char *const *override; /* [n_override] borrows; "KEY=VALUE" */
} rip_config_source;

/* What keys are at one point of a sweep. */
typedef struct rip_config_values {
    size_t n;
    const char *const *key;       /* [n] borrows; dotted paths */
    const rip_node *const *value; /* [n] borrows */
} rip_config_values;

/*
 * A point of a configuration's sweep: the configuration without `sweep`, in which keys
 * take values after all overrides, as by a further "KEY=VALUE" each. What is wrong with
 * a value is said of the place where the value stands.
 */
RIP_NODISCARD rip_status rip_config_load_point(rip_config *self,
                                               const rip_config_source *source,
                                               const rip_config_values *values,
                                               rip_error *error);

/* The resolved configuration as YAML text, malloc'ed into *text. */
RIP_NODISCARD rip_status rip_config_write(const rip_config *self, char **text);

void rip_config_free(rip_config *self);

/* The generated reference: every key, its type, range, default and meaning. */
void rip_config_reference(FILE *out);

#endif /* RIP_IO_CONFIG_H */
