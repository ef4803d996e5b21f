#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* All of a file as a text. */
static rip_status
take_text(FILE *file, char **text)
{
    long size;

    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 ||
        fseek(file, 0, SEEK_SET) != 0) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    *text = calloc((size_t)size + 1, 1);
    if (*text == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    (*text)[fread(*text, 1, (size_t)size, file)] = '\0';
    return RIP_OK;
}

/* Starts the program with its outputs in two files; 0 or an errno. */
static int
start(pid_t *pid, const char *const *argv, FILE *out, FILE *said)
{
    /* The interface is older than const; it writes to none of the words. */
    char *const *words = (char *const *)(uintptr_t)argv;
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);

    if (code != 0) {
        return code;
    }
    code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                            O_RDONLY, 0);
    code = code != 0
               ? code
               : posix_spawn_file_actions_adddup2(&actions, fileno(out), STDOUT_FILENO);
    code = code != 0 ? code
                     : posix_spawn_file_actions_adddup2(&actions, fileno(said),
                                                        STDERR_FILENO);
    code =
        code != 0 ? code : posix_spawnp(pid, argv[0], &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return code;
}

/* Exit code of a started program. */
static int
await(pid_t pid)
{
    int state = 0;

    while (waitpid(pid, &state, 0) < 0) {
        if (errno != EINTR) {
            return 127;
        }
    }
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

rip_status
child_run(child *self, const char *const *argv)
{
    rip_status status = RIP_OK;
    FILE *out = tmpfile(), *said = tmpfile();
    pid_t pid = 0;
    int code;

    *self = (child){.exit_code = 127};
    if (out == NULL || said == NULL) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
        goto out;
    }
    code = start(&pid, argv, out, said);
    if (code == 0) {
        self->exit_code = await(pid);
    } else if (code != ENOENT && code != EACCES && code != ENOTDIR) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
        goto out;
    }
    RIP_TRY(take_text(out, &self->out));
    RIP_TRY(take_text(said, &self->said));
out:
    if (out != NULL) {
        (void)fclose(out);
    }
    if (said != NULL) {
        (void)fclose(said);
    }
    return status;
}

void
child_free(child *self)
{
    free(self->out);
    free(self->said);
    *self = (child){0};
}
