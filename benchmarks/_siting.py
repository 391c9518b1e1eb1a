"""Siting questions for the benchmarks, put to ours and to each peer in a process of its own.

A process a question: OR-Tools cannot be imported beside highspy, a solver that does not look at its
clock can be killed, and the peak memory is that of one question. What has been told before is kept:
a peer that is killed is reported with the plan and the bound it had by then. Places and weights are
made up, always the same; the clock starts when they are there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from benchmarks._report import Row, skipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Points = NDArray[np.float64]

PROJECT = Path(__file__).parents[1]
SHARED_DATA = Path(os.environ.get("YIZHAN_SHARED_DATA", PROJECT.parent / "shared" / "data"))
ORLIB = SHARED_DATA / "benchmarks" / "orlib_pmed"
SEED = 20261120
LIMIT = "the limit set"
MEMORY_MIB = 4096
_CENTRES = 20
# Pairs are looked up for so many sites at once: the records of a pair are larger than the sets.
_BLOCK = 5_000
_LOOK_S = 0.05
# What a solver may take beyond its time, and what a process may take to get ready.
_GRACE_S, _READY_S = 3.0, 180.0


@dataclasses.dataclass(frozen=True)
class Ask:
    """One question to one solver.

    Attributes
    ----------
    by
        Function of `benchmarks._siting_jobs` that answers.
    kind
        Classmethod of `SitingProblem` that it is.
    n, m
        Demand points in the unit square, and how many of them are candidates.
    city
        Crowded around centres, lognormal weights; otherwise anywhere, weights 1 to 35.
    p, radius, near
        Sites to open; reach of a site; nearest sites listed (0: every pair).
    time_s, max_gap
        When to stop.
    rounds
        How often; the median of the seconds counts.
    numbers
        OR-Library instances, instead of places.
    seed
        Of the places and weights.
    """

    by: str
    kind: str
    n: int = 0
    m: int = 0
    city: bool = False
    p: int = 0
    radius: float = 0.0
    near: int = 0
    time_s: float = 60.0
    max_gap: float = 0.0
    rounds: int = 1
    numbers: tuple[int, ...] = ()
    seed: int = SEED


@dataclasses.dataclass(frozen=True)
class Found:
    """What a solver has told: NaN where it has told nothing.

    `seconds` of a solver that did not finish are those it was given; `problem` says why there is
    no answer. For OR-Library instances, `proved` counts those with the published optimum, proved.
    """

    seconds: float = math.nan
    objective: float = math.nan
    bound: float = math.nan
    finished: bool = False
    memory_mib: float = math.nan
    proved: int = 0
    problem: str = ""

    @property
    def gap(self) -> float:
        """Per cent that the two are apart."""
        if math.isnan(self.objective) or not math.isfinite(self.bound):
            return math.inf
        gap = 100 * abs(self.bound - self.objective) / max(abs(self.objective), 1e-300)
        # Sums in another order.
        return gap if gap > 1e-9 else 0.0

    def __str__(self) -> str:
        """The proof, which is what is compared."""
        if math.isnan(self.objective):
            return "no plan"
        bound = f"{self.bound:,.10g}" if math.isfinite(self.bound) else "none"
        gap = f"{self.gap:.3g} %" if math.isfinite(self.gap) else "open"
        return f"{self.objective:,.10g}, bound {bound}, gap {gap}"


def radius_of(per_set: float, n: int) -> float:
    """Reach with which a site covers so many of `n` points anywhere in the unit square."""
    return math.sqrt(per_set / (math.pi * n))


def places(ask: Ask) -> tuple[Points, Points, NDArray[np.float64]]:
    """(n, 2) demand points, (m, 2) sites among them, (n,) whole weights."""
    rng = np.random.default_rng(ask.seed)
    if ask.city:
        centre = rng.random((_CENTRES, 2))
        spread = rng.uniform(0.02, 0.12, _CENTRES)
        share = rng.uniform(0.5, 1.5, _CENTRES)
        home = rng.choice(_CENTRES, ask.n, p=share / share.sum())
        points = centre[home] + rng.normal(size=(ask.n, 2)) * spread[home, None]
        weights = np.ceil(rng.lognormal(2.0, 1.0, ask.n))
    else:
        points = rng.random((ask.n, 2))
        weights = rng.integers(1, 36, ask.n).astype(np.float64)
    sites = points if ask.m == ask.n else points[rng.choice(ask.n, ask.m, replace=False)]
    return points, sites, weights


def covers(points: Points, sites: Points, radius: float) -> sparse.csr_array:
    """(n, m) coverage sets."""
    tree = cKDTree(points)
    rows: list[NDArray[np.int32]] = []
    sizes: list[NDArray[np.intp]] = []
    for first in range(0, len(sites), _BLOCK):
        some = cKDTree(sites[first : first + _BLOCK])
        pairs = some.sparse_distance_matrix(tree, radius, output_type="ndarray")
        rows.append(pairs["j"][np.argsort(pairs["i"], kind="stable")].astype(np.int32))
        sizes.append(np.bincount(pairs["i"], minlength=some.n))
    starts = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int32)
    found = np.concatenate(rows)
    by_site = sparse.csc_array(
        (np.ones(len(found), np.bool_), found, starts), (len(points), len(sites))
    )
    return by_site.tocsr()


def nearest(points: Points, sites: Points, near: int) -> tuple[sparse.csr_array, Points]:
    """(n, m) distances to the nearest sites, and (n,) that to the farthest one of them."""
    metres, column = cKDTree(sites).query(points, near, workers=-1)
    # The table takes the others over, and orders them.
    farthest = metres[:, -1].copy()
    starts = np.arange(0, len(points) * near + 1, near)
    table = sparse.csr_array((metres.ravel(), column.ravel(), starts), (len(points), len(sites)))
    table.sort_indices()
    return table, farthest


def answer(ask: Ask) -> Found:
    """Put the question to a process, and end it when it is overdue."""
    with tempfile.TemporaryDirectory(prefix="yizhan-bench-") as name:
        told, said = Path(name, "told"), Path(name, "said")
        with told.open("wb") as out, said.open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks._siting_jobs", _json(ask)],
                stdout=out, stderr=err, cwd=PROJECT,
            )  # fmt: skip
        try:
            memory, overdue = _watched(process, told, ask)
        finally:
            for pid in [*_below(process.pid), process.pid]:
                # A process that has ended and been waited for is no longer anybody's.
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            process.wait()
        heard = _heard(told)
        if heard.pop("done", False) or overdue:
            heard = {"seconds": ask.time_s, **heard}
            return Found(
                **{k: v for k, v in heard.items() if k not in {"began", "built"}}, memory_mib=memory
            )
        last = (said.read_text("utf-8", "replace").strip().splitlines() or ["no word"])[-1]
        print(f"    {ask.by}, {ask.kind}: {last}", flush=True)
        return Found(problem=last[:120])


def timed(name: str, ours: Found, peer: str, other: Found, goal: float | None) -> Row:
    """Seconds to the proof. A peer that did not finish counts with the time it was given.

    The ratio is then at least what stands there.
    """
    if other.problem:
        return skipped(name, ours.seconds, peer, "s", other.problem)
    if ours.finished and other.finished:
        # Different optima, both proved: then one of the two is wrong.
        apart = abs(ours.objective - other.objective)
        assert apart <= max(ours.gap, other.gap, 1e-4) / 100 * abs(ours.objective), (ours, other)
    missing = [who for who, one in (("ours", ours), (peer, other)) if not one.finished]
    state = f"; did not finish: {', '.join(missing)}" if missing else ""
    # Without a proof there is no time to it, however much was given.
    seconds = ours.seconds if ours.finished else math.inf
    return Row(name, seconds, peer, other.seconds, "s", goal, f"ours {ours}; theirs {other}{state}")


def compared(name: str, ours: Found, peer: str, other: Found, unit: str) -> Row:
    """Objectives after equal time; never to be worse than the peer."""
    if other.problem:
        return skipped(name, ours.objective, peer, unit, other.problem)
    note = f"ours {ours} in {ours.seconds:.3g} s; theirs {other} in {other.seconds:.3g} s"
    return Row(name, ours.objective, peer, other.objective, unit, 1.0, note)


def bounds(name: str, ours: Found, peer: str, other: Found, unit: str) -> Row:
    """What is proved after equal time, of a minimum: more is better."""
    if other.problem:
        return skipped(name, ours.bound, peer, unit, other.problem)
    return Row(name, ours.bound, peer, other.bound, unit, None)


def proof(name: str, ours: Found, max_gap: float, *, memory: bool = False) -> list[Row]:
    """Rows of the gap reached against the one asked for, and of the memory taken."""
    if ours.problem:
        return [skipped(name, math.nan, LIMIT, "%", f"ours failed, {ours.problem}")]
    told = f"{ours} in {ours.seconds:.3g} s"
    rows = [Row(f"{name}: gap", ours.gap, LIMIT, 100 * max_gap, "%", 1.0, told)]
    if memory:
        rows.append(Row(f"{name}: peak memory", ours.memory_mib, LIMIT, MEMORY_MIB, "MiB", 1.0))
    return rows


def orlib(kind: str, numbers: tuple[int, ...], time_s: float) -> list[Row]:
    """OR-Library's graphs: how many of the published optima are proved, and in how long."""
    name = f"{kind[0]}-{kind[1:]} OR-Library pmed{numbers[0]}-{numbers[-1]}"
    if not ORLIB.is_dir():
        how = f"there is no {ORLIB}; set YIZHAN_SHARED_DATA to the folder of the shared data"
        return [skipped(name, math.nan, LIMIT, "s", how)]
    found = answer(Ask("orlib", kind, time_s=time_s, numbers=numbers))
    if found.problem:
        return [skipped(name, math.nan, LIMIT, "proved", f"ours failed, {found.problem}")]
    return [
        Row(f"{name}: published optima", found.proved, LIMIT, len(numbers), "proved", 1.0),
        Row(f"{name}: total", found.seconds, LIMIT, time_s * len(numbers), "s", None),
    ]  # fmt: skip


def _json(ask: Ask) -> str:
    return json.dumps(dataclasses.asdict(ask))


def _heard(told: Path) -> dict[str, Any]:
    """Everything told so far, the latest word of each kind; half a line is not a word yet."""
    lines = told.read_text("utf-8").split("\n")[:-1]
    # What a solver prints against its orders is no word either.
    words = (json.loads(line) for line in lines if line.startswith('{"'))
    return functools.reduce(lambda heard, word: {**heard, **word}, words, {})


def _watched(
    process: subprocess.Popen[bytes], told: Path, ask: Ask
) -> tuple[float, bool]:  # fmt: skip
    """Peak memory of the process and its own, in MiB, and whether it was still at it too late."""
    peak, ready, began = 0.0, time.monotonic() + _READY_S, math.inf
    allowed = ask.time_s * ask.rounds * max(1, len(ask.numbers)) + _GRACE_S * (1 + ask.rounds)
    if ask.by in {"ours", "orlib"}:
        # Ours ends by itself: what is more than that is a bug, and not to be hidden by a signal.
        allowed += 120
    while process.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_S)
        peak = max(peak, _memory_mib(process.pid))
        if math.isinf(began) and "began" in _heard(told):
            began = time.monotonic()
        if time.monotonic() > (ready if math.isinf(began) else began + allowed):
            return peak, not math.isinf(began)
    return peak, False


def _below(pid: int) -> Iterator[int]:
    """Processes that it has started, and theirs."""
    with contextlib.suppress(OSError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from _below(int(child))
                yield int(child)


def _memory_mib(pid: int) -> float:
    """Resident memory of a process and of those below it."""
    own, total = _command(pid), 0.0
    for one in (pid, *_below(pid)):
        # Between fork and exec a child has its parent's command, and its memory.
        if one != pid and _command(one) == own:
            continue
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{one}/status").read_text().splitlines()
            total += int(next(li for li in lines if li.startswith("VmRSS:")).split()[1]) / 1024
    return total


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
