"""Plans that are asked for: a file each in the workspace, so that every process knows of all.

A job waits, is worked on by the one planner of the workspace (`webmap.planner`, a process of its
own), and ends: as a saved plan, under the id that the job had, or as a job that says why not.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import secrets
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Literal

import filelock
import msgspec

from stations.errors import StoreBusyError, UnknownPlanError, WorkspaceError
from stations.files import write_durably
from stations.hours import BEIJING
from stations.plans import PlanStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from geodata.siting import Progress

Status = Literal["queued", "running", "failed", "cancelled"]
ACTIVE = frozenset({"queued", "running"})
PLANNER = (sys.executable, "-m", "webmap.planner")
"""The command of the planner; folder, memory in MB and the descriptor of its lock come behind."""
_LOCK_WAIT_S = 10.0
_KEPT = 20
"""How many jobs that ended without a plan are kept to be read."""
_ENCODER = msgspec.json.Encoder()


class QueueFullError(WorkspaceError):
    """As many plans wait as may; says so in English and in Chinese."""

    def __init__(self, waiting: int) -> None:
        super().__init__(
            f"{waiting} plans are waiting already: come back when one is done",
            f"已有 {waiting} 个方案在排队：等一个算完再来",
        )


class Reached(msgspec.Struct, frozen=True):
    """How far a running job has come; see `geodata.siting.Progress`. None: nothing yet."""

    seconds: float
    objective: float | None
    bound: float | None
    gap: float | None


class Fault(msgspec.Struct, frozen=True):
    """Why a job has no plan, in words."""

    en: str
    zh: str


INTERRUPTED = Fault(
    "interrupted: the server stopped while this was being worked on; start it again",
    "已中断：求解途中服务停了，请重新求解",
)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that is asked for and not there (yet)."""

    id: str
    created: str
    ask: dict[str, Any]
    status: Status = "queued"
    progress: Reached | None = None
    error: Fault | None = None


_DECODER = msgspec.json.Decoder(Job)


class Jobs:
    """The jobs of a workspace, as any of its processes sees and changes them.

    Parameters
    ----------
    folder
        Folder of the workspace.
    memory_mb
        How much memory the planner may take.
    command
        What starts the planner.
    """

    def __init__(
        self, folder: Path, *, memory_mb: int = 4096, command: Sequence[str] = PLANNER
    ) -> None:
        self._workspace = folder
        self._folder = folder / "plans" / "queue"
        self._memory_mb = memory_mb
        self._command = tuple(command)
        self._plans = PlanStore(folder)

    def add(self, ask: dict[str, Any], *, most: int) -> Job:
        """Let a job wait for its turn, and see that there is a planner.

        Raises
        ------
        QueueFullError
            If `most` jobs wait already.
        """
        now = dt.datetime.now(BEIJING)
        job = Job(
            id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
            created=now.isoformat(timespec="milliseconds"),
            ask=ask,
        )
        with self._locked():
            found = self._read_all()
            waiting = sum(one.status == "queued" for one in found)
            if waiting >= most:
                raise QueueFullError(waiting)
            for old in [one for one in found if one.status not in ACTIVE][:-_KEPT]:
                self._remove(old.id)
            self._write(job)
            self._wake()
        return job

    def all(self) -> list[Job]:
        """Return every job that has no plan, in the order in which they came."""
        found = self._read_all()
        if not any(job.status in ACTIVE for job in found):
            return found
        with self._locked():
            found = self._settled()
            # A planner that died leaves those that wait to whoever looks next.
            self._wake()
        return found

    def read(self, job_id: str) -> Job:
        """Return a job that has no plan.

        Raises
        ------
        UnknownPlanError
            If there is none of this id.
        """
        for job in self.all():
            if job.id == job_id:
                return job
        message = f"there is no plan {job_id[:40]!r}"
        raise UnknownPlanError(message)

    def cancel(self, job_id: str) -> Job:
        """Call a job off; one that is worked on ends soon, with its best plan so far.

        Raises
        ------
        UnknownPlanError
            If there is none of this id.
        """
        job = self.read(job_id)
        with self._locked():
            job = next((one for one in self._read_all() if one.id == job_id), job)
            if job.status == "running":
                self._cancel_path(job_id).touch()
            elif job.status == "queued":
                job = msgspec.structs.replace(job, status="cancelled")
                self._write(job)
        return job

    def remove(self, job_id: str) -> None:
        """Forget a job that has ended."""
        with self._locked():
            self._remove(job_id)

    # What the planner does.

    def take(self, lock: int) -> Job | None:
        """Return the job whose turn it is, now running; None, and the planner's lock let go.

        Parameters
        ----------
        lock
            Descriptor that holds the planner's lock. It is closed while no job can be added, so
            that whoever adds the next one starts a planner.
        """
        with self._locked():
            waiting = (one for one in self._read_all() if one.status == "queued")
            job = next(waiting, None)
            if job is None:
                os.close(lock)
                return None
            job = msgspec.structs.replace(job, status="running")
            self._write(job)
            return job

    def note(self, job: Job, progress: Progress) -> None:
        """Tell how far a running job has come."""
        # JSON has no NaN and no infinity: msgspec writes null, as it is meant here.
        self._write(msgspec.structs.replace(job, progress=Reached(*progress)))

    def is_cancelled(self, job: Job) -> bool:
        """Whether a running job has been called off."""
        return self._cancel_path(job.id).exists()

    def save(self, job: Job, document: dict[str, Any], features: dict[str, Any]) -> None:
        """Keep the plan of a job, under the id that the job had."""
        self._plans.save({**document, "id": job.id}, features)
        self.remove(job.id)

    def fail(self, job: Job, error: Fault) -> None:
        """Keep why a job has no plan: what went wrong, or that it was called off."""
        with self._locked():
            self._write(self._ended(job, error))
            self._cancel_path(job.id).unlink(missing_ok=True)

    # Files.

    def _settled(self) -> list[Job]:
        """Every job that has no plan; one that ran when its planner died has failed."""
        found = self._read_all()
        if not any(job.status == "running" for job in found):
            return found
        lock = self._planner_lock()
        if lock is None:
            return found
        os.close(lock)
        return [self._left_behind(job) if job.status == "running" else job for job in found]

    def _left_behind(self, job: Job) -> Job:
        ended = self._ended(job, INTERRUPTED)
        self._write(ended)
        self._cancel_path(job.id).unlink(missing_ok=True)
        return ended

    def _ended(self, job: Job, error: Fault) -> Job:
        if self.is_cancelled(job):
            return msgspec.structs.replace(job, status="cancelled")
        return msgspec.structs.replace(job, status="failed", error=error)

    def _read_all(self) -> list[Job]:
        found = []
        for path in self._folder.glob("*.json"):
            # A file that somebody has spoilt is no job.
            with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
                found.append(_DECODER.decode(path.read_bytes()))
        return sorted(found, key=lambda job: (job.created, job.id))

    def _write(self, job: Job) -> None:
        write_durably(self._folder / f"{job.id}.json", _ENCODER.encode(job))

    def _remove(self, job_id: str) -> None:
        (self._folder / f"{job_id}.json").unlink(missing_ok=True)
        self._cancel_path(job_id).unlink(missing_ok=True)

    def _cancel_path(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.cancel"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self._folder / ".lock", timeout=_LOCK_WAIT_S):
                yield
        except filelock.Timeout as error:
            message = "the queue of plans is busy: try again"
            raise StoreBusyError(message) from error
        except OSError as error:
            message = f"the queue of plans cannot be written: {error.strerror or error}"
            raise WorkspaceError(message) from error

    # The planner, as a process.

    def _planner_lock(self) -> int | None:
        """Descriptor that holds the planner's lock; None while a planner has it."""
        lock = os.open(self._folder / ".planner.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    def _wake(self) -> None:
        """Start a planner if jobs wait and there is none."""
        if not any(job.status == "queued" for job in self._read_all()):
            return
        lock = self._planner_lock()
        if lock is None:
            return
        # The planner is born with its lock: nobody can start a second one in between.
        words = (*self._command, str(self._workspace), str(self._memory_mb), str(lock))
        # It has no use for the settings of the server, among them a secret.
        own = {k: v for k, v in os.environ.items() if not k.lstrip("_").startswith("YIZHAN_")}
        planner = subprocess.Popen(  # noqa: S603  our own command
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(lock,),
            env=own,
        )
        os.close(lock)
        threading.Thread(target=_accompany, args=(planner,), name="planner", daemon=True).start()


def _accompany(planner: subprocess.Popen[bytes]) -> None:
    """Hold the pipe to the planner for as long as it runs.

    If this process ends first, the pipe closes with it, and tells the planner that the server is
    gone.
    """
    with planner:
        planner.wait()
