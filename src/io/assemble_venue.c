#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "riptide/io/assemble_parts.h"
#include "riptide/io/words.h"

/* Tiers of one list, whose floors and ranges the check of the configuration has seen.
 */
static rip_status
build_tiers(rip_margin_tiers *tiers, const rip_node *list)
{
    rip_status status = RIP_OK;
    const size_t n = list->n_child;
    double *row = calloc(4 * n, sizeof(*row));
    static const char *const key[] = {"floor", "mmr", "max_leverage", "deduction"};

    if (row == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t k = 0; k < 4 * n; k++) {
        /* An absent deduction is NaN: derived (MAR-1). */
        row[k] = rip_node_number(rip_node_find(list->child[k % n], key[k / n]), NAN);
    }
    status = rip_margin_tiers_init(tiers, n, row, row + n, row + 2 * n, row + 3 * n);
    free(row);
    return status;
}

static rip_status
take_tiers(rip_assembly *self, const rip_node *tiers)
{
    rip_venue *venue = &self->run->venues.distinct[0];
    const rip_node *fallback = rip_node_find(tiers, "default");
    rip_status status = RIP_OK;

    venue->tiers = calloc(self->spec.n_asset, sizeof(*venue->tiers));
    if (venue->tiers == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    venue->n_asset = self->spec.n_asset;
    for (size_t i = 0; i < venue->n_asset; i++) {
        const char *symbol = self->spec.asset[i].symbol;
        const rip_node *own = rip_node_find(tiers, symbol);
        const rip_node *list = own != NULL ? own : fallback;
        rip_status built;
        if (list == NULL) {
            built = rip_assemble_refuse(self, tiers, "venue.tiers",
                                        "none for %s (its own, or `default`)", symbol);
        } else {
            built = build_tiers(&venue->tiers[i], list);
        }
        status = built != RIP_OK ? built : status;
    }
    return status;
}

static void
take_rules(rip_venue *venue, const rip_node *map)
{
    static const char *const leftover[] = {"returned", "confiscated"};
    const rip_node *trigger = rip_node_find(map, "trigger");
    const rip_node *isolated = rip_node_find(map, "isolated");
    const rip_node *fees = rip_node_find(map, "fees");
    const rip_node *fund = rip_node_find(map, "fund");

    (void)snprintf(venue->name, sizeof(venue->name), "%s",
                   rip_node_text(rip_node_find(map, "name"), "custom"));
    venue->trigger.inclusive = rip_node_bool(rip_node_find(trigger, "inclusive"), true);
    venue->trigger.ratio = rip_node_number(rip_node_find(trigger, "ratio"), 1.0);
    venue->isolated.top_up = rip_words_top_up(rip_node_find(isolated, "top_up"));
    venue->isolated.leftover = (rip_leftover)rip_words_index(
        rip_node_text(rip_node_find(isolated, "leftover"), leftover[0]), 2, leftover);
    venue->fees.taker = rip_node_number(rip_node_find(fees, "taker"), 0.0);
    venue->fees.liquidation = rip_node_number(rip_node_find(fees, "liquidation"), 0.0);
    venue->liquidation.half_spread =
        rip_node_number(rip_node_at(map, "liquidation.close.half_spread"), 0.0);
    venue->fund.size_usd = rip_node_number(rip_node_find(fund, "size"), 0.0);
    venue->fund.may_go_negative =
        rip_node_bool(rip_node_find(fund, "may_go_negative"), false);
}

rip_status
rip_assemble_venue(rip_assembly *self)
{
    const rip_node *map = rip_node_find(self->config->document.root, "venue");
    const rip_node *portfolio = rip_node_find(map, "portfolio");
    rip_status status = RIP_OK;

    take_rules(&self->run->venues.distinct[0], map);
    RIP_TRY(take_tiers(self, rip_node_find(map, "tiers")));
    status = rip_assemble_portfolio(self, portfolio);
out:
    return status;
}
