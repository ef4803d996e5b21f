"""A configuration as plain objects: the keys of the YAML file with their defaults filled in.

Only what the margin rules read is kept. Ranges and spellings are not checked: the program does
that, and the twin is given configurations that are right. What the rules themselves forbid
(a short option without a rule for it, a venue without scenarios in portfolio mode) raises
Refused.
"""
import copy
import pathlib
from dataclasses import dataclass, field

import yaml

PRESETS = pathlib.Path(__file__).resolve().parents[2] / "experiments" / "venues"
UNITS_MS = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000}
YEAR_MS = 365 * UNITS_MS["d"]
DAYS_PER_YEAR = 365.0
USD = "USD"

# The values of absent venue keys (contract, section 2).
VENUE_DEFAULTS = {
    "name": "custom",
    "whole_position": False,
    "tier_unit": "notional",
    "maintenance_basis": "mark",
    "closing_fee_reserved": 0.0,
    "size_scaling": {"slope": 0.0, "sqrt": 0.0, "open_interest": {}, "minimum": {}},
    "trigger": {"inclusive": True, "ratio": 1.0, "backstop": None},
    "collateral": {"pooled": True, "haircut": {}, "long_option_value": 0.0},
    "option_margin": {"rule": "none"},
    "isolated": {"top_up": "none", "leftover": "returned"},
    "fees": {"taker": 0.0, "liquidation": 0.0, "recipient": "fund"},
    "liquidation": {"size": "full", "order": "largest_maintenance", "buffer": 0.0,
                    "close": {"half_spread": 0.0, "limit_at_bankruptcy": False}},
    "fund": {"size": 0.0, "scope": "shared", "may_go_negative": False},
    "by_mode": {},
}
PORTFOLIO_DEFAULTS = {
    "spot_range": {},
    "volatility_shock": {"up": 0.0, "down": 0.0, "floor": 0.0, "power_short": 0.0,
                         "power_long": 0.0, "pivot": "30d"},
    "gain_offset": 1.0,
    "between_underlyings": "add",
    "contingency": {"perp": 0.0, "future": 0.0, "short_option": 0.0, "basis": 0.0, "roll": 0.0},
    "minimum_ladder": [],
    "mm_factor": 1.0,
    "im_factor": 1.0,
}


class Refused(Exception):
    """The rules do not allow this configuration."""


@dataclass
class Asset:
    symbol: str
    price: float
    volatility: float
    basis: float = 0.0
    implied_volatility: float = None


@dataclass
class Position:
    symbol: str
    kind: str
    quantity: float
    entry: float = None        # absent: the mark at time 0
    leverage: float = None     # absent: the account's, else the tier's maximum
    margin: float = None       # absent: notional at entry / leverage
    top_up: object = None
    expiry_years: float = None
    type: str = None
    strike: float = None
    settlement: str = "linear"
    implied_volatility: float = None
    margin_mode: str = None

    def currency(self):
        """Settlement currency (domain.md, section 2)."""
        in_coin = self.kind == "inverse_perp" or (
            self.kind == "option" and self.settlement == "inverse")
        return self.symbol if in_coin else USD

    def instrument(self):
        """What two positions must share to be one instrument (MAR-6)."""
        return (self.symbol, self.kind, self.expiry_years, self.type, self.strike,
                self.settlement if self.kind == "option" else None)

    def side(self):
        return 1.0 if self.quantity > 0 else -1.0


@dataclass
class Account:
    id: str
    balances: dict
    positions: list
    mode: str = None
    stop_loss: dict = field(default_factory=dict)


@dataclass
class Configuration:
    assets: dict               # symbol -> Asset, in the order of the file
    venue: dict                # with defaults, before by_mode
    accounts: list
    modes: list
    funding_interval_ms: int = None
    funding_rate: dict = field(default_factory=dict)
    borrow_rate: dict = field(default_factory=dict)
    step_ms: int = None
    horizon_ms: int = None
    wipeout_threshold: float = 0.10
    initial_breach: str = "liquidate"
    volatility_response: float = 0.0
    tenor_power: float = 0.4
    stress_implied_volatility: float = 1.0

    def venue_of(self, mode):
        """The venue's keys in one mode (`by_mode`)."""
        return merged(self.venue, self.venue.get("by_mode", {}).get(mode, {}))


def milliseconds(text):
    """`90s`, `8h` -> milliseconds."""
    text = str(text).strip()
    for unit in ("ms", "s", "m", "h", "d"):
        digits = text[:-len(unit)]
        if text.endswith(unit) and digits.replace(".", "", 1).isdigit():
            return round(float(digits) * UNITS_MS[unit])
    raise ValueError(f"no duration: {text}")


def merged(under, over):
    """Maps are merged key by key, anything else is replaced."""
    result = copy.deepcopy(under)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def load_venue(venue, folder):
    """A preset's name, a file, or a map that may have a base; defaults filled."""
    if isinstance(venue, str):
        venue = {"base": venue}
    venue = dict(venue)
    while "base" in venue:
        base = str(venue.pop("base"))
        is_file = "/" in base or base.endswith((".yaml", ".yml", ".json"))
        path = folder / base if is_file else PRESETS / f"{base}.yaml"
        venue = merged(read_yaml(path), venue)
    if "portfolio" in venue:
        venue["portfolio"] = merged(PORTFOLIO_DEFAULTS, venue["portfolio"])
    return merged(VENUE_DEFAULTS, venue)


def read_yaml(path):
    return yaml.safe_load(pathlib.Path(path).read_text())


def make_position(entry, account):
    return Position(
        symbol=entry["symbol"], kind=entry.get("kind", "linear_perp"),
        quantity=float(entry["quantity"]),
        entry=number(entry.get("entry")),
        leverage=number(entry.get("leverage", account.get("leverage"))),
        margin=number(entry.get("margin")),
        top_up=entry.get("top_up", account.get("top_up")),
        expiry_years=milliseconds(entry["expiry"]) / YEAR_MS if "expiry" in entry else None,
        type=entry.get("type"), strike=number(entry.get("strike")),
        settlement=entry.get("settlement", "linear"),
        implied_volatility=number(entry.get("implied_volatility")),
        margin_mode=entry.get("margin_mode"))


def number(value):
    return None if value is None else float(value)


def make_account(entry):
    balances = {c: float(x) for c, x in entry.get("balances", {}).items()}
    if "balance" in entry:
        balances[USD] = float(entry["balance"])
    return Account(id=str(entry["id"]), balances=balances, mode=entry.get("mode"),
                   positions=[make_position(p, entry) for p in entry.get("positions", [])],
                   stop_loss={s: float(x) for s, x in entry.get("stop_loss", {}).items()})


def make_funding(market, symbols):
    """Rate of every symbol and the interval in milliseconds; no funding: (None, {})."""
    funding = market.get("funding")
    if not funding:
        return None, {}
    rates = {s: float(funding.get("per_asset", {}).get(s, funding.get("rate", 0.0)))
             for s in symbols}
    return milliseconds(funding.get("interval", "8h")), rates


def make(config, folder="."):
    """The objects of a configuration given as a map."""
    run, market = config.get("run", {}), config["market"]
    assets = {a["symbol"]: Asset(
        symbol=a["symbol"], price=float(a["price"]), volatility=float(a["volatility"]),
        basis=float(a.get("basis", 0.0)),
        implied_volatility=number(a.get("implied_volatility"))) for a in market["assets"]}
    interval, rates = make_funding(market, assets)
    dynamics = config.get("shocks", {}).get("volatility_dynamics", {})
    return Configuration(
        assets=assets, venue=load_venue(config["venue"], pathlib.Path(folder)),
        accounts=[make_account(a) for a in config["accounts"]["list"]],
        modes=list(run.get("modes", ["isolated", "cross", "portfolio"])),
        funding_interval_ms=interval, funding_rate=rates,
        borrow_rate={c: float(x) for c, x in market.get("borrow_rate", {}).items()},
        step_ms=milliseconds(run["step"]) if "step" in run else None,
        horizon_ms=milliseconds(run["horizon"]) if "horizon" in run else None,
        wipeout_threshold=float(run.get("wipeout_threshold", 0.10)),
        initial_breach=run.get("initial_breach", "liquidate"),
        volatility_response=float(dynamics.get("response", 0.0)),
        tenor_power=float(dynamics.get("tenor_power", 0.4)),
        stress_implied_volatility=float(
            market.get("stress", {}).get("implied_volatility", 1.0)))


def read(path):
    """The objects of a configuration file; its includes are merged first."""
    path = pathlib.Path(path)
    config = read_yaml(path)
    includes = config.pop("include", [])
    for name in reversed([includes] if isinstance(includes, str) else includes):
        config = merged(read_yaml(path.parent / name), config)
    return make(config, path.parent)
