#include "riptide/io/config_stages.h"

#include "riptide/io/schema.h"

static const rip_report_path venue_path = {.key = "venue"};
static const rip_report_path by_mode_path = {.up = &venue_path, .key = "by_mode"};

rip_status
rip_config_venue_mode(const rip_node *venue, const char *mode, rip_node **merged)
{
    rip_status status = RIP_OK;
    rip_node *copy = NULL, *over = NULL;
    const rip_node *own = rip_node_find(rip_node_find(venue, "by_mode"), mode);

    *merged = NULL;
    RIP_TRY(rip_node_clone(venue, &copy));
    if (rip_node_find(copy, "by_mode") != NULL) {
        rip_node_remove(copy, rip_node_index(copy, "by_mode"));
    }
    if (own != NULL) {
        RIP_TRY(rip_node_clone(own, &over));
        RIP_TRY(rip_schema_merge(&rip_schema_venue, copy, over));
        RIP_TRY(rip_schema_fill(&rip_schema_venue, copy));
    }
    *merged = copy;
    copy = NULL;
out:
    rip_node_free(copy);
    rip_node_free(over);
    return status;
}

/* The venue as one mode sees it obeys everything a venue obeys. */
static rip_status
check_mode(const rip_node *root, const rip_node *own, rip_error *error)
{
    rip_status status = RIP_OK;
    const rip_report_path path = {.up = &by_mode_path, .key = own->key};
    rip_node *merged = NULL;

    if (!rip_field_has_word("isolated cross portfolio", own->key)) {
        (void)rip_report(error, own->place, &path,
                         "unknown key (allowed: isolated, cross, portfolio)");
        return RIP_OK;
    }
    if (own->kind != RIP_NODE_MAP) {
        (void)rip_report(error, own->place, &path,
                         "not allowed (a map of keys of the venue)");
        return RIP_OK;
    }
    for (size_t i = 0; i < own->n_child; i++) {
        if (rip_field_has_word("name sources by_mode", own->child[i]->key)) {
            const rip_report_path here = {.up = &path, .key = own->child[i]->key};
            (void)rip_report(error, own->child[i]->place, &here,
                             "belongs to the venue as a whole");
            return RIP_OK;
        }
    }
    RIP_TRY(rip_config_venue_mode(rip_node_find(root, "venue"), own->key, &merged));
    rip_schema_check_at(&rip_schema_venue, merged, &path, error);
    rip_config_check_rules(root, merged, &path, error);
out:
    rip_node_free(merged);
    return status;
}

rip_status
rip_config_check_venue(const rip_node *root, rip_error *error)
{
    rip_status status = RIP_OK;
    const rip_node *venue = rip_node_find(root, "venue");
    const rip_node *by_mode = rip_node_find(venue, "by_mode");
    const size_t before = error->n_total;

    rip_config_check_rules(root, venue, &venue_path, error);
    /* What is wrong with the venue itself would be said again for every mode. */
    for (size_t i = 0; by_mode != NULL && before == 0 && i < by_mode->n_child; i++) {
        RIP_TRY(check_mode(root, by_mode->child[i], error));
    }
out:
    return status;
}
