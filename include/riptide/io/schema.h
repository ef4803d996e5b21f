/*
 * io/schema.h -- the field lists of the configuration, and what is done with them.
 *                                                                          floor 7.03
 * Check: every key known, every value of an allowed form, in range and in this version.
 * Fill: defaults added, numbers and words in one spelling, keys in the order of the
 * lists. Merge: one map over another, as `include` and `venue.base` need it.
 */
#ifndef RIP_IO_SCHEMA_H
#define RIP_IO_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/field.h"
#include "riptide/io/document.h"
#include "riptide/io/report.h"

#define RIP_SCHEMA_TEXT 600 /* bytes of a description of allowed values */

/* The lists. `config` and `venue` are one field each, whose form is a map. */
extern const rip_field rip_schema_config;
extern const rip_field rip_schema_venue;
extern const rip_field rip_schema_run_fields[];
extern const rip_field rip_schema_market_fields[];
extern const rip_field rip_schema_shocks_fields[];
extern const rip_field rip_schema_shocks_variants[];
extern const rip_field rip_schema_venue_fields[];
extern const rip_field rip_schema_portfolio_fields[];
extern const rip_field rip_schema_liquidation_fields[];
extern const rip_field rip_schema_impact_fields[];
extern const rip_field rip_schema_fund_fields[];
extern const rip_field rip_schema_adl_fields[];
extern const rip_field rip_schema_accounts_fields[];
extern const rip_field rip_schema_account_fields[];
extern const rip_field rip_schema_position_fields[];
extern const rip_field rip_schema_generate_fields[];
extern const rip_field rip_schema_outputs_fields[];
extern const rip_field rip_schema_sweep_fields[];
extern const rip_field rip_schema_top_up_fields[];

/* Words of every top_up (MAR-4), beside the map {times, fraction}. */
#define RIP_SCHEMA_TOP_UPS "none to_maintenance to_initial"

/* The one form of field that a scalar has, in range or not; 0: none. */
unsigned rip_schema_form(const rip_field *field, const rip_node *scalar);

/*
 * Checks one value without looking inside lists and maps: false with what is wrong,
 * "54x is not allowed (a number above 0)", in why[RIP_SCHEMA_TEXT * 2].
 */
bool rip_schema_allows(const rip_field *field, const rip_node *node, char *why);

/* What field allows, "a number from 0 to 1, or a list", into text[RIP_SCHEMA_TEXT]. */
void rip_schema_describe(const rip_field *field, char *text);

/* Space-separated words with commas between them, into text[size]. */
void rip_schema_words(const char *words, char *text, size_t size);

/* The further list of a map with variants, by its first key; NULL: none or unknown. */
const rip_field *rip_schema_variant(const rip_field *field, const rip_node *map);

/* The field that a dotted path below field leads to, of any variant; NULL: none. */
const rip_field *rip_schema_find(const rip_field *field, const char *path);

/* Checks a tree against field; every problem is added to error. */
void rip_schema_check(const rip_field *field, const rip_node *node, rip_error *error);
/* The same for a tree that stands at path. */
void rip_schema_check_at(const rip_field *field, const rip_node *node,
                         const rip_report_path *path, rip_error *error);

/* Adds defaults and puts values into one spelling, in place. Values that did not pass
   the check are left as they are. */
RIP_NODISCARD rip_status rip_schema_fill(const rip_field *field, rip_node *node);

/*
 * Puts the keys of map `over` into map `into`: maps merge, everything else is replaced,
 * and so is a map that `over` gives another variant. `over` is emptied of what moved.
 */
RIP_NODISCARD rip_status rip_schema_merge(const rip_field *field, rip_node *into,
                                          rip_node *over);

/* Prefixes every relative path in the tree with directory ("": nothing to do). */
RIP_NODISCARD rip_status rip_schema_rebase(const rip_field *field, rip_node *node,
                                           const char *directory);

#endif /* RIP_IO_SCHEMA_H */
