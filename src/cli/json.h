/*
 * cli/json.h -- writes JSON as it goes, indented, valid whatever the values.  floor 9
 *
 *     json out = {.out = stdout};
 *     json_begin_object(&out);
 *     json_key(&out, "equity");
 *     json_number(&out, 9000.5);
 *     json_end_object(&out);
 *     json_end(&out);
 *
 * Numbers have the fewest digits that read back to the same bits; NaN and infinities,
 * which JSON does not know, are null.
 */
#ifndef RIP_CLI_JSON_H
#define RIP_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Begins as {.out = ...}, the rest zero. */
typedef struct json {
    FILE *out;    /* borrowed */
    size_t depth; /* of open objects and lists */
    bool filled;  /* the innermost one has an entry */
    bool keyed;   /* a key waits for its value */
} json;

void json_begin_object(json *self);
void json_end_object(json *self);
void json_begin_list(json *self);
void json_end_list(json *self);

/* The key of the next value; only inside an object. */
void json_key(json *self, const char *key);

void json_number(json *self, double value);
void json_count(json *self, uint64_t value);
void json_bool(json *self, bool value);
void json_null(json *self);
/* text is UTF-8; bytes that are not become U+FFFD. NULL is null. */
void json_string(json *self, const char *text);

/* Ends the text with a newline; every object and list must be closed. */
void json_end(json *self);

#endif /* RIP_CLI_JSON_H */
