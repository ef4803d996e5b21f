"""What `compare.py` draws: a function a feature, each giving a configuration and, for trials,
a path. Modes are those the feature acts in."""
import configuration
from wild import PRICES, SYMBOLS

ALL = ["isolated", "cross", "portfolio"]
LINEAR = ["linear_perp"]


def accounts(wild, venue, kinds, count, **keys):
    return [wild.account(f"a{k}", venue, kinds, **keys) for k in range(count)]


def linear(wild, count):
    venue = wild.venue(portfolio=wild.portfolio())
    return wild.config(venue, accounts(wild, venue, LINEAR, count), ALL)


def spot(wild, count):
    venue = wild.venue(portfolio=wild.portfolio())
    return wild.config(venue, accounts(wild, venue, ["spot", "linear_perp"], count), ALL)


def forms(wild, count):
    """MAR-1 and MAR-2: one of the forms at a time."""
    unit, keys = 1.0, wild.one_of(
        {"whole_position": True}, {"tier_unit": "quantity"}, {"maintenance_basis": "entry"},
        {"closing_fee_reserved": wild.between(0.0002, 0.002)},
        {"size_scaling": {"slope": 3e-6}}, {"size_scaling": {"sqrt": 2e-4}},
        {"size_scaling": {"minimum": {s: wild.between(1, 200) for s in SYMBOLS}}},
        {"size_scaling": {"open_interest": {"BTC": {"value": 3.1e6, "lower": 2e6, "upper": 5e6}}}})
    if "tier_unit" in keys:
        unit = 100.0
    venue = wild.venue(unit, **keys)
    return wild.config(venue, accounts(wild, venue, LINEAR, count), ["isolated", "cross"])


def inverse(wild, count):
    venue = wild.venue(1000.0, collateral={
        "pooled": wild.chance(0.6), "haircut": {s: wild.between(0, 0.3) for s in SYMBOLS}})
    return wild.config(venue, accounts(wild, venue, ["inverse_perp", "linear_perp"], count),
                       ["isolated", "cross"])


def futures(wild, count):
    venue = wild.venue(portfolio=wild.portfolio(contingency={
        "perp": 0.002, "future": 0.003, "basis": 0.004, "roll": 0.005}))
    basis = {s: {"basis": wild.between(-0.1, 0.3)} for s in SYMBOLS}
    return wild.config(venue, accounts(wild, venue, ["linear_future", "linear_perp"], count),
                       ALL, asset=basis)


def options(wild, count):
    venue = wild.venue(option_margin={"rule": wild.one_of("deribit", "bybit")},
                       collateral={"long_option_value": wild.one_of(0, 1, 0.37)})
    return wild.config(venue, accounts(wild, venue, ["option", "linear_perp"], count),
                       ["isolated", "cross"])


def grid(wild, count):
    """MAR-6 with options, every contingency and the ladder."""
    shock = {"up": wild.between(0.2, 0.6), "down": wild.between(0.1, 0.4),
             "floor": wild.one_of(0, 0.3), "power_short": 0.3, "power_long": 0.13,
             "pivot": wild.one_of("30d", "14d")}
    venue = wild.venue(portfolio=wild.portfolio(
        ("down", "same", "up"), volatility_shock=shock,
        contingency={"perp": 0.002, "future": 0.001, "short_option": 0.003, "roll": 0.001},
        minimum_ladder=wild.one_of([], [{"up_to": 30000, "factor": 0.02},
                                        {"up_to": 90000, "factor": 0.05}])))
    kinds = ["option", "option", "linear_perp", "inverse_perp", "linear_future"]
    return wild.config(venue, accounts(wild, venue, kinds, count), ["portfolio"])


def by_mode(wild, count):
    venue = wild.venue(by_mode={"isolated": {"trigger": {"ratio": 1.3}, "fees": {"taker": 0.002}},
                                "cross": {"closing_fee_reserved": 0.001}})
    return wild.config(venue, accounts(wild, venue, LINEAR, count), ["isolated", "cross"])


def mixed(wild, count):
    venue = wild.venue(portfolio=wild.portfolio())
    found = accounts(wild, venue, LINEAR, count)
    for account in found:
        account["mode"] = wild.one_of(*ALL)
        for position in account["positions"]:
            if wild.chance(0.4):
                position["margin_mode"] = wild.one_of("isolated", account["mode"])
    return wild.config(venue, found, ["mixed"])


def lived(wild, kinds, count, modes, scale=0.05, **keys):
    """A configuration and a path, with costs, funding, interest, policies and stops."""
    hours, step = wild.one_of((24, 3), (48, 8), (10, 1))
    costs = wild.costs()
    keys.setdefault("liquidation", {"close": wild.close()})
    venue = wild.venue(keys.pop("unit", 1.0), portfolio=wild.portfolio(), **costs, **keys)
    found = accounts(wild, venue, kinds, count, wallet=(1.01, 1.6))
    for account in found:
        wild.stops(account)
        if wild.chance(0.3):
            account["top_up"] = wild.policy()
    config = wild.config(
        venue, found, modes, hours, step,
        funding={"interval": "8h", "rate": wild.between(-0.01, 0.01), "per_asset": {"XRP": 0.02}},
        borrow_rate={"USD": 3.1, "BTC": 1.7})
    return config, wild.path(hours // step, scale)


def trial_linear(wild, count):
    return lived(wild, LINEAR, count, ALL)


def trial_spot(wild, count):
    return lived(wild, ["spot", "spot", "linear_perp"], count, ALL)


def trial_sizes(wild, count):
    size = wild.one_of("minimal", "pro_rata", {"tier_steps": 1}, {"tier_steps": 2},
                       {"fraction": 0.2, "above": 30000, "pause": "30s"},
                       {"fraction": 0.3, "above": 30000, "pause": "7h"},
                       {"window": {"share": 0.1, "per": "1h"}})
    order = wild.one_of("largest_maintenance", "worst_pnl", "largest_notional")
    return lived(wild, LINEAR, count, ["isolated", "cross"], 0.02, liquidation={
        "size": size, "order": order, "buffer": wild.one_of(0.05, 0.2), "close": wild.close()})


def trial_backstop(wild, count):
    found, path = lived(wild, LINEAR, count, ALL)
    found["venue"]["trigger"]["backstop"] = 0.67
    found["venue"]["liquidation"]["close"]["limit_at_bankruptcy"] = wild.chance(0.5)
    return found, path


def trial_inverse(wild, count):
    return lived(wild, ["inverse_perp", "linear_perp"], count, ["isolated", "cross"], unit=1000.0)


def trial_dated(wild, count):
    """Futures and options, some of which expire on the way."""
    return lived(wild, ["linear_future", "option", "linear_perp"], count, ["isolated", "cross"],
                 option_margin={"rule": "deribit"})


def trial_currencies(wild, count):
    """Pools by currency: each answers for itself."""
    return lived(wild, ["inverse_perp", "linear_perp"], count, ["cross"], unit=1000.0,
                 collateral={"pooled": False})


def trial_mixed(wild, count):
    """Isolated buckets beside a pool, whose top-ups may not take its margin."""
    found, path = lived(wild, ["spot", "linear_perp", "linear_perp", "inverse_perp"], count,
                        ["mixed"])
    for account in found["accounts"]["list"]:
        account["mode"] = wild.one_of("cross", "portfolio")
        account["top_up"] = wild.one_of("to_maintenance", "to_initial",
                                        {"times": 2, "fraction": 0.4})
        for position in account["positions"]:
            if wild.chance(0.5):
                position["margin_mode"] = "isolated"
    return found, path


def trial_parts_of_options(wild, count):
    """Long options stay in a pool whose other positions are closed part by part."""
    size = wild.one_of("minimal", "pro_rata", {"fraction": 0.4, "above": 5000, "pause": "5h"})
    return lived(wild, ["option", "linear_perp"], count, ["cross", "portfolio"], 0.03,
                 option_margin={"rule": "deribit"},
                 liquidation={"size": size, "order": "delta_first", "buffer": 0.05,
                              "close": wild.close()})


def trial_parts_of_coins(wild, count):
    """Leveraged coins under a haircut, or in a currency of their own, closed part by part."""
    size = wild.one_of("minimal", "pro_rata", {"tier_steps": 1})
    return lived(wild, ["spot", "linear_perp"], count, ["cross", "portfolio"], 0.03,
                 collateral={"pooled": wild.chance(0.7),
                             "haircut": {s: wild.between(0, 0.1) for s in SYMBOLS}},
                 maintenance_basis=wild.one_of("mark", "entry"),
                 liquidation={"size": size, "buffer": 0.05, "close": wild.close()})


def trial_coin_debts(wild, count):
    """Balances below zero pay interest, the funding of open positions aside (INS-1)."""
    found, path = lived(wild, ["inverse_perp", "linear_perp"], count, ["cross"], 0.03, unit=1000.0)
    for account in found["accounts"]["list"]:
        balances = account["balances"]
        owed = {s: wild.between(300, 3000) / PRICES[s] for s in ("BTC", "ETH") if wild.chance(0.6)}
        balances["USD"] += 9000.0
        for symbol, amount in owed.items():
            balances[symbol] = -amount
    found["market"]["borrow_rate"]["ETH"] = 2.3
    return found, path


def trial_volatilities(wild, count):
    """Implied volatilities: stressed from time 0, and moving with the prices."""
    found, path = lived(wild, ["option", "option", "linear_perp"], count, ["isolated", "cross"],
                        option_margin={"rule": "bybit"})
    found["market"]["stress"] = {"implied_volatility": wild.between(0.7, 2.0)}
    found["shocks"] = {"volatility_dynamics": {"response": wild.between(-3.0, 0.5),
                                               "tenor_power": wild.between(0.0, 0.6)}}
    return found, path


def stressed(wild, count):
    """Margins in a market whose implied volatilities are stressed."""
    found = grid(wild, max(count // 3, 1))
    found["market"]["stress"] = {"implied_volatility": wild.between(0.7, 2.0)}
    return found


def preset_kinds(name):
    """Instruments a preset is for, and the modes it has rules for."""
    kinds = {"binance_coinm": ["inverse_perp"],
             "deribit_pm": ["inverse_perp", "linear_perp", "option"],
             "bybit_linear": ["linear_perp", "option"],
             "span16": ["linear_future", "option"]}.get(name, LINEAR)
    return kinds, ["portfolio"] if name == "span16" else ALL


def preset(name):
    def margins(wild, count):
        kinds, modes = preset_kinds(name)
        venue = {"base": name}
        return wild.config(venue, accounts(wild, venue, kinds, count), modes)

    def trials(wild, count):
        kinds, modes = preset_kinds(name)
        venue = {"base": name}
        found = accounts(wild, venue, kinds, count, wallet=(1.01, 1.6))
        config = wild.config(venue, found, modes,
                             funding={"interval": "8h", "rate": 0.0001})
        return config, wild.path(8)

    margins.__name__, trials.__name__ = f"preset_{name}", f"trial_preset_{name}"
    return margins, trials


PRESETS = [preset(path.stem) for path in sorted(configuration.PRESETS.glob("*.yaml"))]
MARGINS = [linear, spot, forms, inverse, futures, options, grid, stressed, by_mode, mixed,
           *(margins for margins, _ in PRESETS)]
TRIALS = [trial_linear, trial_spot, trial_sizes, trial_backstop, trial_inverse, trial_dated,
          trial_currencies, trial_mixed, trial_parts_of_options, trial_parts_of_coins,
          trial_coin_debts, trial_volatilities,
          *(trials for _, trials in PRESETS)]
