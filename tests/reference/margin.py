"""What `riptide margin --json` must say of every account and mode.

usage: margin.py CONFIG [MODE]

equity                DEF-2: of a pool its margin equity, of an isolated account its net worth
wallet                balances at their price
free_collateral       pool: equity less initial margin; isolated: the balance outside the buckets
liquidatable          any bucket is in breach (MAR-3)
"""
import json
import sys

import buckets
import configuration
import holdings
import portfolio
import prices
from configuration import Refused
from instruments import mark, notional_usd, profit, start_point


def position_report(state, holding, point, with_prices):
    position = holding.position
    own = [b for b in buckets.buckets_of(state) if any(h is holding for h in b.holdings)][0]
    coin = point.price_of(position.currency())
    staying, opening = buckets.position_margins(state, holding, point)
    allotted = prices.allotted_equity(state, own, holding, point)
    return {
        "symbol": position.symbol, "kind": position.kind, "quantity": position.quantity,
        "mark_price": mark(position, point), "notional": notional_usd(position, point),
        "unrealised_pnl": profit(position, point) * coin,
        "initial_margin": opening, "maintenance_margin": staying,
        "bucket": holding.bucket * coin if holding.isolated else None,
        "bucket_equity": buckets.equity(state, own, point),
        "liquidation_price": prices.liquidation_price(state, own, position.symbol, point)
        if with_prices else None,
        "bankruptcy_price": None if allotted is None or position.kind == "option" else
        prices.bankruptcy_price(position, allotted / coin, mark(position, point)),
    }


def risk_report(state, point):
    """The scenarios of a portfolio account."""
    for bucket in buckets.buckets_of(state):
        if bucket.mode == "portfolio":
            found = portfolio.requirement(bucket.venue, buckets.positions_of(bucket), point)
            return {"scenarios": [{"label": a, "loss": b} for a, b in found.scenarios],
                    "worst": found.worst, "contingencies": found.contingencies}
    return None


def account_report(config, account, mode, point, with_prices=True):
    state = holdings.resolve(config, account, mode, point)
    found = buckets.buckets_of(state)
    need = sum(buckets.maintenance(state, b, point) for b in found)
    opening = sum(buckets.initial(state, b, point) for b in found)
    if state.pool_mode is None:
        have, free = holdings.net_worth(state, point), holdings.cash_worth(state, point)
    else:
        have = sum(buckets.equity(state, b, point) for b in found)
        free = have - opening
    return {
        "account": account.id, "mode": mode, "equity": have,
        "wallet": sum(x * point.price_of(c) for c, x in account.balances.items()),
        "initial_margin": opening, "maintenance_margin": need,
        "margin_ratio": need / have if have else None, "free_collateral": free,
        "liquidatable": any(buckets.is_breached(state, b, point) for b in found),
        "common_move_price": prices.common_move(state, point) if with_prices else None,
        "positions": [position_report(state, h, point, with_prices) for h in state.holdings],
        "portfolio_risk": risk_report(state, point),
    }


def report(config, modes=None, with_prices=True):
    """The list that `riptide margin --json` prints; its searches of prices take the time."""
    point = start_point(config)
    return [account_report(config, account, mode, point, with_prices)
            for account in config.accounts for mode in modes or config.modes]


def main():
    config = configuration.read(sys.argv[1])
    try:
        print(json.dumps(report(config, sys.argv[2:] or None), indent=1))
    except Refused as reason:
        sys.exit(f"refused: {reason}")


if __name__ == "__main__":
    main()
