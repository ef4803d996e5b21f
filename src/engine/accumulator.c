#include "riptide/engine/accumulator.h"

#include <stdlib.h>
#include <string.h>

#include "riptide/base/pages.h"
#include "riptide/engine/exact.h"

size_t
rip_accumulator_element_size(rip_section_type type)
{
    switch (type) {
    case RIP_SECTION_COUNT32:
        return 4;
    case RIP_SECTION_COUNT64:
    case RIP_SECTION_FIXED64:
        return 8;
    case RIP_SECTION_SUM128:
    case RIP_SECTION_RANKED:
        return 16;
    }
    return 0;
}

rip_status
rip_accumulator_init(rip_accumulator *self, size_t n_section,
                     const rip_section *section)
{
    size_t offset = 0;
    *self = (rip_accumulator){.n_section = n_section};
    self->section = calloc(n_section, sizeof(*self->section));
    if (self->section == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < n_section; i++) {
        const size_t bytes =
            section[i].n_element * rip_accumulator_element_size(section[i].type);
        self->section[i] = section[i];
        self->size += (bytes + 63) / 64 * 64;
    }
    self->buffer = rip_pages_alloc(self->size);
    if (self->buffer == NULL) {
        rip_accumulator_free(self);
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memset(self->buffer, 0, self->size);
    for (size_t i = 0; i < n_section; i++) {
        rip_section *s = &self->section[i];
        s->data = (char *)self->buffer + offset;
        offset += (s->n_element * rip_accumulator_element_size(s->type) + 63) / 64 * 64;
    }
    return RIP_OK;
}

void
rip_accumulator_free(rip_accumulator *self)
{
    free(self->section);
    free(self->buffer);
    *self = (rip_accumulator){0};
}

const rip_section *
rip_accumulator_find(const rip_accumulator *self, const char *name)
{
    for (size_t i = 0; i < self->n_section; i++) {
        if (strcmp(self->section[i].name, name) == 0) {
            return &self->section[i];
        }
    }
    return NULL;
}

static bool
sections_agree(const rip_section *a, const rip_section *b)
{
    if (strcmp(a->name, b->name) != 0 || a->type != b->type ||
        a->n_element != b->n_element) {
        return false;
    }
    return a->type != RIP_SECTION_FIXED64 ||
           memcmp(a->data, b->data, a->n_element * sizeof(double)) == 0;
}

void
rip_accumulator_rank(rip_ranked *list, size_t n, uint64_t key, uint64_t path)
{
    size_t at = n;
    while (at > 0 && (list[at - 1].key < key ||
                      (list[at - 1].key == key && list[at - 1].path > path))) {
        at--;
    }
    if (at < n) {
        memmove(&list[at + 1], &list[at], (n - 1 - at) * sizeof(*list));
        list[at] = (rip_ranked){.key = key, .path = path};
    }
}

static void
ranked_add(rip_section *to, const rip_section *from)
{
    const rip_ranked *entry = from->data;
    const size_t n_list = to->n_element / to->n_row;
    for (size_t i = 0; i < from->n_element; i++) {
        if (entry[i].key != 0) {
            rip_accumulator_rank((rip_ranked *)to->data + i / n_list * n_list, n_list,
                                 entry[i].key, entry[i].path);
        }
    }
}

static void
section_add(rip_section *to, const rip_section *from)
{
    switch (to->type) {
    case RIP_SECTION_COUNT32:
        for (size_t i = 0; i < to->n_element; i++) {
            ((uint32_t *)to->data)[i] += ((const uint32_t *)from->data)[i];
        }
        break;
    case RIP_SECTION_COUNT64:
        for (size_t i = 0; i < to->n_element; i++) {
            ((uint64_t *)to->data)[i] += ((const uint64_t *)from->data)[i];
        }
        break;
    case RIP_SECTION_SUM128:
        for (size_t i = 0; i < to->n_element; i++) {
            rip_exact_merge((rip_exact_sum *)to->data + i,
                            (const rip_exact_sum *)from->data + i);
        }
        break;
    case RIP_SECTION_RANKED:
        ranked_add(to, from);
        break;
    case RIP_SECTION_FIXED64:
        break;
    }
}

rip_status
rip_accumulator_add(rip_accumulator *self, const rip_accumulator *other)
{
    if (self->n_section != other->n_section) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    for (size_t i = 0; i < self->n_section; i++) {
        if (!sections_agree(&self->section[i], &other->section[i])) {
            return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
        }
    }
    for (size_t i = 0; i < self->n_section; i++) {
        section_add(&self->section[i], &other->section[i]);
    }
    return RIP_OK;
}

void
rip_accumulator_clear(rip_accumulator *self)
{
    for (size_t i = 0; i < self->n_section; i++) {
        const rip_section *s = &self->section[i];
        if (s->type != RIP_SECTION_FIXED64) {
            memset(s->data, 0, s->n_element * rip_accumulator_element_size(s->type));
        }
    }
}
