"""One account in one mode along one path of prices: domain.md, section 3, in its order.

outcome()  loss = initial - final net worth (DEF-1), its causes (section 6), deficit, the step of
           the first forced close and of the wipeout (DEF-3).

`market` is what the other causes leave of the loss. `slippage_and_impact`, `fees`, `funding`
(with interest), `confiscated` and `gap_through_bankruptcy` are valued when they happen.
"""
import math
from dataclasses import dataclass

import buckets
import holdings
import liquidation
from configuration import DAYS_PER_YEAR, UNITS_MS, USD, YEAR_MS
from holdings import is_margined
from instruments import Point, funding_due, mark, start_point, years_left

# `to_maintenance` goes this share of the posted bucket beyond the trigger: equity equal to the
# maintenance would be in breach still.
TOP_UP_BEYOND = 1e-9
CAUSES = ["market", "slippage_and_impact", "fees", "funding", "confiscated",
          "gap_through_bankruptcy", "adl", "socialised"]
VOLATILITY_RANGE = (0.05, 5.0)


@dataclass
class Outcome:
    loss: float
    causes: dict
    deficit: float
    initial: float
    final: float
    liquidation_step: int      # 0: never
    wipeout_step: int
    terminal_wipeout: bool
    fully_liquidated: bool
    forced_notional: list      # by step, USD at the mark
    starts_in_breach: bool
    step_hours: float


class Trial:
    def __init__(self, config, account, mode):
        self.config = config
        self.start = start_point(config)
        self.state = holdings.resolve(config, account, mode, self.start)
        self.state.causes = {name: 0.0 for name in CAUSES}
        self.state.forced_notional = 0.0
        self.memory = {}
        self.liquidation_step = self.wipeout_step = 0
        self.initial = holdings.net_worth(self.state, self.start)
        self.forced = []

    def outcome(self, path):
        """path: prices of every asset by symbol, one dict a step after time 0."""
        state = self.state
        in_breach = any(buckets.is_breached(state, b, self.start)
                        for b in buckets.buckets_of(state))
        before = self.start
        for number, prices in enumerate(path, 1):
            point = self.moved(before, prices, number)
            self.step(before, point, number)
            before = point
        final = holdings.net_worth(state, before)
        loss = self.initial - final
        causes = dict(state.causes)
        causes["funding"] += sum(holdings.interest_due(state, h, before)
                                 for h in state.holdings if h.is_open())
        causes["market"] = loss - sum(causes.values())
        limit = self.config.wipeout_threshold * self.initial
        return Outcome(loss, causes, state.deficit, self.initial, final, self.liquidation_step,
                       self.wipeout_step, final <= limit, self.is_fully_liquidated(),
                       self.forced, in_breach, self.config.step_ms / UNITS_MS["h"])

    def moved(self, before, prices, number):
        """The market after a step; implied volatilities follow the prices."""
        years = number * self.config.step_ms / YEAR_MS
        point = Point(prices=prices, years=years, basis=before.basis,
                      volatilities=dict(before.volatilities))
        for holding in self.state.holdings:
            position = holding.position
            if position.kind == "option":
                self.move_volatility(position, before, point)
        return point

    def move_volatility(self, position, before, point):
        now = before.volatilities[id(position)]
        tenor = max(years_left(position, before) * DAYS_PER_YEAR, 1.0)
        move = math.log(point.prices[position.symbol] / before.prices[position.symbol])
        scale = (30.0 / tenor) ** self.config.tenor_power
        now *= math.exp(scale * self.config.volatility_response * move)
        point.volatilities[id(position)] = min(max(now, VOLATILITY_RANGE[0]),
                                               VOLATILITY_RANGE[1])

    def step(self, before, point, number):
        forced_before = self.state.forced_notional
        self.pay_funding(point, number)
        self.pay_interest(point)
        self.settle_expired(point, number)
        self.fill_stops(point)
        self.check(point, number)
        self.forced.append(self.state.forced_notional - forced_before)
        if self.liquidation_step == 0 and self.forced[-1] > 0.0:
            self.liquidation_step = number
        limit = self.config.wipeout_threshold * self.initial
        if self.wipeout_step == 0 and holdings.net_worth(self.state, point) <= limit:
            self.wipeout_step = number

    def pay_funding(self, point, number):
        """INS-3: the intervals a step contains, at the mark after its move."""
        interval = self.config.funding_interval_ms
        if interval is None:
            return
        step = self.config.step_ms
        due = number * step // interval - (number - 1) * step // interval
        for holding in self.state.holdings:
            if not holding.is_open():
                continue
            position = holding.position
            rate = self.config.funding_rate.get(position.symbol, 0.0)
            paid = due * funding_due(position, rate, mark(position, point))
            self.charge(holding, paid, point)

    def charge(self, holding, amount, point):
        currency = holding.position.currency()
        self.state.causes["funding"] += amount * point.price_of(currency)
        holding.paid += amount
        if holding.isolated:
            holding.bucket -= amount
        elif amount:
            self.state.cash[currency] = self.state.cash.get(currency, 0.0) - amount

    def pay_interest(self, point):
        """INS-1: simple interest on what the wallet of a pool has borrowed, each step. What spot
        positions owe is part of their worth, booked when they close or at the end."""
        state, years = self.state, self.config.step_ms / YEAR_MS
        if state.pool_mode is None or not state.open_pool():
            return
        for currency in list(state.cash):
            borrowed = -liquidation.pool_cash(state, currency)
            interest = max(borrowed, 0.0) * state.borrow_rate.get(currency, 0.0) * years
            if interest > 0.0:
                state.cash[currency] = state.cash.get(currency, 0.0) - interest
                state.interest[currency] = state.interest.get(currency, 0.0) + interest
                state.causes["funding"] += interest * point.price_of(currency)

    def settle_expired(self, point, number):
        """DEF-4: at its expiry step into its bucket, then to the free balance."""
        for holding in self.state.holdings:
            position = holding.position
            if not holding.is_open() or position.expiry_years is None:
                continue
            if number * self.config.step_ms < round(position.expiry_years * YEAR_MS):
                continue
            currency = position.currency()
            worth = holdings.position_worth(self.state, holding, point)
            holding.status = "expired"
            if holding.isolated:
                holding.bucket += worth / point.price_of(currency)
                liquidation.settle_isolated(self.state, holding, point, forced=False)
            else:
                self.state.cash[currency] = (self.state.cash.get(currency, 0.0)
                                             + worth / point.price_of(currency))
                liquidation.settle_pool(self.state, point, currency)
                liquidation.note_borrowing(self.state)

    def fill_stops(self, point):
        """Section 3: on the losing side of the mark at time 0, at the step's price."""
        for holding in self.state.holdings:
            position = holding.position
            stop = self.state.account.stop_loss.get(position.symbol)
            if stop is None or not holding.is_open():
                continue
            start, now = self.start.prices[position.symbol], point.prices[position.symbol]
            is_long = position.quantity > 0
            serves = stop < start if is_long else stop > start
            if serves and (now <= stop if is_long else now >= stop):
                own = [b for b in buckets.buckets_of(self.state)
                       if any(h is holding for h in b.holdings)][0]
                liquidation.close_by_stop(self.state, own, holding, point)

    def check(self, point, number):
        """Every bucket is checked, isolated ones topped up, breached ones liquidated."""
        state, now = self.state, number * self.config.step_ms
        breached = []
        for bucket in buckets.buckets_of(state):
            memory = self.memory_of(bucket)
            if not buckets.is_breached(state, bucket, point):
                memory.paused_until_ms = memory.window_from_ms = None
            elif not liquidation.is_paused(state, bucket, point, memory, now):
                breached.append(bucket)
        for bucket in breached:
            if bucket.mode == "isolated":
                self.top_up(bucket, point)
        for bucket in breached:
            if buckets.is_breached(state, bucket, point):
                liquidation.liquidate(state, bucket, point, self.memory_of(bucket), now)

    def memory_of(self, bucket):
        key = bucket.holdings[0].index if bucket.mode == "isolated" else bucket.currency
        return self.memory.setdefault((bucket.mode, key), liquidation.Memory())

    def top_up(self, bucket, point):
        """MAR-4: from the free balance, and only if it ends the breach."""
        state, holding = self.state, bucket.holdings[0]
        currency = bucket.currency
        coin = point.price_of(currency)
        policy = holding.position.top_up
        have = buckets.equity(state, bucket, point)
        trigger = bucket.venue["trigger"]["ratio"] * buckets.maintenance(state, bucket, point)
        if policy == "to_maintenance":
            wanted = trigger - have + TOP_UP_BEYOND * holding.posted * coin
        elif policy == "to_initial":
            wanted = buckets.initial(state, bucket, point) - have
        elif isinstance(policy, dict) and holding.n_top_up < policy["times"]:
            wanted = float(policy["fraction"]) * holding.posted * coin
        else:
            return
        moved = min(wanted / coin, self.free_balance(currency, point))
        if moved <= 0.0:
            return
        holding.bucket += moved
        if buckets.is_breached(state, bucket, point):
            holding.bucket -= moved
            return
        state.cash[currency] = state.cash.get(currency, 0.0) - moved
        holding.n_top_up += 1

    def free_balance(self, currency, point):
        """Cash, what spot in the pool has cost left aside; beside a pool (mixed) no more than it
        has beyond its initial margin."""
        state = self.state
        cash = liquidation.pool_cash(state, currency) - state.interest.get(currency, 0.0)
        for pool in buckets.buckets_of(state):
            if pool.mode != "isolated" and pool.currency in (None, currency):
                over = buckets.equity(state, pool, point) - buckets.initial(state, pool, point)
                cash = min(cash, over / point.price_of(currency))
        return cash

    def is_fully_liquidated(self):
        margined = [h for h in self.state.holdings if is_margined(self.state, h)]
        return bool(margined) and all(h.status == "liquidated" for h in margined)


def run(config, path, account=None, mode=None):
    """The outcome of one account (the first) in one mode (the first) along a path given as
    rows of prices, in the order of the assets."""
    account = config.accounts[0] if account is None else account
    mode = config.modes[0] if mode is None else mode
    symbols = list(config.assets)
    return Trial(config, account, mode).outcome([dict(zip(symbols, row)) for row in path])
