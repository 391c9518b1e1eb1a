"""Asks that no plan can satisfy, named in words before any time is spent on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from geodata.errors import InfeasibleError, SitingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.siting.problem import SitingProblem


def demand_feasible(problem: SitingProblem) -> None:
    """Raise an error that names what is wrong with the numbers asked, or what clashes.

    What only a search can find out (a spacing and quotas that leave no choice) is found by
    the solver, which raises the same InfeasibleError.

    Raises
    ------
    SitingError
        If a number is out of its range.
    InfeasibleError
        If no plan can satisfy what is asked.
    """
    _in_range(problem)
    free = selectable(problem)
    wanted = (problem.p or 0) + problem.closing
    if problem.p is not None and wanted > len(problem.candidates):
        raise InfeasibleError(
            f"{wanted} new sites are asked for, but there are only {len(problem.candidates)} "
            "candidates: ask for fewer or add candidates",
            f"要求新建 {wanted} 个站点，但只有 {len(problem.candidates)} 个候选点："
            "请减少数量或增加候选点",
        )
    if problem.closing > len(problem.existing):
        raise InfeasibleError(
            f"{problem.closing} existing sites may close, but there are only "
            f"{len(problem.existing)}",
            f"允许关闭 {problem.closing} 个已有站点，但只有 {len(problem.existing)} 个",
        )
    _quotas(problem, free)
    _budget(problem, free)
    _reach(problem)


def selectable(problem: SitingProblem) -> NDArray[np.intp]:
    """Candidates that do not stand too near to an existing site that stays, ascending."""
    free = problem.candidates
    conflicts = problem.limits.conflicts
    if conflicts is None or problem.closing or not len(problem.existing):
        return free
    blocked = np.zeros(problem.n_sites, np.bool_)
    blocked[conflicts[problem.existing].indices] = True
    return free[~blocked[free]]


def _in_range(problem: SitingProblem) -> None:
    for name, chinese, number in (
        ("number of new sites", "新建数量", problem.p),
        ("number of sites to close", "关闭数量", problem.closing),
    ):
        if number is not None and (number != int(number) or number < 0):
            raise SitingError(
                f"the {name} is {number}: a whole number of 0 or more is needed",
                f"{chinese}是 {number}：应为不小于 0 的整数",
            )
    for name, chinese, share in (
        ("share", "比例", problem.share),
        ("worth of a second cover", "二次覆盖系数", problem.second),
    ):
        if not 0 <= share <= 1:
            raise SitingError(
                f"the {name} is {share}: a number from 0 to 1 is needed",
                f"{chinese}是 {share}：应在 0 到 1 之间",
            )
    if problem.kind in {"mclp", "backup", "capacitated"} and (
        problem.p is None and problem.limits.budget is None
    ):
        raise SitingError(
            "say how many new sites are wanted, or the budget", "请给出新建数量或预算"
        )
    capacity = problem.capacity
    if capacity is not None and (
        capacity.shape != (problem.n_sites,) or not (np.isfinite(capacity) & (capacity >= 0)).all()
    ):
        raise SitingError(
            f"{problem.n_sites} finite capacities of 0 or more are needed, one for each column",
            f"需要 {problem.n_sites} 个不小于 0 的容量，每列一个",
        )


def _quotas(problem: SitingProblem, free: NDArray[np.intp]) -> None:
    limits = problem.limits
    if limits.districts is None or limits.at_least is None or limits.at_most is None:
        return
    available = np.bincount(limits.districts[free], minlength=len(limits.at_least))
    for name, least, most, there in zip(
        limits.district_names, limits.at_least, limits.at_most, available, strict=True
    ):
        if least > most:
            raise InfeasibleError(
                f"{name} is to get at least {least} and at most {most} sites: both cannot hold",
                f"{name}的名额至少 {least} 个、至多 {most} 个：二者矛盾",
            )
        if least > there:
            raise InfeasibleError(
                f"{name} is to get at least {least} sites but has {there} candidates that may be "
                "used",
                f"{name}至少要 {least} 个站点，但可用候选点只有 {there} 个",
            )
    least_of_all = int(limits.at_least.sum())
    if problem.p is not None and least_of_all > problem.p + problem.closing:
        raise InfeasibleError(
            f"the districts are to get at least {least_of_all} sites together, but only "
            f"{problem.p + problem.closing} are to be opened",
            f"各区名额合计至少 {least_of_all} 个，但只新建 {problem.p + problem.closing} 个",
        )


def _budget(problem: SitingProblem, free: NDArray[np.intp]) -> None:
    limits = problem.limits
    if limits.budget is None or limits.costs is None or not len(free):
        return
    if limits.districts is not None and limits.at_least is not None:
        needed = sum(
            float(np.sort(limits.costs[free[limits.districts[free] == d]])[:least].sum())
            for d, least in enumerate(limits.at_least)
        )
        if needed > limits.budget:
            raise InfeasibleError(
                f"the cheapest sites that fill the districts' quotas cost {needed:g}, more than "
                f"the budget of {limits.budget:g}",
                f"满足各区名额的最低造价是 {needed:g}，超出预算 {limits.budget:g}",
            )
    cheapest = float(limits.costs[free].min())
    if cheapest > limits.budget:
        raise InfeasibleError(
            f"the budget of {limits.budget:g} is too small: the cheapest candidate costs "
            f"{cheapest:g}",
            f"预算 {limits.budget:g} 太少：最便宜的候选点要 {cheapest:g}",
        )


def _reach(problem: SitingProblem) -> None:
    """For cost problems: somebody must be open, and able to reach everybody."""
    if problem.cost is None:
        return
    if not (problem.p or len(problem.existing)):
        raise InfeasibleError(
            "no site is open and none is to be opened: ask for at least one",
            "没有已有站点，也不新建：至少要有一个",
        )
    cost: Any = problem.cost
    if sparse.issparse(cost) and problem.beyond is not None:
        alone = (np.diff(cost.indptr) == 0) & np.isinf(problem.beyond)
        alone &= problem.row_weights > 0
        if alone.any():
            raise InfeasibleError(
                f"demand point {int(np.flatnonzero(alone)[0])} has no site within reach",
                f"第 {int(np.flatnonzero(alone)[0])} 个需求点没有可达站点",
            )
