"""Where the registry is kept: the `Store` protocol and the GeoJSON file behind it by default."""

from stations.store.geojson import GeoJsonStore
from stations.store.protocol import Change, HistoryEntry, RecordChange, Snapshot, Store

__all__ = ["Change", "GeoJsonStore", "HistoryEntry", "RecordChange", "Snapshot", "Store"]
