#include "riptide/io/given_child.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "riptide/io/h5.h"
#include "riptide/io/image.h"

#define SLAB_BYTES     ((uint64_t)4 << 20) /* read at once */
#define MOST_BYTES     ((rlim_t)4 << 30)   /* memory beyond what the process has */
#define MOST_ASSET     ((hsize_t)1 << 20)
#define TIME_TOLERANCE 1e-9

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESERVES_SPACE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RESERVES_SPACE 1
#endif
#endif
#ifndef RESERVES_SPACE
#define RESERVES_SPACE 0 /* sanitizers reserve more than any limit */
#endif

typedef struct reading {
    const rip_given_frame *frame;
    rip_image *image;
    int64_t price;     /* dataset */
    uint64_t shape[3]; /* path, time, asset */
    size_t *column;    /* [n_asset] owned */
    rip_given_head head;
} reading;

/* Notes what is wrong; the first word stands. */
static bool refuse(reading *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool
refuse(reading *self, const char *format, ...)
{
    va_list args;

    if (self->head.text[0] == '\0') {
        va_start(args, format);
        (void)vsnprintf(self->head.text, sizeof(self->head.text), format, args);
        va_end(args);
    }
    return false;
}

/* The handlers of the parent are not for here: a crash has to end this process. */
static void
limit_process(void)
{
    static const int crash[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE};
    const struct rlimit none = {0, 0};
    struct rlimit space;
    unsigned long pages = 0;
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    FILE *size = fopen("/proc/self/statm", "r");

    for (size_t i = 0; i < sizeof(crash) / sizeof(crash[0]); i++) {
        (void)signal(crash[i], SIG_DFL);
    }
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)dup2(null, STDERR_FILENO); /* allocators have last words */
    if (size == NULL) {
        return;
    }
    if (!RESERVES_SPACE && fscanf(size, "%lu", &pages) == 1 &&
        getrlimit(RLIMIT_AS, &space) == 0) {
        const rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + MOST_BYTES;
        space.rlim_cur = most < space.rlim_max ? most : space.rlim_max;
        (void)setrlimit(RLIMIT_AS, &space);
    }
    (void)fclose(size);
}

static bool
send_all(int out, const void *data, size_t size)
{
    const char *from = data;

    while (size > 0) {
        const ssize_t n = write(out, from, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        from += n;
        size -= (size_t)n;
    }
    return true;
}

/* Opens a dataset of numbers or texts with n_dim axes, and says its shape. */
static bool
open_any(reading *self, const char *path, H5T_class_t class, int n_dim, int64_t *id,
         uint64_t *shape)
{
    hsize_t found[RIP_H5_RANK] = {0};
    hid_t type, space;
    H5T_class_t is;
    int n;

    *id = H5Dopen2(rip_image_file(self->image), path, H5P_DEFAULT);
    if (*id < 0) {
        return refuse(self, "%s: not a dataset", path);
    }
    type = H5Dget_type(*id);
    space = H5Dget_space(*id);
    is = H5Tget_class(type);
    n = H5Sget_simple_extent_ndims(space);
    (void)H5Tclose(type);
    if (n == n_dim) {
        (void)H5Sget_simple_extent_dims(space, found, NULL);
    }
    (void)H5Sclose(space);
    if (n != n_dim) {
        return refuse(self, "%s: %d axes (%d)", path, n, n_dim);
    }
    if (is != class && !(class == H5T_FLOAT && is == H5T_INTEGER)) {
        return refuse(self, "%s: of another type (%s)", path,
                      class == H5T_FLOAT ? "numbers" : "texts");
    }
    for (int i = 0; i < n_dim; i++) {
        shape[i] = found[i];
    }
    return true;
}

/* One chunk is read at a time and has to fit. */
static bool
check_chunks(reading *self)
{
    const hid_t dcpl = H5Dget_create_plist(self->price);
    hsize_t chunk[3] = {1, 1, 1};
    double bytes = 8.0;

    if (H5Pget_layout(dcpl) == H5D_CHUNKED && H5Pget_chunk(dcpl, 3, chunk) == 3) {
        bytes *= (double)chunk[0] * (double)chunk[1] * (double)chunk[2];
    }
    (void)H5Pclose(dcpl);
    return bytes <= (double)MOST_BYTES / 4.0 ||
           refuse(self, "paths/price: chunks of %.3g bytes (at most 2^30)", bytes);
}

static bool
open_price(reading *self)
{
    const rip_given_frame *frame = self->frame;

    if (!rip_h5_exists(rip_image_file(self->image), "paths/price")) {
        return refuse(self, "no dataset /paths/price [path, time, asset]");
    }
    if (!open_any(self, "paths/price", H5T_FLOAT, 3, &self->price, self->shape)) {
        return false;
    }
    if (self->shape[1] != frame->n_step + 1) {
        return refuse(
            self, "paths/price: %llu points in time (%zu: the start and %zu steps)",
            (unsigned long long)self->shape[1], frame->n_step + 1, frame->n_step);
    }
    if (self->shape[0] == 0) {
        return refuse(self, "paths/price: no path");
    }
    if (self->shape[2] == 0 || self->shape[2] > MOST_ASSET) {
        return refuse(self, "paths/price: %llu assets",
                      (unsigned long long)self->shape[2]);
    }
    self->head.n_path = self->shape[0] < frame->n_path ? self->shape[0] : frame->n_path;
    return check_chunks(self);
}

/* A scale `time` has to be that of the run. */
static bool
check_time(reading *self)
{
    const size_t n = self->frame->n_step + 1;
    uint64_t length = 0;
    int64_t id = -1;
    double *hour;
    bool good;

    if (!rip_h5_exists(rip_image_file(self->image), "paths/time")) {
        return true;
    }
    hour = calloc(n, sizeof(*hour));
    good = hour != NULL && open_any(self, "paths/time", H5T_FLOAT, 1, &id, &length);
    if (good && length != n) {
        good = refuse(self, "paths/time: %llu points (%zu)", (unsigned long long)length,
                      n);
    }
    if (good &&
        H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, hour) < 0) {
        good = refuse(self, "paths/time: damaged");
    }
    for (size_t i = 0; good && i < n; i++) {
        const double wanted = (double)i * self->frame->step_h;
        if (!(fabs(hour[i] - wanted) <= TIME_TOLERANCE * fmax(wanted, 1.0))) {
            good =
                refuse(self, "paths/time: point %zu is at %.10g h (%.10g by run.step)",
                       i, hour[i], wanted);
        }
    }
    free(hour);
    return good;
}

/* Texts of variable length, or fixed and then padded in some way. */
static bool
read_symbols(reading *self, int64_t id, size_t n, char (*symbol)[RIP_NAME_MAX])
{
    const hid_t type = H5Dget_type(id);
    const bool variable = H5Tis_variable_str(type) > 0;
    const hid_t memory = H5Tcopy(H5T_C_S1);
    char **text = calloc(n, sizeof(*text));
    herr_t code = -1;

    (void)H5Tset_cset(memory, H5Tget_cset(type));
    (void)H5Tset_size(memory, variable ? H5T_VARIABLE : RIP_NAME_MAX);
    if (text != NULL) {
        code = H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                       variable ? (void *)text : (void *)symbol);
    }
    for (size_t i = 0; code >= 0 && variable && i < n; i++) {
        (void)snprintf(symbol[i], RIP_NAME_MAX, "%s", text[i] != NULL ? text[i] : "");
    }
    free((void *)text);
    return code >= 0 || refuse(self, "paths/asset: damaged");
}

static bool
match(reading *self, size_t n, char (*symbol)[RIP_NAME_MAX])
{
    const rip_market_spec *market = self->frame->market;

    for (size_t a = 0; a < market->n_asset; a++) {
        size_t found = n;
        for (size_t i = 0; i < n; i++) {
            if (strncmp(symbol[i], market->asset[a].symbol, RIP_NAME_MAX) != 0) {
                continue;
            }
            if (found < n) {
                return refuse(self, "paths/asset: %s is said twice",
                              market->asset[a].symbol);
            }
            found = i;
        }
        if (found == n) {
            return refuse(self, "paths/asset: no %s (every symbol of market.assets)",
                          market->asset[a].symbol);
        }
        self->column[a] = found;
    }
    return true;
}

/* The column of each asset of the market. */
static bool
match_assets(reading *self)
{
    const size_t n = (size_t)self->shape[2];
    char(*symbol)[RIP_NAME_MAX];
    uint64_t length = 0;
    int64_t id = -1;
    bool good;

    for (size_t a = 0; a < self->frame->market->n_asset; a++) {
        self->column[a] = a;
    }
    if (!rip_h5_exists(rip_image_file(self->image), "paths/asset")) {
        return n == self->frame->market->n_asset ||
               refuse(self,
                      "paths/price: %zu assets and no scale that names them "
                      "(%zu, as market.assets)",
                      n, self->frame->market->n_asset);
    }
    symbol = calloc(n, sizeof(*symbol));
    good = symbol != NULL && open_any(self, "paths/asset", H5T_STRING, 1, &id, &length);
    if (good && length != n) {
        good = refuse(self, "paths/asset: %llu names (%zu)", (unsigned long long)length,
                      n);
    }
    good = good && read_symbols(self, id, n, symbol) && match(self, n, symbol);
    free(symbol);
    return good;
}

/* Sends paths slab by slab, columns in the order of the market. */
static void
send_prices(reading *self, int out)
{
    const size_t n_asset = self->frame->market->n_asset;
    const uint64_t row = self->shape[1] * self->shape[2];
    const uint64_t most = row > 0 ? SLAB_BYTES / 8 / row + 1 : 1;
    double *raw = calloc((size_t)(most * row) + 1, sizeof(*raw));
    double *sorted = calloc((size_t)(most * self->shape[1]) * n_asset, sizeof(*sorted));
    bool good = raw != NULL && sorted != NULL;

    for (uint64_t first = 0; good && first < self->head.n_path; first += most) {
        const uint64_t left = self->head.n_path - first, n = left < most ? left : most;
        const size_t n_point = (size_t)(n * self->shape[1]);
        const rip_h5_box box = {.n_dim = 3,
                                .first = {first, 0, 0},
                                .count = {n, self->shape[1], self->shape[2]},
                                .stride = {n, self->shape[1], self->shape[2]}};
        good = rip_h5_read_box(self->price, RIP_H5_F64, &box, raw) == RIP_OK;
        for (size_t i = 0; good && i < n_point * n_asset; i++) {
            sorted[i] = raw[i / n_asset * self->shape[2] + self->column[i % n_asset]];
        }
        good = good && send_all(out, sorted, n_point * n_asset * sizeof(*sorted));
    }
    free(raw);
    free(sorted);
}

void
rip_given_child_read(int file, const rip_given_frame *frame, int out)
{
    reading self = {.frame = frame, .price = -1};
    bool good;

    limit_process();
    self.column = calloc(frame->market->n_asset, sizeof(*self.column));
    good = self.column != NULL || refuse(&self, "out of memory");
    if (good && rip_image_open_foreign(&self.image, file) != RIP_OK) {
        good = refuse(&self, "not an HDF5 file, or damaged");
    }
    good = good && open_price(&self) && check_time(&self) && match_assets(&self);
    if (!good) {
        (void)refuse(&self, "damaged");
        self.head.n_path = 0;
    }
    if (send_all(out, &self.head, sizeof(self.head)) && good) {
        send_prices(&self, out);
    }
}
