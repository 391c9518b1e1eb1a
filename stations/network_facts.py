"""What there is to know of the street networks of a workspace."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from stations.reach import NETWORK_MODES, SPEEDS_M_S

if TYPE_CHECKING:
    from geodata.network.network import Network
    from stations.workspace import Workspace


def network_facts(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Return, for each mode, whether there is a ``network`` and what it is like, as JSON types.

    ``km`` are those of all its streets, ``parts`` the pieces into which it falls that no street
    joins, and ``largest`` the share of the length that lies in the largest of them. ``minutes`` are
    those of the norm, ``speed_m_s`` is that on a level street; without a network it is the one of
    estimates, and the figures are None.

    Raises
    ------
    NetworkFileError
        If there is a network that could never be opened.
    """
    return {
        mode: {
            "network": (network := workspace.network(mode)) is not None,
            **_figures(network),
            "speed_m_s": SPEEDS_M_S[mode] if network is None else network.speed_m_s,
            "minutes": workspace.config.minutes,
        }
        for mode in NETWORK_MODES
    }


# One for each mode: counting what lies in its parts takes a while on a large network.
@functools.lru_cache(maxsize=len(NETWORK_MODES))
def _figures(network: Network | None) -> dict[str, Any]:
    if network is None:
        return dict.fromkeys(("nodes", "edges", "km", "parts", "largest", "bounds"))
    parts = network.components()
    length_m = sum(part.length_m for part in parts)
    return {
        "nodes": len(network),
        "edges": len(network.edges),
        "km": round(length_m / 1000, 3),
        "parts": len(parts),
        "largest": round(parts[0].length_m / length_m, 6) if length_m else 1.0,
        "bounds": [round(side, 6) for side in network.bounds],
    }
