#!/usr/bin/env python3
"""Turns a result into one page: executes the report's notebook and keeps what it shows.

usage: make_report.py RESULT OUTPUT.html|OUTPUT.pdf
       make_report.py --missing html|pdf

`riptide report` calls this. --missing prints the packages that are not installed, one a line,
as `MODULE DEBIAN-PACKAGE`. The page loads nothing from elsewhere; a PDF is the same page
printed by Chromium. The output appears under its name only when it is whole.
"""
import html
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the folder may be an installed one
HERE = pathlib.Path(__file__).resolve().parent
MODULES = {"h5py": "python3-h5py", "numpy": "python3-numpy", "matplotlib": "python3-matplotlib", "yaml": "python3-yaml", "nbformat": "python3-nbformat",
           "nbclient": "python3-nbclient", "ipykernel": "python3-ipykernel"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 300  # a report may take

STYLE = """
:root { color-scheme: light; font-size: 16px; }
body { font: 1rem/1.5 system-ui, "Liberation Sans", sans-serif; color: #1b1f24; max-width: 62rem;
       margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin-bottom: .3rem; }
h2 { font-size: 1.2rem; margin-top: 2.4rem; border-bottom: 1px solid #d0d7de; break-after: avoid; }
p.keep { break-after: avoid; }
h3 { font-size: 1rem; margin: 1.6rem 0 .2rem; break-after: avoid; }
p.lead { font-size: 1.08rem; }
p.note, figcaption { color: #424a53; font-size: .9rem; }
p.note { break-before: avoid; }
p.breach { background: #f6f8fa; border-left: 4px solid #57606a; padding: .6rem .9rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; font-size: .93rem; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid #d0d7de; text-align: right;
         font-variant-numeric: tabular-nums; vertical-align: top; font-weight: normal; }
th[scope=row] small { white-space: normal; }
th[scope=row], td.text, th.text, table.facts th, thead th:first-child { text-align: left; }
td small, td.line, i { white-space: nowrap; } i { font-style: normal; color: #57606a; font-size: .9em; }
thead th { border-bottom: 2px solid #57606a; font-weight: 600; }
table.facts th { width: 13rem; color: #424a53; }
td.text { overflow-wrap: anywhere; }
small { display: block; color: #57606a; font-size: .82rem; }
figure { margin: 1rem 0; } figure img { width: 100%; height: auto; }
pre { background: #f6f8fa; padding: .8rem; overflow-x: auto; font-size: .8rem; }
@media (max-width: 40rem) { table.facts th { width: 6rem; } }
@page { size: A4; margin: 16mm 14mm; }
@media print {
  :root { font-size: 9.5pt; } div.wide { overflow: visible; }
  body { margin: 0; max-width: none; padding: 0; } h2 { margin-top: 1.6rem; }
  figure { margin: .4rem 0; } th, td { padding: .22rem .5rem; }
  figure, tr, p.breach { break-inside: avoid; } thead { display: table-header-group; }
  details { display: none; }
}
"""


def missing(kind):
    lines = [f"{module} {package}" for module, package in MODULES.items()
             if importlib.util.find_spec(module) is None]
    if kind == "pdf" and browser() is None:
        lines.append("chromium chromium")
    return lines


def browser():
    asked = os.environ.get("RIPTIDE_BROWSER")
    return asked or next((found for name in BROWSERS if (found := shutil.which(name))), None)


def connection(folder):
    """
    How a kernel is spoken to: through sockets in a folder of its own, for two kernels that start
    at the same moment may be given the same port, and one of them dies. Ports remain where the
    folder's path is longer than a socket's may be (107 bytes).
    """
    stem = folder / "kernel"
    return {"transport": "ipc", "ip": str(stem)} if len(os.fsencode(stem)) < 100 else {}


def execute(notebook, result, folder):
    """Runs a notebook in this interpreter's own kernel; no settings of the user take part."""
    import nbclient
    import nbformat
    import traitlets.config
    kernel = folder / "kernels/riptide"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps(
        {"argv": argv, "display_name": "riptide", "language": "python"}))
    os.environ.update(JUPYTER_PATH=str(folder), JUPYTER_RUNTIME_DIR=str(folder / "runtime"),
                      IPYTHONDIR=str(folder / "ipython"), RIPTIDE_RESULT=str(result),
                      PYTHONDONTWRITEBYTECODE="1", PYDEVD_DISABLE_FILE_VALIDATION="1")
    book = nbformat.read(notebook, as_version=4)
    config = traitlets.config.Config({"KernelManager": connection(folder)})
    nbclient.NotebookClient(book, kernel_name="riptide", timeout=SECONDS, config=config,
                            resources={"metadata": {"path": str(HERE)}}).execute()
    return book


def markdown(source):
    """The little of Markdown that a page needs: headings, paragraphs, emphasis."""
    parts = []
    for block in source.split("\n\n"):
        level = len(block) - len(block.lstrip("#"))
        words = html.escape(block.lstrip("# "))
        for mark, tag in (("**", "b"), ("*", "em"), ("`", "code")):
            words = re.sub(rf"{re.escape(mark)}(.+?){re.escape(mark)}", rf"<{tag}>\1</{tag}>", words)
        parts.append(f"<h{level}>{words}</h{level}>" if level else f"<p>{words}</p>")
    return "\n".join(parts)


def shown(cell):
    """What a cell contributes to the page."""
    if cell.cell_type == "markdown":
        return markdown(cell.source)
    parts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "text/html" in data:
            parts.append(data["text/html"])
        elif "image/png" in data:
            parts.append(f'<figure><img alt="" src="data:image/png;base64,{data["image/png"]}"></figure>')
        elif "text/plain" in data or output.output_type == "stream":
            parts.append(f"<pre>{html.escape(data.get('text/plain') or output.get('text', ''))}</pre>")
    return "\n".join(parts)


def page(book, title):
    body = "\n".join(part for part in map(shown, book.cells) if part)
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>\n"
            f"<h1>{html.escape(title)}</h1>\n{body}\n</body></html>\n")


def print_pdf(source, target, folder):
    """Chromium exits with 0 whatever happens: only the file tells."""
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
               "--no-first-run", "--disable-background-networking", "--disable-component-update",
               "--disable-sync", f"--user-data-dir={folder / 'chromium'}", "--no-pdf-header-footer",
               f"--print-to-pdf={target}", source.as_uri()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except OSError as error:
        raise RuntimeError(f"{command[0]}: {error.strerror}") from error
    if not target.is_file() or target.stat().st_size == 0:
        raise RuntimeError(f"{command[0]} printed no page: {done.stderr.strip()[-400:]}")


def make(result, output):
    sys.path.insert(0, str(HERE))
    import riptide_report
    opened = riptide_report.open_result(result)
    is_sweep = isinstance(opened, riptide_report.Sweep)
    notebook = HERE / ("report_sweep.ipynb" if is_sweep else "report.ipynb")
    with tempfile.TemporaryDirectory(prefix="riptide-report-") as name:
        folder = pathlib.Path(name)
        words = page(execute(notebook, result.resolve(), folder), opened.title)
        written = folder / "page.html"
        written.write_text(words, encoding="utf-8")
        if output.suffix == ".pdf":
            print_pdf(written, folder / "page.pdf", folder)
            written = folder / "page.pdf"
        beside = output.with_name(f"{output.name}.tmp.{os.getpid()}")
        shutil.copyfile(written, beside)
        os.replace(beside, output)


def main():
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    if sys.argv[1] == "--missing":
        print("\n".join(missing(sys.argv[2])))
        return 0
    try:
        make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    except Exception as error:  # one line for the user; the notebook shows the rest
        words = str(error).strip().splitlines() or [type(error).__name__]
        print(words[-1], file=sys.stderr, flush=True)
        os._exit(1)  # the last word: nothing that is torn down after it may speak
    return 0


if __name__ == "__main__":
    sys.exit(main())
