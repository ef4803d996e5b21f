#include "riptide/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

rip_status
rip_error_add(rip_error *self, rip_status code, const char *format, ...)
{
    va_list args;
    char *line = NULL;
    char **grown = NULL;
    int length;

    if (self->n_total++ == 0) {
        self->code = code;
    }
    if (self->n_line >= RIP_ERROR_MAX_LINES) {
        return code;
    }
    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        return code;
    }
    line = malloc((size_t)length + 1);
    grown = realloc(self->line, (self->n_line + 1) * sizeof(*grown));
    if (grown != NULL) {
        self->line = grown;
    }
    if (line == NULL || grown == NULL) {
        free(line);
        return code;
    }
    va_start(args, format);
    (void)vsnprintf(line, (size_t)length + 1, format, args);
    va_end(args);
    self->line[self->n_line++] = line;
    return code;
}

bool
rip_error_has(const rip_error *self, const char *line)
{
    for (size_t i = 0; i < self->n_line; i++) {
        if (strcmp(self->line[i], line) == 0) {
            return true;
        }
    }
    return false;
}

void
rip_error_free(rip_error *self)
{
    for (size_t i = 0; i < self->n_line; i++) {
        free(self->line[i]);
    }
    free(self->line);
    *self = (rip_error){0};
}
