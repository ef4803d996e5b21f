"""How numbers, tables and figures look on a page.

A number is written with as many digits as its error leaves (two digits of the error). Every number
of a table names the datasets it was taken from (`data-from`), so that a test, or a reader
with the page's source, can hold it against the file.
"""
import base64
import html
import io
import math

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter

MINUS = "\u2212"
NONE = "\u2013"  # what stands for a number that does not exist

# Okabe-Ito colours, told apart by colour-blind readers, and by line and mark in grey.
STYLE = {
    "isolated": ("#0072B2", "-", "o"),
    "cross": ("#D55E00", "--", "s"),
    "portfolio": ("#009E73", "-.", "^"),
    "mixed": ("#CC79A7", ":", "D"),
}
WIDTH = 8.4  # of a figure [inch]

matplotlib.rcParams.update({
    "font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#dddddd", "grid.linewidth": 0.6, "legend.frameon": False,
    "figure.constrained_layout.use": True, "axes.axisbelow": True,
})


class Html(str):
    """A piece of the page; a notebook shows it."""

    def _repr_html_(self):
        return str(self)


def escape(value):
    return html.escape(str(value))


def style(mode):
    return STYLE.get(mode, ("#444444", "-", "o"))


def _decimals(error, value, digits):
    """Decimals that show so many digits of an error; three digits of the value without one."""
    seen = error if math.isfinite(error) and error > 0 else abs(value) / 10 ** (3 - digits)
    if not (math.isfinite(seen) and seen > 0):
        return 0
    return min(max(digits - 1 - math.floor(math.log10(seen)), 0), 8)


def _signed(value, decimals, trim):
    words = f"{value:,.{decimals}f}"
    if trim and "." in words:
        words = words.rstrip("0").rstrip(".")
    return words.replace("-", MINUS) if float(words.replace(",", "")) != 0 else words.lstrip("-")


class Quantity:
    """How one kind of number is written: in units that may be chosen to fit its size."""

    def __init__(self, units):
        self.units = units  # (smallest size it is used for, its size, its name), largest first

    def unit(self, *values):
        """The unit that fits the largest of some values."""
        size = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
        return next((u for u in self.units if size >= u[0]), self.units[-1])

    def bare(self, x, unit, error=math.nan, digits=2):
        """The number alone, as a multiple of a unit."""
        if not math.isfinite(x):
            return NONE
        scale = unit[1]
        exact = x == 0 or not math.isfinite(error)
        return _signed(x / scale, _decimals(error / scale, x / scale, digits), exact)

    def __call__(self, x, error=math.nan, digits=2):
        unit = self.unit(x, error)
        words = self.bare(x, unit, error, digits)
        return f"{words}{unit[2]}" if words != NONE else NONE


percent = Quantity(((0.0, 0.01, " %"),))
dollars = Quantity(((1e9, 1e9, " bn"), (1e6, 1e6, " m"), (1e4, 1e3, " k"), (0.0, 1.0, "")))


def number(words, source, scale=1.0):
    """A number of the page with the expression over datasets that it equals, times a scale."""
    return f'<span data-from="{escape(source)}" data-scale="{scale:g}">{words}</span>'


def ends(source):
    """The expressions of a dataset's interval: name[at] has name_lower[at] and name_upper[at]."""
    name, _, at = source.partition("[")
    return f"{name}_lower[{at}", f"{name}_upper[{at}"


def interval(x, lower, upper, source, sources=None, write=percent, inline=False, digits=2):
    """A cell with an estimate and its interval, the unit written once."""
    low, high = sources or ends(source)
    error, unit = (upper - lower) / 2, write.unit(x, lower, upper)

    def bare(value, where):
        return number(write.bare(value, unit, error, digits), where, unit[1])

    known = math.isfinite(error)
    between = f"{bare(lower, low)} to {bare(upper, high)}" if known else "no interval"
    if inline:
        return f"<td class=line>{bare(x, source)}{unit[2]} <i>({between})</i></td>"
    return cell(f"{bare(x, source)}{unit[2]}", f"{between}{unit[2] if known else ''}")


def cell(main, small=""):
    return f"<td>{main}{f'<small>{small}</small>' if small else ''}</td>"


def row(label, cells, note=""):
    small = f"<small>{note}</small>" if note else ""
    return f"<tr><th scope=row>{label}{small}</th>{''.join(cells)}</tr>"


def table(head, rows, caption="", words=()):
    """A table with a caption below; columns named in `words` hold text."""
    top = "".join(f"<th scope=col{' class=text' if word in words else ''}>{word}</th>" for word in head)
    below = f"<p class=note>{caption}</p>" if caption else ""
    return (f'<div class=wide><table><thead><tr>{top}</tr></thead>'
            f'<tbody>{"".join(rows)}</tbody></table></div>{below}')


def figure(drawn, alt, caption, dense=False):
    """A drawing as an image inside the page: vectors, or pixels where there are many marks."""
    buffer = io.BytesIO()
    kind = "png" if dense else "svg"
    matplotlib.rcParams["svg.hashsalt"] = alt
    drawn.savefig(buffer, format=kind, dpi=160,
                  metadata={"Software": None} if dense else {"Date": None})
    plt.close(drawn)
    mime = "image/png" if dense else "image/svg+xml"
    data = base64.b64encode(buffer.getvalue()).decode()
    return Html(f'<figure><img alt="{escape(alt)}" src="data:{mime};base64,{data}">'
                f"<figcaption>{caption}</figcaption></figure>")


def listing(words):
    """a, b and c"""
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def plural(n, word):
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def percent_axis(axis):
    axis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.6g} %".replace("-", MINUS)))


def dollar_axis(axis):
    axis.set_major_formatter(FuncFormatter(lambda x, _: dollars(x) if x else "0"))
