#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

/*
 * Whether new files can be made beside the result, where symbolic links lead: only
 * making one tells, and it is removed again.
 */
static rip_status
check_folder(const char *path, rip_error *error)
{
    rip_status status = RIP_OK;
    char *real = realpath(path, NULL), *probe = NULL;
    int file = -1;

    if (asprintf(&probe, "%s.tmp.%ld", real != NULL ? real : path, (long)getpid()) <
        0) {
        probe = NULL;
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    file = open(probe, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        status = refuse(path, errno, error);
        goto out;
    }
    (void)close(file);
    (void)unlink(probe);
out:
    free(real);
    free(probe);
    return status;
}

static bool
is_same(const struct stat *info, const char *file)
{
    struct stat other;

    return stat(file, &other) == 0 && other.st_dev == info->st_dev &&
           other.st_ino == info->st_ino;
}

rip_status
target_check(const char *path, const cli_arguments *arguments, rip_error *error)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return errno == ENOENT ? check_folder(path, error) : refuse(path, errno, error);
    }
    if (S_ISDIR(info.st_mode)) {
        return refuse(path, EISDIR, error);
    }
    for (size_t i = 0; i < arguments->n_operand; i++) {
        if (is_same(&info, arguments->operands[i])) {
            return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                                 "%s: is read by the command (what it writes needs "
                                 "another name)",
                                 path);
        }
    }
    if (!cli_options_has(arguments, "--force")) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "%s: exists already (--force overwrites it)", path);
    }
    return check_folder(path, error);
}
