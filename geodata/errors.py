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
