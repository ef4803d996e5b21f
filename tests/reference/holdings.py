"""An account in one mode: what it holds, resolved from its configuration.

cash        isolated: the balance outside the buckets; else the whole wallet; by currency.
            A pool's cash is the balance before any purchase of spot: an open spot position adds
            its coins and takes off what they cost (INS-1).
holdings    positions with what changes in a trial: quantity, bucket, state of a liquidation.

Defaults (contract, section 2): entry is the mark; leverage is the account's, else 1 for spot and
the tier's maximum at the mark for the rest; a bucket is notional at entry / leverage, in the
settlement currency. For a short option it is the initial margin of the venue's rule, for a long
one nothing, since its premium is paid (INS-2).
"""
import copy
from dataclasses import dataclass, field

import options
import tiers
from configuration import USD, Refused
from instruments import mark, notional_at, value

BUCKET_TOLERANCE = 1e-9
LOAN_ROUNDING = 1e-9  # of the price: a bucket that misses so little borrows nothing


@dataclass
class Holding:
    index: int
    position: object           # quantity in here is the one still held
    isolated: bool
    bucket: float = 0.0        # settlement currency
    posted: float = 0.0        # at time 0
    full_quantity: float = 0.0
    status: str = "open"       # open stopped liquidated expired
    n_top_up: int = 0
    loan: float = 0.0          # USD borrowed for an isolated long spot position (INS-1)
    paid: float = 0.0          # funding while open, settlement currency

    def is_open(self):
        return self.status == "open"


@dataclass
class State:
    account: object
    mode: str
    pool_mode: str             # cross, portfolio or None
    venue: dict                # of the pool, or of the isolated mode
    isolated_venue: dict
    cash: dict
    holdings: list
    borrow_rate: dict
    borrows: bool              # the wallet is less than its long spot positions cost (INS-1)
    start: object              # the point at time 0
    interest: dict = field(default_factory=dict)  # paid on negative balances, by currency
    causes: dict = field(default_factory=dict)
    deficit: float = 0.0

    def venue_of(self, holding):
        return self.isolated_venue if holding.isolated else self.venue

    def open_pool(self):
        return [h for h in self.holdings if h.is_open() and not h.isolated]


def own_mode(position, account):
    """Mode of a position in `mixed`: its own, else the account's, else isolated."""
    return position.margin_mode or account.mode or "isolated"


def pool_mode_of(account, mode):
    """cross or portfolio, the mode of what is not isolated; None if all is."""
    if mode != "mixed":
        return None if mode == "isolated" else mode
    modes = {own_mode(p, account) for p in account.positions} - {"isolated"}
    if len(modes) > 1:
        raise Refused("one account in cross and in portfolio margin at once")
    return modes.pop() if modes else None


def is_isolated(position, account, mode):
    return own_mode(position, account) == "isolated" if mode == "mixed" else mode == "isolated"


def resolve(configuration, account, mode, point):
    """The account in one mode at time 0."""
    pool = pool_mode_of(account, mode)
    isolated_venue = configuration.venue_of("isolated")
    venue = configuration.venue_of(pool or "isolated")
    if pool == "portfolio" and "portfolio" not in venue:
        raise Refused("the venue has no portfolio scenarios")
    state = State(account=account, mode=mode, pool_mode=pool, venue=venue,
                  isolated_venue=isolated_venue, cash=dict(account.balances), holdings=[],
                  borrow_rate=configuration.borrow_rate, borrows=False, start=point)
    for index, given in enumerate(account.positions):
        position = copy.copy(given)
        if id(given) in point.volatilities:
            point.volatilities[id(position)] = point.volatilities[id(given)]
        isolated = is_isolated(given, account, mode)
        holding = Holding(index=index, position=position, isolated=isolated,
                          full_quantity=position.quantity)
        fill_defaults(state, holding, point)
        state.holdings.append(holding)
    post_buckets(state)
    state.borrows = state.cash.get(USD, 0.0) < sum(
        h.position.quantity * h.position.entry for h in state.holdings
        if not h.isolated and h.position.kind == "spot" and h.position.quantity > 0)
    return state


def fill_defaults(state, holding, point):
    position, venue = holding.position, state.venue_of(holding)
    if position.entry is None:
        position.entry = mark(position, point)
    if position.kind == "option":
        position.leverage = 1.0
        if holding.isolated and position.margin is None:
            _, opening = options.margins(venue, position, point)
            position.margin = opening / point.price_of(position.currency())
    elif position.leverage is None:
        position.leverage = (1.0 if position.kind == "spot"
                             else tiers.max_leverage(venue, position, point))
    elif position.leverage > tiers.max_leverage(venue, position, point):
        raise Refused("a leverage above the tier's maximum")
    if position.margin is None:
        position.margin = notional_at(position, position.entry) / position.leverage
    if position.top_up is None:
        position.top_up = venue["isolated"]["top_up"]


def post_buckets(state):
    """Moves the isolated buckets out of the wallet (MAR-4, DEF-5)."""
    for holding in state.holdings:
        if not holding.isolated:
            continue
        currency = holding.position.currency()
        holding.bucket = holding.posted = holding.position.margin
        state.cash[currency] = state.cash.get(currency, 0.0) - holding.bucket
        cost = holding.position.quantity * holding.position.entry
        if holding.position.kind == "spot" and cost - holding.bucket > LOAN_ROUNDING * cost:
            holding.loan = cost - holding.bucket  # INS-1
    for currency, wallet in state.account.balances.items():
        posted = sum(h.bucket for h in state.holdings
                     if h.isolated and h.position.currency() == currency)
        if posted > 0.0 and posted > wallet + BUCKET_TOLERANCE * abs(wallet):
            raise Refused(f"isolated buckets add to more than the wallet of {currency}")


def is_margined(state, holding):
    """All positions but long spot that is paid for and, outside portfolio mode, long options."""
    position = holding.position
    if position.quantity < 0 or position.kind not in ("spot", "option"):
        return True
    if position.kind == "option":
        return state.pool_mode == "portfolio" and not holding.isolated
    return holding.loan > 0.0 if holding.isolated else state.borrows


def interest_due(state, holding, point):
    """Interest of a spot position so far, USD (INS-1): on the coins that were sold short, or on
    the loan of an isolated bucket. A pool's USD loan is charged to its wallet (trial.py)."""
    position = holding.position
    if position.kind != "spot":
        return 0.0
    if position.quantity < 0:
        return (-position.quantity * point.prices[position.symbol]
                * state.borrow_rate.get(position.symbol, 0.0) * point.years)
    return holding.loan * state.borrow_rate.get(USD, 0.0) * point.years


def position_worth(state, holding, point):
    """Value of an open position less interest due, in USD: no haircut, no weight."""
    position = holding.position
    return value(position, point) * point.price_of(position.currency()) - interest_due(state, holding, point)


def cash_worth(state, point):
    return sum(amount * point.price_of(currency) for currency, amount in state.cash.items())


def net_worth(state, point):
    """DEF-1: free balances, buckets, marked positions; no haircut."""
    total = cash_worth(state, point)
    for holding in state.holdings:
        if holding.is_open():
            total += position_worth(state, holding, point)
            if holding.isolated:
                total += holding.bucket * point.price_of(holding.position.currency())
    return total
