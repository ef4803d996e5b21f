#include "riptide/io/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_AT_ONCE                                                                   \
    (1u << 30) /* bytes of one write; Linux takes a little less than                   \
                  2^31 */

rip_status
rip_durable_refuse(const char *path, int code, rip_error *error)
{
    if (code == ENOMEM) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT), "%s: %s", path,
                         strerror(code));
}

/* The folder of a path, malloc'ed; "." if it names none. */
static char *
folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return strdup(".");
    }
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

const char *
rip_durable_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Keeps others from taking the file for a leftover. A system without such locks leaves
   the process number as the only sign of life. */
static bool
lock(int fd)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_SETLK, &all) == 0;
}

static bool
is_alive(long pid)
{
    return kill((pid_t)pid, 0) == 0 || errno != ESRCH;
}

/* The process number in a name BASE.INFIX.PID, else 0. */
static long
writer_of(const char *name, const char *base, const char *infix)
{
    const size_t n = strlen(base), n_infix = strlen(infix);
    const char *digits = name + n + n_infix + 2;
    char *end = NULL;
    long pid;

    if (strncmp(name, base, n) != 0 || name[n] != '.' ||
        strncmp(name + n + 1, infix, n_infix) != 0 || name[n + 1 + n_infix] != '.' ||
        digits[0] < '1' || digits[0] > '9') {
        return 0;
    }
    errno = 0;
    pid = strtol(digits, &end, 10);
    return *end == '\0' && errno == 0 && pid == (long)(pid_t)pid ? pid : 0;
}

/* This process has not begun its own yet: that number belonged to another one. */
static void
remove_leftover(int folder, const char *name, long pid)
{
    const int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0) {
        return;
    }
    if ((pid == (long)getpid() || !is_alive(pid)) && lock(fd)) {
        (void)unlinkat(folder, name, 0);
    }
    (void)close(fd);
}

/* What cannot be cleaned is left: the file that is wanted can still be written. */
void
rip_durable_clean(const char *path, const char *infix, const char *keep)
{
    char *name = folder_of(path);
    DIR *folder = name != NULL ? opendir(name) : NULL;
    const struct dirent *entry;

    free(name);
    if (folder == NULL) {
        return;
    }
    while ((entry = readdir(folder)) != NULL) {
        const long pid = writer_of(entry->d_name, rip_durable_name(path), infix);
        if (pid > 0 && (keep == NULL || strcmp(entry->d_name, keep) != 0)) {
            remove_leftover(dirfd(folder), entry->d_name, pid);
        }
    }
    (void)closedir(folder);
}

static rip_status
check_target(const rip_durable *self, rip_error *error)
{
    struct stat facts;

    if (stat(self->path, &facts) != 0) {
        return errno == ENOENT ? RIP_OK : rip_durable_refuse(self->path, errno, error);
    }
    if (!S_ISREG(facts.st_mode)) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT), "%s: %s", self->path,
                             S_ISDIR(facts.st_mode) ? strerror(EISDIR)
                                                    : "not a regular file");
    }
    if (!self->overwrite) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "%s: exists already (--force overwrites it)", self->path);
    }
    return RIP_OK;
}

rip_status
rip_durable_begin(rip_durable *self, const char *path, bool overwrite, rip_error *error)
{
    rip_status status = RIP_OK;

    *self = (rip_durable){.overwrite = overwrite};
    /* A name that leads elsewhere is replaced there, and stays a link. */
    self->path = realpath(path, NULL);
    if (self->path == NULL) {
        self->path = strdup(path);
    }
    if (self->path == NULL ||
        asprintf(&self->temporary, "%s.tmp.%ld", self->path, (long)getpid()) < 0) {
        self->temporary = NULL;
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(check_target(self, error));
    rip_durable_clean(self->path, "tmp", NULL);
out:
    return status;
}

int
rip_durable_open(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (*fd < 0) {
        return errno;
    }
    (void)lock(*fd);
    return 0;
}

int
rip_durable_create(rip_durable *self)
{
    const int code = rip_durable_open(self->temporary, &self->fd);

    self->created = code == 0;
    return code;
}

int
rip_durable_put(int fd, uint64_t offset, const void *data, size_t size)
{
    const char *from = data;

    while (size > 0) {
        const size_t part = size < MOST_AT_ONCE ? size : MOST_AT_ONCE;
        const ssize_t n = pwrite(fd, from, part, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : ENOSPC;
        }
        from += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

int
rip_durable_write(rip_durable *self, uint64_t offset, const void *data, size_t size)
{
    return rip_durable_put(self->fd, offset, data, size);
}

int
rip_durable_read(int fd, uint64_t offset, void *data, size_t size, size_t *n)
{
    *n = 0;
    while (*n < size) {
        const size_t part = size - *n < MOST_AT_ONCE ? size - *n : MOST_AT_ONCE;
        const ssize_t got = pread(fd, (char *)data + *n, part, (off_t)(offset + *n));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? errno : 0;
        }
        *n += (size_t)got;
    }
    return 0;
}

/* A name that must not replace another: where the file system cannot promise it in one
   call, a link can; where there are no links either, look and rename. */
static int
rename_to_new(const char *from, const char *to)
{
    struct stat facts;

    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    if (link(from, to) == 0) {
        (void)unlink(from);
        return 0;
    }
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS) {
        return errno;
    }
    if (stat(to, &facts) == 0) {
        return EEXIST;
    }
    return rename(from, to) == 0 ? 0 : errno;
}

/* Some file systems cannot sync a folder and say so; they promise no more. */
int
rip_durable_sync_folder(const char *path)
{
    char *name = folder_of(path);
    const int fd = name != NULL ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int code = name != NULL ? 0 : ENOMEM;

    free(name);
    if (fd < 0) {
        return code != 0 ? code : errno;
    }
    if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS) {
        code = errno;
    }
    (void)close(fd);
    return code;
}

rip_status
rip_durable_commit(rip_durable *self, rip_error *error)
{
    int code = fsync(self->fd) == 0 ? 0 : errno;

    if (code == 0 && self->overwrite) {
        code = rename(self->temporary, self->path) == 0 ? 0 : errno;
    } else if (code == 0) {
        code = rename_to_new(self->temporary, self->path);
        if (code == EEXIST) {
            self->created = false;
            (void)close(self->fd);
            return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                                 "%s: has appeared in the meantime and is left alone "
                                 "(--force overwrites "
                                 "it); what was to be written is whole, in %s",
                                 self->path, self->temporary);
        }
    }
    if (code == 0) {
        self->created = false;
        code = rip_durable_sync_folder(self->path);
        (void)close(self->fd); /* nothing is left to fail: all is synced */
    }
    return code == 0 ? RIP_OK : rip_durable_refuse(self->path, code, error);
}

void
rip_durable_free(rip_durable *self)
{
    if (self->created) {
        (void)unlink(self->temporary);
        (void)close(self->fd);
    }
    free(self->path);
    free(self->temporary);
    *self = (rip_durable){0};
}
