#include "riptide/sweep/points.h"

#include <assert.h>
#include <stdlib.h>

void
rip_sweep_points_free(rip_sweep_points *self)
{
    for (size_t j = 0; j < self->n_key; j++) {
        for (size_t i = 0; i < self->key[j].n_value; i++) {
            rip_node_free(self->key[j].value[i]);
        }
        free(self->key[j].value);
        free(self->key[j].name);
    }
    free(self->key);
    *self = (rip_sweep_points){0};
}

size_t
rip_sweep_points_dims(const rip_sweep_points *self)
{
    return self->is_grid ? self->n_key : 1;
}

size_t
rip_sweep_points_length(const rip_sweep_points *self, size_t dim)
{
    assert(dim < rip_sweep_points_dims(self));
    return self->is_grid ? self->key[dim].n_value : self->n_point;
}

/* Distance in points between two neighbouring values of a key of a grid. */
static size_t
stride(const rip_sweep_points *self, size_t key)
{
    size_t points = 1;

    for (size_t j = key + 1; j < self->n_key; j++) {
        points *= self->key[j].n_value;
    }
    return points;
}

size_t
rip_sweep_points_index(const rip_sweep_points *self, size_t point, size_t key)
{
    assert(point < self->n_point && key < self->n_key);
    return self->is_grid ? point / stride(self, key) % self->key[key].n_value : point;
}

const rip_node *
rip_sweep_points_value(const rip_sweep_points *self, size_t point, size_t key)
{
    return self->key[key].value[rip_sweep_points_index(self, point, key)];
}

size_t
rip_sweep_points_baseline(const rip_sweep_points *self, size_t point)
{
    assert(self->has_baseline && point < self->n_point);
    if (!self->is_grid) {
        return self->zip_baseline;
    }
    for (size_t j = 0; j < self->n_key; j++) {
        const rip_sweep_key *key = &self->key[j];
        if (key->baseline < key->n_value) {
            point -= rip_sweep_points_index(self, point, j) * stride(self, j);
            point += key->baseline * stride(self, j);
        }
    }
    return point;
}

rip_status
rip_sweep_points_load(const rip_sweep_points *self, size_t point, rip_config *config,
                      const rip_config_source *source, rip_error *error)
{
    const char *key[RIP_SWEEP_MAX_KEYS];
    const rip_node *value[RIP_SWEEP_MAX_KEYS];

    for (size_t j = 0; j < self->n_key; j++) {
        key[j] = self->key[j].name;
        value[j] = rip_sweep_points_value(self, point, j);
    }
    return rip_config_load_point(
        config, source,
        &(rip_config_values){.n = self->n_key, .key = key, .value = value}, error);
}
