/*
 * io/yaml.h -- YAML text to a tree, and a tree to YAML text.                 floor 7.02
 *
 * The reader takes a subset on purpose: one document, no anchors, aliases or tags, no
 * duplicate keys, scalar keys only, limited in size, depth and number of values, so
 * that no small text becomes a large tree. JSON is inside the subset. It reads
 * libyaml's events, not its document API, which has expanded aliases before it can be
 * asked.
 */
#ifndef RIP_IO_YAML_H
#define RIP_IO_YAML_H

#include <stddef.h>

#include "riptide/io/document.h"
#include "riptide/io/report.h"

#define RIP_YAML_MAX_BYTES ((size_t)64 << 20)
#define RIP_YAML_MAX_DEPTH 32
#define RIP_YAML_MAX_NODES 2000000
#define RIP_YAML_MAX_KEYS  4096 /* of one map */

/*
 * Reads text[length], whose places are "NAME:LINE:COLUMN". The root may be any value;
 * NULL for empty text. *root is the caller's. All problems are added to error.
 */
RIP_NODISCARD rip_status rip_yaml_parse(rip_node **root, const char *name,
                                        const char *text, size_t length,
                                        rip_error *error);

/* Reads one value whose every place is `place`, such as the value of "-s KEY". */
RIP_NODISCARD rip_status rip_yaml_parse_value(rip_node **root, const char *place,
                                              const char *text, rip_error *error);

/* Reads FILE; errors of the system are said of the place and key that named it ("" and
   NULL for none). */
RIP_NODISCARD rip_status rip_yaml_load(rip_node **root, const char *file,
                                       const char *name, const char *place,
                                       const rip_report_path *path, rip_error *error);

/* The tree as YAML text, malloc'ed. Reading it again gives the same tree. */
RIP_NODISCARD rip_status rip_yaml_write(const rip_node *root, char **text);

/* The same on one line, without its end. */
RIP_NODISCARD rip_status rip_yaml_write_line(const rip_node *root, char **text);

/* A number with the fewest digits that read back to the same bits, for text[32]. */
void rip_yaml_number(double value, char *text);

/* True if text can stand unquoted and no YAML reader takes it for anything else. */
bool rip_yaml_is_plain(const char *text);

#endif /* RIP_IO_YAML_H */
