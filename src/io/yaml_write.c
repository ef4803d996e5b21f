#include "riptide/io/yaml.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INDENT 2

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
rip_yaml_is_plain(const char *text)
{
    /* Words that some YAML reader takes for a bool or nothing. */
    static const char *const taken[] = {"y",     "n",  "yes", "no",  "true",
                                        "false", "on", "off", "null"};

    if (!is_letter(text[0])) {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (!is_letter(*c) && strchr("0123456789_-./", *c) == NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (strcasecmp(text, taken[i]) == 0) {
            return false;
        }
    }
    return true;
}

static void
shortest(double value, char *text)
{
    char digits[32];

    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(digits, sizeof(digits), "%.*g", precision, value);
        if (!(strtod(digits, NULL) < value) && !(strtod(digits, NULL) > value)) {
            break;
        }
    }
    /* "1e-05" is a string to readers of YAML 1.1; "1.0e-05" is a number to all. */
    char *exponent = strchr(digits, 'e');
    if (exponent != NULL && strchr(digits, '.') == NULL) {
        (void)snprintf(text, 32, "%.*s.0%s", (int)(exponent - digits), digits,
                       exponent);
        return;
    }
    (void)snprintf(text, 32, "%s", digits);
}

void
rip_yaml_number(double value, char *text)
{
    if (isinf(value)) {
        (void)snprintf(text, 32, "%sinf", value < 0.0 ? "-" : "");
        return;
    }
    const locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t before = uselocale(locale);
    shortest(value, text);
    (void)uselocale(before);
    if (locale != (locale_t)0) {
        freelocale(locale);
    }
}

/* A double-quoted scalar; bytes from 0x80 on are UTF-8 and stand for themselves. */
static void
write_quoted(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            (void)fprintf(out, "\\%c", *c);
        } else if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            (void)fprintf(out, "\\x%02x", (unsigned)(unsigned char)*c);
        } else {
            (void)fputc(*c, out);
        }
    }
    (void)fputc('"', out);
}

static void
write_word(FILE *out, const char *text, bool quoted)
{
    if (quoted) {
        write_quoted(out, text);
    } else {
        (void)fputs(text, out);
    }
}

static void
write_key(FILE *out, const char *key)
{
    write_word(out, key, !rip_yaml_is_plain(key));
    (void)fputc(':', out);
}

static void
write_flow(FILE *out, const rip_node *node)
{
    if (node->kind == RIP_NODE_SCALAR) {
        write_word(out, node->text, node->quoted);
        return;
    }
    const bool is_map = node->kind == RIP_NODE_MAP;
    (void)fputc(is_map ? '{' : '[', out);
    for (size_t i = 0; i < node->n_child; i++) {
        (void)fputs(i > 0 ? ", " : "", out);
        if (is_map) {
            write_key(out, node->child[i]->key);
            (void)fputc(' ', out);
        }
        write_flow(out, node->child[i]);
    }
    (void)fputc(is_map ? '}' : ']', out);
}

static bool
has_only_scalars(const rip_node *node)
{
    for (size_t i = 0; i < node->n_child; i++) {
        if (node->child[i]->kind != RIP_NODE_SCALAR) {
            return false;
        }
    }
    return true;
}

/* Lists of scalars, rows of a table and whatever is empty stand on one line. */
static bool
is_flow(const rip_node *node, bool in_list)
{
    if (node->kind == RIP_NODE_SCALAR || node->n_child == 0) {
        return true;
    }
    return has_only_scalars(node) && (in_list || node->kind == RIP_NODE_LIST);
}

static void write_block(FILE *out, const rip_node *node, int indent, bool continues);

static void
write_value(FILE *out, const rip_node *node, int indent, bool in_list)
{
    if (is_flow(node, in_list)) {
        (void)fputc(' ', out);
        write_flow(out, node);
        (void)fputc('\n', out);
        return;
    }
    (void)fputc(in_list && node->kind == RIP_NODE_MAP ? ' ' : '\n', out);
    write_block(out, node, indent, in_list && node->kind == RIP_NODE_MAP);
}

/* The children of node; the first one continues a line that has begun with "-". */
static void
write_block(FILE *out, const rip_node *node, int indent, bool continues)
{
    const bool is_list = node->kind == RIP_NODE_LIST;

    for (size_t i = 0; i < node->n_child; i++) {
        (void)fprintf(out, "%*s", i == 0 && continues ? 0 : indent, "");
        if (is_list) {
            (void)fputc('-', out);
        } else {
            write_key(out, node->child[i]->key);
        }
        write_value(out, node->child[i], indent + INDENT, is_list);
    }
}

static void
write_lines(FILE *out, const rip_node *root)
{
    if (is_flow(root, false)) {
        write_flow(out, root);
        (void)fputc('\n', out);
    } else {
        write_block(out, root, 0, false);
    }
}

static rip_status
write_text(const rip_node *root, void (*write)(FILE *, const rip_node *), char **text)
{
    size_t size = 0;
    FILE *out = open_memstream(text, &size);

    if (out == NULL) {
        *text = NULL;
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    write(out, root);
    if (fclose(out) != 0) {
        free(*text);
        *text = NULL;
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

rip_status
rip_yaml_write(const rip_node *root, char **text)
{
    return write_text(root, write_lines, text);
}

rip_status
rip_yaml_write_line(const rip_node *root, char **text)
{
    return write_text(root, write_flow, text);
}
