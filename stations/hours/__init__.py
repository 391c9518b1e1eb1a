"""Opening hours: OSM syntax evaluated with China's calendar, and Chinese text read into it."""

from stations.hours.evaluation import (
    BEIJING,
    HoursAt,
    HoursError,
    OpeningHours,
    OpenState,
    parse,
)
from stations.hours.text import to_osm

__all__ = ["BEIJING", "HoursAt", "HoursError", "OpenState", "OpeningHours", "parse", "to_osm"]
