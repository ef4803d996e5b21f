#include "riptide/io/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "result_fixture.h"
#include "riptide/io/checksum.h"
#include "support.h"

/* Pieces smaller and larger than the buffer arrive in order, with their checksum. */
static void
pieces_in_order(void **state)
{
    static unsigned char data[700001];
    const char *path = result_path("sink");
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    size_t at = 0, size = 0;
    unsigned char *read;
    rip_sink sink = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char)(i * 2654435761u >> 13);
    }
    assert_int_equal(rip_sink_begin(&sink, fd, 5), RIP_OK);
    for (size_t n = 1; at < sizeof(data); n = n * 5 + 1) {
        const size_t part = n < sizeof(data) - at ? n : sizeof(data) - at;
        rip_sink_put(&sink, data + at, part);
        at += part;
        assert_int_equal(sink.offset, 5 + at);
    }
    rip_sink_put(&sink, data, 3);
    assert_int_equal(rip_sink_flush(&sink), 0);
    assert_true(
        sink.checksum ==
        rip_checksum(rip_checksum(RIP_CHECKSUM_EMPTY, data, sizeof(data)), data, 3));
    rip_sink_free(&sink);
    assert_int_equal(close(fd), 0);
    read = result_slurp(path, &size);
    assert_int_equal(size, 5 + sizeof(data) + 3);
    assert_memory_equal(read + 5, data, sizeof(data));
    assert_memory_equal(read + 5 + sizeof(data), data, 3);
    free(read);
}

static void
errors_stay(void **state)
{
    static const unsigned char data[300000];
    rip_sink sink = {0};
    const int fd = open(result_path("sink"), O_RDONLY);
    const int other = open(result_path("other"), O_RDWR | O_CREAT | O_TRUNC, 0600);

    (void)state;
    assert_int_equal(rip_sink_begin(&sink, fd, 0), RIP_OK);
    rip_sink_put(&sink, data, sizeof(data));
    rip_sink_put_number(&sink, 7);
    assert_int_equal(sink.code, EBADF);
    /* and when the file can be written again: something is missing in it */
    assert_int_equal(dup2(other, fd), fd);
    assert_int_equal(rip_sink_flush(&sink), EBADF);
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    rip_sink_free(&sink);
    assert_int_equal(close(fd), 0);
    assert_int_equal(close(other), 0);
    support_fail_allocation(0);
    assert_int_equal(rip_sink_begin(&sink, fd, 0), RIP_ERR_NO_MEMORY);
    support_fail_allocation(-1);
    rip_sink_free(&sink);
}

/* What is put can be taken; what is not there cannot. */
static void
there_and_back(void **state)
{
    const char *path = result_path("back");
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    rip_sink sink = {0};
    size_t size = 0;
    unsigned char *data;
    uint64_t number = 0;
    char *text = NULL;

    (void)state;
    assert_int_equal(rip_sink_begin(&sink, fd, 0), RIP_OK);
    rip_sink_put_text(&sink, "one\ntwo");
    rip_sink_put_number(&sink, UINT64_C(0xfedcba9876543210));
    rip_sink_put_text(&sink, "");
    assert_int_equal(rip_sink_flush(&sink), 0);
    rip_sink_free(&sink);
    assert_int_equal(close(fd), 0);
    data = result_slurp(path, &size);
    rip_sink_source from = {.data = data, .size = size};
    assert_true(rip_sink_take_text(&from, &text));
    assert_string_equal(text, "one\ntwo");
    free(text);
    assert_true(rip_sink_take_number(&from, &number));
    assert_true(number == UINT64_C(0xfedcba9876543210));
    assert_true(rip_sink_take_text(&from, &text));
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(from.size, 0);
    assert_false(rip_sink_take_number(&from, &number));
    assert_false(rip_sink_take_text(&from, &text));
    for (size_t n = 0; n < 15; n++) {
        from = (rip_sink_source){.data = data, .size = n};
        assert_false(rip_sink_take_text(&from, &text));
        assert_null(text);
    }
    from = (rip_sink_source){.data = data, .size = size};
    assert_false(rip_sink_take_word(&from, "one"));
    from = (rip_sink_source){.data = data, .size = size};
    assert_true(rip_sink_take_word(&from, "one\ntwo"));
    from = (rip_sink_source){.data = data, .size = size};
    support_fail_allocation(0);
    assert_false(rip_sink_take_text(&from, &text));
    support_fail_allocation(-1);
    assert_true(from.no_memory);
    data[9] = 0; /* inside the first text */
    from = (rip_sink_source){.data = data, .size = size};
    assert_false(rip_sink_take_text(&from, &text));
    free(data);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_in_order),
        cmocka_unit_test(errors_stay),
        cmocka_unit_test(there_and_back),
    };
    return cmocka_run_group_tests(tests, result_begin, result_end);
}
