#include "config_fixture.h"

rip_config config_made;
rip_error config_error;

int
config_begin(void **state)
{
    (void)state;
    config_made = (rip_config){0};
    config_error = (rip_error){0};
    return 0;
}

int
config_end(void **state)
{
    (void)state;
    rip_config_free(&config_made);
    rip_error_free(&config_error);
    return 0;
}

void
config_must(rip_status status)
{
    if (status != RIP_OK) {
        fail_msg("%s: %s", rip_status_text(status),
                 config_error.n_line > 0 ? config_error.line[0] : "");
    }
    assert_int_equal(config_error.n_total, 0);
}

const rip_node *
config_at(const char *path)
{
    return rip_node_at(config_made.document.root, path);
}

const char *
config_text(const char *path)
{
    const rip_node *node = config_at(path);
    if (node == NULL || node->kind != RIP_NODE_SCALAR) {
        fail_msg("%s is absent", path);
    }
    return rip_node_text(node, "");
}
