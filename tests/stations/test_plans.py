from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.errors import UnknownPlanError, WorkspaceError
from stations.plans import PlanStore

FEATURES = {"type": "FeatureCollection", "features": []}
ID = "20261120-153012-3fa2c1"


def document(plan_id: str = ID, **fields: Any) -> dict[str, Any]:
    """A plan with as much as a list shows."""
    return {
        "id": plan_id,
        "created": "2026-11-20T15:30:12+08:00",
        "ask": {"new": 2, "district": None, "problem": "mclp"},
        "problem": "mclp",
        "status": "optimal",
        "objective": 12.0,
        "bound": 12.0,
        "gap": 0.0,
        "radius_m": 1000.0,
        "total": 20.0,
        "share_before": 0.1,
        "share": 0.6,
        "sites": [{"id": "a"}, {"id": "b"}],
        "curve": [],
        **fields,
    }


def test_a_plan_is_kept_and_read(tmp_path: Path) -> None:
    """What was saved comes back, and a list tells the most important of it."""
    store = PlanStore(tmp_path)
    assert store.list() == []
    assert store.save(document(), FEATURES) == ID
    assert (tmp_path / "plans" / f"{ID}.json").is_file()
    assert store.read(ID) == {"plan": document(), "features": FEATURES}
    (summary,) = store.list()
    assert summary == {
        "id": ID,
        "created": "2026-11-20T15:30:12+08:00",
        "problem": "mclp",
        "status": "optimal",
        "ask": {"new": 2, "district": None, "problem": "mclp"},
        "new": 2,
        "district": None,
        "radius_m": 1000.0,
        "method": "straight_line",
        "minutes": None,
        "sites": 2,
        "objective": 12.0,
        "bound": 12.0,
        "gap": 0.0,
        "total": 20.0,
        "share_before": 0.1,
        "share": 0.6,
    }


def test_the_newest_comes_first(tmp_path: Path) -> None:
    """By the moment in its id."""
    store = PlanStore(tmp_path)
    ids = ["20261120-153012-3fa2c1", "20251231-235959-ffffff", "20261120-153013-000000"]
    for plan_id in ids:
        store.save(document(plan_id, gap=None, bound=None), FEATURES)
    assert [plan["id"] for plan in store.list()] == sorted(ids, reverse=True)


def test_a_plan_never_changes(tmp_path: Path) -> None:
    """Saving another under its id is refused."""
    store = PlanStore(tmp_path)
    store.save(document(), FEATURES)
    with pytest.raises(WorkspaceError, match="already"):
        store.save(document(objective=1.0), FEATURES)
    assert store.read(ID)["plan"]["objective"] == 12.0


def test_a_plan_is_removed(tmp_path: Path) -> None:
    """Once; then there is none."""
    store = PlanStore(tmp_path)
    store.save(document(), FEATURES)
    store.delete(ID)
    assert store.list() == []
    for ask in (store.read, store.delete):
        with pytest.raises(UnknownPlanError, match=ID):
            ask(ID)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"plan": 3}', '{"plan": {}, "features": 1}'])
def test_a_broken_file_is_named_and_hides_no_other(tmp_path: Path, text: str) -> None:
    """In the list with its fault, and on reading it."""
    store = PlanStore(tmp_path)
    store.save(document("20261120-153013-000000"), FEATURES)
    (tmp_path / "plans" / f"{ID}.json").write_text(text)
    good, bad = store.list()
    assert good["status"] == "optimal"
    assert bad.keys() == {"id", "fault"}
    assert f"plans/{ID}.json cannot be read" in bad["fault"]
    with pytest.raises(WorkspaceError, match=f"plans/{ID}.json cannot be read"):
        store.read(ID)
    store.delete(ID)


def test_other_files_are_no_plans(tmp_path: Path) -> None:
    """Whatever else somebody keeps there is left alone."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "notes.json").write_text("mine")
    assert PlanStore(tmp_path).list() == []


@given(st.text(max_size=30) | st.sampled_from(["../demand", "/etc/passwd", ID + "\n", "..", ""]))
def test_no_id_leaves_the_folder(plan_id: str) -> None:
    """An id of another form is nobody's, whatever path it might make."""
    store = PlanStore(Path("/nonexistent"))
    for ask in (store.read, store.delete):
        with pytest.raises(UnknownPlanError):
            ask(plan_id)
    with pytest.raises(UnknownPlanError):
        store.save(document(plan_id), FEATURES)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Said with the plan's name."""
    (tmp_path / "plans").write_text("in the way")
    with pytest.raises(WorkspaceError, match=f"plan {ID} cannot be written"):
        PlanStore(tmp_path).save(document(), FEATURES)
