"""The optimum of a small siting problem by trying every choice of columns: slow and plain."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray


def choices(
    m: int,
    *,
    p: int | None,
    existing: tuple[int, ...] = (),
    closing: int = 0,
    costs: NDArray[np.float64] | None = None,
    budget: float | None = None,
    districts: list[str] | None = None,
    at_least: dict[str, int] | None = None,
    at_most: dict[str, int] | None = None,
    conflicts: NDArray[np.bool_] | None = None,
) -> Iterator[list[int]]:
    """Every set of open columns that the limits allow; up to p new ones, or any number."""
    new = [j for j in range(m) if j not in existing]
    for closed in range(closing + 1):
        most = len(new) if p is None else min(len(new), p + closed)
        for kept in itertools.combinations(existing, len(existing) - closed):
            for number in range(most + 1):
                for chosen in itertools.combinations(new, number):
                    if budget is not None and costs[list(chosen)].sum() > budget + 1e-9:
                        continue
                    if districts is not None and not _quotas(
                        chosen, districts, at_least or {}, at_most or {}
                    ):
                        continue
                    if conflicts is not None and _clash(chosen, kept, conflicts):
                        continue
                    yield sorted([*kept, *chosen])


def _quotas(
    chosen: tuple[int, ...],
    districts: list[str],
    at_least: dict[str, int],
    at_most: dict[str, int],
) -> bool:
    here = [districts[j] for j in chosen]
    return all(here.count(d) >= k for d, k in at_least.items()) and all(
        here.count(d) <= k for d, k in at_most.items()
    )


def _clash(chosen: tuple[int, ...], kept: tuple[int, ...], conflicts: Any) -> bool:
    return any(conflicts[j, k] for j, k in itertools.combinations(chosen, 2)) or any(
        conflicts[j, k] for j in chosen for k in kept
    )


def value(
    covers: NDArray[np.bool_],
    weights: NDArray[np.float64],
    opened: list[int],
    second: float = 0.0,
) -> float:
    """What open columns reach, a second cover counting `second`."""
    count = covers[:, opened].sum(axis=1)
    return float(weights[count > 0].sum() + second * weights[count > 1].sum())
