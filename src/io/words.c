#include "riptide/io/words.h"

#include <assert.h>
#include <string.h>

const char *const rip_words_option_type[3] = {"", "call", "put"};
const char *const rip_words_settlement[3] = {"", "linear", "inverse"};

size_t
rip_words_index(const char *word, size_t n, const char *const *list)
{
    size_t i = 0;

    while (i < n && strcmp(word, list[i]) != 0) {
        i++;
    }
    assert(i < n);
    return i;
}

rip_kind
rip_words_kind(const char *word)
{
    const char *list[RIP_N_KIND];

    for (size_t i = 0; i < RIP_N_KIND; i++) {
        list[i] = rip_book_kind_name((rip_kind)i);
    }
    return (rip_kind)rip_words_index(word, RIP_N_KIND, list);
}

rip_mode
rip_words_mode(const char *word)
{
    const char *list[RIP_N_MODE];

    for (size_t i = 0; i < RIP_N_MODE; i++) {
        list[i] = rip_mode_name((rip_mode)i);
    }
    return (rip_mode)rip_words_index(word, RIP_N_MODE, list);
}

rip_top_up
rip_words_top_up(const rip_node *node)
{
    static const char *const list[] = {"none", "to_maintenance", "to_initial"};

    if (node == NULL) {
        return (rip_top_up){.rule = RIP_TOP_UP_NONE};
    }
    if (node->kind == RIP_NODE_MAP) {
        return (rip_top_up){
            .rule = RIP_TOP_UP_FRACTION,
            .times = (uint32_t)rip_node_count(rip_node_find(node, "times"), 1),
            .fraction = rip_node_number(rip_node_find(node, "fraction"), 0.0)};
    }
    return (rip_top_up){.rule = (rip_top_up_rule)rip_words_index(node->text, 3, list)};
}
