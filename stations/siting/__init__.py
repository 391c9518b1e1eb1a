"""Where new stations should go: what a planner asks, and the plan that answers."""

from geodata.siting import Progress
from stations.siting.ask import Quota, SitingAsk
from stations.siting.plan import StationPlan
from stations.siting.propose import propose
from stations.siting.sites import Files

__all__ = ["Files", "Progress", "Quota", "SitingAsk", "StationPlan", "propose"]
