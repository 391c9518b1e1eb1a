"""Where the next sites go, with a proof of how good the plan is."""

from geodata.siting.plan import SitingPlan
from geodata.siting.problem import SitingProblem
from geodata.siting.search import Progress
from geodata.siting.solver import solve

__all__ = ["Progress", "SitingPlan", "SitingProblem", "solve"]
