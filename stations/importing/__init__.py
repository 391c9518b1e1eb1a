"""A sheet or layer becomes a difference against the registry: shown first, applied on command."""

from stations.importing.mapping import Mapping, mapping_from_dict, read_mapping
from stations.importing.messages import Problem, chinese_of
from stations.importing.plan import ImportPlan, RecordDiff, plan_import
from stations.importing.reading import SUFFIXES

__all__ = [
    "SUFFIXES",
    "ImportPlan",
    "Mapping",
    "Problem",
    "RecordDiff",
    "chinese_of",
    "mapping_from_dict",
    "plan_import",
    "read_mapping",
]
