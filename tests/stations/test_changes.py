"""A copy that applies pages of changes holds what the registry holds, whatever is written."""

from __future__ import annotations

import functools
import json
import operator
import random
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from stations import model
from stations.changes import Changes, Cursor, changes
from stations.errors import CopyAheadError
from stations.files import write_durably
from stations.store import Change
from stations.workspace import Workspace
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stations.registry import Registry

IDS = tuple(f"s-{number}" for number in range(30))


def public(registry: Registry) -> dict[str, bytes]:
    """What everybody may know of a registry, by station."""
    return {one.id: model.encode(one.public()) for one in registry.stations}


class Copy:
    """A mirror: it knows nothing but the pages that it has been given."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin at nothing."""
        self.since, self.after = 0, None
        self.content: dict[str, bytes] = {}
        self.checksums: dict[str, int] = {}

    def read(self, workspace: Workspace, limit: int = 1000) -> Changes:
        """Apply the next page."""
        found = changes(workspace, self.since, limit=limit, after=self.after)
        assert len(found.page) <= limit
        for one in found.page:
            self.content.pop(one.id, None)
            self.checksums.pop(one.id, None)
            if one.index is not None:
                record = found.registry.stations[one.index]
                assert record.id == one.id
                self.content[one.id] = model.encode(record.public())
                self.checksums[one.id] = one.checksum
        self.after = found.following
        if found.following is None:
            self.since = found.registry.revision
        return found

    def says_it_fits(self, found: Changes) -> bool:
        """Whether number and checksum are those of the registry, as a mirror can tell."""
        checksum = functools.reduce(operator.xor, self.checksums.values(), 0)
        return (len(self.content), checksum) == (len(found.registry), found.checksum)


class Following(RuleBasedStateMachine):
    """Writers, and somebody who loses the history, while a copy reads page after page."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp()) / "ws"
        self.workspace = Workspace.create(self.folder)
        self.copy = Copy()
        # Whether the file has been changed but by the store since the copy began.
        self.by_hand = False
        self.number = 0

    def teardown(self) -> None:
        """Read to the end, and compare."""
        for _ in range(50):
            if self.fits_after(3):
                break
        else:
            pytest.fail("the copy never came to the end")
        shutil.rmtree(self.folder.parent)

    def apply(self, change: Change) -> None:
        """Write as another process does."""
        Workspace(self.folder).store.apply(change, who="t", what="t")

    @property
    def unused(self) -> list[str]:
        """Ids that a station may have."""
        return [one for one in IDS if one not in self.workspace.registry.retired_ids]

    @property
    def present(self) -> list[str]:
        """Ids of the stations there are."""
        return [one.id for one in self.workspace.registry.stations]

    @rule(data=st.data(), most=st.sampled_from([1, 1, 30]))
    def write(self, data: st.DataObject, most: int) -> None:
        """Put one station, or import many."""
        chosen = data.draw(
            st.lists(st.sampled_from(IDS), min_size=1, max_size=most, unique=True), label="put"
        )
        self.number += 1
        manager = data.draw(st.sampled_from([None, "甲", "乙"]), label="manager")
        put = [
            station(one, name=f"{one} {self.number % 3}", manager=manager)
            for one in chosen
            if one in self.unused
        ]
        self.apply(Change(put=tuple(put)))

    @precondition(lambda self: self.present)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Remove some stations for good."""
        chosen = data.draw(st.lists(st.sampled_from(self.present), max_size=2, unique=True))
        self.apply(Change(remove=tuple(chosen)))

    @rule()
    def lose_the_history(self) -> None:
        """Somebody tidies up."""
        self.workspace.store.history_path.unlink(missing_ok=True)

    @rule()
    def restart(self) -> None:
        """Another process answers."""
        self.workspace = Workspace(self.folder)

    @rule(limit=st.integers(1, 5))
    def read_a_page(self, limit: int) -> None:
        """Apply a page; after the last one the copy is right, or knows that it is not."""
        self.fits_after(limit)

    def fits_after(self, limit: int) -> bool:
        """Apply a page; say whether it was the last one and the copy is right."""
        try:
            found = self.copy.read(self.workspace, limit)
        except CopyAheadError:
            assert self.by_hand
            fits = False
        else:
            if found.following is not None:
                return False
            fits = self.copy.content == public(self.workspace.registry)
            assert self.copy.says_it_fits(found) == fits
        if not fits:
            assert self.by_hand
            self.copy.begin()
            self.by_hand = False
        return fits


class Tampering(Following):
    """The same, with people who put back older files, or have an editor."""

    def __init__(self) -> None:
        super().__init__()
        self.backups: list[bytes] = []

    @precondition(lambda self: self.present)
    @rule()
    def back_up(self) -> None:
        """Keep the file as it is."""
        self.backups.append(self.workspace.store.path.read_bytes())

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """Put an older file back."""
        self.by_hand = True
        write_durably(self.workspace.store.path, data.draw(st.sampled_from(self.backups)))

    @precondition(lambda self: self.present)
    @rule(data=st.data(), drop=st.booleans())
    def edit_by_hand(self, data: st.DataObject, *, drop: bool) -> None:
        """Change a name, or take a line out, and leave the revision as it is."""
        self.by_hand = True
        path = self.workspace.store.path
        held = json.loads(path.read_text("utf-8"))
        place = data.draw(st.integers(0, len(held["features"]) - 1))
        if drop:
            del held["features"][place]
        else:
            held["features"][place]["properties"]["name"] += "!"
        write_durably(path, json.dumps(held).encode())


for machine in (Following, Tampering):
    machine.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
TestFollowing, TestTampering = Following.TestCase, Tampering.TestCase


# ----------------------------------------------------------------------------------- one by one
@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Five stations in revision 1, one changed in 2, one removed in 3."""
    made = Workspace.create(tmp_path / "ws")
    write(made, put=[station(one) for one in "abcde"])
    write(made, put=[station("b", name="新")])
    write(made, remove="d")
    return made


def write(workspace: Workspace, *, put: Iterable[Any] = (), remove: Iterable[str] = ()) -> None:
    """Write as one revision."""
    workspace.store.apply(Change(tuple(put), tuple(remove)), who="t", what="t")


def told(found: Changes) -> list[tuple[int, str, bool]]:
    """The revision, id and whether it is there of each change."""
    return [(one.revision, one.id, one.index is not None) for one in found.page]


def test_changed_and_removed_come_by_revision_and_id(workspace: Workspace) -> None:
    """Since 0 the whole registry; since another one what came after it; since the last nothing."""
    every = [(1, "a", True), (1, "c", True), (1, "e", True), (2, "b", True), (3, "d", False)]
    for since, rest in ((0, every), (1, every[3:]), (2, every[4:]), (3, [])):
        found = changes(workspace, since)
        assert (told(found), found.matched, found.following) == (rest, len(rest), None)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
def test_pages_end_anywhere(workspace: Workspace, limit: int) -> None:
    """Also inside a revision; together they are the whole, each change once."""
    pages, after = [], None
    while True:
        found = changes(workspace, 0, limit=limit, after=after)
        pages += told(found)
        after = found.following
        if after is None:
            break
        assert (len(found.page), found.matched) == (limit, 5)
    assert pages == told(changes(workspace, 0))


def test_a_station_changed_meanwhile_comes_again_later(workspace: Workspace) -> None:
    """The reader had it on the first page, and has it as it is now on the last."""
    first = changes(workspace, 0, limit=2)
    write(workspace, put=[station("a", name="后来")])
    rest = changes(workspace, 0, after=first.following)
    assert told(rest) == [(1, "e", True), (2, "b", True), (3, "d", False), (4, "a", True)]


def test_a_copy_that_is_ahead_is_told_to_start_again(workspace: Workspace) -> None:
    """In both languages; whether it asks with a revision or for the next page."""
    for since, after in ((4, None), (2, Cursor(4, "a"))):
        with pytest.raises(CopyAheadError, match=r"at revision 3.*since=0") as caught:
            changes(workspace, since, after=after)
        assert "since=0" in (caught.value.chinese or "")


@pytest.mark.parametrize("text", ["", "not json\n", '{"revision":3}\n', "half a line"])
def test_removals_are_told_where_the_history_does_not_tell(workspace: Workspace, text: str) -> None:
    """As of the last revision, so that everybody who has not got so far learns of them."""
    workspace.store.history_path.write_text(text, "utf-8")
    assert told(changes(workspace, 2)) == [(3, "d", False)]


def test_what_was_removed_put_back_and_removed_again_is_told_as_of_the_last_time(
    workspace: Workspace,
) -> None:
    """The revision of a removal that never came true with the restored file is forgotten."""
    write(workspace, put=[station("x")])
    backup = workspace.store.path.read_bytes()
    write(workspace, remove="x")
    assert told(changes(workspace, 4)) == [(5, "x", False)]
    write_durably(workspace.store.path, backup)
    assert told(changes(workspace, 3)) == [(4, "x", True)]
    write(workspace, put=[station("a", name="新")])
    assert changes(workspace, 4).matched == 1
    write(workspace, remove="x")
    assert told(changes(workspace, 5)) == [(6, "x", False)]


def test_a_station_that_is_there_is_not_removed(workspace: Workspace) -> None:
    """Even if its id stands among the retired ones too, by somebody's hand."""
    text = workspace.store.path.read_text("utf-8")
    text = text.replace('"retired_ids":["d"]', '"retired_ids":["a","d"]')
    write_durably(workspace.store.path, text.encode())
    found = told(changes(workspace, 0))
    assert [one for one in found if one[1] == "a"] == [(1, "a", True)]


def test_a_lost_removal_is_told_again_with_every_revision(workspace: Workspace) -> None:
    """Who has deleted it already loses nothing."""
    workspace.store.history_path.unlink()
    write(workspace, put=[station("c", name="新")])
    fresh = Workspace(workspace.folder)
    assert told(changes(fresh, 3)) == [(4, "c", True), (4, "d", False)]
    write(fresh, remove="e")
    assert told(changes(fresh, 4)) == [(5, "d", False), (5, "e", False)]


def test_the_history_is_read_only_for_new_removals(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for changes, and not again for what it has told already."""
    asked: list[int] = []
    read = type(workspace.store).history

    def counted(store: Any, since: int = 0) -> Any:
        asked.append(since)
        return read(store, since)

    monkeypatch.setattr(type(workspace.store), "history", counted)
    changes(workspace, 0)
    changes(workspace, 2)
    write(workspace, put=[station("a", name="新")])
    changes(workspace, 0)
    assert asked == [0]
    write(workspace, remove="e")
    assert told(changes(workspace, 4)) == [(5, "e", False)]
    assert asked == [0, 3]


def test_without_removals_there_is_no_history_to_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A registry of 200,000 stations came in one line of it."""
    other = Workspace.create(tmp_path / "other")
    write(other, put=[station("a")])
    monkeypatch.setattr(type(workspace.store), "history", None)
    assert told(changes(other, 0)) == [(1, "a", True)]


def test_a_file_that_no_store_has_written_is_told_whole(tmp_path: Path) -> None:
    """Its revision is 0, and so is that of its records."""
    workspace = Workspace.create(tmp_path / "ws")
    assert changes(workspace, 0).page == ()
    features = [msgspec.to_builtins(station(one)) for one in "ab"]
    collection = {"type": "FeatureCollection", "features": features}
    workspace.store.path.write_text(json.dumps(collection), "utf-8")
    assert told(changes(workspace, 0)) == [(0, "a", True), (0, "b", True)]


def test_the_checksum_shows_what_was_edited_by_hand(workspace: Workspace) -> None:
    """The revisions stay as they are: number and checksum tell a copy to start again."""
    copy = Copy()
    assert copy.says_it_fits(copy.read(workspace))
    path = workspace.store.path
    text = path.read_text("utf-8")
    write_durably(path, text.replace('"name":"新"', '"name":"旧"').encode())
    found = copy.read(workspace)
    assert found.page == ()
    assert not copy.says_it_fits(found)
    copy.begin()
    assert copy.says_it_fits(copy.read(workspace))


def test_two_exchanged_names_do_not_cancel_out(tmp_path: Path) -> None:
    """As they would in the exclusive or of sums that are linear, such as a CRC."""
    workspace = Workspace.create(tmp_path / "ws")
    write(workspace, put=[station("a", name="甲"), station("b", name="乙")])
    before = changes(workspace, 0).checksum
    text = workspace.store.path.read_text("utf-8")
    exchanged = text.translate(str.maketrans("甲乙", "乙甲"))
    write_durably(workspace.store.path, exchanged.encode())
    assert changes(workspace, 0).checksum != before


def test_private_fields_change_no_checksum_but_by_their_revision(tmp_path: Path) -> None:
    """Two registries that differ in a manager are the same in public."""
    sums = []
    for manager in ("甲", None):
        workspace = Workspace.create(tmp_path / str(manager))
        write(workspace, put=[station("a", manager=manager)])
        text = workspace.store.path.read_text("utf-8")
        stamp = json.loads(text)["updated_at"]
        write_durably(workspace.store.path, text.replace(stamp, "2026-01-01T00:00:00Z").encode())
        sums.append(changes(workspace, 0).checksum)
    assert sums[0] == sums[1]


def test_a_large_import_is_read_in_pages(tmp_path: Path) -> None:
    """Two thousand records of one revision, while others are written: nothing is missed."""
    workspace, copy, rng = Workspace.create(tmp_path / "ws"), Copy(), random.Random(4)
    records = register(2000)
    write(workspace, put=records)
    while copy.read(workspace, 300).following is not None:
        write(workspace, put=[station(rng.choice(records[200:]).id, name="新")])
        write(workspace, remove=[records.pop(rng.randrange(200)).id])
    assert copy.content == public(workspace.registry)
