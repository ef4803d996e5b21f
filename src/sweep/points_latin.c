#include "points_parts.h"

#include <math.h>
#include <stdlib.h>

#include "riptide/io/schema.h"
#include "riptide/io/yaml.h"
#include "riptide/random/stream.h"

/* One key's range while its values are drawn. */
typedef struct range {
    double low, high;
    bool whole;    /* the key takes whole numbers only */
    uint64_t seed; /* of the sweep */
    uint32_t key;  /* its position */
} range;

static double
uniform(const range *self, size_t k)
{
    return rip_stream_uniform(self->seed, k, self->key, 0, RIP_PURPOSE_SWEEP, 0);
}

/* The order of the n parts of the range. */
static void
shuffle(const range *self, size_t n, size_t *order)
{
    for (size_t k = 0; k < n; k++) {
        order[k] = k;
    }
    for (size_t k = n - 1; n > 0 && k > 0; k--) {
        const size_t other = (size_t)(uniform(self, 2 * k) * (double)(k + 1));
        const size_t swapped = order[k];
        order[k] = order[other];
        order[other] = swapped;
    }
}

static double
value_at(const range *self, double x)
{
    if (!self->whole) {
        return self->low + (self->high - self->low) * x;
    }
    const double value = self->low + floor((self->high - self->low + 1.0) * x);
    return value < self->high ? value : self->high;
}

static rip_status
draw(const range *self, const rip_node *node, rip_sweep_key *key)
{
    rip_status status = RIP_OK;
    const size_t n = key->n_value;
    size_t *order = calloc(n, sizeof(*order));

    if (order == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    shuffle(self, n, order);
    for (size_t k = 0; k < n; k++) {
        char text[32];
        const double x = ((double)order[k] + uniform(self, 2 * k + 1)) / (double)n;
        rip_yaml_number(value_at(self, x), text);
        RIP_TRY(
            rip_node_init(&key->value[k], RIP_NODE_SCALAR, node->place, NULL, text));
    }
out:
    free(order);
    return status;
}

static rip_status
read_range(range *self, const rip_node *node, const rip_report_path *path,
           rip_error *error)
{
    const rip_field *field = rip_schema_find(&rip_schema_config, node->key);
    /* Whole numbers beyond 2^53 are not doubles. */
    const double most = 0x1p53;

    if (node->n_child != 2) {
        return rip_report(error, node->place, path,
                          "%zu numbers are not a range ([low, high])", node->n_child);
    }
    self->low = rip_node_number(node->child[0], 0.0);
    self->high = rip_node_number(node->child[1], 0.0);
    self->whole = field != NULL && (field->forms & RIP_FIELD_COUNT) != 0 &&
                  (field->forms & RIP_FIELD_NUMBER) == 0;
    if (!(self->high > self->low)) {
        return rip_report(error, node->place, path, "%s is not above %s (low < high)",
                          node->child[1]->text, node->child[0]->text);
    }
    if (self->whole && !(floor(self->low) >= self->low && self->low >= 0.0 &&
                         floor(self->high) >= self->high && self->high <= most)) {
        return rip_report(error, node->place, path,
                          "the key takes whole numbers (a range of whole numbers)");
    }
    return RIP_OK;
}

rip_status
rip_sweep_points_latin(rip_sweep_points *self, const rip_node *latin,
                       const rip_report_path *path, rip_error *error)
{
    rip_status status = RIP_OK;
    const rip_node *ranges = rip_node_find(latin, "ranges");
    const rip_report_path up = {.up = path, .key = "ranges"};

    self->n_point = (size_t)rip_node_count(rip_node_find(latin, "points"), 0);
    for (size_t j = 0; j < ranges->n_child; j++) {
        const rip_node *node = ranges->child[j];
        const rip_report_path here = {.up = &up, .key = node->key};
        range drawn = {.seed = rip_node_count(rip_node_find(latin, "seed"), 0),
                       .key = (uint32_t)j};
        const rip_status read = read_range(&drawn, node, &here, error);
        if (read != RIP_OK) {
            status = read;
            continue;
        }
        if (status == RIP_OK) {
            RIP_TRY(rip_sweep_points_add(self, node->key, self->n_point));
            RIP_TRY(draw(&drawn, node, &self->key[self->n_key - 1]));
        }
    }
out:
    return status;
}
