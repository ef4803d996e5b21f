/*
 * io/config_stages.h -- the stages between text and a resolved configuration.
 *                                                                         floor 7.04
 * In their order: includes are merged, overrides applied, the venue completed, short
 * forms written out, the lists checked and defaults filled (io/schema.h), and last what
 * needs more than one key is checked. Every stage reports and goes on where it can.
 */
#ifndef RIP_IO_CONFIG_STAGES_H
#define RIP_IO_CONFIG_STAGES_H

#include "riptide/base/error.h"
#include "riptide/base/field.h"
#include "riptide/io/document.h"
#include "riptide/io/report.h"

/*
 * Merges what root's `include` names, relative to directory, under root, whose file is
 * file. directory NULL: files may not be read, an include is an error.
 */
RIP_NODISCARD rip_status rip_config_include(rip_node *root, const char *file,
                                            const char *directory, rip_error *error);

/* Applies "KEY=VALUE" strings. Wrong ones are reported and left out. */
RIP_NODISCARD rip_status rip_config_override(rip_node *root, size_t n_override,
                                             const char *const *override,
                                             rip_error *error);

/* Puts a copy of value, with its place, where a dotted path leads. */
RIP_NODISCARD rip_status rip_config_put(rip_node *root, const char *key,
                                        const rip_node *value, rip_error *error);

/* Completes root's `venue` from the preset or file it names. */
RIP_NODISCARD rip_status rip_config_venue(rip_node *root, const char *directory,
                                          rip_error *error);

/* `venue: NAME` as `venue: {base: NAME}`; nothing to do for a map. */
RIP_NODISCARD rip_status rip_config_venue_expand(rip_node *root);

/* Prefixes the file that root's `venue` names, if it names one. */
RIP_NODISCARD rip_status rip_config_venue_rebase(rip_node *root, const char *directory);

/*
 * A venue as one mode sees it: what by_mode says of the mode merged over the rest,
 * defaults filled, without by_mode. *merged is the caller's.
 */
RIP_NODISCARD rip_status rip_config_venue_mode(const rip_node *venue, const char *mode,
                                               rip_node **merged);

/* Makes way for over's venue in into, before the two are merged. */
RIP_NODISCARD rip_status rip_config_venue_prepare(rip_node *into, const rip_node *over);

/* Writes short forms out: `balance: N` as `balances: {USD: N}`, absent weights. */
RIP_NODISCARD rip_status rip_config_expand(rip_node *root);

/* What the lists cannot say: the run, the market, the venue, the accounts. */
RIP_NODISCARD rip_status rip_config_check(const rip_node *root, rip_error *error);
void rip_config_check_market(const rip_node *root, rip_error *error);
RIP_NODISCARD rip_status rip_config_check_venue(const rip_node *root, rip_error *error);
/* What a venue's lists cannot say, for the venue at path. */
void rip_config_check_rules(const rip_node *root, const rip_node *venue,
                            const rip_report_path *path, rip_error *error);
RIP_NODISCARD rip_status rip_config_check_accounts(const rip_node *root,
                                                   rip_error *error);
/* Assets of the market, 0 if there is no list. */
size_t rip_config_check_n_asset(const rip_node *root);
/* Whether a name is a symbol of the market; reports it at (place, path) if not. */
bool rip_config_check_symbol(const rip_node *root, const char *name, const char *place,
                             const rip_report_path *path, rip_error *error);
/* A list of rows: square of n, symmetric, 1 on the diagonal. */
void rip_config_check_matrix(const rip_node *matrix, size_t n,
                             const rip_report_path *path, rip_error *error);

/* "DIRECTORY/FILE", or FILE if it is absolute or directory is "" or "."; malloc'ed. */
RIP_NODISCARD rip_status rip_config_path_join(char **joined, const char *directory,
                                              const char *file);
/* The directory part of a path, "" if there is none; malloc'ed. */
RIP_NODISCARD rip_status rip_config_path_directory(char **directory, const char *file);

/* Venue presets compiled in from experiments/venues; a NULL name ends the table. */
typedef struct rip_config_preset {
    const char *name;
    const char *text;
    size_t length;
} rip_config_preset;
extern const rip_config_preset rip_config_presets[];

#endif /* RIP_IO_CONFIG_STAGES_H */
