#!/usr/bin/env python3
"""Every name that the file format promises occurs in the program and in its description.

usage: contract.py ROOT

The names are written out here once more on purpose: results/README.md and the tables in the
sources must both have them.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])


def with_suffixes(names, suffixes):
    return [name + suffix for name in names.split() for suffix in ("",) + suffixes]


INTERVAL = ("_lower", "_upper")
DATASETS = (
    "initial_equity initial_margin initial_maintenance initially_breached mean_loss mean_loss_se "
    "mean_deficit mean_time_to_liquidation time_to_liquidation loss_histogram "
    "mean_loss_by_cause paired_wipeout mean_loss_difference mean_loss_difference_se "
    "effective_paths population_mean_loss population_mean_loss_se "
    "population_value_at_risk population_value_at_risk_se population_expected_shortfall "
    "population_expected_shortfall_se population_mean_loss_by_cause "
    "population_mean_loss_by_cause_se wiped_share_histogram forced_volume_mean "
    "forced_volume_mean_se forced_volume_by_move forced_volume_by_move_se paths_by_move "
    "worst_paths"
).split()
DATASETS += with_suffixes(
    "wipeout_probability terminal_wipeout_probability liquidation_probability "
    "full_liquidation_probability deficit_probability survival wiped_by "
    "wipeout_by_move", INTERVAL)
DATASETS += with_suffixes("value_at_risk", ("_se",) + INTERVAL)
DATASETS += with_suffixes("expected_shortfall", ("_se",))
DATASETS += with_suffixes(
    "population_wipeout population_terminal_wipeout population_liquidation "
    "population_full_liquidation population_deficit population_difference "
    "population_mean_loss_difference", ("_se",) + INTERVAL)
BATCHES = (
    "wipeouts liquidations loss_sum population_wipeouts population_terminal_wipeouts "
    "population_liquidations population_full_liquidations population_deficits "
    "population_loss_sum population_loss_by_cause_sum"
).split()
# In /system and other groups that are written path by path, not from the accumulators.
PER_PATH = (
    "wiped_accounts total_loss fund_draw adl_notional adl_seized adl_overshoot cascade_rounds "
    "amplification liquidated_notional market_return market_drawdown asset_return loss price"
).split()
# Columns of /accounts and /positions, datasets of /config.
COLUMNS = (
    "balance weight mode positions account symbol kind quantity entry leverage margin stop_loss "
    "top_up top_up_fraction top_up_times balance_coin settlement type margin_mode expiry strike "
    "implied_volatility yaml input input_sha256"
).split()
AXES = (
    "mode other_mode account level loss_bin bin_edge asset cause time batch share_bin move_bin "
    "rank path"
).split()
ATTRIBUTES = (
    "title Conventions riptide_format riptide_version git_revision created seed paths paths_done "
    "status shard threads simd compiler gsl_version hdf5_version wall_time_s cpu_time_s "
    "peak_memory_bytes command job_id job_node job_restarts"
).split()


def strings_in(*patterns):
    text = "".join(path.read_text() for pattern in patterns for path in ROOT.glob(pattern))
    return set(re.findall(r'"(?:(?:system|losses|paths)/)?([A-Za-z_0-9]+)"', text)), text


def has(name, strings, text):
    """A name stands in the table whole, or as the argument of a macro that adds suffixes."""
    if name in strings:
        return True
    for suffix in ("_lower", "_upper", "_se"):
        stem = name.removesuffix(suffix)
        macro = re.search(r'\b([A-Z][A-Z_]*)\(\s*"' + stem + '"', text)
        if stem == name or not macro:
            continue
        body = re.search(r"#define " + macro[1] + r"\((?:.*\\\n)*.*\n", text)
        if body and f'name "{suffix}"' in body[0]:
            return True
    return False


def main():
    outputs, text = strings_in("src/engine/output*.c")
    written, all_text = strings_in("src/engine/*.c", "src/io/*.c")
    described = (ROOT / "results/README.md").read_text()
    bad = False
    groups = (("dataset", DATASETS + BATCHES, outputs, text),
              ("dataset", PER_PATH + COLUMNS, written, all_text),
              ("axis", AXES, outputs, text),
              ("attribute", ATTRIBUTES, written, all_text))
    for kind, names, strings, source in groups:
        for name in names:
            good = has(name, strings, source)
            bad |= not good
            print(f"{'ok' if good else 'not ok'} {kind} {name}")
    base = {re.sub(r"(_se|_lower|_upper)$", "", name) for _, names, _, _ in groups for name in names}
    missing = sorted(name for name in base if f"`{name}`" not in described)
    bad |= bool(missing)
    print(f"{'not ok' if missing else 'ok'} results/README.md names every dataset, axis and attribute")
    for name in missing:
        print(f"    {name}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
