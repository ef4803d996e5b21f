#include "riptide/io/identity.h"

#include <stdio.h>
#include <string.h>

#define MOST_LINE  120 /* bytes of a line in a message */
#define SHARD_NAME 48  /* bytes */

/* Of the line that text begins with, cut. */
static int
line_length(const char *text)
{
    const size_t n = strcspn(text, "\n");

    return (int)(n < MOST_LINE ? n : MOST_LINE);
}

/* The lines of two texts that differ first, without indentation. */
static void
first_difference(const char *a, const char *b, char text[RIP_IDENTITY_TEXT])
{
    const char *line_a = a, *line_b = b;
    size_t i = 0;

    for (; a[i] != '\0' && a[i] == b[i]; i++) {
        if (a[i] == '\n') {
            line_a = a + i + 1;
            line_b = b + i + 1;
        }
    }
    line_a += strspn(line_a, " ");
    line_b += strspn(line_b, " ");
    (void)snprintf(text, RIP_IDENTITY_TEXT,
                   "of another configuration (there `%.*s`, here `%.*s`)",
                   line_length(line_a), line_a, line_length(line_b), line_b);
}

static bool
inputs_differ(const rip_inputs *there, const rip_inputs *here,
              char text[RIP_IDENTITY_TEXT])
{
    size_t next = 0;
    const rip_input_file *changed = rip_inputs_changed(there, here, &next);

    if (changed != NULL) {
        (void)snprintf(text, RIP_IDENTITY_TEXT, "%.200s has changed since",
                       changed->path);
        return true;
    }
    (void)snprintf(text, RIP_IDENTITY_TEXT, "of other input files");
    return there->n_file != here->n_file;
}

static void
shard_name(const rip_shard *self, char text[SHARD_NAME])
{
    if (self->count == 0) {
        (void)snprintf(text, SHARD_NAME, "the whole run");
        return;
    }
    (void)snprintf(text, SHARD_NAME, "%llu/%llu", (unsigned long long)self->index,
                   (unsigned long long)self->count);
}

bool
rip_identity_differs(const rip_identity *there, const rip_identity *here,
                     char text[RIP_IDENTITY_TEXT])
{
    const rip_shard *a = &there->shard, *b = &here->shard;
    char then[SHARD_NAME], now[SHARD_NAME];

    if (strcmp(there->config, here->config) != 0) {
        first_difference(there->config, here->config, text);
        return true;
    }
    if (a->index != b->index || a->count != b->count) {
        shard_name(a, then);
        shard_name(b, now);
        (void)snprintf(text, RIP_IDENTITY_TEXT, "of another shard (there %s, here %s)",
                       then, now);
        return true;
    }
    if (strcmp(there->version, here->version) != 0 ||
        strcmp(there->revision, here->revision) != 0) {
        (void)snprintf(text, RIP_IDENTITY_TEXT,
                       "of another program (there %.60s %.60s, here %.60s %.60s)",
                       there->version, there->revision, here->version, here->revision);
        return true;
    }
    return inputs_differ(there->inputs, here->inputs, text);
}
