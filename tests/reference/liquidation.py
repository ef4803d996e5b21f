"""What happens to a bucket in breach: LIQ-1 to LIQ-5, and the deficit it may leave.

Fill (LIQ-3)     the mark less half_spread of it for a long, plus for a short; with
                 `limit_at_bankruptcy` no further from the mark than the bankruptcy price of the
                 position, where its share of the equity (MAR-8) is gone; what a fill beyond
                 it costs is the fund's own loss, not a deficit of the account.
Fee (LIQ-4)      rate * closed notional at the mark, after all fills of one closing, never more
                 than the equity left.
Leftover (LIQ-5) of an isolated bucket closed whole; what a pool has stays its own (DEF-4).
Deficit (LIQ-6)  what is below zero once a bucket has nothing open; others pay it.

Sizes (LIQ-1), each on a bucket in breach at a check:
full        everything that needs margin, at once.
pro_rata    the same share x of every position: x = need / ((1+b) MM - c N),
            need = (1+b) MM - EQ, c the cost per unit of notional closed.
minimal     position by position in the order of LIQ-2: notional need / ((1+b) r - c), r the
            maintenance per unit of notional in the position's tier; whole if the denominator is
            not positive or the position is smaller. A position that falls into a lower tier
            is looked at again.
tier_steps  position by position: down to the top of the tier k below; whole if there is
            none; until the bucket is out of breach.
fraction    positions above `above` lose that share, the others go whole, then nothing for
            `pause`; a bucket still in breach then goes whole.
window      of what each position held at the first breach at most `share` then and `share` more for
            every `per` since, in the order of LIQ-2, no more than minimal asks for.

Readings where the text leaves room: dust is what a partial close would leave below DUST of the
quantity first held; it goes with the close. A bucket whose equity is below zero goes whole
whatever the size and the pause say: nobody carries it (DEF-1, no recourse).
"""
from dataclasses import dataclass, field

import buckets
import tiers
from configuration import USD, milliseconds
from holdings import interest_due, is_margined, position_worth
from instruments import mark, notional_usd, value

DUST = 1e-9
CURED = 1e-12  # of the maintenance: what is missing below it is rounding


@dataclass
class Memory:
    """What a bucket remembers between steps: the end of a pause, its window."""
    paused_until_ms: int = None
    window_from_ms: int = None
    window_held: dict = field(default_factory=dict)  # holding index -> quantity at the breach


class Closing:
    """Fills of one closing of a bucket, then one fee."""

    def __init__(self, state, bucket, point, forced):
        self.state, self.bucket, self.point, self.forced = state, bucket, point, forced
        self.notional = 0.0
        self.limits = {}
        if bucket.venue["liquidation"]["close"]["limit_at_bankruptcy"]:
            self.limits = limits(state, bucket, point)

    def rate(self):
        fees = self.bucket.venue["fees"]
        return fees["taker"] + self.forced * fees["liquidation"]

    def fill(self, holding, share):
        """Closes a share of a position; its result goes to its bucket or the wallet."""
        state, point, position = self.state, self.point, holding.position
        coin = point.price_of(position.currency())
        share = min(share, 1.0)
        slip = slippage(self.bucket, position, point)
        slip = share * min(slip, self.limits.get(holding.index, slip))
        notional = share * notional_usd(position, point)
        self.notional += notional
        state.causes["slippage_and_impact"] += slip
        state.causes["funding"] += share * interest_due(state, holding, point)
        if self.forced:
            state.forced_notional += notional
        self.take(holding, (share * position_worth(state, holding, point) - slip) / coin)
        if share == 1.0:
            holding.status = "liquidated" if self.forced else "stopped"
        else:
            position.quantity *= 1.0 - share
            holding.loan *= 1.0 - share
            holding.paid *= 1.0 - share

    def take(self, holding, amount):
        """Money in the settlement currency to the bucket or the wallet."""
        currency = holding.position.currency()
        if holding.isolated:
            holding.bucket += amount
        else:
            self.state.cash[currency] = self.state.cash.get(currency, 0.0) + amount

    def fee(self):
        """LIQ-4."""
        due = self.rate() * self.notional
        left = max(remaining(self.state, self.bucket, self.point), 0.0)
        paid, self.notional = min(due, left), 0.0
        if paid > 0.0:
            self.state.causes["fees"] += paid
            first = self.bucket.holdings[0]
            coin = self.point.price_of(first.position.currency())
            if first.isolated:
                first.bucket -= paid / coin
            else:
                pay_from_wallet(self.state, self.bucket, paid, self.point)
        note_borrowing(self.state)


def slippage(bucket, position, point):
    """LIQ-3: what the fill of a whole position costs against its mark, USD."""
    half = bucket.venue["liquidation"]["close"]["half_spread"]
    m = mark(position, point)
    coin = point.price_of(position.currency())
    if position.kind == "inverse_perp":
        fill = m * (1.0 - position.side() * half)
        return position.quantity * (1.0 / fill - 1.0 / m) * coin
    return abs(position.quantity) * m * half * coin


def limits(state, bucket, point):
    """The most that a fill may cost against the mark, by position: its share of the equity
    (MAR-8), which is gone at the bankruptcy price."""
    left = max(remaining(state, bucket, point), 0.0)
    need = {h.index: buckets.position_margins(state, h, point)[0] for h in bucket.holdings}
    total = sum(need.values())
    if len(need) == 1:
        return {index: left for index in need}
    return {index: left * amount / total for index, amount in need.items()} if total else {}


def remaining(state, bucket, point):
    """Equity of a bucket without haircuts or weights, USD."""
    if bucket.mode == "isolated":
        holding = bucket.holdings[0]
        own = holding.bucket * point.price_of(bucket.currency)
        return own + (position_worth(state, holding, point) if holding.is_open() else 0.0)
    if bucket.currency is None:
        return sum(x * point.price_of(c) for c, x in state.cash.items()) + sum(
            position_worth(state, h, point) for h in bucket.holdings if h.is_open())
    own = state.cash.get(bucket.currency, 0.0) * point.price_of(bucket.currency)
    return own + sum(position_worth(state, h, point) for h in bucket.holdings if h.is_open())


def pay_from_wallet(state, bucket, usd, point):
    """Fees of a pool are paid in its currency; of a common pool in USD."""
    currency = bucket.currency or USD
    state.cash[currency] = state.cash.get(currency, 0.0) - usd / point.price_of(currency)


def note_deficit(state, amount):
    state.deficit += amount
    state.causes["gap_through_bankruptcy"] -= amount


def settle_isolated(state, holding, point, forced):
    """What is left of a bucket whose position is gone (LIQ-5, DEF-4)."""
    currency = holding.position.currency()
    coin = point.price_of(currency)
    left, holding.bucket = holding.bucket, 0.0
    if left < 0.0:
        note_deficit(state, -left * coin)
    elif forced and state.isolated_venue["isolated"]["leftover"] == "confiscated":
        state.causes["confiscated"] += left * coin
    else:
        state.cash[currency] = state.cash.get(currency, 0.0) + left


def in_use(state, currency):
    """Whether an open position of the pool settles in a currency, or is coins of it."""
    return any(currency == h.position.currency()
               or (h.position.kind == "spot" and h.position.symbol == currency)
               for h in state.open_pool())


def settle_pool(state, point, closed):
    """A pool with nothing open owes nothing beyond its wallet. Debts in one currency are paid
    from the others at the mark, in the order of the balances. Not pooled, every currency answers
    for itself when nothing is open in it; `closed`: the one of the close."""
    if state.pool_mode is None:
        return
    if not state.venue["collateral"]["pooled"] and state.pool_mode != "portfolio":
        for currency, amount in state.cash.items():
            done = not state.open_pool() or currency == closed
            if amount < 0.0 and done and not in_use(state, currency):
                note_deficit(state, -amount * point.price_of(currency))
                state.cash[currency] = 0.0
        return
    if state.open_pool():
        return
    total = sum(x * point.price_of(c) for c, x in state.cash.items())
    if total < 0.0:
        note_deficit(state, -total)
        state.cash = {c: 0.0 for c in state.cash}
        return
    for debtor in [c for c, x in state.cash.items() if x < 0.0]:
        for payer in [c for c, x in state.cash.items() if x > 0.0]:
            owed = -state.cash[debtor] * point.price_of(debtor)
            paid = min(owed, state.cash[payer] * point.price_of(payer))
            state.cash[debtor] += paid / point.price_of(debtor)
            state.cash[payer] -= paid / point.price_of(payer)


def close_by_stop(state, bucket, holding, point):
    closing = Closing(state, bucket, point, forced=False)
    closing.fill(holding, 1.0)
    closing.fee()
    if holding.isolated:
        settle_isolated(state, holding, point, forced=False)
    else:
        settle_pool(state, point, holding.position.currency())


def note_borrowing(state):
    """Cash is missing: coins are collateral of a loan from then on (INS-1)."""
    state.borrows = state.borrows or (state.pool_mode is not None and pool_cash(state) < 0.0)


def pool_cash(state, currency=USD):
    """Balance of a pool in one currency, interest and the funding of open positions left aside:
    negative is borrowed (INS-1)."""
    cash = state.cash.get(currency, 0.0) + state.interest.get(currency, 0.0)
    for holding in state.open_pool():
        position = holding.position
        if position.currency() == currency:
            cash -= position.quantity * position.entry if position.kind == "spot" else 0.0
            cash += holding.paid
    return cash


def all_cash(state, bucket, point):
    """Balances of a pool in all currencies, or in the bucket's own, USD, interest left aside."""
    own = pool_cash(state) if bucket.currency in (None, USD) else 0.0
    return own + sum(
        (amount + state.interest.get(c, 0.0)) * point.price_of(c)
        for c, amount in state.cash.items() if c != USD and bucket.currency in (None, c))


def close_full(state, bucket, point):
    """Everything that needs margin; coins and options that are paid in full only while cash is
    missing."""
    closing = Closing(state, bucket, point, forced=True)
    if bucket.mode == "isolated":
        holding = bucket.holdings[0]
        closing.fill(holding, 1.0)
        closing.fee()
        settle_isolated(state, holding, point, forced=True)
        return
    for holding in bucket.holdings:
        if is_margined(state, holding):
            closing.fill(holding, 1.0)
    for holding in bucket.holdings:
        if holding.is_open() and all_cash(state, bucket, point) < closing.rate() * closing.notional:
            closing.fill(holding, 1.0)
    closing.fee()
    settle_pool(state, point, bucket.currency)


def take_over(state, bucket, point):
    """Backstop (MAR-3): at the mark, and what is left is confiscated."""
    for holding in bucket.holdings:
        state.forced_notional += notional_usd(holding.position, point)
        state.causes["funding"] += interest_due(state, holding, point)
    if bucket.mode == "isolated":
        holding = bucket.holdings[0]
        left = remaining(state, bucket, point)
        holding.status, holding.bucket = "liquidated", 0.0
    else:
        left = remaining(state, bucket, point)
        for holding in bucket.holdings:
            holding.status = "liquidated"
        for currency in state.cash:
            if bucket.currency in (None, currency):
                state.cash[currency] = 0.0
    if left > 0.0:
        state.causes["confiscated"] += left
    else:
        note_deficit(state, -left)


def turns(state, bucket, point):
    """LIQ-2: open positions that need margin, first to go first; ties by position order."""
    last = None
    while True:
        legs = {turn: h for turn, h in keys_of(state, bucket, point)
                if last is None or (turn > last and turn[1] != last[1])}
        if not legs:
            return
        last = min(legs)
        yield legs[last]


def keys_of(state, bucket, point):
    """((key, index), position) of the open positions that need margin."""
    legs = [h for h in bucket.holdings if h.is_open() and is_margined(state, h)]

    def profit_usd(h):
        base = h.position.entry * h.position.quantity if h.position.kind == "option" else 0.0
        return (value(h.position, point) - base) * point.price_of(h.position.currency())

    keys = {
        "largest_maintenance": lambda h: -buckets.position_margins(state, h, point)[0],
        "worst_pnl": profit_usd,
        "largest_notional": lambda h: -notional_usd(h.position, point),
        "pro_rata": lambda h: 0.0,
        "delta_first": lambda h: 1.0 if h.position.kind == "option" else 0.0,
    }
    return [((keys[bucket.venue["liquidation"]["order"]](h), h.index), h) for h in legs]


def shortfall(state, bucket, point):
    """(1 + buffer) MM - EQ."""
    buffer = bucket.venue["liquidation"]["buffer"]
    need = (1.0 + buffer) * buckets.maintenance(state, bucket, point)
    return need - buckets.equity(state, bucket, point)


def unit_cost(state, bucket, holding, point):
    """What margin equity loses per USD of notional closed: spread, fees, and what an option
    or coins counted less or more than they pay."""
    position = holding.position
    fees = bucket.venue["fees"]
    n = notional_usd(position, point)
    cost = slippage(bucket, position, point) / n + fees["taker"] + fees["liquidation"]
    if position.kind == "option":
        weight = buckets.option_weight(state, bucket, position)
        worth = position_worth(state, holding, point)
        cost -= (1.0 - weight) * worth / n
    if position.kind == "spot" and not holding.isolated:
        cost -= position.side() * uncounted(state, bucket, position, point)
    return cost


def uncounted(state, bucket, position, point):
    """The share of the price of a pool's coins that its bucket does not count: a haircut in
    force, or all where coins are not pooled with USD."""
    if bucket.currency is not None:
        return 1.0
    total = buckets.currency_totals(state, bucket, point)[position.symbol]
    haircuts = bucket.venue["collateral"]["haircut"]
    return haircuts.get(position.symbol, 0.0) if total > 0.0 else 0.0


def unit_maintenance(state, bucket, holding, point):
    """Maintenance per USD of notional in the position's tier; in portfolio mode, where there are
    no tiers, what scenarios ask for the position alone."""
    position = holding.position
    n = notional_usd(position, point)
    if position.kind == "option" or bucket.mode == "portfolio":
        return buckets.position_margins(state, holding, point)[0] / n
    return tiers.marginal(bucket.venue, position, point)


def minimal_share(state, bucket, holding, point):
    """LIQ-1 `minimal`: the share of one position that cures the bucket; 1: all of it."""
    buffer = bucket.venue["liquidation"]["buffer"]
    freed = (1.0 + buffer) * unit_maintenance(state, bucket, holding, point)
    freed -= unit_cost(state, bucket, holding, point)
    if freed <= 0.0:
        return 1.0
    share = shortfall(state, bucket, point) / freed / notional_usd(holding.position, point)
    return whole_if_dust(holding, share)


def whole_if_dust(holding, share):
    left = abs(holding.position.quantity) * (1.0 - share)
    return 1.0 if left <= DUST * abs(holding.full_quantity) else share


def is_cured(state, bucket, point):
    if not any(h.is_open() and is_margined(state, h) for h in bucket.holdings):
        return True
    missing = shortfall(state, bucket, point)
    return missing <= CURED * buckets.maintenance(state, bucket, point)


def close_leg(state, bucket, holding, share, point):
    closing = Closing(state, bucket, point, forced=True)
    closing.fill(holding, share)
    closing.fee()


def finish(state, bucket, point):
    """After partial closes: buckets with nothing left are settled."""
    if bucket.mode == "isolated":
        if not bucket.holdings[0].is_open():
            settle_isolated(state, bucket.holdings[0], point, forced=True)
    else:
        settle_pool(state, point, bucket.currency)


def live(state, bucket):
    """The bucket without what has been closed."""
    return buckets.Bucket([h for h in bucket.holdings if h.is_open()], bucket.mode,
                          bucket.currency, bucket.venue)


def close_minimal(state, bucket, point, allowed=None):
    """Cures position by position; allowed: the most of each that may go, by index."""
    for holding in turns(state, bucket, point):
        while holding.is_open() and not is_cured(state, live(state, bucket), point):
            share = minimal_share(state, live(state, bucket), holding, point)
            if allowed is not None:
                most = allowed[holding.index] / abs(holding.position.quantity)
                if most <= 0.0:
                    break
                share = whole_if_dust(holding, min(share, most))
                allowed[holding.index] -= share * abs(holding.position.quantity)
            if share <= 0.0:
                break
            close_leg(state, live(state, bucket), holding, share, point)
    finish(state, bucket, point)


def close_pro_rata(state, bucket, point):
    buffer = bucket.venue["liquidation"]["buffer"]
    legs = [h for h in bucket.holdings if is_margined(state, h)]
    cost = sum(unit_cost(state, bucket, h, point) * notional_usd(h.position, point)
               for h in legs)
    freed = (1.0 + buffer) * buckets.maintenance(state, bucket, point) - cost
    missing = shortfall(state, bucket, point)
    if freed <= 0.0 or missing >= freed * (1.0 - DUST):
        close_full(state, bucket, point)
        return
    if missing <= 0.0:  # a trigger above MM (1 + buffer)
        return
    closing = Closing(state, bucket, point, forced=True)
    for holding in legs:
        closing.fill(holding, missing / freed)
    closing.fee()


def close_by_tiers(state, bucket, point, steps):
    for holding in turns(state, bucket, point):
        while holding.is_open() and buckets.is_breached(state, live(state, bucket), point):
            share = tiers.step_share(bucket.venue, holding.position, point, steps)
            close_leg(state, live(state, bucket), holding, whole_if_dust(holding, share), point)
    finish(state, bucket, point)


def close_fraction(state, bucket, point, size, memory, now_ms):
    if memory.paused_until_ms is not None:
        memory.paused_until_ms = None
        close_full(state, bucket, point)
        return
    legs = [h for h in bucket.holdings if is_margined(state, h)]
    large = [h for h in legs if notional_usd(h.position, point) > float(size.get("above", 0.0))]
    if not large:
        close_full(state, bucket, point)
        return
    closing = Closing(state, bucket, point, forced=True)
    for holding in legs:
        closing.fill(holding, float(size["fraction"]) if holding in large else 1.0)
    closing.fee()
    finish(state, bucket, point)
    memory.paused_until_ms = now_ms + milliseconds(size.get("pause", "0s"))


def close_window(state, bucket, point, window, memory, now_ms):
    if memory.window_from_ms is None:
        memory.window_from_ms = now_ms
        memory.window_held = {h.index: abs(h.position.quantity) for h in bucket.holdings}
    periods = 1 + (now_ms - memory.window_from_ms) // milliseconds(window["per"])
    allowed = {}
    for holding in bucket.holdings:
        held = memory.window_held[holding.index]
        closed = held - abs(holding.position.quantity)
        allowed[holding.index] = min(periods * float(window["share"]), 1.0) * held - closed
    close_minimal(state, bucket, point, allowed)


def liquidate(state, bucket, point, memory, now_ms):
    """One bucket in breach."""
    size = bucket.venue["liquidation"]["size"]
    if buckets.is_below_backstop(state, bucket, point):
        take_over(state, bucket, point)
    elif isinstance(size, dict) and "fraction" in size:
        close_fraction(state, bucket, point, size, memory, now_ms)
    elif isinstance(size, dict) and "tier_steps" in size:
        close_by_tiers(state, bucket, point, int(size["tier_steps"]))
    elif isinstance(size, dict):
        close_window(state, bucket, point, size["window"], memory, now_ms)
    elif size == "minimal":
        close_minimal(state, bucket, point)
    elif size == "pro_rata":
        close_pro_rata(state, bucket, point)
    else:
        close_full(state, bucket, point)
    rest = live(state, bucket)
    if rest.holdings and (remaining(state, rest, point) < 0.0 or only_owes(state, rest, point)):
        close_full(state, rest, point)


def only_owes(state, bucket, point):
    return not buckets.needs_margin(state, bucket) and buckets.is_breached(state, bucket, point)


def is_paused(state, bucket, point, memory, now_ms):
    waits = memory.paused_until_ms is not None and now_ms < memory.paused_until_ms
    return waits and remaining(state, bucket, point) >= 0.0
