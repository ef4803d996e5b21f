#include <math.h>
#include <stdio.h>
#include <string.h>

#include "riptide/io/report.h"
#include "riptide/io/schema.h"
#include "riptide/io/yaml.h"
#include "riptide/market/market.h"

static bool
is_name(const char *text)
{
    const size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c == 0x7f) {
            return false;
        }
    }
    return length > 0 && length < RIP_NAME_MAX;
}

/* Text a user may write anywhere: no control characters but the ends of lines. */
static bool
is_text(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7f) {
            return false;
        }
    }
    return true;
}

static unsigned
text_form(const rip_field *field, const rip_node *scalar)
{
    const bool empty = scalar->text[0] == '\0';

    if ((field->forms & RIP_FIELD_CHOICE) &&
        rip_field_has_word(field->choices, scalar->text)) {
        return RIP_FIELD_CHOICE;
    }
    if ((field->forms & RIP_FIELD_NAME) && is_name(scalar->text)) {
        return RIP_FIELD_NAME;
    }
    if ((field->forms & RIP_FIELD_FILE) && !empty && is_text(scalar->text)) {
        return RIP_FIELD_FILE;
    }
    if ((field->forms & RIP_FIELD_TEXT) && is_text(scalar->text) &&
        (scalar->quoted || !empty)) {
        return RIP_FIELD_TEXT;
    }
    return 0;
}

unsigned
rip_schema_form(const rip_field *field, const rip_node *scalar)
{
    double number;
    uint64_t count;
    bool flag;

    if ((field->forms & RIP_FIELD_NULL) && rip_node_is_null(scalar)) {
        return RIP_FIELD_NULL;
    }
    if ((field->forms & RIP_FIELD_BOOL) && rip_node_is_bool(scalar, &flag)) {
        return RIP_FIELD_BOOL;
    }
    if ((field->forms & RIP_FIELD_COUNT) && rip_node_is_count(scalar, &count)) {
        return RIP_FIELD_COUNT;
    }
    if ((field->forms & RIP_FIELD_NUMBER) &&
        rip_node_is_number(scalar, (field->flags & RIP_FIELD_INFINITE) != 0, &number)) {
        return RIP_FIELD_NUMBER;
    }
    if ((field->forms & RIP_FIELD_DURATION) && rip_node_is_duration(scalar, &count)) {
        return RIP_FIELD_DURATION;
    }
    return text_form(field, scalar);
}

/* Written so that a NaN would be out of range. */
static bool
number_in_range(const rip_field *field, double value)
{
    if (isinf(value)) {
        return true; /* only read where `inf` is allowed */
    }
    if ((field->flags & RIP_FIELD_NONZERO) && !(value > 0.0 || value < 0.0)) {
        return false;
    }
    const bool above =
        (field->flags & RIP_FIELD_ABOVE) ? value > field->min : value >= field->min;
    const bool below =
        (field->flags & RIP_FIELD_BELOW) ? value < field->max : value <= field->max;
    return above && below;
}

/* Counts up to 2^64 - 1 are compared as integers; a max of 2^64 is no limit. */
static bool
count_in_range(const rip_field *field, uint64_t value)
{
    return (double)value >= field->min &&
           (field->max >= 0x1p64 || value <= (uint64_t)field->max);
}

static bool
in_range(const rip_field *field, unsigned form, const rip_node *scalar)
{
    double number;
    uint64_t count;

    if (form == RIP_FIELD_NUMBER) {
        return rip_node_is_number(scalar, true, &number) &&
               number_in_range(field, number);
    }
    if (form == RIP_FIELD_COUNT) {
        return rip_node_is_count(scalar, &count) && count_in_range(field, count);
    }
    if (form == RIP_FIELD_DURATION) {
        return rip_node_is_duration(scalar, &count) && count_in_range(field, count);
    }
    return true;
}

static bool
is_built_number(const rip_field *field, double number)
{
    char text[32];
    rip_node word = {.kind = RIP_NODE_SCALAR, .text = text};
    double built;

    (void)snprintf(text, sizeof(text), "%s", field->built);
    return rip_node_is_number(&word, false, &built) && !(number > built) &&
           !(number < built);
}

/* Whether this version can run the value: one of the words of `built`, of which `[]`
   and `{}` stand for an empty list and map. */
static bool
is_built(const rip_field *field, const rip_node *node)
{
    double number;

    if (field->built == NULL) {
        return true;
    }
    if (node->kind != RIP_NODE_SCALAR) {
        return node->n_child == 0 &&
               rip_field_has_word(field->built,
                                  node->kind == RIP_NODE_LIST ? "[]" : "{}");
    }
    if (rip_node_is_number(node, false, &number)) {
        return is_built_number(field, number);
    }
    return rip_field_has_word(field->built,
                              rip_node_is_null(node) ? "null" : node->text);
}

static void
value_text(const rip_node *node, char *text)
{
    if (node->kind == RIP_NODE_LIST) {
        (void)snprintf(text, RIP_REPORT_QUOTE, "a list");
    } else if (node->kind == RIP_NODE_MAP) {
        (void)snprintf(text, RIP_REPORT_QUOTE, "a map");
    } else if (node->text[0] == '\0') {
        (void)snprintf(text, RIP_REPORT_QUOTE, "an empty value");
    } else {
        rip_report_quote(node->text, text);
    }
}

static bool
form_allowed(const rip_field *field, const rip_node *node, unsigned *form)
{
    *form = 0;
    if (node->kind == RIP_NODE_SCALAR) {
        *form = rip_schema_form(field, node);
    } else if (node->kind == RIP_NODE_LIST) {
        *form = field->forms & RIP_FIELD_LIST;
    } else {
        *form = field->forms & (RIP_FIELD_MAP | RIP_FIELD_TABLE);
    }
    return *form != 0;
}

static bool
is_empty_list(const rip_field *field, const rip_node *node)
{
    return (field->flags & RIP_FIELD_FILLED) && node->kind == RIP_NODE_LIST &&
           node->n_child == 0;
}

bool
rip_schema_allows(const rip_field *field, const rip_node *node, char *why)
{
    char value[RIP_REPORT_QUOTE], allowed[RIP_SCHEMA_TEXT];
    const char *quotes =
        node->kind == RIP_NODE_SCALAR && node->quoted && node->text[0] != '\0' ? "\""
                                                                               : "";
    unsigned form;

    value_text(node, value);
    rip_schema_describe(field, allowed);
    if (!form_allowed(field, node, &form)) {
        (void)snprintf(why, (size_t)2 * RIP_SCHEMA_TEXT, "%s%s%s is not allowed (%s)",
                       quotes, value, quotes, allowed);
        return false;
    }
    if (!in_range(field, form, node)) {
        (void)snprintf(why, (size_t)2 * RIP_SCHEMA_TEXT, "%s is out of range (%s)",
                       value, allowed);
        return false;
    }
    if (is_empty_list(field, node)) {
        (void)snprintf(why, (size_t)2 * RIP_SCHEMA_TEXT,
                       "an empty list is not allowed (%s)", allowed);
        return false;
    }
    if (!is_built(field, node)) {
        rip_schema_words(field->built, allowed, sizeof(allowed));
        (void)snprintf(why, (size_t)2 * RIP_SCHEMA_TEXT,
                       "%s is not in this version (%s)", value, allowed);
        return false;
    }
    return true;
}
