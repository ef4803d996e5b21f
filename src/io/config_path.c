#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/config_stages.h"

rip_status
rip_config_path_join(char **joined, const char *directory, const char *file)
{
    const bool alone =
        file[0] == '/' || directory[0] == '\0' || strcmp(directory, ".") == 0;
    const size_t size = strlen(directory) + strlen(file) + 2;

    *joined = malloc(size);
    if (*joined == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    (void)snprintf(*joined, size, "%s%s%s", alone ? "" : directory, alone ? "" : "/",
                   file);
    return RIP_OK;
}

rip_status
rip_config_path_directory(char **directory, const char *file)
{
    const char *slash = strrchr(file, '/');
    size_t length = slash != NULL ? (size_t)(slash - file) : 0;

    if (slash == file) {
        length = 1; /* the root itself */
    }
    *directory = strndup(file, length);
    return *directory != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}
