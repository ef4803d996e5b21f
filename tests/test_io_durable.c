#include "riptide/io/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "result_fixture.h"
#include "support.h"

static void
expect_content(const char *path, const char *text)
{
    size_t size = 0;
    unsigned char *data = result_slurp(path, &size);

    assert_int_equal(size, strlen(text));
    assert_memory_equal(data, text, size);
    free(data);
}

/* Writes text through all steps. */
static rip_status
write_text(const char *path, bool overwrite, const char *text, rip_error *error)
{
    rip_durable file = {0};
    rip_status status = RIP_OK;

    RIP_TRY(rip_durable_begin(&file, path, overwrite, error));
    assert_int_equal(rip_durable_create(&file), 0);
    assert_int_equal(rip_durable_write(&file, 0, text, strlen(text)), 0);
    RIP_TRY(rip_durable_commit(&file, error));
out:
    rip_durable_free(&file);
    return status;
}

static void
write_and_replace(void **state)
{
    const char *path = result_path("d.bin");
    rip_error error = {0};

    (void)state;
    assert_int_equal(write_text(path, false, "first", &error), RIP_OK);
    expect_content(path, "first");
    assert_int_equal(write_text(path, true, "second", &error), RIP_OK);
    expect_content(path, "second");
    assert_int_equal(write_text(path, false, "third", &error), RIP_ERR_CONFIG);
    result_expect(&error, "DIR/d.bin: exists already (--force overwrites it)");
    expect_content(path, "second");
    assert_int_equal(result_files("d.bin"), 1);
    rip_error_free(&error);
}

/* Until it is committed, the name is not there and the old content is. */
static void
discarded(void **state)
{
    const char *path = result_path("e.bin");
    rip_error error = {0};
    rip_durable file = {0};

    (void)state;
    result_spill(path, "old", 3);
    assert_int_equal(rip_durable_begin(&file, path, true, &error), RIP_OK);
    assert_int_equal(rip_durable_create(&file), 0);
    assert_int_equal(rip_durable_write(&file, 0, "new one", 7), 0);
    assert_int_equal(result_files("e.bin"), 2);
    expect_content(path, "old");
    rip_durable_free(&file);
    assert_int_equal(result_files("e.bin"), 1);
    expect_content(path, "old");
}

/* Another process was first: neither result is lost. */
static void
appeared_meanwhile(void **state)
{
    const char *path = result_path("f.bin");
    char line[RESULT_PATH_BYTES + 256];
    rip_error error = {0};
    rip_durable file = {0};

    (void)state;
    assert_int_equal(rip_durable_begin(&file, path, false, &error), RIP_OK);
    assert_int_equal(rip_durable_create(&file), 0);
    assert_int_equal(rip_durable_write(&file, 0, "mine", 4), 0);
    result_spill(path, "theirs", 6);
    assert_int_equal(rip_durable_commit(&file, &error), RIP_ERR_CONFIG);
    (void)snprintf(line, sizeof(line),
                   "%s: has appeared in the meantime and is left alone (--force "
                   "overwrites it); what was to be written is whole, in %s.tmp.%ld",
                   path, path, (long)getpid());
    assert_string_equal(error.line[0], line);
    rip_durable_free(&file);
    expect_content(path, "theirs");
    (void)snprintf(line, sizeof(line), "%s.tmp.%ld", path, (long)getpid());
    expect_content(line, "mine");
    assert_int_equal(unlink(line), 0);
    rip_error_free(&error);
}

/* A process number that no process has. */
static long
dead_pid(void)
{
    const pid_t child = fork();

    if (child == 0) {
        _exit(0);
    }
    assert_true(child > 0 && waitpid(child, NULL, 0) == child);
    return (long)child;
}

static void
make_leftover(char name[64], const char *base, long pid)
{
    (void)snprintf(name, 64, "%s.tmp.%ld", base, pid);
    result_spill(result_path(name), "cut", 3);
}

static bool
is_there(const char *name)
{
    return access(result_path(name), F_OK) == 0;
}

/* Of the dead, and of a namesake of this process, but of nobody who lives. */
static void
leftovers_are_removed(void **state)
{
    char dead[64], own[64], alive[64], other[64], word[64];
    rip_error error = {0};
    rip_durable file = {0};

    (void)state;
    make_leftover(dead, "g.bin", dead_pid());
    make_leftover(own, "g.bin", (long)getpid());
    make_leftover(alive, "g.bin", (long)getppid());
    make_leftover(other, "other.bin", dead_pid());
    make_leftover(word, "g.bin.tmp.7x.bin", dead_pid());
    assert_int_equal(rip_durable_begin(&file, result_path("g.bin"), false, &error),
                     RIP_OK);
    assert_false(is_there(dead));
    assert_false(is_there(own));
    assert_true(is_there(alive));
    assert_true(is_there(other));
    assert_true(is_there(word));
    assert_int_equal(rip_durable_create(&file), 0);
    rip_durable_free(&file);
    assert_int_equal(unlink(result_path(alive)), 0);
}

/* What is locked is being written, by a process whose number means nothing here. */
static void
locked_leftovers_stay(void **state)
{
    const struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char name[64];
    rip_error error = {0};
    rip_durable file = {0};
    int fd;

    (void)state;
    make_leftover(name, "h.bin", dead_pid());
    fd = open(result_path(name), O_RDWR);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &all), 0);
    assert_int_equal(rip_durable_begin(&file, result_path("h.bin"), false, &error),
                     RIP_OK);
    assert_true(is_there(name));
    rip_durable_free(&file);
    assert_int_equal(close(fd), 0);
    assert_int_equal(rip_durable_begin(&file, result_path("h.bin"), false, &error),
                     RIP_OK);
    assert_false(is_there(name));
    rip_durable_free(&file);
}

/* The own temporary is locked while it is open. */
static void
temporary_is_locked(void **state)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    rip_error error = {0};
    rip_durable file = {0};
    int fd;

    (void)state;
    assert_int_equal(rip_durable_begin(&file, result_path("i.bin"), false, &error),
                     RIP_OK);
    assert_int_equal(rip_durable_create(&file), 0);
    fd = open(file.temporary, O_RDWR);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &all), -1);
    assert_int_equal(close(fd), 0);
    rip_durable_free(&file);
}

static void
refused_targets(void **state)
{
    rip_error error = {0};
    rip_durable file = {0};

    (void)state;
    assert_int_equal(mkdir(result_path("folder"), 0700), 0);
    assert_int_equal(rip_durable_begin(&file, result_path("folder"), true, &error),
                     RIP_ERR_OUTPUT);
    result_expect(&error, "DIR/folder: Is a directory");
    rip_durable_free(&file);
    rip_error_free(&error);
    assert_int_equal(rmdir(result_path("folder")), 0);
    assert_int_equal(mkfifo(result_path("pipe"), 0600), 0);
    assert_int_equal(rip_durable_begin(&file, result_path("pipe"), true, &error),
                     RIP_ERR_OUTPUT);
    result_expect(&error, "DIR/pipe: not a regular file");
    rip_durable_free(&file);
    rip_error_free(&error);
    assert_int_equal(rip_durable_begin(&file, result_path("no/file"), true, &error),
                     RIP_OK);
    assert_int_equal(rip_durable_create(&file), ENOENT);
    rip_durable_free(&file);
}

/* A link stays one; what it leads to is replaced. */
static void
links_are_followed(void **state)
{
    struct stat facts;
    rip_error error = {0};

    (void)state;
    result_spill(result_path("real.bin"), "old", 3);
    assert_int_equal(symlink("real.bin", result_path("link.bin")), 0);
    assert_int_equal(write_text(result_path("link.bin"), true, "new", &error), RIP_OK);
    expect_content(result_path("real.bin"), "new");
    assert_int_equal(lstat(result_path("link.bin"), &facts), 0);
    assert_true(S_ISLNK(facts.st_mode));
}

/* A limit on the size of files stands for a full disk: the number comes back. */
static void
no_space(void **state)
{
    const struct rlimit little = {1000, RLIM_INFINITY};
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    static const char data[4096] = "x";
    rip_error error = {0};
    rip_durable file = {0};
    int code;

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(rip_durable_begin(&file, result_path("j.bin"), true, &error),
                     RIP_OK);
    assert_int_equal(rip_durable_create(&file), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    code = rip_durable_write(&file, 0, data, sizeof(data));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    assert_int_equal(code, EFBIG);
    rip_durable_free(&file);
    assert_int_equal(result_files("j.bin"), 0);
    assert_int_equal(rip_durable_refuse("r.h5", ENOSPC, &error), RIP_ERR_OUTPUT);
    assert_string_equal(error.line[0], "r.h5: No space left on device");
    rip_error_free(&error);
}

static void
no_memory(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        rip_error error = {0};
        rip_durable file = {0};
        rip_status status;
        support_fail_allocation(n);
        status = rip_durable_begin(&file, result_path("k.bin"), true, &error);
        support_fail_allocation(-1);
        rip_durable_free(&file);
        rip_error_free(&error);
        if (status == RIP_OK) {
            break;
        }
        assert_int_equal(status, RIP_ERR_NO_MEMORY);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_and_replace),
        cmocka_unit_test(discarded),
        cmocka_unit_test(appeared_meanwhile),
        cmocka_unit_test(leftovers_are_removed),
        cmocka_unit_test(locked_leftovers_stay),
        cmocka_unit_test(temporary_is_locked),
        cmocka_unit_test(refused_targets),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(no_space),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, result_begin, result_end);
}
