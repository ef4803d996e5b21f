#include <string.h>

#include "riptide/io/checkpoint_parts.h"
#include "riptide/io/checksum.h"
#include "riptide/io/durable.h"

#define MOST_RUN ((size_t)1 << 30) /* words of a run */

/* Ends of runs: where the next word that is not zero is; where two zeros follow. */
static size_t
zeros_end(const uint64_t *word, size_t i, size_t n)
{
    const size_t most = n - i > MOST_RUN ? i + MOST_RUN : n;

    while (i < most && word[i] == 0) {
        i++;
    }
    return i;
}

static size_t
words_end(const uint64_t *word, size_t i, size_t n)
{
    const size_t most = n - i > MOST_RUN ? i + MOST_RUN : n;

    while (i < most && (word[i] != 0 || (i + 1 < n && word[i + 1] != 0))) {
        i++;
    }
    return i;
}

/* Sections begin at multiples of 64 bytes, so their last word is theirs alone. */
static size_t
section_words(const rip_section *section)
{
    return (section->n_element * rip_accumulator_element_size(section->type) + 7) / 8;
}

/* Without a sink it only says how many bytes it would be. */
static uint64_t
pack(rip_sink *sink, const uint64_t *word, size_t n)
{
    uint64_t size = 0;

    for (size_t i = 0; i < n;) {
        const size_t first = zeros_end(word, i, n), end = words_end(word, first, n);
        const uint32_t run[2] = {(uint32_t)(first - i), (uint32_t)(end - first)};
        if (sink != NULL) {
            rip_sink_put(sink, run, sizeof(run));
            rip_sink_put(sink, word + first, (end - first) * sizeof(*word));
        }
        size += sizeof(run) + (end - first) * sizeof(*word);
        i = end;
    }
    return size;
}

static void
put_identity(rip_sink *sink, const rip_checkpoint *self)
{
    const rip_inputs *inputs = self->source.inputs;

    rip_sink_put_text(sink, rip_provenance_version());
    rip_sink_put_text(sink, rip_provenance_revision());
    rip_sink_put_text(sink, self->config);
    rip_sink_put_number(sink, self->source.shard.index);
    rip_sink_put_number(sink, self->source.shard.count);
    rip_sink_put_number(sink, inputs->n_file);
    for (size_t i = 0; i < inputs->n_file; i++) {
        rip_sink_put_text(sink, inputs->file[i].path);
        rip_sink_put_text(sink, inputs->file[i].sha256);
    }
}

static void
put_sums(rip_sink *sink, const rip_accumulator *sums)
{
    rip_sink_put_number(sink, RIP_ACCUMULATOR_VERSION);
    rip_sink_put_number(sink, sums->n_section);
    for (size_t i = 0; i < sums->n_section; i++) {
        const rip_section *section = &sums->section[i];
        const size_t n = section_words(section);
        rip_sink_put_text(sink, section->name);
        rip_sink_put_number(sink, (uint64_t)section->type);
        rip_sink_put_number(sink, section->n_element);
        rip_sink_put_number(sink, pack(NULL, section->data, n));
        (void)pack(sink, section->data, n);
    }
}

static int
put_all(const rip_checkpoint *self, const rip_accumulator *sums, uint64_t next,
        rip_sink *sink)
{
    unsigned char head[RIP_CHECKPOINT_HEAD] = RIP_CHECKPOINT_MAGIC;
    uint64_t number[2] = {RIP_CHECKPOINT_FORMAT, 0}, seal;

    put_identity(sink, self);
    rip_sink_put_number(sink, next);
    rip_sink_put_text(sink, self->paths != NULL ? rip_durable_name(self->paths) : "");
    rip_sink_put_number(sink, self->paths != NULL ? self->sink.offset : 0);
    rip_sink_put_number(sink, self->paths != NULL ? self->sink.checksum : 0);
    put_sums(sink, sums);
    const int code = rip_sink_flush(sink);
    number[1] = sink->offset;
    memcpy(head + 8, number, sizeof(number));
    seal = rip_checkpoint_seal(head, sink->checksum);
    memcpy(head + 24, &seal, sizeof(seal));
    return code != 0 ? code : rip_durable_put(sink->fd, 0, head, sizeof(head));
}

rip_status
rip_checkpoint_write(const rip_checkpoint *self, const rip_accumulator *sums,
                     uint64_t next, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_durable file = {0};
    rip_sink sink = {0};
    int code;

    RIP_TRY(rip_durable_begin(&file, self->path, true, error));
    code = rip_durable_create(&file);
    if (code == 0) {
        RIP_TRY(rip_sink_begin(&sink, file.fd, RIP_CHECKPOINT_HEAD));
        code = put_all(self, sums, next, &sink);
    }
    if (code != 0) {
        status = rip_durable_refuse(self->path, code, error);
        goto out;
    }
    status = rip_durable_commit(&file, error);
out:
    rip_sink_free(&sink);
    rip_durable_free(&file);
    return status;
}

static bool
unpack_words(rip_sink_source *from, uint64_t *word, size_t n)
{
    size_t i = 0;

    while (i < n) {
        uint32_t run[2];
        if (!rip_sink_take(from, run, sizeof(run)) || run[0] > n - i ||
            run[1] > n - i - run[0] || run[0] + (uint64_t)run[1] == 0) {
            return false;
        }
        memset(word + i, 0, run[0] * sizeof(*word));
        i += run[0];
        if (!rip_sink_take(from, word + i, run[1] * sizeof(*word))) {
            return false;
        }
        i += run[1];
    }
    return true;
}

static bool
unpack_section(rip_sink_source *from, rip_section *section)
{
    uint64_t type = 0, n_element = 0, size = 0;
    bool good = rip_sink_take_word(from, section->name) &&
                rip_sink_take_number(from, &type) && type == (uint64_t)section->type &&
                rip_sink_take_number(from, &n_element) &&
                n_element == section->n_element && rip_sink_take_number(from, &size) &&
                size <= from->size;

    if (good) {
        rip_sink_source packed = {.data = from->data, .size = (size_t)size};
        good = unpack_words(&packed, section->data, section_words(section)) &&
               packed.size == 0;
        from->data += size;
        from->size -= (size_t)size;
    }
    return good;
}

bool
rip_checkpoint_unpack(rip_sink_source from, rip_accumulator *sums)
{
    uint64_t version = 0, n = 0;

    if (!rip_sink_take_number(&from, &version) || version != RIP_ACCUMULATOR_VERSION ||
        !rip_sink_take_number(&from, &n) || n != sums->n_section) {
        return false;
    }
    for (size_t i = 0; i < sums->n_section; i++) {
        if (!unpack_section(&from, &sums->section[i])) {
            return false;
        }
    }
    return from.size == 0;
}
