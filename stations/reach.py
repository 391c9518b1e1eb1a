"""How far a worker's reach goes: metres by straight line, or minutes along the streets."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, Literal, get_args

from geodata.cost import StraightLine
from geodata.coverage import DISTANCE_BANDS_M, TIME_BANDS_S
from geodata.network.walking import Walking

if TYPE_CHECKING:
    from geodata.cost import CostModel
    from geodata.network.network import Network

Mode = Literal["line", "walk", "ebike"]
NetworkMode = Literal["walk", "ebike"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
NETWORK_MODES: Final[tuple[NetworkMode, ...]] = get_args(NetworkMode)

DETOUR: Final = 1.3
"""How much longer than the straight line an estimate takes a way along streets to be. By car it is
1.4 on average (F. P. Boscoe, K. A. Henry and M. S. Zdeb, Prof. Geographer 64 (2012), 188-196)."""
SPEEDS_M_S: Final[dict[Mode, float]] = {"line": 1.3, "walk": 1.3, "ebike": 4.2}
"""What estimates assume where no network tells."""


@dataclasses.dataclass(frozen=True)
class Reach:
    """What counts as within reach of a station.

    Attributes
    ----------
    mode
        By straight line, on foot, or by electric bicycle.
    limit
        Metres for the straight line, else seconds.
    network
        Of the mode; None for the straight line.
    """

    mode: Mode
    limit: float
    network: Network | None = None

    def widened(self, limit: float) -> Reach:
        """The same way of going, with another limit."""
        return dataclasses.replace(self, limit=limit)

    @property
    def model(self) -> CostModel:
        """What costs are counted by."""
        return StraightLine() if self.network is None else Walking(self.network)

    @property
    def circle_m(self) -> float:
        """The nominal circle: the radius itself, or how far one gets straight on in that time."""
        return self.limit if self.network is None else self.limit * self.network.speed_m_s

    @property
    def minutes(self) -> float | None:
        """The limit in minutes; None for the straight line."""
        return None if self.network is None else self.limit / 60

    @property
    def bands(self) -> tuple[float, ...]:
        """Ends of the bands in which costs are shown."""
        return DISTANCE_BANDS_M if self.network is None else TIME_BANDS_S
