#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "riptide/io/config_stages.h"

rip_status
target_path(char **path, const char *output, const rip_config *config)
{
    if (output != NULL) {
        *path = strdup(output);
        return *path != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return rip_config_path_join(
        path, config->directory,
        rip_node_text(rip_node_at(config->document.root, "outputs.file"), "result.h5"));
}

static rip_status
refuse(const char *path, int code, rip_error *error)
{
    return rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT), "%s: %s", path,
                         strerror(code));
}

/* The folder of the file must take new files. */
static rip_status
check_folder(const char *path, rip_error *error)
{
    rip_status status = RIP_OK;
    char *folder = NULL;

    RIP_TRY(rip_config_path_directory(&folder, path));
    if (access(folder[0] != '\0' ? folder : ".", W_OK | X_OK) != 0) {
        status = refuse(path, errno, error);
    }
out:
    free(folder);
    return status;
}

rip_status
target_check(const char *path, bool overwrite, rip_error *error)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return errno == ENOENT ? check_folder(path, error) : refuse(path, errno, error);
    }
    if (S_ISDIR(info.st_mode)) {
        return refuse(path, EISDIR, error);
    }
    if (!overwrite) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "%s: exists already (--force overwrites it)", path);
    }
    return check_folder(path, error);
}
