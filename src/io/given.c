#include "riptide/io/given.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "riptide/io/given_child.h"
#include "riptide/io/image.h"

#define PATIENCE_MS     60000 /* without a byte: HDF5 hangs in a damaged file */
#define PRICE_TOLERANCE 1e-9

static rip_status
refuse(const char *path, const char *text, rip_error *error)
{
    return rip_error_add(error, RIP_RAISE(RIP_ERR_DATA), "%s: %s", path, text);
}

/* A result's own checksum, if it is one. */
static rip_status
verify(int fd, const char *path, rip_error *error)
{
    rip_error found = {0};
    bool is_result = false;
    rip_status status = rip_image_verify(fd, path, &is_result, &found);

    if (status != RIP_OK) {
        status = RIP_RAISE(RIP_ERR_DATA);
    }
    for (size_t i = 0; i < found.n_line; i++) {
        (void)rip_error_add(error, RIP_ERR_DATA, "%s", found.line[i]);
    }
    rip_error_free(&found);
    return status;
}

/* Takes size bytes; false if there will be no more. */
static bool
receive(int in, void *data, size_t size)
{
    char *to = data;
    struct pollfd wait = {.fd = in, .events = POLLIN};

    while (size > 0) {
        const int ready = poll(&wait, 1, PATIENCE_MS);
        const ssize_t n = ready > 0 ? read(in, to, size) : ready;
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        to += n;
        size -= (size_t)n;
    }
    return true;
}

/* Whether it is done or hangs, the child is not needed any more. */
static void
end_child(pid_t child)
{
    (void)kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
}

static rip_status
receive_all(rip_given *self, const char *path, const rip_given_frame *frame, int in,
            rip_error *error)
{
    const size_t row = (frame->n_step + 1) * frame->market->n_asset;
    rip_given_head head = {0};

    if (!receive(in, &head, sizeof(head))) {
        return refuse(path, "damaged (HDF5 fails on it)", error);
    }
    head.text[RIP_GIVEN_TEXT - 1] = '\0';
    if (head.text[0] != '\0') {
        return refuse(path, head.text, error);
    }
    if (head.n_path == 0 || head.n_path > frame->n_path ||
        head.n_path > SIZE_MAX / sizeof(double) / row) {
        return refuse(path, "damaged (HDF5 fails on it)", error);
    }
    self->price = calloc((size_t)head.n_path, row * sizeof(double));
    if (self->price == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    self->n_path = head.n_path;
    if (!receive(in, self->price, (size_t)head.n_path * row * sizeof(double))) {
        return refuse(path, "paths/price: damaged (HDF5 fails on it)", error);
    }
    return RIP_OK;
}

static rip_status
read_in_child(rip_given *self, const char *path, const rip_given_frame *frame, int fd,
              rip_error *error)
{
    rip_status status;
    int pipes[2];
    pid_t child;

    if (pipe2(pipes, O_CLOEXEC) != 0) {
        return refuse(path, strerror(errno), error);
    }
    child = fork();
    if (child == 0) {
        (void)close(pipes[0]);
        rip_given_child_read(fd, frame, pipes[1]);
        _exit(0);
    }
    (void)close(pipes[1]);
    if (child < 0) {
        status = refuse(path, strerror(errno), error);
    } else {
        status = receive_all(self, path, frame, pipes[0], error);
        end_child(child);
    }
    (void)close(pipes[0]);
    return status;
}

/* Every price is one, and the first of a path is the market's. */
static rip_status
check_prices(const rip_given *self, const char *path, const rip_given_frame *frame,
             rip_error *error)
{
    const size_t n_asset = frame->market->n_asset;
    const size_t row = (frame->n_step + 1) * n_asset;

    for (size_t i = 0; i < (size_t)self->n_path * row; i++) {
        const rip_asset *asset = &frame->market->asset[i % n_asset];
        const double price = self->price[i];
        const size_t step = i % row / n_asset;
        if (!(price > 0.0) || isinf(price)) {
            return rip_error_add(
                error, RIP_RAISE(RIP_ERR_DATA),
                "%s: paths/price: path %zu, time %zu, %s: %.10g is not allowed (a "
                "price above 0)",
                path, i / row, step, asset->symbol, price);
        }
        if (step == 0 &&
            !(fabs(price - asset->price_usd) <= PRICE_TOLERANCE * asset->price_usd)) {
            return rip_error_add(
                error, RIP_RAISE(RIP_ERR_DATA),
                "%s: paths/price: path %zu starts with %s at %.12g (market.assets: "
                "%.12g)",
                path, i / row, asset->symbol, price, asset->price_usd);
        }
    }
    return RIP_OK;
}

rip_status
rip_given_load(rip_given *self, const char *path, const rip_given_frame *frame,
               rip_error *error)
{
    rip_status status = RIP_OK;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    *self = (rip_given){0};
    if (fd < 0) {
        return refuse(path, strerror(errno), error);
    }
    RIP_TRY(verify(fd, path, error));
    RIP_TRY(read_in_child(self, path, frame, fd, error));
    status = check_prices(self, path, frame, error);
out:
    (void)close(fd);
    return status;
}

void
rip_given_free(rip_given *self)
{
    free(self->price);
    *self = (rip_given){0};
}
