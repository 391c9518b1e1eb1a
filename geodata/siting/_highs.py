"""The process that runs HiGHS for `geodata.siting.mip`: one programme after the other, by pipe."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import highspy
import numpy as np

_INFEASIBLE = {
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kObjectiveBound,
}
# Seconds between two bounds that are told.
_PAUSE = 0.1


def main() -> None:
    """Serve the programmes that come through the pipe until it closes."""
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()
    pipe = Connection(int(sys.argv[1]))
    while True:
        try:
            model, options = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(_solve(pipe, model, options))
        except (RuntimeError, ValueError, MemoryError) as error:
            pipe.send(("failed", f"HiGHS failed: {error}"))


def _watch(parent: int) -> None:
    """End this process, in the middle of a programme, too, when its parent is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _solve(pipe: Connection, model: dict[str, Any], options: dict[str, Any]) -> tuple[Any, ...]:
    # highspy has no annotation there.
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    fixed = {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-9}
    for option, value in {**fixed, **options}.items():
        highs.setOptionValue(option, value)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model["cost"]), model["matrix"].shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model["cost"], model["lower"], model["upper"]
    lp.row_lower_, lp.row_upper_ = model["row_lower"], model["row_upper"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = model["matrix"].indptr
    lp.a_matrix_.index_ = model["matrix"].indices
    lp.a_matrix_.value_ = model["matrix"].data
    whole = bool(model["integer"].any())
    if whole:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[k] for k in model["integer"].tolist()]
    highs.passModel(lp)
    if whole:
        _listen(highs, pipe)
    highs.run()
    status, info = highs.getModelStatus(), highs.getInfo()
    if status in _INFEASIBLE:
        return "done", "infeasible", math.inf, None, math.inf
    x, cost = None, math.inf
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        x, cost = np.array(highs.getSolution().col_value), float(info.objective_function_value)
    optimal = status == highspy.HighsModelStatus.kOptimal
    bound = info.mip_dual_bound if whole else (cost if optimal else -math.inf)
    return "done", "optimal" if optimal else "stopped", bound, x, cost


def _listen(highs: highspy.Highs, pipe: Connection) -> None:
    """Tell each better solution, and the bound every now and then."""
    told = [time.perf_counter(), -math.inf]

    def look(event: Any) -> None:  # noqa: ANN401  highspy names no type for it
        bound, now = event.data_out.mip_dual_bound, time.perf_counter()
        if now - told[0] > _PAUSE and bound > told[1] and abs(bound) < highspy.kHighsInf:
            told[:] = now, bound
            pipe.send(("bound", bound))

    def found(event: Any) -> None:  # noqa: ANN401
        out = event.data_out
        pipe.send(("solution", np.array(out.mip_solution), float(out.objective_function_value)))

    highs.cbMipInterrupt += look
    highs.cbMipImprovingSolution += found


if __name__ == "__main__":
    main()
