"""Plans that are asked for: one worked on at a time, whoever asks and whatever dies."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from stations.errors import UnknownPlanError
from stations.plans import PlanStore
from tests.webmap import fake_planner
from webmap.jobs import ACTIVE, INTERRUPTED, Jobs, QueueFullError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from webmap.jobs import Job

PATIENCE_S = 60.0


def until(condition: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        pause.wait(0.02)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    """The jobs of an empty folder, worked on by the fake planner."""
    return Jobs(tmp_path, command=fake_planner.COMMAND)


def ask(what: str) -> dict[str, object]:
    """An ask that tells the fake planner what to do."""
    return {"new": 2, "groups": [what]}


def add(jobs: Jobs, what: str = "plan") -> Job:
    """Add a job that does something."""
    return jobs.add(ask(what), most=20)


def status(jobs: Jobs, job: Job) -> str:
    """How a job stands, or ``done``."""
    try:
        return jobs.read(job.id).status
    except UnknownPlanError:
        return "done"


def spans(folder: Path) -> list[tuple[str, str]]:
    """What the planners did: begin or end, and of which job."""
    lines = (folder / fake_planner.LOG_NAME).read_text().splitlines()
    return [(word, job) for word, job, _ in map(str.split, lines)]


def test_a_job_becomes_a_plan_under_its_own_id(jobs: Jobs, tmp_path: Path) -> None:
    """Who asked finds the plan where the job was."""
    job = add(jobs)
    until(lambda: status(jobs, job) == "done")
    saved = PlanStore(tmp_path).read(job.id)
    assert saved["plan"]["id"] == job.id
    assert saved["plan"]["share"] == 0.6
    assert saved["features"] == fake_planner.FEATURES
    assert jobs.all() == []


def test_jobs_are_worked_on_in_their_order_and_never_two_at_once(
    jobs: Jobs, tmp_path: Path
) -> None:
    """The second waits while the first runs, and any process sees both and how far they are."""
    first, second = add(jobs, "open"), add(jobs)
    other = Jobs(tmp_path, command=fake_planner.COMMAND)
    until(lambda: other.read(first.id).progress)
    assert [job.status for job in other.all()] == ["running", "queued"]
    progress = other.read(first.id).progress
    assert progress is not None
    assert (progress.objective, progress.bound, progress.gap) == (500.0, None, None)
    (tmp_path / "go").touch()
    until(lambda: status(other, second) == "done")
    both = [("begin", first.id), ("end", first.id), ("begin", second.id), ("end", second.id)]
    assert spans(tmp_path) == both


def test_a_queued_job_that_is_called_off_never_runs(jobs: Jobs, tmp_path: Path) -> None:
    """It is cancelled at once, and those behind it move up."""
    first, second, third = add(jobs, "open"), add(jobs), add(jobs)
    assert jobs.cancel(second.id).status == "cancelled"
    (tmp_path / "go").touch()
    until(lambda: status(jobs, third) == "done")
    assert status(jobs, second) == "cancelled"
    assert second.id not in {job for _, job in spans(tmp_path)}
    jobs.remove(second.id)
    assert jobs.all() == []
    assert status(jobs, first) == "done"


def test_a_running_job_that_is_called_off_keeps_its_best_plan(jobs: Jobs, tmp_path: Path) -> None:
    """It ends soon, as a plan whose status is interrupted."""
    job = add(jobs, "hold")
    until(lambda: status(jobs, job) == "running")
    jobs.cancel(job.id)
    until(lambda: status(jobs, job) == "done")
    assert PlanStore(tmp_path).read(job.id)["plan"]["status"] == "interrupted"


def test_a_job_that_does_not_stop_is_cut_off(jobs: Jobs) -> None:
    """Called off, it is cancelled even if it is deaf; what waits behind it goes on."""
    job = add(jobs, "deaf")
    behind = add(jobs)
    until(lambda: status(jobs, job) == "running")
    jobs.cancel(job.id)
    until(lambda: status(jobs, job) == "cancelled")
    until(lambda: status(jobs, behind) == "done")


@pytest.mark.parametrize(
    ("what", "en", "zh"),
    [
        ("fail", "two quotas clash", "两个名额冲突"),
        ("large", "it needs more memory than a plan may take", "所需内存超过了一个方案的上限"),
        ("break", "the server made a mistake; it is in its log", "服务器出错了，详情见服务器日志"),
    ],
)
def test_a_job_that_fails_says_why_in_both_languages(
    jobs: Jobs, what: str, en: str, zh: str
) -> None:
    """What does not fit, what is too large; of a mistake of ours no more than that it is one."""
    job = add(jobs, what)
    until(lambda: status(jobs, job) == "failed")
    error = jobs.read(job.id).error
    assert error is not None
    assert error.en.startswith(en)
    assert error.zh.startswith(zh)


def test_a_job_whose_planner_dies_has_failed_and_the_next_goes_on(jobs: Jobs) -> None:
    """As after a crash of the machine: nobody waits for what will never come."""
    job, behind = add(jobs, "die"), add(jobs)
    until(lambda: status(jobs, job) == "failed")
    assert jobs.read(job.id).error == INTERRUPTED
    until(lambda: status(jobs, behind) == "done")


def test_when_the_server_goes_the_running_job_is_kept_and_the_queued_waits(tmp_path: Path) -> None:
    """The planner ends with the server that started it; the next one's first look goes on."""
    server = (
        "import sys; from pathlib import Path; from webmap.jobs import Jobs;"
        "jobs = Jobs(Path(sys.argv[1]), command=sys.argv[2:]);"
        "print(jobs.add({'groups': ['hold']}, most=9).id, jobs.add({}, most=9).id, flush=True);"
        "sys.stdin.read()"
    )
    words = [sys.executable, "-c", server, str(tmp_path), *fake_planner.COMMAND]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        held, queued = process.stdout.readline().split()
        until(lambda: ("begin", held) in _spans_so_far(tmp_path))
        process.kill()
    store = PlanStore(tmp_path)
    until(lambda: any(one["id"] == held for one in store.list()))
    assert store.read(held)["plan"]["status"] == "interrupted"
    assert (tmp_path / "plans" / "queue" / f"{queued}.json").exists()
    jobs = Jobs(tmp_path, command=fake_planner.COMMAND)
    until(lambda: all(job.status not in ACTIVE for job in jobs.all()))
    assert store.read(queued)["plan"]["status"] == "optimal"


def _spans_so_far(folder: Path) -> list[tuple[str, str]]:
    return spans(folder) if (folder / fake_planner.LOG_NAME).exists() else []


def test_processes_that_ask_at_once_share_one_planner(jobs: Jobs, tmp_path: Path) -> None:
    """Several server processes add jobs together: all are done, no two at the same time."""
    server = (
        "import sys; from pathlib import Path; from webmap.jobs import Jobs;"
        "jobs = Jobs(Path(sys.argv[1]), command=sys.argv[2:]);"
        "[jobs.add({}, most=99) for _ in range(3)]; sys.stdin.read()"
    )
    words = [sys.executable, "-c", server, str(tmp_path), *fake_planner.COMMAND]
    servers = [subprocess.Popen(words, stdin=subprocess.PIPE) for _ in range(3)]
    try:
        until(lambda: len(PlanStore(tmp_path).list()) == 9)
    finally:
        for process in servers:
            process.communicate()
    done = spans(tmp_path)
    assert len(done) == 18
    for begun, ended in zip(done[::2], done[1::2], strict=True):
        assert (begun[0], ended) == ("begin", ("end", begun[1]))
    assert jobs.all() == []


def test_the_queue_is_bounded(jobs: Jobs) -> None:
    """One more than may wait is refused, in both languages; the running one does not count."""
    running = add(jobs, "hold")
    until(lambda: status(jobs, running) == "running")
    for _ in range(2):
        jobs.add(ask("plan"), most=2)
    with pytest.raises(QueueFullError, match="2 plans are waiting") as caught:
        jobs.add(ask("plan"), most=2)
    assert "2 个方案" in caught.value.chinese
    for job in jobs.all():
        jobs.cancel(job.id)
    until(lambda: not any(job.status in ACTIVE for job in jobs.all()))


def test_jobs_that_came_to_nothing_are_not_kept_for_ever(jobs: Jobs) -> None:
    """Only the last of them, so that the folder does not fill up."""
    running = add(jobs, "hold")
    until(lambda: status(jobs, running) == "running")
    for _ in range(25):
        jobs.cancel(add(jobs).id)
    assert len(jobs.all()) == 22
    jobs.cancel(running.id)
    until(lambda: status(jobs, running) == "done")


def test_a_spoilt_file_is_no_job(jobs: Jobs, tmp_path: Path) -> None:
    """What somebody has put there or broken stops nobody."""
    queue = tmp_path / "plans" / "queue"
    queue.mkdir(parents=True)
    (queue / "note.json").write_text("{")
    (queue / "other.json").write_text('{"id": 5}')
    assert jobs.all() == []
    job = add(jobs)
    until(lambda: status(jobs, job) == "done")


def test_the_planner_knows_no_secret(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token does not go to a process that has no use for it."""
    monkeypatch.setenv("YIZHAN_PLANNER_TOKEN", "correct-horse-battery")
    monkeypatch.setenv("_YIZHAN_SERVE_SETTINGS", '{"planner_token": "correct-horse-battery"}')
    job = add(jobs, "environment")
    until(lambda: status(jobs, job) == "done")
    found = json.loads((tmp_path / "environment").read_text())
    assert "PATH" in found
    assert "correct-horse-battery" not in json.dumps(found)


def test_asking_for_jobs_leaves_no_trace(jobs: Jobs, tmp_path: Path) -> None:
    """A workspace that nobody has planned in, or may be only read, is looked at as it is."""
    assert jobs.all() == []
    with pytest.raises(UnknownPlanError):
        jobs.read("20261120-224000-abcdef")
    assert list(tmp_path.iterdir()) == []
