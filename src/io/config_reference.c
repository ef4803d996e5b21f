#include "riptide/io/config.h"

#include <string.h>

#include "riptide/io/schema.h"

/*
 * The reference is a configuration: keys that are required or have a default stand as
 * they are, everything else is commented out, and so it can be run.
 */

#define INDENT 2

typedef struct printer {
    FILE *out;
    int indent;
    bool live;   /* false: inside a part that is commented out */
    int comment; /* where that part's lines begin */
} printer;

static void print_fields(const printer *at, const rip_field *fields,
                         const char *one_of);

/* The same, commented out from here on unless live. */
static printer
same(const printer *at, bool live)
{
    printer inner = *at;

    if (at->live && !live) {
        inner.live = false;
        inner.comment = at->indent;
    }
    return inner;
}

static printer
deeper(const printer *at, bool live)
{
    printer inner = same(at, live);

    inner.indent += INDENT;
    return inner;
}

static void
begin_line(const printer *at)
{
    if (at->live) {
        (void)fprintf(at->out, "%*s", at->indent, "");
    } else {
        (void)fprintf(at->out, "%*s# %*s", at->comment, "", at->indent - at->comment,
                      "");
    }
}

static bool
is_open_map(const rip_field *field)
{
    const char *shown = field->fallback != NULL ? field->fallback : field->example;

    return (field->forms & RIP_FIELD_MAP) && field->fields != NULL &&
           (shown == NULL || strcmp(shown, "{}") == 0) &&
           !(field->forms & (RIP_FIELD_CHOICE | RIP_FIELD_LIST));
}

/* The fields of the maps in a list; NULL for lists of anything else. */
static const rip_field *
entry_fields(const rip_field *field)
{
    const rip_field *item = field->item;
    const bool maps = (field->forms & RIP_FIELD_LIST) && item != NULL &&
                      (item->forms & RIP_FIELD_MAP) && item->fields != NULL;

    return maps && item->fields->key != NULL ? item->fields : NULL;
}

/* The words of choices that this version cannot run. */
static void
print_later(FILE *out, const rip_field *field)
{
    const char *words = field->choices, *before = "; later: ";

    while (field->built != NULL && words != NULL && *words != '\0') {
        char word[64];
        const size_t n = strcspn(words, " ");
        (void)snprintf(word, sizeof(word), "%.*s", (int)n, words);
        if (!rip_field_has_word(field->built, word)) {
            (void)fprintf(out, "%s%s", before, word);
            before = ", ";
        }
        words += n + (words[n] == ' ');
    }
}

/* What the scalars of a list, a matrix or a table are. */
static void
print_item(FILE *out, const rip_field *field)
{
    char allowed[RIP_SCHEMA_TEXT];
    const rip_field *item = field->item;

    if (item == NULL || (item->forms & RIP_FIELD_MAP)) {
        return;
    }
    if (item->item == NULL) {
        rip_schema_describe(item, allowed);
        (void)fprintf(out, "; entries: %s", allowed);
    }
    print_later(out, item);
}

static void
print_about(const printer *at, const rip_field *field)
{
    char allowed[RIP_SCHEMA_TEXT];

    begin_line(at);
    (void)fprintf(at->out, "# %s\n", field->doc);
    begin_line(at);
    if (field->flags & RIP_FIELD_LATER) {
        (void)fprintf(at->out, "# Not in this version.\n");
        return;
    }
    rip_schema_describe(field, allowed);
    (void)fprintf(at->out, "# %s: %s",
                  (field->flags & RIP_FIELD_REQUIRED) ? "Required" : "Allowed",
                  allowed);
    print_later(at->out, field);
    print_item(at->out, field);
    if (field->unit != NULL) {
        (void)fprintf(at->out, "; unit: %s", field->unit);
    }
    if (!(field->forms & (RIP_FIELD_LIST | RIP_FIELD_MAP | RIP_FIELD_TABLE)) &&
        field->choices == NULL && field->built != NULL) {
        (void)fprintf(at->out, "; in this version: %s", field->built);
    }
    (void)fprintf(at->out, ".\n");
}

static void
print_variants(const printer *at, const rip_field *field)
{
    const rip_field *first = field->fields;
    const char *chosen = first->fallback != NULL ? first->fallback : "";

    for (const rip_field *v = field->variants; v != NULL && v->key != NULL; v++) {
        if (v->fields == NULL) {
            continue;
        }
        const printer inner = same(at, strcmp(v->key, chosen) == 0);
        begin_line(at);
        (void)fprintf(at->out, "# With %s %s:\n", first->key,
                      v->key[0] != '\0' ? v->key : "absent");
        print_fields(&inner, v->fields, NULL);
    }
}

static void
print_map(const printer *at, const rip_field *field, bool live)
{
    const printer head = same(at, live), inner = deeper(at, live);

    begin_line(&head);
    (void)fprintf(at->out, "%s:\n", field->key);
    print_fields(&inner, field->fields, field->one_of);
    print_variants(&inner, field);
}

/* A list of maps, as one entry with all its keys. */
static void
print_entries(const printer *at, const rip_field *field, bool live)
{
    const printer head = same(at, live), dash = deeper(at, live);
    const printer inner = deeper(&dash, true);

    begin_line(&head);
    (void)fprintf(at->out, "%s:\n", field->key);
    begin_line(&dash);
    (void)fprintf(at->out, "-\n");
    print_fields(&inner, entry_fields(field), field->item->one_of);
}

static void
print_table(const printer *at, const rip_field *field)
{
    rip_field entry = *field->item;

    begin_line(at);
    (void)fprintf(at->out, "%s:\n", field->key);
    const printer inner = deeper(at, true);
    entry.key = "default";
    print_entries(&inner, &entry, true);
}

static void
print_value(const printer *at, const rip_field *field, bool live)
{
    const printer head = same(at, live);
    const char *shown = field->fallback != NULL ? field->fallback : field->example;

    begin_line(&head);
    (void)fprintf(at->out, "%s: %s\n", field->key, shown != NULL ? shown : "...");
    if ((field->forms & RIP_FIELD_MAP) && field->fields != NULL) {
        print_map(&head, field, false);
    }
}

static void
print_field(const printer *at, const rip_field *field, bool live)
{
    if (at->indent == 0) {
        (void)fputc('\n', at->out);
    }
    print_about(at, field);
    if (field->flags & RIP_FIELD_LATER) {
        print_value(at, field, false);
    } else if (entry_fields(field) != NULL) {
        print_entries(at, field, live);
    } else if (field->item != NULL && entry_fields(field->item) != NULL) {
        print_table(at, field);
    } else if (is_open_map(field)) {
        print_map(at, field, live);
    } else {
        print_value(at, field, live);
    }
}

static bool
is_live(const rip_field *field)
{
    return (field->flags & RIP_FIELD_REQUIRED) || field->fallback != NULL ||
           (field->example != NULL && strcmp(field->example, "{}") == 0);
}

/* Of keys that exclude each other the first one stands. */
static void
print_fields(const printer *at, const rip_field *fields, const char *one_of)
{
    bool chosen = false;

    for (; fields != NULL && fields->key != NULL; fields++) {
        bool live = is_live(fields);
        if (rip_field_has_word(one_of, fields->key)) {
            live = !chosen;
            chosen = true;
        }
        print_field(at, fields, live);
    }
}

void
rip_config_reference(FILE *out)
{
    const printer at = {.out = out, .live = true};

    (void)fprintf(
        out,
        "# Every key of a riptide configuration, with its meaning, allowed values and\n"
        "# default. Generated by `riptide help config`; a test compares it with the\n"
        "# program. It runs as it stands: what is commented out may be absent.\n"
        "#\n"
        "# Fractions are fractions (0.01, not 1%%), durations a number and a unit "
        "(500ms,\n"
        "# 90s, 15m, 8h, 3d), file paths relative to this file. `include: FILE` or a "
        "list\n"
        "# of files merges others first. Any key can be overridden: -s KEY=VALUE, "
        "list\n"
        "# entries by symbol, id or number: -s market.assets.BTC.price=54000.\n");
    print_fields(&at, rip_schema_config.fields, NULL);
}
