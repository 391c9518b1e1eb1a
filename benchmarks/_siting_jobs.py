"""The process that answers one siting question: ours, or a peer.

    python -m benchmarks._siting_jobs '{"by": "highs", "kind": "mclp", ...}'

It tells what it has, a line of JSON at a time, so that nothing is lost when it is killed. All get
the same places and the same coverage sets or costs, made before the clock starts; what each builds
of them is in its seconds. HiGHS and CBC have one thread, CP-SAT its usual eight workers, we two.
PuLP says "Optimal" at a time limit, too, so gaps are computed from objective and bound.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.distance import cdist

from benchmarks import _siting
from benchmarks._siting import Ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geodata.siting import SitingProblem

# Seconds between two words on the bound.
_PAUSE_S = 0.2
_WARM = {"n": 300, "m": 300, "p": 12, "radius": 0.08, "time_s": 3.0, "rounds": 1}


def tell(**words: object) -> None:
    """Tell the process that asked."""
    print(json.dumps(words), flush=True)


def ours(ask: Ask) -> None:
    """Ours, after a small question of the same kind, so that no compilation counts."""
    from geodata.siting import solve

    near = min(ask.near, 40)
    solve(_problem(dataclasses.replace(ask, **_WARM, near=near))(), time_s=_WARM["time_s"])
    make = _problem(ask)
    tell(began=True)
    seconds = []
    for _ in range(ask.rounds):
        start = time.perf_counter()
        plan = solve(make(), max_gap=ask.max_gap, time_s=ask.time_s)
        seconds.append(time.perf_counter() - start)
    tell(
        done=True,
        seconds=statistics.median(seconds),
        objective=plan.objective,
        bound=plan.bound,
        finished=plan.status in {"optimal", "within_gap"},
    )


def orlib(ask: Ask) -> None:
    """Ours on OR-Library's graphs, all of them one after the other."""
    from geodata.siting import SitingProblem, solve

    _warm = Ask("ours", ask.kind, n=100, m=100, p=5)
    solve(_problem(_warm)(), time_s=_WARM["time_s"])
    published = "pmedopt.txt" if ask.kind == "pmedian" else "kcenteropt.txt"
    words = (_siting.ORLIB / published).read_text().split()
    make = getattr(SitingProblem, ask.kind)
    tell(began=True)
    seconds, proved = 0.0, 0
    for number in ask.numbers:
        (n, _, p), *edges = np.loadtxt(_siting.ORLIB / f"pmed{number}.txt", dtype=int, ndmin=2)
        length = np.full((n, n), np.inf)
        for i, j, metres in edges:
            # The last length of an edge that is given twice holds.
            length[i - 1, j - 1] = length[j - 1, i - 1] = metres
        cost = shortest_path(length, directed=False)
        start = time.perf_counter()
        plan = solve(make(cost, np.ones(n), p=p), time_s=ask.time_s)
        seconds += time.perf_counter() - start
        optimum = float(words[words.index(f"pmed{number}") + 1])
        if plan.status == "optimal":
            assert plan.objective == optimum, (number, plan.objective, optimum)
            proved += 1
        tell(seconds=seconds, proved=proved)
    tell(done=True, finished=True)


def highs(ask: Ask) -> None:
    """HiGHS by arrays, one thread: the compact model, in which only the sites are whole."""
    import highspy

    points, sites, weights = _siting.places(ask)
    sets = _siting.covers(points, sites, ask.radius)
    tell(began=True)
    seconds = []
    for _ in range(ask.rounds):
        start = time.perf_counter()
        model, sense = _mclp(sets, weights, ask.p) if ask.kind == "mclp" else _lscp(sets)
        solver = highspy.Highs()
        for option, value in {
            "output_flag": False,
            "threads": 1,
            "time_limit": ask.time_s,
            "mip_rel_gap": ask.max_gap,
        }.items():
            solver.setOptionValue(option, value)
        solver.passModel(model)
        _listen(solver, sense)
        solver.run()
        seconds.append(time.perf_counter() - start)
    info = solver.getInfo()
    words: dict[str, object] = {}
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        words = {"objective": sense * info.objective_function_value}
    tell(
        done=True,
        seconds=statistics.median(seconds),
        bound=sense * info.mip_dual_bound,
        finished=solver.getModelStatus() == highspy.HighsModelStatus.kOptimal,
        **words,
    )


def cbc(ask: Ask) -> None:
    """CBC by PuLP, the same compact model."""
    import pulp

    points, sites, weights = _siting.places(ask)
    sets = _siting.covers(points, sites, ask.radius)
    model = pulp.LpProblem("mclp", pulp.LpMaximize)
    x = [pulp.LpVariable(f"x{j}", cat="Binary") for j in range(ask.m)]
    y = [pulp.LpVariable(f"y{i}", 0, 1) for i in range(ask.n)]
    model += pulp.LpAffineExpression(zip(y, weights.tolist(), strict=True))
    for i, columns in enumerate(np.split(sets.indices, sets.indptr[1:-1])):
        model += pulp.lpSum(x[j] for j in columns) >= y[i]
    model += pulp.lpSum(x) <= ask.p
    tell(began=True)
    start = time.perf_counter()
    _by_cbc(model, model.solve, ask.time_s, start)


def spopt_mclp(ask: Ask) -> None:
    """The model of spopt itself and CBC, from the matrix of distances."""
    from spopt.locate import MCLP

    points, sites, weights = _siting.places(ask)
    cost = cdist(points, sites)
    tell(began=True)
    start = time.perf_counter()
    model = MCLP.from_cost_matrix(cost, weights, ask.radius, ask.p)
    tell(built=time.perf_counter() - start)
    left = ask.time_s - (time.perf_counter() - start)
    _by_cbc(model.problem, lambda solver: model.solve(solver, results=False), left, start)


def spopt_pmedian(ask: Ask) -> None:
    """The model of spopt itself and CBC, from the matrix of distances."""
    from spopt.locate import PMedian

    points, sites, weights = _siting.places(ask)
    cost = cdist(points, sites)
    tell(began=True)
    start = time.perf_counter()
    model = PMedian.from_cost_matrix(cost, weights, ask.p)
    tell(built=time.perf_counter() - start)
    left = ask.time_s - (time.perf_counter() - start)
    _by_cbc(model.problem, lambda solver: model.solve(solver, results=False), left, start)


def cpsat(ask: Ask) -> None:
    """CP-SAT, the same model with all of it whole, with its usual eight workers."""
    from ortools.sat.python import cp_model

    points, sites, weights = _siting.places(ask)
    sets = _siting.covers(points, sites, ask.radius)
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(ask.m)]
    y = [model.new_bool_var("") for _ in range(ask.n)]
    for i, columns in enumerate(np.split(sets.indices, sets.indptr[1:-1])):
        # As a sum, which its relaxation sees, not as a clause.
        model.add(sum(x[j] for j in columns) >= y[i])
    model.add(sum(x) <= ask.p)
    model.maximize(cp_model.LinearExpr.weighted_sum(y, weights.astype(int).tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = ask.time_s
    solver.parameters.num_workers = 8
    tell(began=True)
    start = time.perf_counter()
    status = solver.solve(model)
    words: dict[str, object] = {}
    if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        words = {"objective": solver.objective_value}
    tell(
        done=True,
        seconds=time.perf_counter() - start,
        bound=solver.best_objective_bound,
        finished=status == cp_model.OPTIMAL,
        **words,
    )


def _problem(ask: Ask) -> Callable[[], SitingProblem]:
    """How to make ours, all that the peers get as well being ready."""
    from geodata.siting import SitingProblem

    points, sites, weights = _siting.places(ask)
    if ask.kind in {"mclp", "lscp"}:
        sets = _siting.covers(points, sites, ask.radius)
        if ask.kind == "mclp":
            return lambda: SitingProblem.mclp(sets, weights, p=ask.p)
        return lambda: SitingProblem.lscp(sets, weights)
    make = getattr(SitingProblem, ask.kind)
    if ask.near:
        table, beyond = _siting.nearest(points, sites, ask.near)
        return lambda: make(table, weights, p=ask.p, beyond=beyond)
    cost = cdist(points, sites)
    return lambda: make(cost, weights, p=ask.p)


def _mclp(sets: sparse.csr_array, weights: NDArray[np.float64], p: int) -> tuple[Any, int]:
    """Most weight covered, as the least of its negative."""
    n, m = sets.shape
    matrix = sparse.vstack(
        [
            sparse.hstack([sets.astype(np.float64), -sparse.eye_array(n)]),
            sparse.csr_array((np.ones(m), (np.zeros(m, int), np.arange(m))), (1, m + n)),
        ],
        format="csr",
    )
    lower, upper = np.append(np.zeros(n), -np.inf), np.append(np.full(n, np.inf), p)
    return _model(np.append(np.zeros(m), -weights), m, matrix, lower, upper), -1


def _lscp(sets: sparse.csr_array) -> tuple[Any, int]:
    """Fewest sites that cover every row."""
    n, m = sets.shape
    matrix = sets.astype(np.float64)
    return _model(np.ones(m), m, matrix, np.ones(n), np.full(n, np.inf)), 1


def _model(
    cost: NDArray[np.float64],
    whole: int,
    matrix: sparse.csr_array,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
) -> Any:  # noqa: ANN401  highspy names no types
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(lower)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros_like(cost), np.ones_like(cost)
    lp.row_lower_, lp.row_upper_ = lower, upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    kinds = [highspy.HighsVarType.kContinuous] * len(cost)
    kinds[:whole] = [highspy.HighsVarType.kInteger] * whole
    lp.integrality_ = kinds
    return lp


def _listen(solver: Any, sense: int) -> None:  # noqa: ANN401
    """Tell plans and bounds as HiGHS finds them."""
    told = [0.0]

    def look(event: Any) -> None:  # noqa: ANN401
        now, bound = time.perf_counter(), event.data_out.mip_dual_bound
        if now - told[0] > _PAUSE_S and math.isfinite(bound):
            told[0] = now
            tell(bound=sense * bound)

    def found(event: Any) -> None:  # noqa: ANN401
        tell(objective=sense * event.data_out.objective_function_value)

    solver.cbMipInterrupt += look
    solver.cbMipImprovingSolution += found


def _by_cbc(
    model: Any,  # noqa: ANN401
    solve: Callable[[Any], object],
    time_s: float,
    start: float,
) -> None:
    """Solve by CBC; its bound stands in its log only."""
    import pulp

    with tempfile.TemporaryDirectory(prefix="yizhan-bench-") as name:
        log = Path(name, "log")
        solve(pulp.PULP_CBC_CMD(msg=False, threads=1, timeLimit=max(1, time_s), logPath=str(log)))
        text = log.read_text()
    objective = pulp.value(model.objective)
    finished = model.sol_status == pulp.LpSolutionOptimal
    # Of a maximum, CBC tells the negative.
    bounds = re.findall(r"^(?:Lower|Upper) bound:\s+(\S+)", text, re.MULTILINE)
    bound = objective if finished else abs(float(bounds[-1])) if bounds else math.inf
    tell(
        done=True,
        seconds=time.perf_counter() - start,
        objective=math.nan if objective is None else objective,
        bound=bound,
        finished=finished,
    )


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    globals()[asked["by"]](Ask(**{**asked, "numbers": tuple(asked["numbers"])}))
