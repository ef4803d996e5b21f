"""Reads a report's page back: every number with the datasets it says it comes from.

A number of the page is <span data-from=EXPRESSION data-scale=SCALE>1,234.5</span>: it equals the
expression over the file's datasets, divided by the scale and rounded to the digits shown.
"""
import html.parser
import math
import re

import h5py
import numpy as np

Z99 = 2.5758293035489004


def _ends(share, n, z):
    """Wilson's interval, written out a second time: the roots of (p - share)^2 = z^2 p (1 - p) / n."""
    a, b, c = 1 + z * z / n, -(2 * share + z * z / n), share * share
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


class Expressions:
    """Evaluates the expressions of a page over one result."""

    def __init__(self, path):
        self.file = h5py.File(path, "r")
        self.paths = int(self.file.attrs["paths_done"]) if "paths_done" in self.file.attrs else 0

    def dataset(self, found):
        return f"read({found[0]!r})"

    def __call__(self, expression):
        known = {"Z99", "sum", "paths", "wilson_lower", "wilson_upper"}
        code = re.sub(r"[A-Za-z_][\w/]*[A-Za-z_]", lambda found: found[0] if found[0] in known
                      else self.dataset(found), expression)
        return float(eval(code, {"__builtins__": {}}, {  # the page is our own
            "read": lambda name: self.file[name][()].astype(float), "sum": np.sum, "Z99": Z99,
            "paths": self.paths,
            "wilson_lower": lambda p, n=self.paths, z=Z99: _ends(p, n, z)[0],
            "wilson_upper": lambda p, n=self.paths, z=Z99: _ends(p, n, z)[1]}))


class Page(html.parser.HTMLParser):
    """The marked numbers of a page, its tables, headings, images and references."""

    def __init__(self, words):
        super().__init__()
        self.numbers, self.headings, self.images, self.references = [], [], [], []
        self._source = self._text = self._heading = None
        self.words = []
        self.feed(words)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "data-from" in given:
            self._source = (given["data-from"], float(given["data-scale"]))
            self._text = ""
        if tag in ("h1", "h2", "h3"):
            self._heading = ""
        if tag == "img":
            self.images.append(given)
        for name in ("src", "href", "data", "action", "poster"):
            if name in given:
                self.references.append(given[name])

    def handle_data(self, data):
        self.words.append(data)
        if self._source:
            self._text += data
        if self._heading is not None:
            self._heading += data

    def handle_endtag(self, tag):
        if tag == "span" and self._source:
            self.numbers.append((self._text, *self._source))
            self._source = None
        if tag in ("h1", "h2", "h3"):
            self.headings.append(self._heading)
            self._heading = None

    @property
    def text(self):
        return "".join(self.words)


def shown_value(words):
    """The number that stands on the page and half of its last digit; nan for a dash."""
    if words == "\u2013":
        return math.nan, 0.0
    plain = words.replace("\u2212", "-").replace(",", "")
    return float(plain), 0.5 * 10.0 ** -len(plain.partition(".")[2])


def disagreements(page, evaluate):
    """Marked numbers that are not those of the file."""
    bad = []
    for words, source, scale in page.numbers:
        want = evaluate(source) / scale
        value, half = shown_value(words)
        good = (math.isnan(want) if math.isnan(value) else
                abs(value - want) <= half * (1 + 1e-9) + 1e-12 * abs(want))
        if not good:
            bad.append(f"{words} stands for {source} / {scale:g} = {want!r}")
    return bad
