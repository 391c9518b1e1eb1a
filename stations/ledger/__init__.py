"""The ledger: what workers report and suggest, and what the office answers."""

from stations.ledger.entries import Answer, Entry, new_report, new_suggestion
from stations.ledger.sources import Limits
from stations.ledger.station_warnings import StationWarning, station_warnings
from stations.ledger.store import Filed, Ledger

__all__ = [
    "Answer",
    "Entry",
    "Filed",
    "Ledger",
    "Limits",
    "StationWarning",
    "new_report",
    "new_suggestion",
    "station_warnings",
]
