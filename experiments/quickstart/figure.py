#!/usr/bin/env python3
"""Draws the picture of the README from a result.

usage: figure.py RESULT.h5 FIGURE.svg
"""
import os
import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, PercentFormatter

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from report import Result, style  # noqa: E402  (the folder comes first)


def main():
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    result = Result(sys.argv[1])
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.3))
    share = np.arange(1, 101) / 100
    for m, mode in enumerate(result.modes):
        colour, line, _ = style(mode)
        left.fill_between(result["time"], result["survival_lower"][m],
                          result["survival_upper"][m], color=colour, alpha=0.2, linewidth=0)
        left.plot(result["time"], result["survival"][m], line, color=colour, label=mode)
        counts = result["wiped_share_histogram"][m].astype(float)
        beyond = np.cumsum(counts[::-1])[::-1][2:] / counts.sum()
        shown = beyond > 0
        right.step(share[shown], beyond[shown], line, color=colour, label=mode)
    left.set(xlabel="time [h]", ylabel="accounts without a forced close", ylim=(None, 1.0),
             xlim=(0, result.hours))
    right.set(xlabel="accounts wiped out together, at least", ylabel="share of paths",
              yscale="log", xlim=(0, None))
    left.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    right.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    right.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:g} %"))
    left.legend()
    plt.rcParams["svg.hashsalt"] = "riptide"
    figure.savefig(sys.argv[2], format="svg", metadata={"Date": None})
    return 0


if __name__ == "__main__":
    sys.exit(main())
