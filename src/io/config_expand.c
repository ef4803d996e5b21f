#include <string.h>

#include "riptide/io/config_stages.h"

static rip_node *
child_of(rip_node *map, const char *key)
{
    const size_t i = map != NULL ? rip_node_index(map, key) : 0;
    return map != NULL && i < map->n_child ? map->child[i] : NULL;
}

/* `balance: N` is `balances: {USD: N}`; both together were refused by the check. */
static rip_status
expand_balance(rip_node *account)
{
    rip_status status = RIP_OK;
    rip_node *balances = NULL, *balance = NULL;
    const size_t i = rip_node_index(account, "balance");

    if (i == account->n_child || account->child[i]->kind != RIP_NODE_SCALAR) {
        return RIP_OK;
    }
    RIP_TRY(rip_node_init(&balances, RIP_NODE_MAP, account->child[i]->place, "balances",
                          NULL));
    balance = account->child[i];
    account->child[i] = balances;
    status = rip_node_rename(balance, "USD");
    if (status != RIP_OK) {
        rip_node_free(balance);
        return status;
    }
    RIP_TRY(rip_node_append(balances, balance));
out:
    return status;
}

/* Values given without weights are equally likely. */
static rip_status
expand_weights(rip_node *law)
{
    rip_status status = RIP_OK;
    rip_node *weights = NULL, *weight = NULL;
    const rip_node *values = law != NULL ? rip_node_find(law, "values") : NULL;

    if (values == NULL || rip_node_find(law, "weights") != NULL) {
        return RIP_OK;
    }
    RIP_TRY(rip_node_init(&weights, RIP_NODE_LIST, values->place, "weights", NULL));
    for (size_t i = 0; i < values->n_child; i++) {
        RIP_TRY(rip_node_init(&weight, RIP_NODE_SCALAR, values->place, NULL, "1"));
        RIP_TRY(rip_node_append(weights, weight));
    }
    status = rip_node_append(law, weights);
    weights = NULL;
out:
    rip_node_free(weights);
    return status;
}

rip_status
rip_config_expand(rip_node *root)
{
    rip_status status = RIP_OK;
    rip_node *accounts = child_of(root, "accounts");
    rip_node *list = child_of(accounts, "list");
    rip_node *generate = child_of(accounts, "generate");

    for (size_t i = 0; list != NULL && i < list->n_child; i++) {
        RIP_TRY(expand_balance(list->child[i]));
    }
    RIP_TRY(expand_weights(child_of(generate, "leverage")));
    RIP_TRY(expand_weights(child_of(generate, "positions")));
out:
    return status;
}
