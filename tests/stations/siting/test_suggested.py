"""Suggestions of workers are candidates like any other, and no plan tells who made them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stations.errors import LedgerFileError
from stations.ledger import new_report, new_suggestion
from stations.ledger.store import distance_m
from stations.siting import Files, SitingAsk, propose
from stations.siting.suggested import SAME_PLACE_M, suggested_places
from tests.geodata.squares import LAT0, LON0

if TYPE_CHECKING:
    from pathlib import Path

    from stations.ledger import Entry
    from stations.workspace import Workspace

EAST = LON0 + 0.08
NOTHING = np.empty(0, object)


def suggest(
    workspace: Workspace, lon: float = EAST, lat: float = LAT0, text: str | None = None
) -> Entry:
    """File a suggestion of a sender of its own."""
    entry = new_suggestion(lon, lat, text=text)
    return workspace.ledger.file(entry, source=entry.id).entry


def plan(workspace: Workspace, files: Files | None = None, **fields: Any) -> dict[str, Any]:
    """The plan for an ask of these fields, as a document."""
    given = {"radius_m": 2500.0, "time_s": 20.0, "new": 2, **fields}
    return propose(workspace, SitingAsk.from_dict(given), files=files).to_dict()


def test_without_suggestions_nothing_is_said_of_them(workspace: Workspace) -> None:
    """The document is what it was."""
    assert "suggested" not in plan(workspace)["candidates"]


@pytest.mark.parametrize("source", ["hexagons", "squares", "file"])
def test_suggestions_join_the_candidates(workspace: Workspace, venues: Path, source: str) -> None:
    """Whatever their source; and one in the midst of workers is chosen."""
    fields = {} if source == "file" else {"candidates": source}
    files = Files(candidates=venues, datum="wgs84") if source == "file" else None
    before = plan(workspace, files, **fields)["candidates"]
    suggest(workspace)
    suggest(workspace, LON0 - 0.08)
    after = plan(workspace, files, **fields)["candidates"]
    assert after == {**before, "considered": before["considered"] + 2, "suggested": 2}


def test_one_may_be_chosen(workspace: Workspace, venues: Path) -> None:
    """With the beginning of its number, by which the office finds it, and no more of it."""
    entry = suggest(workspace, 113.72, 34.76, text="桥头\n电话 138")
    found = plan(workspace, Files(candidates=venues, datum="wgs84"), new=4)
    (site,) = (one for one in found["sites"] if one["id"].startswith("suggestion:"))
    assert site["id"] == f"suggestion:{entry.id[:6]}"
    assert (site["lon"], site["lat"]) == (113.72, 34.76)
    assert entry.id not in str(found)
    assert workspace.ledger.find(site["id"].partition(":")[2]) == entry


def test_a_stranger_s_words_are_shown_once_they_have_been_read(workspace: Workspace) -> None:
    """Their first line, not too long of it; and what there is to say without words."""
    first = suggest(workspace, text="桥头\n电话 138")
    suggest(workspace, EAST + 0.01, text="x" * 200)
    suggest(workspace, EAST + 0.02)

    def names() -> set[str]:
        return set(suggested_places(workspace, districts=None, excluded=NOTHING).names)

    assert names() == {"工人建议 / worker's suggestion"}
    for entry in workspace.ledger.entries():
        workspace.ledger.answer(entry.id, who="w", text=None, state="accepted")
    assert names() == {"桥头", "x" * 59 + "…", "工人建议 / worker's suggestion"}
    assert "138" not in str(plan(workspace, new=3))
    assert workspace.ledger.get(first.id).properties.text == "桥头\n电话 138"


@pytest.mark.parametrize(("state", "count"), [("accepted", 1), ("done", 0), ("rejected", 0)])
def test_only_open_ones_count(workspace: Workspace, state: Any, count: int) -> None:
    """What has been built or refused is no candidate."""
    entry = suggest(workspace)
    workspace.ledger.answer(entry.id, who="w", text=None, state=state)
    assert plan(workspace)["candidates"].get("suggested", 0) == count


def test_reports_are_no_suggestions(workspace: Workspace) -> None:
    """A locked station is not a place for a new one."""
    report = new_report(workspace.registry.get("west"), "locked")
    workspace.ledger.file(report, source="a")
    assert "suggested" not in plan(workspace)["candidates"]


def test_they_keep_to_areas_and_districts(workspace: Workspace) -> None:
    """None in the river, beyond the districts, or outside the one that is asked about."""
    before = plan(workspace)["candidates"]["excluded"]
    suggest(workspace, EAST)
    suggest(workspace, EAST, 34.85)  # the river
    suggest(workspace, 100.0, 20.0)  # far away
    suggest(workspace, LON0 - 0.08)
    found = plan(workspace)["candidates"]
    assert found["suggested"] == 2
    assert found["excluded"] - before == 2
    one = workspace.districts.adcodes[0]  # type: ignore[union-attr]
    assert plan(workspace, district=one)["candidates"]["suggested"] == 1


def test_neighbours_are_one(workspace: Workspace) -> None:
    """The first of those within thirty metres, also across the date line and at the pole."""
    rng = np.random.default_rng(3)
    middles = [(113.6, 34.8), (180.0, -16.5), (-179.99999, -16.5), (12.0, 89.9999)]
    entries = []
    for lon, lat in (middles[n % 4] for n in range(80)):
        at = (lon + rng.normal(0, 3e-4) + 180) % 360 - 180, min(lat + rng.normal(0, 3e-4), 90)
        entries.append(suggest(workspace, *map(float, at)))
    found = suggested_places(workspace, districts=None, excluded=NOTHING)
    kept = {one.removeprefix("suggestion:") for one in found.ids}
    chosen = [entry for entry in workspace.ledger.entries() if entry.id[:6] in kept]
    for one, other in itertools.combinations(chosen, 2):
        assert distance_m(one, other) > SAME_PLACE_M
    for entry in entries:
        assert any(distance_m(entry, one) <= SAME_PLACE_M for one in chosen)
    assert len(chosen) < len(entries)


@pytest.mark.parametrize("fields", [{"budget": 20_000, "new": None}, {"problem": "capacitated"}])
def test_where_costs_or_room_must_be_known_they_stay_out(
    workspace: Workspace, venues: Path, fields: dict[str, Any]
) -> None:
    """Rather than refuse every such plan once somebody has suggested something."""
    suggest(workspace)
    found = plan(workspace, Files(candidates=venues, datum="wgs84"), **fields)
    assert "suggested" not in found["candidates"]


def test_a_broken_ledger_is_said(workspace: Workspace) -> None:
    """A plan without what the workers asked for would look like one with it."""
    suggest(workspace)
    path = workspace.ledger.path
    path.write_text(path.read_text().replace("suggestion", "wish"))
    with pytest.raises(LedgerFileError, match="line 2"):
        plan(workspace)
