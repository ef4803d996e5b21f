#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/config.h"

/* The cases stand in cli/bad_config.txt, which explains itself. */

#define MAX_TEXT     8192
#define MAX_LINES    16
#define MAX_OVERRIDE 4

typedef struct bad_case {
    size_t line; /* in the file of cases */
    char text[MAX_TEXT];
    size_t n_override, n_want;
    char override[MAX_OVERRIDE][512];
    char want[MAX_LINES][1024];
} bad_case;

static FILE *
open_source(const char *name)
{
    const char *root = getenv("RIPTIDE_SOURCE");
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/tests/cli/%s", root != NULL ? root : ".",
                   name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("cannot open %s (run from the source folder, or set RIPTIDE_SOURCE)",
                 path);
    }
    return file;
}

static void
unescape(const char *from, char *to)
{
    for (; *from != '\0'; from++) {
        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        from++;
        *to++ = *from == 'n' ? '\n' : *from == 't' ? '\t' : *from == '1' ? '\1' : *from;
    }
    *to = '\0';
}

/* Replaces the first old in text. */
static void
edit(char *text, const char *old, const char *new, size_t line)
{
    static char tail[MAX_TEXT];
    char *at = strstr(text, old);

    if (at == NULL) {
        fail_msg("line %zu: \"%s\" is not in the configuration", line, old);
        return;
    }
    (void)snprintf(tail, sizeof(tail), "%s", at + strlen(old));
    (void)snprintf(at, MAX_TEXT - (size_t)(at - text), "%s%s", new, tail);
}

static void
run(const bad_case *self)
{
    const char *override[MAX_OVERRIDE];
    rip_config config;
    rip_error error = {0};

    for (size_t i = 0; i < self->n_override; i++) {
        override[i] = self->override[i];
    }
    const rip_status status = rip_config_resolve(&config, "c.yaml", self->text, NULL,
                                                 self->n_override, override, &error);
    if (status != RIP_ERR_CONFIG || error.code != RIP_ERR_CONFIG) {
        fail_msg("line %zu: %s", self->line, rip_status_text(status));
    }
    for (size_t i = 0; i < error.n_line && i < self->n_want; i++) {
        if (strcmp(error.line[i], self->want[i]) != 0) {
            fail_msg("line %zu:\n  got  %s\n  want %s", self->line, error.line[i],
                     self->want[i]);
        }
    }
    if (error.n_line != self->n_want) {
        fail_msg("line %zu: %zu messages, want %zu", self->line, error.n_line,
                 self->n_want);
    }
    rip_config_free(&config);
    rip_error_free(&error);
}

/* Takes one line of the file of cases into the case. */
static void
take(bad_case *self, const char *line)
{
    static char old[MAX_TEXT];
    static char value[MAX_TEXT];

    unescape(line + 2, value);
    if (line[0] == '-') {
        memcpy(old, value, sizeof(old));
    } else if (line[0] == '+') {
        edit(self->text, old, value, self->line);
    } else if (line[0] == '!') {
        memcpy(self->text, value, sizeof(self->text));
    } else if (line[0] == '=' && self->n_override < MAX_OVERRIDE) {
        (void)snprintf(self->override[self->n_override++], sizeof(self->override[0]),
                       "%.500s", value);
    } else if (line[0] == '>' && self->n_want < MAX_LINES) {
        (void)snprintf(self->want[self->n_want++], sizeof(self->want[0]), "%.1000s",
                       value);
    } else {
        fail_msg("line %zu: %s", self->line, line);
    }
}

static void
read_base(char *base)
{
    FILE *file = open_source("bad_config.yaml");
    const size_t n = fread(base, 1, MAX_TEXT - 1, file);

    base[n] = '\0';
    (void)fclose(file);
}

static void
test_every_bad_configuration(void **state)
{
    static char base[MAX_TEXT], line[MAX_TEXT];
    static bad_case self;
    size_t n_line = 0, n_case = 0;
    FILE *file = open_source("bad_config.txt");
    (void)state;
    read_base(base);
    memcpy(self.text, base, sizeof(base));
    for (bool more = true; more;) {
        more = fgets(line, sizeof(line), file) != NULL;
        line[more ? strcspn(line, "\n") : 0] = '\0';
        n_line++;
        if (line[0] == '#') {
            continue;
        }
        if (line[0] != '\0') {
            self.line = n_line;
            take(&self, line);
        } else if (self.n_want > 0) {
            run(&self);
            n_case++;
            memset(&self, 0, sizeof(self));
            memcpy(self.text, base, sizeof(base));
        }
    }
    (void)fclose(file);
    assert_true(n_case >= 180);
}

/* The configuration that the cases break is good as it stands. */
static void
test_base_is_good(void **state)
{
    static char base[MAX_TEXT];
    rip_config config;
    rip_error error = {0};
    (void)state;
    read_base(base);
    assert_int_equal(rip_config_resolve(&config, "c.yaml", base, NULL, 0, NULL, &error),
                     RIP_OK);
    assert_int_equal(error.n_total, 0);
    rip_config_free(&config);
}

/* Several sources of problems are all listed in one go. */
static void
test_all_problems_at_once(void **state)
{
    static const char *const override[] = {"nothing", "run.paths=0", "venue=flatt",
                                           "market.assets.ETH.price=x"};
    static const char *const want[] = {
        "-s nothing: not an override (KEY=VALUE)",
        "-s venue: venue: unknown preset flatt (did you mean flat?)",
        "-s run.paths: run.paths: 0 is out of range (a whole number from 1 to "
        "4294967295)",
        "-s market.assets.ETH.price: market.assets[1].price: x is not allowed (a "
        "number "
        "above 0 and at most 1e+15)"};
    static char base[MAX_TEXT];
    rip_config config;
    rip_error error = {0};
    (void)state;
    read_base(base);
    assert_int_equal(
        rip_config_resolve(&config, "c.yaml", base, NULL, 4, override, &error),
        RIP_ERR_CONFIG);
    assert_int_equal(error.n_line, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(error.line[i], want[i]);
    }
    rip_config_free(&config);
    rip_error_free(&error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_is_good),
        cmocka_unit_test(test_every_bad_configuration),
        cmocka_unit_test(test_all_problems_at_once),
    };
    return cmocka_run_group_tests_name("io/config errors", tests, NULL, NULL);
}
