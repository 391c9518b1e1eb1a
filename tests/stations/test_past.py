"""The registry as it was: every revision taken back from the history is the one that was there."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stations.errors import RegistryFileError, UnknownRevisionError
from stations.store import Change, GeoJsonStore, Snapshot, geojson
from stations.store.past import revision_at, snapshot_at
from tests.stations.report.worlds import clock
from tests.stations.samples import station

if TYPE_CHECKING:
    from stations.model import Station

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
NOTHING = Snapshot(0, None, [])
IDS = [f"s-{number}" for number in range(6)]
NAMES = ("甲", "乙", "丙")


def apply(
    store: GeoJsonStore, *put: Station, remove: tuple[str, ...] = (), at: dt.datetime = START
) -> Snapshot:
    """Apply a change that the store takes for made at a time."""
    with clock(at):
        return store.apply(Change(put=put, remove=remove), who="test", what="edited")


def hours(count: float) -> dt.datetime:
    """So many hours after the start."""
    return START + dt.timedelta(hours=count)


class Histories(RuleBasedStateMachine):
    """Edits, a writer that is killed, an older file put back; every revision stays what it was."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = GeoJsonStore(Path(self.folder.name))
        self.was: list[Snapshot] = [NOTHING]
        self.files: list[bytes] = []
        self.hour = 0

    def teardown(self) -> None:
        """Remove the folder."""
        self.folder.cleanup()

    @initialize()
    def begins(self) -> None:
        """A registry has a first revision."""
        self._apply(station(IDS[0], name="起"))

    def _apply(self, *put: Station, remove: tuple[str, ...] = ()) -> None:
        self.hour += 1
        after = apply(self.store, *put, remove=remove, at=hours(self.hour))
        if after.revision == len(self.was):
            self.was.append(after)
            self.files.append(self.store.path.read_bytes())
        assert after == self.was[-1]

    @property
    def _there(self) -> list[str]:
        return [one.id for one in self.was[-1].stations]

    @rule(
        ids=st.sets(st.sampled_from(IDS), max_size=3),
        name=st.sampled_from(NAMES),
        data=st.data(),
    )
    def edits(self, ids: set[str], name: str, data: st.DataObject) -> None:
        """New records, changed ones, some that say the same as before, and removals together."""
        gone = data.draw(st.sets(st.sampled_from(self._there), max_size=2)) if self._there else ()
        put = ids - self.was[-1].retired_ids - set(gone)
        self._apply(*(station(one, name=name) for one in sorted(put)), remove=tuple(sorted(gone)))

    @rule(torn=st.booleans())
    def a_writer_is_killed(self, *, torn: bool) -> None:
        """It has announced a revision that never came, or half of it."""
        # First it has answered what another one may have left behind.
        self.store._take_back_unfinished(self.was[-1].revision)
        entry = {
            "revision": len(self.was), "time": "2026-12-31T00:00:00Z", "who": "killed",
            "what": "never came", "changes": [{"id": "s-0", "before": None, "after": None}],
        }  # fmt: skip
        line = json.dumps(entry).encode()
        with self.store.history_path.open("ab") as file:
            file.write(line[:20] if torn else line + b"\n")

    @precondition(lambda self: len(self.was) > 2)
    @rule(data=st.data())
    def an_older_file_is_put_back(self, data: st.DataObject) -> None:
        """What came after it has not been: those revisions will come once more, as others."""
        revision = data.draw(st.integers(1, len(self.was) - 1))
        self.store.path.write_bytes(self.files[revision - 1])
        del self.was[revision + 1 :], self.files[revision:]

    @invariant()
    def every_revision_is_what_it_was(self) -> None:
        """Stations in their order, retired ids, and the time it came to be."""
        for store in (self.store, GeoJsonStore(Path(self.folder.name))):
            for revision, snapshot in enumerate(self.was):
                found = snapshot_at(store, revision)
                assert found == snapshot
                assert geojson.serialise(found) == geojson.serialise(snapshot)
            with pytest.raises(UnknownRevisionError):
                snapshot_at(store, len(self.was))

    @invariant()
    def every_revision_is_found_by_its_time(self) -> None:
        """From its second on until that of the next."""
        for revision, snapshot in enumerate(self.was[1:], 1):
            assert snapshot.updated_at is not None
            assert revision_at(self.store, snapshot.updated_at) == revision
            just_before = snapshot.updated_at - dt.timedelta(seconds=1)
            assert revision_at(self.store, just_before) == revision - 1


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)


@pytest.fixture
def store(tmp_path: Path) -> GeoJsonStore:
    """Four revisions, an hour apart: two records, one changed, one removed, one more."""
    made = GeoJsonStore(tmp_path)
    apply(made, station("a"), station("b"), at=hours(1))
    apply(made, station("b", name="改名"), at=hours(2))
    apply(made, remove=("a",), at=hours(3))
    apply(made, station("c"), at=hours(4))
    return made


def keep_lines(store: GeoJsonStore, *numbers: int) -> None:
    """Cut the history down to these lines."""
    lines = store.history_path.read_bytes().splitlines(keepends=True)
    store.history_path.write_bytes(b"".join(lines[number] for number in numbers))


def test_a_past_revision_has_the_records_ids_and_time_of_then(store: GeoJsonStore) -> None:
    """Of a record that was removed later, its id was not retired yet."""
    second, third = snapshot_at(store, 2), snapshot_at(store, 3)
    assert [(s.id, s.name, s.properties.revision) for s in second.stations] == [
        ("a", "a", 1),
        ("b", "改名", 2),
    ]
    assert (second.revision, second.updated_at, second.retired_ids) == (2, hours(2), frozenset())
    assert [s.id for s in third.stations] == ["b"]
    assert third.retired_ids == {"a"}


def test_before_its_first_record_the_registry_was_empty(store: GeoJsonStore) -> None:
    """Revision 0 of any registry; of one that never had a record too."""
    assert snapshot_at(store, 0) == NOTHING
    assert snapshot_at(GeoJsonStore(store.path.parent / "none"), 0) == NOTHING


@pytest.mark.parametrize("revision", [-1, 5, 10**9])
def test_a_revision_that_never_was_is_refused(store: GeoJsonStore, revision: int) -> None:
    """Naming it and the one that the registry is at, in both languages."""
    with pytest.raises(
        UnknownRevisionError, match=f"no revision {revision}: .* at revision 4"
    ) as e:
        snapshot_at(store, revision)
    assert f"没有修订 {revision}" in str(e.value.chinese)


def test_a_history_with_a_gap_is_known_back_to_the_gap(store: GeoJsonStore) -> None:
    """Without the line of revision 2, whatever was before it is not known."""
    keep_lines(store, 0, 2, 3)
    assert snapshot_at(store, 3).retired_ids == {"a"}
    assert [s.id for s in snapshot_at(store, 2).stations] == ["a", "b"]
    # Whose time stood in the line that is lost.
    assert snapshot_at(store, 2).updated_at is None
    for revision in (0, 1):
        with pytest.raises(UnknownRevisionError, match="history lacks revision 2"):
            snapshot_at(store, revision)


def test_a_history_that_lost_its_end_says_nothing_of_the_past(store: GeoJsonStore) -> None:
    """What led from there to the registry of now is not known."""
    keep_lines(store, 0, 1, 2)
    assert snapshot_at(store, 4) == store.read()
    for revision in range(4):
        with pytest.raises(UnknownRevisionError, match="history lacks revision 4") as caught:
            snapshot_at(store, revision)
        assert "缺少修订 4" in str(caught.value.chinese)


def test_a_history_that_lost_its_beginning_reaches_back_to_it(store: GeoJsonStore) -> None:
    """As after old lines have been put away."""
    keep_lines(store, 2, 3)
    assert [s.name for s in snapshot_at(store, 2).stations] == ["a", "改名"]
    with pytest.raises(UnknownRevisionError, match="history lacks revision 1"):
        snapshot_at(store, 0)


def test_without_a_history_only_what_is_there_now_is_known(store: GeoJsonStore) -> None:
    """As where the registry alone has been copied."""
    store.history_path.unlink()
    assert snapshot_at(store, 4) == store.read()
    with pytest.raises(UnknownRevisionError, match="history lacks revision 4"):
        snapshot_at(store, 3)
    assert revision_at(store, hours(9)) == 0


def test_a_history_that_was_edited_by_hand_is_named(store: GeoJsonStore) -> None:
    """With the line that is none."""
    with store.history_path.open("ab") as file:
        file.write(b"{not json}\n")
    with pytest.raises(RegistryFileError, match=r"history\.jsonl, line 5"):
        snapshot_at(store, 1)


def test_a_revision_that_was_taken_back_is_not_told(store: GeoJsonStore) -> None:
    """The registry of revision 2 is put back and goes on: revision 3 is another one now."""
    second = snapshot_at(store, 2)
    store.path.write_bytes(geojson.serialise(second))
    assert snapshot_at(store, 1).updated_at == hours(1)
    with pytest.raises(UnknownRevisionError, match="at revision 2"):
        snapshot_at(store, 3)
    apply(store, station("d"), at=hours(5))
    assert snapshot_at(store, 2) == second
    third = snapshot_at(store, 3)
    assert ([s.id for s in third.stations], third.retired_ids) == (["a", "b", "d"], frozenset())
    assert revision_at(store, hours(4)) == 2
    assert revision_at(store, hours(5)) == 3


@pytest.mark.parametrize(
    ("hour", "revision"),
    [(0.99, 0), (1, 1), (1.99, 1), (2, 2), (3.5, 3), (4, 4), (1e6, 4)],
)
def test_a_moment_has_the_last_revision_before_it(
    store: GeoJsonStore, hour: float, revision: int
) -> None:
    """One made in that very moment included, in whatever time zone it is told."""
    moment = hours(hour)
    assert revision_at(store, moment) == revision
    assert revision_at(store, moment.astimezone(dt.timezone(dt.timedelta(hours=8)))) == revision
