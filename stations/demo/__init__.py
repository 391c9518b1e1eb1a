"""A made-up district to try everything on: city, workers, stations and venues from one seed."""

from stations.demo.city import DemoCity, generate

__all__ = ["DemoCity", "generate"]
