#include <stdio.h>
#include <string.h>

#include "riptide/io/schema.h"

#define MAX_STEP 64 /* bytes; no key of the lists is longer */

static const rip_field *
step(const rip_field *field, const char *key)
{
    const rip_field *found = rip_field_find(field->fields, key);

    for (const rip_field *v = field->variants;
         found == NULL && v != NULL && v->key != NULL; v++) {
        found = rip_field_find(v->fields, key);
    }
    if (found == NULL && (field->forms & (RIP_FIELD_LIST | RIP_FIELD_TABLE))) {
        found = field->item;
    }
    return found;
}

const rip_field *
rip_schema_find(const rip_field *field, const char *path)
{
    while (field != NULL && *path != '\0') {
        char key[MAX_STEP];
        const size_t length = strcspn(path, ".[");
        (void)snprintf(key, sizeof(key), "%.*s", (int)length, path);
        field = step(field, key);
        path += length + (path[length] != '\0');
    }
    return field;
}
