"""The ledger: everything once, nothing lost, not too often, and nobody known."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import filelock
import pytest

from stations.errors import (
    LedgerFileError,
    StoreBusyError,
    StoreWriteError,
    TooManyReportsError,
    UnknownTaskError,
)
from stations.ledger import Ledger, Limits, new_report, new_suggestion, store
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.ledger import Entry

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
PHOTO = b"\xff\xd8 made elsewhere"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger without entries."""
    return Ledger(tmp_path)


def report(text: str | None = None, *, hours: float = 0, **said: Any) -> Entry:
    """A report, filed some hours after noon."""
    of, problem = said.pop("of", "s"), said.pop("problem", "locked")
    at = NOW + dt.timedelta(hours=hours)
    return new_report(station(of), problem, text=text, at=at, **said)


def process(*words: object) -> subprocess.Popen[str]:
    """Start a program of `senders`."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.stations.ledger.senders", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


# --------------------------------------------------------------------------------------- keeping


def test_what_is_filed_is_found_again(ledger: Ledger) -> None:
    """By another reader, by its id, and by how that begins."""
    entry, already = ledger.file(report("锁着"), source="a")
    assert not already
    other = Ledger(ledger.folder)
    assert other.get(entry.id) == entry == other.find(entry.id[:4].upper())
    assert other.entries() == (entry,)


def test_the_file_is_geojson_one_entry_a_line_the_oldest_first(ledger: Ledger) -> None:
    """For a person, for QGIS and for git; readable by its owner and group only."""
    for hours in (2, 1, 3):
        ledger.file(report(str(hours), hours=hours), source="a")
    ledger.file(new_suggestion(113.6, 34.8, at=NOW), source="a")
    lines = ledger.path.read_text("utf-8").splitlines()
    found = json.loads(ledger.path.read_bytes())
    assert found["type"] == "FeatureCollection"
    assert [f["properties"].get("text") for f in found["features"]] == [None, "1", "2", "3"]
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == found["features"]
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o640


def test_nothing_is_there_without_a_file(ledger: Ledger) -> None:
    """No entry, no photo, and reading makes no file."""
    assert ledger.entries() == ()
    for ask in (ledger.get, ledger.find, ledger.photo_path):
        with pytest.raises(UnknownTaskError, match="no report or suggestion") as caught:
            ask("0123456789ab")
        assert caught.value.chinese
    with pytest.raises(UnknownTaskError):
        ledger.find("")
    assert list(ledger.folder.iterdir()) == []


def test_a_beginning_that_fits_two_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    """With how many, rather than answering the wrong one."""
    for letter in "ab":
        entry = report(letter)
        ledger.file(entry, source="x")
    text = ledger.path.read_text()
    for letter, entry in zip("ab", ledger.entries(), strict=True):
        text = text.replace(entry.id, "0000000000" + letter + letter)
    (tmp_path / "ledger.geojson").write_text(text)
    with pytest.raises(UnknownTaskError, match="2 tasks begin with '0000'"):
        ledger.find("0000")
    assert ledger.find("0000000000b").id == "0000000000bb"


def test_edits_by_hand_are_seen(ledger: Ledger) -> None:
    """Without opening it again."""
    entry = ledger.file(report("锁着"), source="a").entry
    ledger.entries()
    ledger.path.write_text(ledger.path.read_text("utf-8").replace("锁着", "锁着了"), "utf-8")
    assert ledger.get(entry.id).properties.text == "锁着了"


def test_a_byte_order_mark_is_no_fault(ledger: Ledger) -> None:
    """Editors of Windows set one."""
    ledger.file(report(), source="a")
    ledger.path.write_bytes(b"\xef\xbb\xbf" + ledger.path.read_bytes())
    assert len(ledger.entries()) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"problem":"locked"', '"problem":"haunted"', "line 2: Invalid enum value 'haunted'"),
        ('"problem":"locked",', "", "line 2: report .* a problem and a station are needed"),
        ('"kind":"report"', '"kind":"report","sauce":1', "line 2: .*unknown field `sauce`"),
        ("]}\n", "", "ledger.geojson: "),
        ('"created_at":"2026', '"created_at":"soon', "line 2: Invalid RFC3339"),
    ],
)
def test_a_broken_file_is_named_and_left_alone(
    ledger: Ledger, old: str, new: str, words: str
) -> None:
    """Line and reason; whoever wants to file is told, and not a byte is overwritten."""
    entry = ledger.file(report(), source="a").entry
    ledger.path.write_text(ledger.path.read_text("utf-8").replace(old, new), "utf-8")
    before = ledger.path.read_bytes()
    for what in (
        ledger.entries,
        lambda: ledger.get(entry.id),
        lambda: ledger.file(report("new"), source="b", photo=PHOTO),
        lambda: ledger.answer(entry.id, who="w", text=None, state="done"),
    ):
        with pytest.raises(LedgerFileError, match=f"(?s){words}") as caught:
            what()
        assert caught.value.chinese
    assert ledger.path.read_bytes() == before
    assert not list(ledger.folder.glob("photos/reports/*"))


def test_an_id_that_comes_twice_is_a_fault(ledger: Ledger) -> None:
    """With both lines."""
    ledger.file(report(), source="a")
    head, line, end = ledger.path.read_text("utf-8").splitlines()
    ledger.path.write_text("\n".join([head, line + ",", line, end]), "utf-8")
    with pytest.raises(LedgerFileError, match=r"line 3: the id \w+ stands on line 2 too"):
        ledger.entries()


# ---------------------------------------------------------------------------------- only once


def test_the_same_request_is_filed_once(ledger: Ledger) -> None:
    """A phone that sends the same again, from another address, days later."""
    first = ledger.file(report("一"), source="a", request="r" * 16)
    again = ledger.file(report("一", hours=30), source="b", request="r" * 16, photo=PHOTO)
    assert again == (first.entry, True)
    assert ledger.filed_before("r" * 16, report("一")) == first.entry
    assert ledger.filed_before("s" * 16, report("一")) is None
    assert ledger.filed_before(None, report("一")) is None
    assert len(ledger.entries()) == 1
    assert not list(ledger.folder.glob("photos/reports/*"))


def test_the_same_request_with_other_words_is_another_report(ledger: Ledger) -> None:
    """A form kept by a browser has an old name in it: nothing that it says now is lost."""
    first = ledger.file(report("一"), source="a", request="r" * 16)
    other = ledger.file(report("二"), source="a", request="r" * 16)
    assert not other.already
    assert [one.id for one in ledger.entries()].count(first.entry.id) == 1
    assert len(ledger.entries()) == 2


def test_a_report_with_a_photo_is_nobody_else_s(ledger: Ledger) -> None:
    """Who shares an address and says the same does not find another's photo."""
    first = ledger.file(report("锁着"), source="a", photo=PHOTO)
    assert ledger.file(report("锁着", hours=1), source="a").entry != first.entry


def test_saying_the_same_within_a_day_is_filed_once(ledger: Ledger) -> None:
    """The one that came first is found."""
    first = ledger.file(report("锁着"), source="a").entry
    assert ledger.file(report("锁着", hours=24), source="a") == (first, True)


@pytest.mark.parametrize(
    "said",
    [
        {"hours": 24.1},
        {"of": "other"},
        {"problem": "moved"},
        {"facilities": ("toilet",)},
        {"text": "又锁了"},
        {"source": "b"},
        {"photo": PHOTO},
    ],
)
def test_whatever_is_new_is_filed(ledger: Ledger, said: dict[str, Any]) -> None:
    """A day later, of another station or problem, in other words, by somebody else, or seen."""
    ledger.file(report("锁着"), source="a")
    sent = {"source": said.pop("source", "a"), "photo": said.pop("photo", None)}
    assert not ledger.file(report(**{"text": "锁着", **said}), **sent).already
    assert len(ledger.entries()) == 2


def test_what_has_been_closed_may_be_reported_again(ledger: Ledger) -> None:
    """Within the day, since it is broken once more."""
    first = ledger.file(report(), source="a").entry
    ledger.answer(first.id, who="w", text=None, state="done")
    assert not ledger.file(report(hours=1), source="a").already


def test_a_suggestion_of_the_same_place_is_filed_once(ledger: Ledger) -> None:
    """Within fifty metres by the geodesic, in the same words, by the same sender."""
    first = ledger.file(new_suggestion(113.6, 34.8, text="x", at=NOW), source="a").entry
    near = new_suggestion(113.6005, 34.8, text="x", at=NOW)  # 46 m
    assert store.distance_m(first, near) == pytest.approx(45.8, abs=0.1)
    assert ledger.file(near, source="a") == (first, True)
    for lon, text, source in ((113.6006, "x", "a"), (113.6, "y", "a"), (113.6, "x", "b")):
        sent = new_suggestion(lon, 34.8, text=text, at=NOW)
        assert not ledger.file(sent, source=source).already


# ------------------------------------------------------------------------------- not too often


def test_limits_are_counted_from_the_ledger(ledger: Ledger) -> None:
    """By the hour and by the day, of one source, whoever asks; with when to come again."""
    limits = Limits(an_hour=2, a_day=3, all_an_hour=100)
    for n in range(2):
        ledger.file(report(str(n), hours=n * 0.25), source="a", limits=limits)
    with pytest.raises(TooManyReportsError, match=r"within the hour.*try again in 30 min") as e:
        Ledger(ledger.folder).file(report("x", hours=0.5), source="a", limits=limits)
    assert e.value.retry_after_s == 1800
    assert "30 分钟" in (e.value.chinese or "")
    assert not ledger.file(report("x", hours=0.5), source="b", limits=limits).already
    assert not ledger.file(report("x", hours=1.01), source="a", limits=limits).already
    with pytest.raises(TooManyReportsError, match="within the day"):
        ledger.check_room("a", NOW + dt.timedelta(hours=20), limits)
    ledger.check_room("a", NOW + dt.timedelta(hours=25), limits)


def test_all_together_may_send_only_so_many(ledger: Ledger) -> None:
    """Whatever addresses a flood comes from."""
    limits = Limits(all_an_hour=3)
    for n in range(3):
        ledger.file(report(str(n)), source=str(n), limits=limits)
    with pytest.raises(TooManyReportsError, match="in all"):
        ledger.file(report("x"), source="new", photo=PHOTO, limits=limits)
    assert not list(ledger.folder.glob("photos/reports/*"))


def test_a_limit_of_none_closes_the_door(ledger: Ledger) -> None:
    """An installation may take no reports at all."""
    with pytest.raises(TooManyReportsError):
        ledger.check_room("a", NOW, Limits(an_hour=0))


def test_processes_that_file_at_once_lose_nothing_and_keep_the_limits(ledger: Ledger) -> None:
    """Two of them, 40 each: 30 of one source, 50 of all, every one that was taken is there."""
    both = [process("send", ledger.folder, name, 40) for name in ("192.0.2.1", "192.0.2.2")]
    counts = []
    for one in both:
        said, errors = one.communicate(timeout=120)
        assert one.returncode == 0, errors
        counts.append(int(said))
    assert sum(counts) == 50
    assert max(counts) <= 30
    assert len(ledger.entries()) == 50
    assert len({entry.properties.source for entry in ledger.entries()}) == 2


def test_a_killed_sender_leaves_a_whole_ledger(ledger: Ledger) -> None:
    """60 kills at random moments: nothing that was filed goes, and no photo is half."""
    run = process("kill", ledger.folder, 60)
    said, errors = run.communicate(timeout=120)
    assert run.returncode == 0, errors
    assert int(said) > 20
    assert not ledger.file(report("after"), source="a").already


# ------------------------------------------------------------------------------------- answers


def test_answers_are_added_and_set_the_state(ledger: Ledger) -> None:
    """One behind the other; cleaned like everything else."""
    entry = ledger.file(report(), source="a").entry
    ledger.answer(entry.id, who="王\x1b科", text=" 已派人 ", state="accepted")
    ledger.answer(entry.id, who="", text=None, state="done")
    found = Ledger(ledger.folder).get(entry.id).properties
    assert found.state == "done"
    assert [(a.who, a.text, a.state) for a in found.answers] == [
        ("王科", "已派人", "accepted"),
        ("?", None, "done"),
    ]


def test_answering_loses_no_report_that_comes_meanwhile(ledger: Ledger) -> None:
    """Many senders and the office at once."""
    first = ledger.file(report("first"), source="a").entry
    faults = []

    def send(name: str) -> None:
        try:
            for n in range(5):
                Ledger(ledger.folder).file(report(f"{name} {n}"), source=name)
        except Exception as error:  # noqa: BLE001  told below
            faults.append(error)

    senders = [threading.Thread(target=send, args=(name,)) for name in "bcd"]
    for one in senders:
        one.start()
    for n in range(5):
        ledger.answer(first.id, who="w", text=str(n), state="accepted")
    for one in senders:
        one.join()
    assert not faults
    assert len(ledger.entries()) == 16
    assert len(ledger.get(first.id).properties.answers) == 5


def test_nobody_knows_an_unknown_task(ledger: Ledger) -> None:
    """Also no path is made of an id."""
    ledger.file(report(), source="a")
    for entry_id in ("0" * 12, "../../yizhan", ""):
        with pytest.raises(UnknownTaskError):
            ledger.answer(entry_id, who="w", text=None, state="done")
        with pytest.raises(UnknownTaskError):
            ledger.photo_path(entry_id)


# -------------------------------------------------------------------------------------- photos


def test_a_photo_is_kept_beside_its_entry(ledger: Ledger) -> None:
    """Under the entry's id, for owner and group."""
    entry = ledger.file(report(), source="a", photo=PHOTO).entry
    path = ledger.photo_path(entry.id)
    assert path.relative_to(ledger.folder).as_posix() == f"photos/reports/{entry.id}.jpg"
    assert path.read_bytes() == PHOTO
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.unlink()
    with pytest.raises(UnknownTaskError, match="no photo"):
        ledger.photo_path(entry.id)


def test_without_an_entry_there_is_no_photo(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the ledger cannot be written, the photo goes as well."""
    write = store.write_durably

    def fail(path: Path, *args: Any, **options: Any) -> Any:
        if path == ledger.path:
            raise OSError(28, "No space left on device")
        return write(path, *args, **options)

    monkeypatch.setattr(store, "write_durably", fail)
    with pytest.raises(StoreWriteError, match=r"No space left.*nothing was changed") as caught:
        ledger.file(report(), source="a", photo=PHOTO)
    assert "没有任何改动" in (caught.value.chinese or "")
    assert not list((ledger.folder / "photos" / "reports").iterdir())
    assert not ledger.path.exists()


def test_a_lock_that_is_held_for_long(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is said to be, rather than waited for without end."""
    monkeypatch.setattr(store, "LOCK_WAIT_S", 0.05)
    with (
        filelock.FileLock(ledger.folder / ".ledger.lock"),
        pytest.raises(StoreBusyError, match="try again"),
    ):
        ledger.file(report(), source="a")


# ------------------------------------------------------------------------------------- privacy


def test_pseudonyms_tell_senders_apart_and_nothing_else(ledger: Ledger) -> None:
    """The same for the same address, by IPv6 network, and with a key of the workspace's own."""
    name = ledger.pseudonym
    assert name("192.0.2.1") == name("192.0.2.1") == name("::ffff:192.0.2.1")
    assert name("192.0.2.1") != name("192.0.2.2")
    assert name("2001:db8:1:2::1") == name("2001:db8:1:2:ffff::9")
    assert name("2001:db8:1:2::1") != name("2001:db8:1:3::1")
    assert name("fe80::1%eth0") == name("fe80::2")
    assert name(None) == name("") != name("unix:")
    assert "192" not in name("192.0.2.1")
    assert Ledger(ledger.folder).pseudonym("192.0.2.1") == name("192.0.2.1")
    key = ledger.folder / ".ledger.key"
    assert len(key.read_bytes()) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.unlink()
    assert Ledger(ledger.folder).pseudonym("192.0.2.1") != name("192.0.2.1")


def test_a_damaged_key_is_named(ledger: Ledger) -> None:
    """An empty one would make every pseudonym a riddle for a minute."""
    (ledger.folder / ".ledger.key").write_bytes(b"")
    with pytest.raises(LedgerFileError, match="damaged"):
        ledger.pseudonym("192.0.2.1")


def test_two_who_make_the_key_at_once_make_one(ledger: Ledger) -> None:
    """Or the first reports of a day would come from more people than there were."""
    names = set()

    def ask() -> None:
        names.add(Ledger(ledger.folder).pseudonym("192.0.2.1"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(names) == 1


def test_who_sent_it_is_forgotten_in_time(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first writing after a month; what was said stays."""
    now = dt.datetime.now(dt.UTC)
    old = new_report(station("s"), "gone", text="old", at=now - dt.timedelta(days=40))
    with monkeypatch.context() as patch:
        patch.setattr(store, "REMEMBERED", dt.timedelta(days=365))
        ledger.file(old, source="SOURCE", request="REQUEST")
    assert ledger.get(old.id).properties.source == "SOURCE"
    ledger.file(new_report(station("s"), "gone", text="new"), source="b", request="c")
    first, second = (entry.properties for entry in ledger.entries())
    assert (first.text, first.source, first.request) == ("old", None, None)
    assert (second.source, second.request) == ("b", "c")
