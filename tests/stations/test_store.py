"""The GeoJSON store: whole after any crash, nothing lost between writers, faults named."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stations import model
from stations.errors import (
    RecordError,
    RegistryFileError,
    RevisionConflictError,
    StoreWriteError,
    UnknownStationError,
)
from stations.store import Change, GeoJsonStore
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from pathlib import Path


def put(store: GeoJsonStore, *stations: model.Station, **options: int) -> int:
    """Store records and return the revision."""
    return store.apply(Change(put=stations), who="test", what="put", **options).revision


def test_a_missing_file_is_an_empty_registry(tmp_path: Path) -> None:
    """A new workspace has no stations and revision 0."""
    assert GeoJsonStore(tmp_path).read() == (0, None, [], frozenset())


def test_what_is_put_is_read_back_sorted_and_stamped(tmp_path: Path) -> None:
    """Records come back in the order of their ids with the revision that wrote them."""
    store = GeoJsonStore(tmp_path)
    records = register(50)
    put(store, *reversed(records))
    found = GeoJsonStore(tmp_path).read()
    assert [s.id for s in found.stations] == sorted(s.id for s in records)
    assert all(model.same_content(a, b) for a, b in zip(found.stations, records, strict=True))
    assert {s.properties.revision for s in found.stations} == {found.revision} == {1}


def test_the_file_is_geojson_with_one_feature_a_line(tmp_path: Path) -> None:
    """Any GeoJSON reader takes it, and an edit changes one line and the header for git."""
    store = GeoJsonStore(tmp_path)
    put(store, *register(20))
    before = store.path.read_text().splitlines()
    document = json.loads(store.path.read_text())
    assert document["type"] == "FeatureCollection"
    assert len(document["features"]) == 20
    assert len(before) == 22
    put(store, station("r-000007", name="改名"))
    after = store.path.read_text().splitlines()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 2


def test_putting_the_same_again_makes_no_revision(tmp_path: Path) -> None:
    """An import that changes nothing leaves the file alone."""
    store = GeoJsonStore(tmp_path)
    put(store, station())
    signature = store.signature()
    assert put(store, station()) == 1
    assert store.signature() == signature


def test_history_has_before_and_after(tmp_path: Path) -> None:
    """Every revision says who, what, and each record before and after."""
    store = GeoJsonStore(tmp_path)
    put(store, station(name="旧"))
    put(store, station(name="新"))
    store.apply(Change(remove=("s-1",)), who="王", what="拆除")
    first, second, third = store.history()
    assert first.changes[0].before is None
    assert (second.changes[0].before.name, second.changes[0].after.name) == ("旧", "新")
    assert (third.who, third.what, third.changes[0].after) == ("王", "拆除", None)
    assert [entry.revision for entry in store.history(since=1)] == [2, 3]


def test_a_removed_id_is_never_used_again(tmp_path: Path) -> None:
    """An id stays with the station that had it."""
    store = GeoJsonStore(tmp_path)
    put(store, station())
    store.apply(Change(remove=("s-1",)), who="test", what="remove")
    with pytest.raises(RecordError, match="retired"):
        put(store, station())
    with pytest.raises(UnknownStationError, match="s-1"):
        store.apply(Change(remove=("s-1",)), who="test", what="again")


def test_an_older_revision_is_refused(tmp_path: Path) -> None:
    """Whoever decided on an older state must look again."""
    store = GeoJsonStore(tmp_path)
    put(store, station("a"))
    put(store, station("b"), expected_revision=1)
    with pytest.raises(RevisionConflictError, match="revision 2, not 1"):
        put(store, station("c"), expected_revision=1)


def test_an_id_twice_in_one_change_is_refused(tmp_path: Path) -> None:
    """Nobody could say which of the two should hold."""
    with pytest.raises(RecordError, match="twice"):
        put(GeoJsonStore(tmp_path), station(), station(name="x"))


@pytest.mark.parametrize(
    "fault", [{"star": 9}, {"adcode": "x"}, {"kind": "spaceport"}, {"opening_hours": "99"}]
)
def test_a_record_that_breaks_the_schema_is_never_written(
    tmp_path: Path, fault: dict[str, object]
) -> None:
    """Or the registry could not be read again."""
    with pytest.raises(RecordError, match="station s-1"):
        put(GeoJsonStore(tmp_path), station(**fault))
    assert GeoJsonStore(tmp_path).read().stations == []


GOOD = '{"type":"Feature","id":"%s","geometry":null,"properties":{"name":"x"}}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"type":"Feature","id":"b","geometry":null,"properties":{}}', "name"),
        (GOOD % "a", "stands on line 2"),
        (GOOD.replace('"x"', '"x","star":9') % "b", "star"),
        (GOOD.replace('"x"', '"x","colour":1') % "b", "colour"),
        (GOOD.replace("null", '{"type":"Point","coordinates":[34.8,113.6]}') % "b", "<= 90"),
        (GOOD.replace("null", '{"type":"Polygon","coordinates":[[]]}') % "b", "Polygon"),
        (GOOD.replace("null", '{"type":"Point","coordinates":[NaN,1]}') % "b", "invalid"),
        (GOOD.replace('"x"', '"x","opening_hours":"99:99"') % "b", "99:99"),
        ('{"type":"Feature","id":"b","geom', "truncated"),
    ],
)
def test_a_fault_is_named_with_line_and_reason(tmp_path: Path, line: str, reason: str) -> None:
    """A mistake made by hand is found without reading the whole file."""
    store = GeoJsonStore(tmp_path)
    lines = ['{"type":"FeatureCollection","features":[', GOOD % "a" + ",", line, "]}"]
    store.path.write_text("\n".join(lines))
    with pytest.raises(RegistryFileError, match="line 3") as caught:
        store.read()
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"not json", b"[]", b'{"type":"Feature"}', b'{"type":"Feat', "名".encode("gbk")],
)
def test_a_file_that_is_no_registry_is_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever is in the file, the error names it."""
    store = GeoJsonStore(tmp_path)
    store.path.write_bytes(content)
    with pytest.raises(RegistryFileError, match=r"stations\.geojson"):
        store.read()
    with pytest.raises(RegistryFileError):
        put(store, station())
    assert store.path.read_bytes() == content


def test_a_hand_edited_file_in_any_order_and_layout_is_read(tmp_path: Path) -> None:
    """A person may reformat or reorder it; the next write puts it in order."""
    store = GeoJsonStore(tmp_path)
    put(store, station("a"), station("b"))
    document = json.loads(store.path.read_text())
    document["features"].reverse()
    store.path.write_text("\ufeff" + json.dumps(document, indent=2, ensure_ascii=False))
    assert [s.id for s in store.read().stations] == ["a", "b"]


def _edit_fifty(folder: str, writer: int) -> None:
    store = GeoJsonStore(folder)
    for number in range(50):
        put(store, station(f"w{writer}-{number:02d}"))


def test_four_processes_making_fifty_edits_each_lose_none(tmp_path: Path) -> None:
    """Two hundred revisions, two hundred records, two hundred lines of history."""
    context = multiprocessing.get_context("forkserver")
    writers = [context.Process(target=_edit_fifty, args=(str(tmp_path), w)) for w in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=120)
    assert [writer.exitcode for writer in writers] == [0] * 4
    store = GeoJsonStore(tmp_path)
    assert store.read().revision == 200
    assert len(store.read().stations) == 200
    assert [entry.revision for entry in store.history()] == list(range(1, 201))


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_or_the_new_revision_whole(tmp_path: Path) -> None:
    """200 kills at random moments: registry and history whole, in step, and writable again."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.stations.kill_writers", str(tmp_path), "200"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    store = GeoJsonStore(tmp_path)
    assert put(store, station("after")) == found["revision"] + 1
    assert [e.revision for e in store.history()] == list(range(1, found["revision"] + 2))
    # The kills did hit writers at work, not only idle ones.
    assert found["in_writing"] > 10
    assert found["revision"] > 20


def test_an_announced_revision_that_never_came_is_taken_back(tmp_path: Path) -> None:
    """A line of history for a write that was killed does not survive as truth."""
    store = GeoJsonStore(tmp_path)
    put(store, station("a"))
    kept = store.path.read_bytes()
    put(store, station("b"))
    store.path.write_bytes(kept)
    assert [entry.revision for entry in store.history()] == [1]
    put(store, station("c"))
    assert [(e.revision, e.changes[0].id) for e in store.history()] == [(1, "a"), (2, "c")]


def test_an_older_file_put_back_takes_back_what_stood_before_a_killed_writer(
    tmp_path: Path,
) -> None:
    """The answer to the killed writer is the last line; the revision before it has not been."""
    store = GeoJsonStore(tmp_path)
    put(store, station("a"))
    older = store.path.read_bytes()
    put(store, station("b"))
    with store.history_path.open("ab") as file:
        file.write(
            b'{"revision":3,"time":"2026-01-01T00:00:00Z","who":"","what":"","changes":[]}\n'
        )
    store._take_back_unfinished(2)
    store.path.write_bytes(older)
    put(GeoJsonStore(tmp_path), station("c"))
    found = [(e.revision, e.changes[0].id) for e in GeoJsonStore(tmp_path).history()]
    assert found == [(1, "a"), (2, "c")]


def test_half_a_line_of_history_is_cut(tmp_path: Path) -> None:
    """A writer killed inside the line leaves no trace in the history."""
    store = GeoJsonStore(tmp_path)
    put(store, station("a"))
    with store.history_path.open("ab") as file:
        file.write(b'{"revision":2,"time":"20')
    assert [entry.revision for entry in store.history()] == [1]
    put(store, station("b"))
    assert [entry.revision for entry in store.history()] == [1, 2]


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    """The error says so; registry and history stay as they were, and no scrap stays behind."""
    store = GeoJsonStore(tmp_path)
    put(store, *register(20))
    before = (store.path.read_bytes(), store.history_path.read_bytes())
    code = (
        "import resource, sys\n"
        "from stations.store import Change, GeoJsonStore\n"
        "from stations.errors import StoreWriteError\n"
        "from tests.stations.samples import register\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "store = GeoJsonStore(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))\n"
        "try:\n"
        "    store.apply(Change(put=tuple(register(300))), who='t', what='t')\n"
        "except StoreWriteError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "nothing was changed" in done.stdout, done.stderr
    assert (store.path.read_bytes(), store.history_path.read_bytes()) == before
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A read-only folder gives words, not a traceback."""
    (tmp_path / "file").touch()
    with pytest.raises((StoreWriteError, RegistryFileError), match="file"):
        put(GeoJsonStore(tmp_path / "file"), station())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only folder")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    """A registry on a read-only disk can be read, and says why it cannot be written."""
    store = GeoJsonStore(tmp_path)
    put(store, station())
    tmp_path.chmod(0o500)
    try:
        assert store.read().revision == 1
        with pytest.raises(StoreWriteError, match="nothing was changed"):
            put(store, station("b"))
    finally:
        tmp_path.chmod(0o700)


def test_a_new_registry_is_not_for_everybody_on_the_machine(tmp_path: Path) -> None:
    """It may hold managers' phone numbers."""
    store = GeoJsonStore(tmp_path)
    put(store, station(manager_phone="13800000000"))
    assert store.path.stat().st_mode & 0o007 == 0
