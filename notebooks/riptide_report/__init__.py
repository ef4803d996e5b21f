"""Sections of the report on a riptide result, for notebooks/report.ipynb and report_sweep.ipynb.

    import riptide_report as report
    run = report.open_result("result.h5")
    report.summary(run)

Each section is a function of an open result and returns a piece of HTML that a notebook shows.
They read the file and nothing else; numbers name the datasets they come from.
"""
from . import sweep as of_sweep
from .data import Run, open_result
from .plots import causes, joint, leverage, losses, moves, survival
from .words import (answer, breach, differences, limits, provenance, question, summary, warnings)
from .sweep_data import Sweep
from .worst import endangered, worst
