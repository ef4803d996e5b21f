"""Margin of a short option outside portfolio mode: `venue.option_margin`.

deribit   in coins per option, m the mark in coins, O the distance out of the money over F:
          call MM = 0.075 + m, IM = max(0.15 - O, 0.1) + m
          put  MM = max(0.075, 0.075 m) + m, IM = max(max(0.15 - O, 0.1) + m, MM)
          A linear option has its mark in USD and S in place of one coin.
bybit     in USD per option, O the distance out of the money from S, p the premium (entry):
          MM = max(0.03 S, 0.03 m) + m + 0.002 S
          IM = max(max(0.15 S - O, 0.1 S) + max(p, m), MM)

Both are published with the mark inside: the requirement holds the liability in full, and the
margin equity leaves a short option's value out, so that it counts once (INS-2).
A long option needs no margin.
"""
from configuration import Refused
from instruments import forward, option_mark


def mark_usd(position, point):
    price = option_mark(position, point)
    return price * point.prices[position.symbol] if position.settlement == "inverse" else price


def out_of_the_money(position, price):
    sign = 1.0 if position.type == "call" else -1.0
    return max(sign * (position.strike - price), 0.0)


def deribit(position, point):
    """(MM, IM) of one option in USD."""
    s, m = point.prices[position.symbol], mark_usd(position, point)
    f = forward(position, point)
    opening = s * max(0.15 - out_of_the_money(position, f) / f, 0.1) + m
    if position.type == "call":
        return 0.075 * s + m, opening
    staying = max(0.075 * s, 0.075 * m) + m
    return staying, max(opening, staying)


def bybit(position, point):
    """(MM, IM) of one option in USD."""
    s, m = point.prices[position.symbol], mark_usd(position, point)
    premium = position.entry * (s if position.settlement == "inverse" else 1.0)
    staying = max(0.03 * s, 0.03 * m) + m + 0.002 * s
    opening = max(0.15 * s - out_of_the_money(position, s), 0.1 * s) + max(premium, m)
    return staying, max(opening, staying)


RULES = {"deribit": deribit, "bybit": bybit}


def margins(venue, position, point):
    """(MM, IM) of an option position in USD."""
    if position.quantity > 0:
        return 0.0, 0.0
    rule = venue["option_margin"]["rule"]
    if rule == "none":
        raise Refused("a short option outside portfolio mode needs venue.option_margin")
    staying, opening = RULES[rule](position, point)
    return abs(position.quantity) * staying, abs(position.quantity) * opening
