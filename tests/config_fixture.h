/* config_fixture.h -- a resolved configuration and its errors, for tests of io/config.
 */
#ifndef RIP_TESTS_CONFIG_FIXTURE_H
#define RIP_TESTS_CONFIG_FIXTURE_H

#include "riptide/io/config.h"
#include "support.h"

#define CONFIG_BASE                                                                    \
    "run: {paths: 100, horizon: 10h, step: 1h, modes: [isolated, cross]}\n"            \
    "market:\n"                                                                        \
    "  assets:\n"                                                                      \
    "    - {symbol: BTC, price: 60000, volatility: 0.5, daily_volume: 2.0e+10}\n"      \
    "    - {symbol: ETH, price: 2500, volatility: 0.7, daily_volume: 1e10}\n"          \
    "  correlation: 0.8\n"
#define CONFIG_VENUE                                                                   \
    "venue: {tiers: {default: [{floor: 0, mmr: 0.05, max_leverage: 20}]}}\n"
#define CONFIG_ACCOUNTS                                                                \
    "accounts: {list: [{id: alice, balance: 1000, positions: [{symbol: BTC, "          \
    "quantity: 1}]}]}\n"

/* Of one test: empty at its set-up, freed at its tear-down. */
extern rip_config config_made;
extern rip_error config_error;

int config_begin(void **state);
int config_end(void **state);

/* Fails the test, with the first line, unless the step went well. */
void config_must(rip_status status);

/* What stands at a dotted path: NULL if nothing; its text, which must be there. */
const rip_node *config_at(const char *path);
const char *config_text(const char *path);

#endif /* RIP_TESTS_CONFIG_FIXTURE_H */
