#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP       2   /* spaces between columns */
#define NARROW    1   /* between columns that belong together */
#define MOST      32  /* columns */
#define UNSTARTED 256 /* entries of the first allocation */

void
table_init(table *self, const char *column)
{
    *self = (table){.column = column};
}

void
table_free(table *self)
{
    free(self->entry);
    *self = (table){0};
}

static table_entry *
append(table *self)
{
    if (self->n_entry == self->capacity) {
        const size_t capacity = self->capacity > 0 ? 2 * self->capacity : UNSTARTED;
        table_entry *entry = realloc(self->entry, capacity * sizeof(*entry));
        if (entry == NULL) {
            self->failed = true;
            return NULL;
        }
        self->entry = entry;
        self->capacity = capacity;
    }
    return &self->entry[self->n_entry++];
}

__attribute__((format(printf, 4, 0))) static void
add(table *self, table_style style, bool is_line, const char *format, va_list list)
{
    table_entry *entry = append(self);

    if (entry != NULL) {
        entry->style = style;
        entry->is_line = is_line;
        (void)vsnprintf(entry->text, sizeof(entry->text), format, list);
    }
}

void
table_cell(table *self, table_style style, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    add(self, style, false, format, list);
    va_end(list);
}

void
table_line(table *self, table_style style, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    add(self, style, true, format, list);
    va_end(list);
}

void
table_text(FILE *out, terminal look, table_style style, const char *text)
{
    static const char *const begin[] = {
        [TABLE_PLAIN] = "",           [TABLE_BOLD] = "\033[1m", [TABLE_DIM] = "\033[2m",
        [TABLE_WARNING] = "\033[33m", [TABLE_BAR] = "\033[36m",
    };
    const bool coloured = look.colour && style != TABLE_PLAIN && text[0] != '\0';

    (void)fprintf(out, "%s%s%s", coloured ? begin[style] : "", text,
                  coloured ? "\033[0m" : "");
}

static void
measure(const table *self, size_t n_column, size_t *width)
{
    size_t at = 0;

    for (size_t i = 0; i < self->n_entry; i++) {
        if (!self->entry[i].is_line) {
            const size_t taken = terminal_width(self->entry[i].text);
            width[at] = width[at] > taken ? width[at] : taken;
            at = (at + 1) % n_column;
        }
    }
}

static void
print_row(const table *self, size_t first, size_t n_column, const size_t *width,
          FILE *out, terminal look)
{
    size_t owed = 0; /* spaces not yet written: a line does not end with any */

    for (size_t c = 0; c < n_column && first + c < self->n_entry; c++) {
        const table_entry *entry = &self->entry[first + c];
        const size_t room = width[c] - terminal_width(entry->text);
        const bool right = self->column[c] == 'r';
        if (c > 0) {
            owed += self->column[c] == 'L' ? NARROW : GAP;
        }
        if (entry->text[0] == '\0') {
            owed += room;
            continue;
        }
        (void)fprintf(out, "%*s", (int)(owed + (right ? room : 0)), "");
        table_text(out, look, entry->style, entry->text);
        owed = right ? 0 : room;
    }
    (void)fputc('\n', out);
}

rip_status
table_print(const table *self, FILE *out, terminal look)
{
    const size_t n_column = strlen(self->column);
    size_t width[MOST] = {0};

    if (self->failed || n_column > MOST) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    measure(self, n_column, width);
    for (size_t i = 0; i < self->n_entry;) {
        if (self->entry[i].is_line) {
            table_text(out, look, self->entry[i].style, self->entry[i].text);
            (void)fputc('\n', out);
            i++;
        } else {
            print_row(self, i, n_column, width, out, look);
            i += n_column;
        }
    }
    return RIP_OK;
}
