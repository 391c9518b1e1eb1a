"""What norms judge, for the tests: stations by their fields, and facilities said to be there."""

from __future__ import annotations

import datetime as dt

from stations.norm_checks import Facts
from stations.vocabulary import FACILITY_CODES
from tests.stations.samples import station

TODAY = dt.date(2026, 11, 20)
WITH = {code: {"facilities": {code: True}} for code in FACILITY_CODES}
WITHOUT = {code: {"facilities": {code: False}} for code in FACILITY_CODES}


def facts(
    *, trusted: bool | None = None, nearest_m: float | None = None, **fields: object
) -> Facts:
    """A station with these fields, and what else it is judged by."""
    return Facts(station("a", **fields), trusted, nearest_m, TODAY)


def facilities(*there: str, **but: bool) -> dict[str, object]:
    """The field of a record where some facilities are there, and some perhaps not."""
    return {"facilities": {**dict.fromkeys(there, True), **but}}
