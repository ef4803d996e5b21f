#include "riptide/io/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "riptide/io/report.h"

#define PLACE_SIZE 4200 /* a path of PATH_MAX, line and column */
#define NO_SHARING " is not allowed (write the value out; `include` shares files)"

#define TEXT_OF_(number) #number
#define TEXT_OF(number)  TEXT_OF_(number)

typedef struct builder {
    yaml_parser_t parser;
    const char *name;  /* of the file */
    const char *place; /* of every node, or NULL: name, line and column */
    rip_error *error;
    size_t n_node;
    bool refused; /* something was reported; the tree is not to be used */
} builder;

static void
mark_place(const builder *self, yaml_mark_t mark, char *text, size_t size)
{
    if (self->place != NULL) {
        (void)snprintf(text, size, "%s", self->place);
    } else {
        (void)snprintf(text, size, "%s:%zu:%zu", self->name, mark.line + 1,
                       mark.column + 1);
    }
}

/* Reports before, a quoted detail, after. */
static void
refuse(builder *self, yaml_mark_t mark, const rip_report_path *path, const char *before,
       const char *detail, const char *after)
{
    char place[PLACE_SIZE], quoted[RIP_REPORT_QUOTE];

    mark_place(self, mark, place, sizeof(place));
    rip_report_quote(detail, quoted);
    (void)rip_report(self->error, place, path, "%s%s%s", before, quoted, after);
    self->refused = true;
}

/* The mark of a byte offset, for problems of the encoding, which have no mark. */
static yaml_mark_t
offset_mark(const char *text, size_t offset)
{
    yaml_mark_t mark = {.index = offset};

    for (size_t i = 0; i < offset; i++) {
        mark.column += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return mark;
}

static rip_status
syntax_error(builder *self)
{
    const yaml_parser_t *parser = &self->parser;
    char place[PLACE_SIZE];
    yaml_mark_t mark = parser->problem_mark;

    if (parser->error == YAML_MEMORY_ERROR) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (parser->error == YAML_READER_ERROR) {
        mark = offset_mark((const char *)parser->input.string.start,
                           parser->problem_offset);
    }
    mark_place(self, mark, place, sizeof(place));
    self->refused = true;
    return rip_report(self->error, place, NULL, "not valid YAML: %s%s%s%s",
                      parser->problem != NULL ? parser->problem : "unreadable",
                      parser->context != NULL ? " (" : "",
                      parser->context != NULL ? parser->context : "",
                      parser->context != NULL ? ")" : "");
}

static rip_status
next_event(builder *self, yaml_event_t *event)
{
    return yaml_parser_parse(&self->parser, event) ? RIP_OK : syntax_error(self);
}

static rip_status parse_node(builder *self, yaml_event_t *event,
                             const rip_report_path *path, size_t depth,
                             rip_node **node);

static void
check_properties(builder *self, const yaml_event_t *event, const rip_report_path *path,
                 const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL) {
        refuse(self, event->start_mark, path, "anchor &", (const char *)anchor,
               NO_SHARING);
    }
    if (tag != NULL) {
        refuse(self, event->start_mark, path, "tag ", (const char *)tag,
               " is not allowed (no tags)");
    }
}

/* libyaml allows the character 0 in quoted text, where C would see an end. */
static void
check_zero(builder *self, const yaml_event_t *event, const rip_report_path *path)
{
    const char *text = (const char *)event->data.scalar.value;

    if (strlen(text) != event->data.scalar.length) {
        refuse(self, event->start_mark, path, "the character ", "\\0",
               " is not allowed in text");
    }
}

static rip_status
parse_key(builder *self, yaml_event_t *event, const rip_report_path *path, char **key)
{
    *key = NULL;
    if (event->type == YAML_ALIAS_EVENT) {
        refuse(self, event->start_mark, path, "alias *",
               (const char *)event->data.alias.anchor, NO_SHARING);
        return RIP_ERR_CONFIG;
    }
    if (event->type != YAML_SCALAR_EVENT) {
        refuse(self, event->start_mark, path, "",
               event->type == YAML_SEQUENCE_START_EVENT ? "a list" : "a map",
               " is not allowed as a key (keys are words)");
        return RIP_ERR_CONFIG;
    }
    check_properties(self, event, path, event->data.scalar.anchor,
                     event->data.scalar.tag);
    check_zero(self, event, path);
    *key = strdup((const char *)event->data.scalar.value);
    return *key != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

/* One key and its value; the pair's place is the key's. */
static rip_status
parse_pair(builder *self, yaml_event_t *event, const rip_report_path *path,
           size_t depth, rip_node *map)
{
    rip_status status = RIP_OK;
    yaml_event_t value = {0};
    rip_node *child = NULL;
    char *key = NULL, place[PLACE_SIZE];

    mark_place(self, event->start_mark, place, sizeof(place));
    RIP_TRY(parse_key(self, event, path, &key));
    const rip_report_path here = {.up = path, .key = key};
    RIP_TRY(next_event(self, &value));
    RIP_TRY(parse_node(self, &value, &here, depth, &child));
    free(child->place);
    child->key = key;
    key = NULL;
    child->place = strdup(place);
    if (child->place == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    status = rip_node_append(map, child);
    child = NULL;
out:
    yaml_event_delete(&value);
    rip_node_free(child);
    free(key);
    return status;
}

static int
compare_keys(const void *a, const void *b)
{
    const rip_node *const *left = a, *const *right = b;
    return strcmp((*left)->key, (*right)->key);
}

/* Reports keys said twice; a sort keeps it fast for maps of any size. */
static rip_status
check_duplicates(builder *self, const rip_node *map, const rip_report_path *path)
{
    const size_t n = map->n_child;
    rip_node **sorted = calloc(n + 1, sizeof(rip_node *));

    if (sorted == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = map->child[i];
    }
    qsort(sorted, n, sizeof(rip_node *), compare_keys);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0) {
            const rip_report_path here = {.up = path, .key = sorted[i]->key};
            (void)rip_report(self->error, sorted[i]->place, &here,
                             "duplicate key (first at %s)", sorted[i - 1]->place);
            self->refused = true;
        }
    }
    free(sorted);
    return RIP_OK;
}

static rip_status
parse_map(builder *self, const rip_report_path *path, size_t depth, rip_node *map)
{
    rip_status status = RIP_OK;
    yaml_event_t event = {0};

    for (;;) {
        RIP_TRY(next_event(self, &event));
        if (event.type == YAML_MAPPING_END_EVENT) {
            status = check_duplicates(self, map, path);
            break;
        }
        if (map->n_child == RIP_YAML_MAX_KEYS) {
            refuse(self, event.start_mark, path, "too many keys in one map", "",
                   " (at most " TEXT_OF(RIP_YAML_MAX_KEYS) ")");
            status = RIP_ERR_CONFIG;
            goto out;
        }
        RIP_TRY(parse_pair(self, &event, path, depth, map));
        yaml_event_delete(&event);
    }
out:
    yaml_event_delete(&event);
    return status;
}

static rip_status
parse_list(builder *self, const rip_report_path *path, size_t depth, rip_node *list)
{
    rip_status status = RIP_OK;
    yaml_event_t event = {0};

    for (;;) {
        rip_node *child = NULL;
        const rip_report_path here = {.up = path, .index = list->n_child};
        RIP_TRY(next_event(self, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            break;
        }
        RIP_TRY(parse_node(self, &event, &here, depth, &child));
        RIP_TRY(rip_node_append(list, child));
        yaml_event_delete(&event);
    }
out:
    yaml_event_delete(&event);
    return status;
}

static rip_status
parse_scalar(builder *self, const yaml_event_t *event, const rip_report_path *path,
             const char *place, rip_node **node)
{
    const char *text = (const char *)event->data.scalar.value;
    const rip_status status = rip_node_init(node, RIP_NODE_SCALAR, place, NULL, text);

    check_properties(self, event, path, event->data.scalar.anchor,
                     event->data.scalar.tag);
    check_zero(self, event, path);
    if (status == RIP_OK) {
        (*node)->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    }
    return status;
}

static rip_status
check_limits(builder *self, const yaml_event_t *event, const rip_report_path *path,
             size_t depth)
{
    if (depth > RIP_YAML_MAX_DEPTH) {
        refuse(self, event->start_mark, path, "nested too deeply", "",
               " (at most " TEXT_OF(RIP_YAML_MAX_DEPTH) " levels)");
        return RIP_ERR_CONFIG;
    }
    if (++self->n_node > RIP_YAML_MAX_NODES) {
        refuse(self, event->start_mark, path, "too many values", "",
               " (at most " TEXT_OF(
                   RIP_YAML_MAX_NODES) "; accounts.files reads large books)");
        return RIP_ERR_CONFIG;
    }
    return RIP_OK;
}

static rip_status
parse_collection(builder *self, const yaml_event_t *event, const rip_report_path *path,
                 size_t depth, rip_node *node)
{
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        check_properties(self, event, path, event->data.sequence_start.anchor,
                         event->data.sequence_start.tag);
        node->kind = RIP_NODE_LIST;
        return parse_list(self, path, depth + 1, node);
    }
    check_properties(self, event, path, event->data.mapping_start.anchor,
                     event->data.mapping_start.tag);
    node->kind = RIP_NODE_MAP;
    return parse_map(self, path, depth + 1, node);
}

static rip_status
parse_node(builder *self, yaml_event_t *event, const rip_report_path *path,
           size_t depth, rip_node **node)
{
    rip_status status = RIP_OK;
    rip_node *made = NULL;
    char place[PLACE_SIZE];

    *node = NULL;
    mark_place(self, event->start_mark, place, sizeof(place));
    RIP_TRY(check_limits(self, event, path, depth));
    if (event->type == YAML_SCALAR_EVENT) {
        return parse_scalar(self, event, path, place, node);
    }
    if (event->type == YAML_ALIAS_EVENT) {
        refuse(self, event->start_mark, path, "alias *",
               (const char *)event->data.alias.anchor, NO_SHARING);
        return rip_node_init(node, RIP_NODE_SCALAR, place, NULL, "");
    }
    RIP_TRY(rip_node_init(&made, RIP_NODE_LIST, place, NULL, NULL));
    RIP_TRY(parse_collection(self, event, path, depth, made));
    *node = made;
    made = NULL;
out:
    rip_node_free(made);
    return status;
}

/* The stream: at most one document. */
static rip_status
parse_stream(builder *self, rip_node **root)
{
    rip_status status = RIP_OK;
    yaml_event_t event = {0};
    size_t n_document = 0;

    do {
        yaml_event_delete(&event);
        RIP_TRY(next_event(self, &event));
        if (event.type == YAML_DOCUMENT_START_EVENT && ++n_document > 1) {
            refuse(self, event.start_mark, NULL, "a second document", "",
                   " is not allowed (one document a file)");
            break;
        }
        if (event.type != YAML_STREAM_START_EVENT &&
            event.type != YAML_DOCUMENT_START_EVENT &&
            event.type != YAML_DOCUMENT_END_EVENT &&
            event.type != YAML_STREAM_END_EVENT) {
            RIP_TRY(parse_node(self, &event, NULL, 0, root));
        }
    } while (event.type != YAML_STREAM_END_EVENT);
out:
    yaml_event_delete(&event);
    return status == RIP_OK && self->refused ? RIP_ERR_CONFIG : status;
}

static rip_status
parse(builder *self, const char *text, size_t length, rip_node **root)
{
    rip_status status;

    *root = NULL;
    if (!yaml_parser_initialize(&self->parser)) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    yaml_parser_set_encoding(&self->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&self->parser, (const unsigned char *)text, length);
    status = parse_stream(self, root);
    yaml_parser_delete(&self->parser);
    if (status != RIP_OK) {
        rip_node_free(*root);
        *root = NULL;
    }
    return status;
}

rip_status
rip_yaml_parse(rip_node **root, const char *name, const char *text, size_t length,
               rip_error *error)
{
    /* libyaml skips a byte order mark but counts a column for it, which puts the first
     * key of the file out of line with the rest. */
    const size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    builder self = {.name = name, .error = error};

    return parse(&self, text + mark, length - mark, root);
}

rip_status
rip_yaml_parse_value(rip_node **root, const char *place, const char *text,
                     rip_error *error)
{
    builder self = {.name = "", .place = place, .error = error};
    return parse(&self, text, strlen(text), root);
}
