#!/usr/bin/env python3
"""Writes the venue presets into a C table: embed_venues.py DIRECTORY OUT DEPFILE."""
import pathlib
import sys

directory, out, depfile = map(pathlib.Path, sys.argv[1:4])
files = sorted(directory.glob("*.yaml"))
lines = ['#include "riptide/io/config_stages.h"', ""]
for i, path in enumerate(files):
    data = path.read_bytes() + b"\0"
    lines.append(f"static const char preset_{i}[] = {{")
    for start in range(0, len(data), 16):
        row = (str(b if b < 128 else b - 256) for b in data[start : start + 16])
        lines.append("    " + ", ".join(row) + ",")
    lines += ["};", ""]
lines.append("const rip_config_preset rip_config_presets[] = {")
for i, path in enumerate(files):
    lines.append(f'    {{"{path.stem}", preset_{i}, sizeof(preset_{i}) - 1}},')
lines += ["    {0}};", ""]
out.write_text("\n".join(lines))
# The directory itself, so that a new preset is seen.
escaped = " ".join(str(p).replace(" ", "\\ ") for p in [directory, *files])
depfile.write_text(f"{out}: {escaped}\n")
