"""Every error that geodata raises: one flat list, no HTTP."""

from __future__ import annotations


class GeodataError(ValueError):
    """Bad input to a geodata function; the message names the thing and what to do."""


class DatumError(GeodataError):
    """A datum or coordinate reference system that is unknown or missing."""


class PositionError(GeodataError):
    """A longitude or latitude that is not a finite position on Earth."""


class DistrictError(GeodataError):
    """District polygons that cannot be used, or a district that is not among them."""


class DemandError(GeodataError):
    """Demand that cannot be read as positions and weights."""


class BilingualError(GeodataError):
    """Says what is wrong in English and, as `chinese`, in Chinese."""

    def __init__(self, message: str, chinese: str) -> None:
        super().__init__(message)
        self.chinese = chinese

    def __reduce__(self) -> tuple[type[BilingualError], tuple[str, str]]:
        """Keep both through a pickle, so that another process can raise it."""
        return type(self), (str(self), self.chinese)


class NetworkError(BilingualError):
    """Streets that cannot be read or made into a network, or a network that does not fit."""


class SitingError(BilingualError):
    """A siting problem that cannot be stated as asked."""


class InfeasibleError(SitingError):
    """A siting problem that no plan can satisfy; names what clashes."""


class TooLargeError(SitingError):
    """A siting problem that does not fit into the memory of this machine."""
