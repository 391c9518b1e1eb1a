"""Run the benchmarks and write their table.

    python -m benchmarks.report [--quick] [--out docs/benchmarks.md] [name ...]

Without names, all of them in the order of `NAMES`. A benchmark that fails is named, the others run
on, and the exit code says so; a goal that is missed is told in the table and fails nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import importlib.metadata
import math
import os
import platform
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._report import print_rows

if TYPE_CHECKING:
    from benchmarks._report import Row

NAMES = (
    "nearest_http", "nearest_offline", "walking", "registry_load", "registry_write", "map_page",
    "siting_mclp", "siting_pmedian", "siting_others", "coverage_week", "coverage_report",
)  # fmt: skip
_PACKAGES = (
    "flask", "folium", "geopandas", "granian", "highspy", "igraph", "msgspec", "networkit", "numba",
    "numpy", "orjson", "ortools", "pandana", "pulp", "pydantic", "pygeoapi", "pykdtree", "redis",
    "psycopg", "scipy", "shapely", "spopt",
)  # fmt: skip
_PROGRAMS = {
    "redis-server": ["--version"],
    "wrk": ["--version"],
    "chromium": ["--version"],
    "psql": ["--version"],
}
_HEAD = """# Benchmarks

Ours beside other ways to do the same, measured in one run on one machine, in turns. Absolute
figures belong to that machine; the ratios are what counts. A ratio above 1 is better than the peer;
a goal below 1 allows for that much of the peer's. Each file in `benchmarks/` says what exactly is
timed and in what the peers do less or more than we do.

"The limit set" stands where nobody else does the job; seconds are `-` where the proof that a row
asks for was not reached, and a ratio is `inf` where the gap is 0.

Made by `make bench OUT=` this file; what follows is written by that run.
"""


def main() -> int:
    """Run what is asked for; 1 if a benchmark failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work?")
    parser.add_argument("--out", type=Path, help="write the table as Markdown")
    asked = parser.parse_args()
    for name in asked.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(NAMES)}")
    tables: dict[str, list[Row] | str] = {}
    for name in asked.names or NAMES:
        start = time.monotonic()
        print(f"==> {name}", flush=True)
        try:
            tables[name] = importlib.import_module(f"benchmarks.{name}").run(quick=asked.quick)
            print_rows(tables[name])
        except Exception as error:
            traceback.print_exc()
            tables[name] = f"failed: {type(error).__name__}: {error}"
        print(f"    {time.monotonic() - start:.0f} s", flush=True)
    if asked.out is not None:
        asked.out.write_text(markdown(tables, quick=asked.quick), "utf-8")
    return int(any(isinstance(table, str) for table in tables.values()))


def markdown(tables: dict[str, list[Row] | str], *, quick: bool) -> str:
    """The page: machine, versions, a table a benchmark."""
    parts = [_HEAD, *(f"- {name}: {value}" for name, value in _circumstances().items())]
    if quick:
        parts.append("\n**A quick run with small sizes: it shows that everything works, no more.**")
    for name, rows in tables.items():
        module = importlib.import_module(f"benchmarks.{name}")
        title = (module.__doc__ or name).splitlines()[0]
        parts.append(f"\n## {title}\n\n`benchmarks/{name}.py`\n")
        if isinstance(rows, str):
            parts.append(rows)
            continue
        parts.append("| job | ours | against | peer | unit | ratio | goal | reached | remarks |")
        parts.append("|---|---:|---|---:|---|---:|---:|---|---|")
        parts += [_line(row) for row in rows]
    return "\n".join(parts) + "\n"


def _line(row: Row) -> str:
    reached = {True: "yes", False: "**no**", None: ""}[row.reached]
    goal = "" if row.goal is None else f"{row.goal:.3g}"
    peer, ratio = (
        ("-", "-") if math.isnan(row.peer_value) else (_figure(row.peer_value), f"{row.ratio:.2f}")
    )
    cells = (row.name, _figure(row.ours), row.peer, peer, row.unit, ratio, goal, reached, row.note)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _figure(value: float) -> str:
    """Three digits that mean something."""
    if not math.isfinite(value):
        return "-"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def _circumstances() -> dict[str, str]:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "Date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"),
        "Machine": f"{_processor()}, {os.cpu_count()} processors, {_memory_gib():.0f} GiB",
        "System": f"{platform.system()} {platform.release()}",
        "Python": python,
        "Libraries": ", ".join(f"{n} {v}" for n in _PACKAGES if (v := _version(n))),
        "Programs": ", ".join(filter(None, map(_program_version, _PROGRAMS))),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _program_version(name: str) -> str | None:
    if shutil.which(name) is None:
        return None
    done = subprocess.run([name, *_PROGRAMS[name]], capture_output=True, text=True, check=False)
    # wrk tells its version and then that it needs an address.
    first = (done.stdout or done.stderr).strip().splitlines()[0]
    return " ".join(first.split("[")[0].split()[:5])


if __name__ == "__main__":
    sys.exit(main())
