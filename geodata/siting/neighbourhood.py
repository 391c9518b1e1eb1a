"""Better plans by deciding anew, as a small programme, on all open columns of one neighbourhood.

Large neighbourhood search (Shaw 1998): what a few swaps at a time cannot reach, HiGHS finds among
some dozens of columns that are near each other, while the others stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from geodata.siting.mip import Model, minimise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geodata.siting.covering import Covering

# Columns that are decided on anew, steps to look for them in, and seconds for one neighbourhood.
_FREED, _STEPS, _TIME_S = 28, 6, 5.0


def reopened(
    covering: Covering,
    opened: NDArray[np.intp],
    random: np.random.Generator,
    stop: Callable[[], bool],
) -> NDArray[np.intp] | None:
    """Return a better plan than `opened`, with some neighbours decided on anew; None if none is.

    For coverings whose rules are a number of columns only, without worth in a second cover.
    """
    is_open = np.zeros(len(covering.sites), np.bool_)
    is_open[opened] = True
    freed = _neighbours(covering, is_open, int(random.choice(opened)))
    is_open[freed] = False
    alone = covering.by_row @ is_open.astype(np.float64) == 0
    lost = np.flatnonzero(alone & (covering.by_row @ _marked(freed, len(is_open)) > 0))
    columns = np.union1d(covering.by_row[lost].indices, freed)
    rows = np.flatnonzero(alone & (covering.by_row @ _marked(columns, len(is_open)) > 0))
    part, worth = covering.by_row[rows][:, columns], covering.first[rows]
    inside = np.isin(columns, freed).astype(np.float64)
    missed = float(worth[part @ inside == 0].sum())
    n, m = part.shape
    matrix = sparse.vstack(
        [
            sparse.hstack([part.astype(np.float64), sparse.eye_array(n)]),
            sparse.csr_array(np.append(np.ones(m), np.zeros(n))[None]),
        ],
        format="csr",
    )
    outcome = minimise(
        Model(
            np.append(np.zeros(m), worth),
            np.zeros(m + n),
            np.ones(m + n),
            np.arange(m + n) < m,
            sparse.csr_array(matrix),
            np.append(np.ones(n), 0.0),
            np.append(np.full(n, np.inf), float(len(freed))),
        ),
        stop=stop,
        time_s=_TIME_S,
        cutoff=missed,
    )
    if outcome.x is None or outcome.cost > missed * (1 - 1e-9) - 1e-9:
        return None
    chosen = columns[outcome.x[:m] > 0.5]
    return np.union1d(np.flatnonzero(is_open), chosen)


def _marked(columns: NDArray[np.intp], m: int) -> NDArray[np.float64]:
    """(m,) 1 for some of the columns, 0 for the others."""
    marks = np.zeros(m)
    marks[columns] = 1
    return marks


def _neighbours(covering: Covering, is_open: NDArray[np.bool_], column: int) -> NDArray[np.intp]:
    """Open columns around one: those that share rows with it, then with theirs, and so on."""
    around = np.zeros(len(is_open), np.bool_)
    around[column] = True
    found = np.array([column])
    for _ in range(_STEPS):
        rows = covering.by_row @ around.astype(np.float64) > 0
        around |= covering.by_row.T @ rows.astype(np.float64) > 0
        nearer = np.setdiff1d(np.flatnonzero(around & is_open), found)
        found = np.concatenate([found, nearer[: _FREED - len(found)]])
        if len(found) >= _FREED:
            break
    return found
