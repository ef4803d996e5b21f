#include <stdlib.h>
#include <string.h>

#include "riptide/io/config_stages.h"
#include "riptide/io/schema.h"
#include "riptide/io/yaml.h"

#define MAX_DEPTH 8
#define MAX_FILES 64 /* in all: a few files that include each other stay few */

typedef struct includer {
    const char *directory; /* of the main file */
    size_t n_file;
    rip_error *error;
} includer;

/* The files being read, from the innermost out. */
typedef struct frame {
    const struct frame *up;
    const char *file; /* relative to the main file's directory */
    size_t depth;
} frame;

static const rip_report_path include_path = {.key = "include"};

static rip_status include_into(includer *self, const frame *at, rip_node *root);

static bool
is_being_read(const frame *at, const char *file)
{
    for (; at != NULL; at = at->up) {
        if (strcmp(at->file, file) == 0) {
            return true;
        }
    }
    return false;
}

static rip_status
check_limits(includer *self, const frame *at, const rip_node *name, const char *file)
{
    if (self->directory == NULL) {
        return rip_report(self->error, name->place, &include_path,
                          "%s cannot be read here (text without a directory)",
                          name->text);
    }
    if (is_being_read(at, file)) {
        return rip_report(self->error, name->place, &include_path, "%s includes itself",
                          name->text);
    }
    if (at->depth >= MAX_DEPTH || self->n_file >= MAX_FILES) {
        return rip_report(self->error, name->place, &include_path,
                          "too many files (at most %d levels and %d files)", MAX_DEPTH,
                          MAX_FILES);
    }
    return RIP_OK;
}

/* Reads one file with all it includes; its paths become relative to the main file. */
static rip_status
read_file(includer *self, const frame *at, const char *file, const char *place,
          rip_node **root)
{
    rip_status status = RIP_OK;
    char *full = NULL, *directory = NULL;
    const frame here = {.up = at, .file = file, .depth = at->depth + 1};

    self->n_file++;
    RIP_TRY(rip_config_path_directory(&directory, file));
    RIP_TRY(rip_config_path_join(&full, self->directory, file));
    RIP_TRY(rip_yaml_load(root, full, full, place, &include_path, self->error));
    if (*root == NULL || (*root)->kind != RIP_NODE_MAP) {
        status = rip_report(self->error, *root != NULL ? (*root)->place : full, NULL,
                            "an included file is a map");
        goto out;
    }
    RIP_TRY(rip_schema_rebase(&rip_schema_config, *root, directory));
    RIP_TRY(rip_config_venue_rebase(*root, directory));
    RIP_TRY(include_into(self, &here, *root));
out:
    free(directory);
    free(full);
    return status;
}

/* Merges the file that name says over base. */
static rip_status
include_one(includer *self, const frame *at, const rip_node *name, rip_node *base)
{
    rip_status status = RIP_OK;
    char *directory = NULL, *file = NULL;
    rip_node *root = NULL;

    if (name->kind != RIP_NODE_SCALAR || name->text[0] == '\0') {
        return rip_report(self->error, name->place, &include_path,
                          "not a file's name (a file or a list of files)");
    }
    RIP_TRY(rip_config_path_directory(&directory, at->file));
    RIP_TRY(rip_config_path_join(&file, directory, name->text));
    RIP_TRY(check_limits(self, at, name, file));
    RIP_TRY(read_file(self, at, file, name->place, &root));
    RIP_TRY(rip_config_venue_prepare(base, root));
    RIP_TRY(rip_schema_merge(&rip_schema_config, base, root));
out:
    rip_node_free(root);
    free(file);
    free(directory);
    return status;
}

static rip_status
include_all(includer *self, const frame *at, const rip_node *names, rip_node *base)
{
    rip_status status = RIP_OK;

    if (names->kind != RIP_NODE_LIST) {
        return include_one(self, at, names, base);
    }
    for (size_t i = 0; i < names->n_child; i++) {
        RIP_TRY(include_one(self, at, names->child[i], base));
    }
out:
    return status;
}

static rip_status
include_into(includer *self, const frame *at, rip_node *root)
{
    rip_status status = RIP_OK;
    rip_node *names = NULL;
    rip_node base = {.kind = RIP_NODE_MAP}, own;
    const size_t i = rip_node_index(root, "include");

    if (i == root->n_child) {
        return RIP_OK;
    }
    names = rip_node_take(root, i);
    RIP_TRY(include_all(self, at, names, &base));
    RIP_TRY(rip_config_venue_prepare(&base, root));
    RIP_TRY(rip_schema_merge(&rip_schema_config, &base, root));
    own = *root;
    root->child = base.child;
    root->n_child = base.n_child;
    base.child = own.child;
    base.n_child = own.n_child;
out:
    for (size_t k = 0; k < base.n_child; k++) {
        rip_node_free(base.child[k]);
    }
    free(base.child);
    rip_node_free(names);
    return status;
}

rip_status
rip_config_include(rip_node *root, const char *file, const char *directory,
                   rip_error *error)
{
    includer self = {.directory = directory, .error = error};
    const char *slash = strrchr(file, '/');
    const frame at = {.file = slash != NULL ? slash + 1 : file};

    return include_into(&self, &at, root);
}
