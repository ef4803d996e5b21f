/* Times of first forced closes of all accounts against plain trials. */
#include "support.h"

#include "engine_totals.h"

enum { N_SEED = 12, MOST_TIMES = 64 };

/* Counted accounts and paths by the step of the first forced close; returns how many.
 */
static size_t
check_mode(const totals *f, size_t mode)
{
    const plain *t = &f->truth;
    const uint64_t *got = plain_dataset(&f->got, "time_to_liquidation");
    uint64_t want[MOST_TIMES] = {0};
    size_t n = 0;
    assert_true(t->n_step < MOST_TIMES);
    for (size_t k = 0; k < t->n_account * t->n_path; k++) {
        const size_t account = k / t->n_path;
        const uint32_t step =
            plain_at(t, mode, account, k % t->n_path)->liquidation_step;
        if (step > 0 && f->counted[mode * t->n_account + account]) {
            want[step]++;
            n++;
        }
    }
    for (size_t s = 0; s <= t->n_step; s++) {
        assert_int_equal(got[mode * (t->n_step + 1) + s], want[s]);
    }
    return n;
}

static void
test_times_of_all_accounts(void **state)
{
    size_t n = 0;
    (void)state;
    for (uint64_t seed = 0; seed < N_SEED; seed++) {
        totals f;
        totals_init(&f, seed);
        for (size_t m = 0; m < f.truth.n_mode; m++) {
            n += check_mode(&f, m);
        }
        totals_free(&f);
    }
    assert_true(n > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_of_all_accounts),
    };
    return cmocka_run_group_tests_name("engine/times", tests, NULL, NULL);
}
