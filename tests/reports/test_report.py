#!/usr/bin/env python3
"""`riptide report` on runs: numbers, what stands where, files and messages.

usage: test_report.py RIPTIDE
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests/cli")]
from harness import main, merged  # noqa: E402
from page_numbers import Expressions, Page, disagreements  # noqa: E402

MIB = 1 << 20
made = {}


def result(program, name, changes, base=None):
    """A result of a changed configuration, simulated once."""
    if name not in made:
        config = program.write(f"{name}.yaml", merged(changes, base))
        program.expect(0, "run", config, "-o", f"{name}.h5", "-q")
        made[name] = program.folder / f"{name}.h5"
    return made[name]


def small(program):
    """Everything happens in it: breaches, top-ups, stops, deficits, three modes, per-path figures."""
    if "small" not in made:
        program.expect(0, "run", ROOT / "tests/cli/small.yaml", "-o", "small.h5", "-q",
                       "-s", "title=A <b>small</b> & rough run")
        made["small"] = program.folder / "small.h5"
    return made["small"]


def few(program):
    """Two accounts, one in breach before any shock, and two modes."""
    return result(program, "few", {
        "run.modes": ["isolated", "cross"],
        "accounts.list": [
            {"id": "calm", "balance": 9137.5, "leverage": 3, "positions": [
                {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.117}]},
            {"id": "sunk<i>", "balance": 10000, "leverage": 10, "positions": [
                {"symbol": "BTC", "kind": "linear_perp", "quantity": 1.4, "entry": 66600}]}]})


def fresh_page(program, path, **environment):
    name = path.with_suffix(".html").name
    done = program.expect(0, "report", path, "-o", name, "--force", **environment)
    assert done.stdout == f"{name}\n", done.stdout
    return (program.folder / name).read_text()


def page_of(program, path):
    """The page of a result, made once."""
    if (path, "page") not in made:
        made[path, "page"] = fresh_page(program, path)
    return made[path, "page"]


def check_page(program, path, least):
    words = page_of(program, path)
    page = Page(words)
    bad = disagreements(page, Expressions(path))
    assert not bad, "\n".join(bad[:8])
    assert len(page.numbers) >= least, f"only {len(page.numbers)} numbers name their source"
    outside = [r for r in page.references if not r.startswith("data:image/")]
    assert not outside and "<script" not in words and "url(" not in words, outside
    assert len(words) < 5 * MIB
    assert all(image["alt"] for image in page.images)
    return page


def test_numbers_of_a_population_are_those_of_the_file(program):
    page = check_page(program, small(program), 250)
    assert page.headings[0] == "A <b>small</b> & rough run", page.headings
    assert len(page.images) == 6, len(page.images)


def test_numbers_of_few_accounts_are_those_of_the_file(program):
    page = check_page(program, few(program), 60)
    assert "sunk<i>" in page.text


def test_numbers_of_merged_shards_with_coins(program):
    config = program.write("coins.yaml", merged({"accounts.list": [
        {"id": "alice", "balances": {"USD": 7000, "BTC": 0.1}, "leverage": 10, "positions": [
            {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.7}]}]}))
    for i in range(2):
        program.expect(0, "run", config, "--shard", f"{i}/2", "-o", f"coins-{i}.h5", "-q")
    program.expect(0, "merge", "-o", "coins.h5", "coins-0.h5", "coins-1.h5")
    check_page(program, program.folder / "coins.h5", 60)


def test_every_number_of_the_summary_names_its_source(program):
    """Cells of the summary hold nothing but marked numbers, units and `to`."""
    words = page_of(program, small(program))
    table = re.search(r"<h2>The answer</h2>.*?<table>(.*?)</table>", words, re.S)[1]
    cells = re.findall(r"<td>(.*?)</td>", table, re.S)
    assert len(cells) == 3 * (5 + 1 + 2 * 2), len(cells)
    for cell in cells:
        assert cell.count("data-from") == 3, f"an estimate without its interval: {cell}"
        rest = re.sub(r"<span.*?</span>|<.*?>", "", cell)
        assert not re.search(r"\d", rest), f"a number without its source: {cell}"


def test_breaches_at_the_start_come_first(program):
    words = page_of(program, few(program))
    body = words[words.index("<body>"):]
    first = body.index("Accounts in breach of maintenance margin before any shock")
    assert first < body.index("<h2>") and "1 under isolated" in Page(words).text
    with h5py.File(few(program)) as file:
        assert file["initially_breached"][0].tolist() == [0, 1]


def test_endangered_accounts_are_chosen_on_even_batches_and_measured_on_odd(program):
    with h5py.File(small(program)) as file:
        counts, names = file["batches/wipeouts"][()], [n.decode() for n in file["account"][()]]
        closed = file["batches/liquidations"][()]
    words = page_of(program, small(program))
    for m, mode in enumerate(("isolated", "cross", "portfolio")):
        table = re.search(rf"<h3>Under {mode} margin</h3>.*?</table>", words, re.S)[0]
        listed = re.findall(r"<th scope=row>(\w+)</th>", table)
        key = [(-int(counts[m, i, ::2].sum()), -int(closed[m, i, ::2].sum()), i)
               for i in range(len(names))]
        want = [names[i] for _, _, i in sorted(key)[:8]]
        assert listed == want, f"{mode}: {listed}, want {want}"
        sources = re.findall(r'data-from="([^"]*batches[^"]*)"', table)
        assert len(sources) == 8 * 6 and all("1::2" in source for source in sources), sources[:3]


def test_worst_paths_show_what_happened_on_them(program):
    words = page_of(program, small(program))
    section = words[words.index("<h2>The worst paths</h2>"):]
    assert 'data-from="system/total_loss[' in section and "another seed gives other ones" in section


def test_worst_paths_of_a_shard_are_its_own(program):
    """Their numbers are those of the whole run; what happened on them stands in the shard's rows."""
    config = program.write("shard.yaml", merged({"run.paths": 256, "outputs.system": True}))
    program.expect(0, "run", config, "--shard", "1/2", "-o", "shard.h5", "-q")
    page = check_page(program, program.folder / "shard.h5", 20)
    with h5py.File(program.folder / "shard.h5") as file:
        worst = int(file["worst_paths"][0, 0])
        at = int(np.flatnonzero(file["system/path"][()] == worst)[0])
        assert worst >= 128 and at < 128
        assert file["system/total_loss"][0, at] == file["system/total_loss"][0].max()
    assert f'data-from="system/total_loss[0,{at}]"' in page_of(program, program.folder / "shard.h5")


# One account of each kind of instrument: coin-settled contracts, a put beside what it protects,
# a short call, a dated future with a basis, and options alone.
KINDS = {
    "run.modes": ["cross", "portfolio"],
    "market.assets.0": {"symbol": "BTC", "price": 61700.0, "volatility": 0.8, "implied_volatility": 0.62,
                        "basis": 0.113},
    "venue.option_margin": {"rule": "deribit"},
    "accounts.list": [
        {"id": "coin", "balances": {"BTC": 0.93}, "leverage": 7, "positions": [
            {"symbol": "BTC", "kind": "inverse_perp", "quantity": 83100, "entry": 58100}]},
        {"id": "insured", "balance": 9137.5, "leverage": 3, "positions": [
            {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.117},
            {"symbol": "BTC", "kind": "option", "type": "put", "quantity": 0.117, "strike": 51300, "expiry": "23d"}]},
        {"id": "writer", "balance": 8111, "positions": [
            {"symbol": "BTC", "kind": "option", "type": "call", "quantity": -0.31, "strike": 70900, "expiry": "23d"}]},
        {"id": "dated", "balance": 7013, "leverage": 5, "positions": [
            {"symbol": "BTC", "kind": "linear_future", "quantity": -0.41, "expiry": "91d"}]}]}


def test_leverage_is_notional_at_the_mark_over_equity(program):
    """Of inverse perpetuals, options and futures, as `riptide margin` has it (domain.md 2)."""
    config = program.write("kinds.yaml", merged(KINDS))
    listed = json.loads(program.expect(0, "margin", config, "--mode", "portfolio", "--json").stdout)
    words = page_of(program, result(program, "kinds", KINDS))
    held = {"coin": "long BTC inverse", "insured": "long BTC, BTC put", "writer": "short BTC call",
            "dated": "short BTC future"}
    for account in listed:
        name = account["account"]
        want = sum(p["notional"] for p in account["positions"]) / account["equity"]
        row = re.search(rf"<th scope=row>{name}</th>(.*?)</tr>", words)[1]
        cells = [re.sub("<.*?>", "", cell) for cell in re.findall(r"<td.*?>(.*?)</td>", row)]
        assert cells[1:3] == [f"{want:.3g}x", held[name]], (name, want, cells)
    # By hand: 83,100 contracts of one USD; 0.93 coins and their profit since 58,100.
    coins = 0.93 + 83100 * (1 / 58100 - 1 / 61700)
    assert f"<td>{83100 / (coins * 61700):.3g}x</td>" in words
    positions = re.search(r"Leverage of positions</th><td class=text>(.*?)</td>", words)[1]
    assert positions.startswith("median 5x"), positions  # of 7, 3 and 5: an option has none


def test_options_alone_have_no_leverage_of_their_own(program):
    path = result(program, "written", {**KINDS, "accounts.list": [
        {**KINDS["accounts.list"][2], "id": f"writer{k}", "balance": 8111 + 500 * k} for k in range(14)]})
    page = check_page(program, path, 40)
    assert "Leverage of positions" not in page.text
    assert "Joint wipeouts" not in [image["alt"] for image in page.images], "an empty panel: nobody was wiped out"
    assert page.text.count("no account was wiped out or had a forced close") == 2
    assert "Wipeout against leverage" in [image["alt"] for image in page.images]


def test_assets_are_read_above_a_long_matrix(program):
    sys.path.insert(0, str(ROOT / "notebooks"))
    from riptide_report.data import Config
    lines = [f"    - {{symbol: A{k}, price: {k + 1.5}, volatility: 0.5, drift: 0, basis: 0}}" for k in range(300)]
    rows = [f"    - [{', '.join(['0.25'] * 300)}]" for _ in range(300)]
    config = Config("market:\n  assets:\n" + "\n".join(lines) + "\n  correlation:\n" + "\n".join(rows) + "\n")
    assert config.block("market") is None, "the block is not a long one"
    assert [(a["symbol"], a["price"]) for a in config.assets()] == [(f"A{k}", k + 1.5) for k in range(300)]


def test_thin_tails_are_named_as_the_summary_names_them(program):
    """small: 70 of 700 paths beyond 90 %, 7 beyond 99 %; few: 10, 2 and 0.2 of 200."""
    for path, tails in ((small(program), ["7 beyond 99 %"]), (few(program), ["2 beyond 99 %", "0.2 beyond 99.9 %"])):
        said = re.search(r"paths are in the tails: (.*?)</b>", page_of(program, path))[1]
        assert said == " and ".join(tails), said
        warned = json.loads(program.expect(0, "summary", path, "--json").stdout)["warnings"]
        assert len([w for w in warned if w.startswith("VaR and ES at")]) == len(tails), warned


def test_modes_are_ranked_only_where_their_difference_is_clear(program):
    words = page_of(program, small(program))
    with h5py.File(small(program)) as file:
        share, upper = file["population_wipeout"][()], file["population_difference_upper"][()]
        names = [name.decode() for name in file["mode"][()]]
    first, *rest = sorted(range(3), key=lambda m: share[m])
    said = names[first]
    for before, m in zip([first, *rest], rest):
        said += (", then " if upper[before, m] < 0 else " or ") + names[m]
    assert f"the fewest accounts are wiped out under {said}" in words, said
    none = page_of(program, result(program, "kinds", KINDS))  # nobody is wiped out
    assert "no mode is clearly safer than the next" in none


def test_one_mode_has_nothing_to_compare(program):
    path = result(program, "one", {"run.modes": ["cross"]})
    page = check_page(program, path, 30)
    assert "there is nothing to compare" in page.text


def test_one_path_is_a_scenario_without_intervals(program):
    path = result(program, "scenario", {"run.paths": 1})
    page = check_page(program, path, 20)
    assert "One path is a scenario" in page.text and "no interval" in page.text


def test_accounts_left_out_leave_no_nan(program):
    path = result(program, "excluded", {
        "run.initial_breach": "exclude", "run.paths": 300,
        "accounts.list": [
            {"id": "calm", "balance": 9137.5, "leverage": 3, "positions": [
                {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.317}]},
            {"id": "sunk", "balance": 10000, "leverage": 10, "positions": [
                {"symbol": "BTC", "kind": "linear_perp", "quantity": 1.4, "entry": 66600}]}]})
    page = check_page(program, path, 40)
    assert "left out of every figure" in page.text
    sunk = page_of(program, path)
    sunk = sunk[sunk.index("<th scope=row>sunk"):]
    assert "<td>–</td>" in sunk[:sunk.index("</tr>")], sunk[:400]
    assert "of 2" not in page.text[page.text.index("wiped out together"):][:300], "shares of the accounts that count"
    assert not re.search(r"\bnan\b", page.text), "nan on the page"


def test_a_mode_without_accounts_has_no_losses_to_draw(program):
    """The one account starts in breach under isolated margin, and with no more than its bucket everywhere."""
    for name, balance, modes in (("half", 9137.5, 1), ("none", 2400, 0)):
        path = result(program, name, {
            "run.initial_breach": "exclude", "run.paths": 300, "run.modes": ["isolated", "cross"],
            "venue.tiers.default": [{"floor": 0, "mmr": 0.05, "max_leverage": 20}],
            "accounts.list": [{"id": "sunk", "balance": balance, "positions": [
                {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.8, "leverage": 20}]}]})
        with h5py.File(path) as file:
            assert np.isfinite(file["wipeout_probability"][:, 0]).sum() == modes
        page = check_page(program, path, 1)
        drawn = [image["alt"] for image in page.images]
        assert any(words.startswith("Distribution of losses") for words in drawn) == (modes > 0), drawn
        assert not re.search(r"\bnan\b", page.text), "nan on the page"


def test_same_result_same_page(program):
    assert fresh_page(program, few(program)) == page_of(program, few(program))


def test_pdf_has_its_pages(program):
    program.expect(0, "report", small(program), "-o", "small.pdf", "--force")
    path = program.folder / "small.pdf"
    facts = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    pages = int(re.search(r"Pages:\s+(\d+)", facts)[1])
    assert 4 <= pages <= 12, pages
    words = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True,
                           check=True).stdout
    for heading in ("The answer", "Differences between the modes", "The worst paths", "Provenance"):
        assert heading in words, f"{heading} is missing"
    assert all(part.strip() for part in words.split("\f")[:-1]), "an empty page"


def test_a_file_is_not_overwritten_without_force(program):
    target = program.folder / "kept.html"
    target.write_text("mine")
    program.expect(2, "report", few(program), "-o", "kept.html", err="exists already (--force")
    assert target.read_text() == "mine"


def test_default_name_stands_beside_the_result(program):
    done = program.expect(0, "report", few(program), "--force")
    assert pathlib.Path(done.stdout.strip()) == few(program).with_suffix(".html")


def test_refused_names_and_files(program):
    program.expect(2, "report", few(program), "-o", "page.txt", err="ends in .html or .pdf")
    program.expect(2, "report", "nothing.h5", err="nothing.h5: No such file or directory")
    program.write("text.h5", "no result")
    program.expect(4, "report", "text.h5", err="text.h5: not a result of riptide")
    damaged = bytearray(few(program).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (program.folder / "damaged.h5").write_bytes(damaged)
    program.expect(4, "report", "damaged.h5", err="damaged or edited (checksum)")
    program.expect(4, "report", few(program), "-o", "no/such/page.html",
                   err="no/such/page.html: No such file or directory")


def script(program, name, text):
    path = program.folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_missing_packages_are_named_with_the_command_that_installs_them(program):
    bare = script(program, "bare-python", f'exec {sys.executable} -S -E "$@"')
    done = program.expect(4, "report", few(program), "-o", "x.html", RIPTIDE_PYTHON=bare,
                          err="missing h5py, numpy, matplotlib")
    assert "(apt-get install python3-h5py python3-numpy python3-matplotlib" in done.stderr
    assert not (program.folder / "x.html").exists()
    program.expect(4, "report", few(program), "-o", "x.html", RIPTIDE_PYTHON="/no/python",
                   err="no Python that runs (apt-get install python3")


def test_a_browser_that_prints_nothing_is_an_error(program):
    for browser, words in (("/bin/true", "printed no page"), ("/no/browser", "No such file")):
        program.expect(4, "report", few(program), "-o", "x.pdf", RIPTIDE_BROWSER=browser, err=words)
    assert not (program.folder / "x.pdf").exists()


def own_notebooks(program, name, *replaced):
    """A folder of notebooks of one's own, and its report with words replaced."""
    folder = program.folder / name
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns("__pycache__"))
    book = folder / "report.ipynb"
    book.write_text(book.read_text().replace(*replaced))
    return folder, book


def test_a_notebook_of_ones_own_is_used_and_its_errors_are_told(program):
    folder, book = own_notebooks(program, "notebooks", "## The answer", "## The answer, in my words")
    assert "in my words" in fresh_page(program, few(program), RIPTIDE_NOTEBOOKS=str(folder))
    book.write_text(book.read_text().replace("report.summary(run)", "report.summary(nobody)"))
    program.expect(4, "report", few(program), "-o", "x.html", RIPTIDE_NOTEBOOKS=str(folder),
                   err="x.html: NameError: name 'nobody' is not defined")
    assert not list(program.folder.glob("x.html*"))
    program.expect(4, "report", few(program), "-o", "x.html", RIPTIDE_NOTEBOOKS="/no/folder",
                   err="no make_report.py in /no/folder (set RIPTIDE_NOTEBOOKS")


def test_kernels_share_no_ports(program):
    """Two that start at once may be given the same port; sockets lie in a folder of each."""
    folder, _ = own_notebooks(program, "ports", "report.summary(run)",
                              "import ipykernel; ipykernel.get_connection_info()")
    asked = {"RIPTIDE_NOTEBOOKS": str(folder)}
    assert "&quot;transport&quot;: &quot;ipc&quot;" in fresh_page(program, few(program), **asked)
    long = program.folder / ("t" * 60) / ("u" * 60)
    long.mkdir(parents=True)
    assert "&quot;transport&quot;: &quot;tcp&quot;" in fresh_page(program, few(program), TMPDIR=str(long), **asked)


def test_a_kernel_that_dies_is_told(program):
    """The cause is the last word, whatever is torn down after it."""
    folder = program.folder / "dies"
    folder.mkdir()
    (folder / "ipykernel_launcher.py").write_text("raise SystemExit(1)")
    program.expect(4, "report", few(program), "-o", "x.html", PYTHONPATH=str(folder),
                   err="x.html: Kernel died before replying to kernel_info")


def test_installed_program_finds_its_notebook(program):
    """An installed tree: the program in bin, its data in share."""
    tree = program.folder / "tree"
    (tree / "bin").mkdir(parents=True)
    shutil.copy(program.path, tree / "bin/riptide")
    own_notebooks(program, "tree/share/riptide/notebooks", "## The answer", "## The installed answer")
    subprocess.run([tree / "bin/riptide", "report", few(program), "-o", program.folder / "i.html"],
                   check=True, capture_output=True)
    assert "The installed answer" in (program.folder / "i.html").read_text()
    assert not list(tree.rglob("__pycache__")), "the data folder was written to"


if __name__ == "__main__":
    sys.exit(main(globals()))
