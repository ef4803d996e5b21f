#include "riptide/io/provenance.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

/* A shell reads the words back as they were. */
static void
command_line(void **state)
{
    static const char *const word[] = {"riptide", "run", "my book.yaml", "-s", "a=[1]",
                                       "it's",    ""};
    rip_provenance made = {0};

    (void)state;
    assert_int_equal(rip_provenance_begin(&made, 7, word, 3), RIP_OK);
    assert_string_equal(made.command,
                        "riptide run 'my book.yaml' -s 'a=[1]' 'it'\\''s' ''");
    assert_int_equal(made.n_thread, 3);
    rip_provenance_free(&made);
    assert_null(made.command);
}

static void
outside_a_job(void **state)
{
    rip_provenance made = {0};

    (void)state;
    (void)unsetenv("SLURM_JOB_ID");
    (void)setenv("SLURMD_NODENAME", "stale", 1);
    (void)setenv("SLURM_RESTART_COUNT", "9", 1);
    assert_int_equal(rip_provenance_begin(&made, 0, NULL, 1), RIP_OK);
    assert_string_equal(made.command, "");
    assert_string_equal(made.job_id, "");
    assert_string_equal(made.job_node, "");
    assert_int_equal(made.job_restarts, 0);
    rip_provenance_free(&made);
}

static void
in_a_job(void **state)
{
    rip_provenance made = {0};

    (void)state;
    (void)setenv("SLURM_JOB_ID", "1042", 1);
    (void)setenv("SLURMD_NODENAME", "n17", 1);
    (void)setenv("SLURM_RESTART_COUNT", "2", 1);
    assert_int_equal(rip_provenance_begin(&made, 0, NULL, 1), RIP_OK);
    assert_string_equal(made.job_id, "1042");
    assert_string_equal(made.job_node, "n17");
    assert_int_equal(made.job_restarts, 2);
    rip_provenance_free(&made);
    (void)setenv("SLURM_ARRAY_JOB_ID", "1000", 1);
    (void)setenv("SLURM_ARRAY_TASK_ID", "7", 1);
    (void)unsetenv("SLURM_RESTART_COUNT");
    assert_int_equal(rip_provenance_begin(&made, 0, NULL, 1), RIP_OK);
    assert_string_equal(made.job_id, "1000_7");
    assert_int_equal(made.job_restarts, 0);
    rip_provenance_free(&made);
    (void)unsetenv("SLURM_ARRAY_JOB_ID");
    (void)unsetenv("SLURM_ARRAY_TASK_ID");
    (void)unsetenv("SLURM_JOB_ID");
}

static void
measures(void **state)
{
    rip_provenance made = {0};

    (void)state;
    assert_int_equal(rip_provenance_begin(&made, 0, NULL, 1), RIP_OK);
    assert_int_equal(strlen(made.created), 20);
    assert_int_equal(made.created[10], 'T');
    assert_int_equal(made.created[19], 'Z');
    rip_provenance_measure(&made);
    assert_true(made.wall_time_s >= 0.0 && made.wall_time_s < 60.0);
    assert_true(made.cpu_time_s > 0.0);
    assert_true(made.peak_memory_bytes > 100000);
    rip_provenance_free(&made);
}

static void
what_is_compiled_in(void **state)
{
    (void)state;
    assert_string_equal(rip_provenance_version(), RIP_VERSION);
    assert_non_null(rip_provenance_revision());
    assert_true(strchr(rip_provenance_compiler(), ' ') != NULL);
    assert_int_equal(strncmp(rip_provenance_gsl(), "2.", 2), 0);
    assert_int_equal(strncmp(rip_provenance_hdf5(), "1.", 2), 0);
}

static void
no_memory(void **state)
{
    static const char *const word[] = {"riptide"};
    rip_provenance made = {0};

    (void)state;
    support_fail_allocation(0);
    assert_int_equal(rip_provenance_begin(&made, 1, word, 1), RIP_ERR_NO_MEMORY);
    support_fail_allocation(-1);
    rip_provenance_free(&made);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_line), cmocka_unit_test(outside_a_job),
        cmocka_unit_test(in_a_job),     cmocka_unit_test(measures),
        cmocka_unit_test(no_memory),    cmocka_unit_test(what_is_compiled_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
