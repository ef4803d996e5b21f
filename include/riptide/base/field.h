/*
 * base/field.h -- one list describes a parameter.                            floor 0
 *
 * A rip_field says everything about one key of the configuration: which forms its value
 * may take, range, unit, default, meaning, and which of the allowed values this version
 * can run. Checks, messages, defaults, the written configuration and the reference all
 * read these lists; nothing else knows a key. A list ends with a field whose key is
 * NULL.
 */
#ifndef RIP_BASE_FIELD_H
#define RIP_BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/* Forms of a value; a field allows one or more of them. */
enum {
    RIP_FIELD_NUMBER = 1u << 0,
    RIP_FIELD_COUNT = 1u << 1, /* a whole number >= 0 */
    RIP_FIELD_BOOL = 1u << 2,
    RIP_FIELD_DURATION = 1u << 3, /* 15m; its range is in milliseconds */
    RIP_FIELD_CHOICE = 1u << 4,   /* one of the words of `choices` */
    RIP_FIELD_NAME = 1u << 5,     /* a symbol or an id */
    RIP_FIELD_TEXT = 1u << 6,
    RIP_FIELD_FILE = 1u << 7, /* a path relative to the configuration file */
    RIP_FIELD_NULL = 1u << 8,
    RIP_FIELD_LIST = 1u << 9,  /* each entry is described by `item` */
    RIP_FIELD_MAP = 1u << 10,  /* keys are described by `fields` and `variants` */
    RIP_FIELD_TABLE = 1u << 11 /* free keys (symbols); values described by `item` */
};

enum {
    RIP_FIELD_REQUIRED = 1u << 0,
    RIP_FIELD_ABOVE = 1u << 1, /* min itself is out of range */
    RIP_FIELD_BELOW = 1u << 2, /* max itself is out of range */
    RIP_FIELD_NONZERO = 1u << 3,
    RIP_FIELD_INFINITE = 1u << 4, /* `inf` is allowed */
    RIP_FIELD_LATER = 1u << 5,    /* the key is refused: not in this version */
    RIP_FIELD_FILLED = 1u << 6    /* a list that may not be empty */
};

typedef struct rip_field {
    const char *key;      /* NULL ends a list */
    unsigned forms;       /* RIP_FIELD_NUMBER ... */
    unsigned flags;       /* RIP_FIELD_REQUIRED ... */
    double min, max;      /* inclusive; of NUMBER, COUNT and DURATION [ms] */
    const char *unit;     /* "USD", "1/year"; NULL: none, or part of the value */
    const char *doc;      /* one sentence */
    const char *fallback; /* default as YAML; NULL: an absent key stays absent */
    const char *example;  /* for the reference, where there is no default */
    const char *choices;  /* words separated by spaces */
    const char *built;    /* values this version can run; NULL: all of them */
    const char *one_of;   /* of a MAP: exactly one of these keys is given */
    const struct rip_field *fields;   /* of a MAP */
    const struct rip_field *variants; /* of a MAP: further `fields` by the value of its
                                         first key ("" if that is absent) */
    const struct rip_field *item;     /* of a LIST or TABLE; its key is not used */
} rip_field;

/* The field with this key, or NULL. fields may be NULL. */
const rip_field *rip_field_find(const rip_field *fields, const char *key);

/* True if word is one of the space-separated words. */
bool rip_field_has_word(const char *words, const char *word);

/* Number of single-character insertions, removals and changes between two words. */
size_t rip_field_distance(const char *a, const char *b);

/* True if a user who typed `typed` may have meant `word`. */
bool rip_field_is_near(const char *typed, const char *word, size_t *distance);

#endif /* RIP_BASE_FIELD_H */
