"""The planner: a process that works on the jobs of a workspace, one after the other.

It runs beside the server, which goes on answering meanwhile, and ends with it: a plan that is being
worked on is then kept as far as it has come, and what waits, waits for the next server.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.errors import GeodataError
from stations.errors import StationsError
from webmap.jobs import Fault, Jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.siting import Progress
    from stations.siting import StationPlan
    from webmap.jobs import Job

    Propose = Callable[[Path, Job, threading.Event, Callable[[Progress], None]], StationPlan]

GRACE_S = 20.0
"""A job that has been told to stop and does not is cut off after this."""
_NOTE_S = 0.5
_LOOK_S = 0.2
_NICE = 10
_TOO_LARGE = Fault(
    "it needs more memory than a plan may take: take fewer candidates, a coarser demand grid or a "
    "smaller radius",
    "所需内存超过了一个方案的上限：请减少候选点、加粗需求网格或缩小半径",
)
_BROKEN = Fault("the server made a mistake; it is in its log", "服务器出错了，详情见服务器日志")


def main() -> None:
    """Work as told by the command line: folder, memory in MB, descriptor of the planner's lock."""
    folder, memory_mb, lock = sys.argv[1:]
    # A terminal sends Ctrl-C to everybody; that the server is gone tells the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    _limit_memory(int(memory_mb) << 20)
    work(Jobs(Path(folder)), Path(folder), int(lock), _propose)


def _limit_memory(most: int) -> None:
    """Take no more memory than this, or than somebody has allowed before."""
    allowed = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if allowed != resource.RLIM_INFINITY:
        most = min(most, allowed)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def work(jobs: Jobs, folder: Path, lock: int, propose: Propose) -> None:
    """Work on the jobs that wait until none does, or the server is gone."""
    os.set_inheritable(lock, False)  # noqa: FBT003  its only parameter beside the descriptor
    server = _Server()
    signal.signal(signal.SIGTERM, lambda *_: server.gone.set())
    while not server.gone.is_set() and (job := jobs.take(lock)) is not None:
        stop = threading.Event()
        done = threading.Event()
        watch = threading.Thread(target=_watch, args=(jobs, job, server, stop, done), daemon=True)
        watch.start()
        _work_on(jobs, job, folder, stop, propose)
        done.set()
        watch.join()


class _Server:
    """The server, which holds the other end of our standard input for as long as it is there."""

    def __init__(self) -> None:
        self.gone = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while os.read(sys.stdin.fileno(), 64):
            pass
        self.gone.set()


def _work_on(jobs: Jobs, job: Job, folder: Path, stop: threading.Event, propose: Propose) -> None:
    told = -_NOTE_S

    def note(progress: Progress) -> None:
        nonlocal told
        if time.monotonic() - told >= _NOTE_S:
            told = time.monotonic()
            jobs.note(job, progress)

    try:
        plan = propose(folder, job, stop, note)
        jobs.save(job, plan.to_dict(), plan.features())
    except (StationsError, GeodataError) as error:
        jobs.fail(job, Fault(str(error), getattr(error, "chinese", None) or str(error)))
    except MemoryError:
        jobs.fail(job, _TOO_LARGE)
    except Exception:
        logging.getLogger("yizhan.planner").exception("job %s", job.id)
        jobs.fail(job, _BROKEN)


def _watch(
    jobs: Jobs, job: Job, server: _Server, stop: threading.Event, done: threading.Event
) -> None:
    """Tell a job to stop when it is called off or the server is gone; cut it off if it does not."""
    while not done.wait(_LOOK_S):
        if server.gone.is_set() or jobs.is_cancelled(job):
            stop.set()
            if not done.wait(GRACE_S):
                # Whoever looks next finds a job that runs without a planner, and says so.
                os._exit(1)


def _propose(
    folder: Path, job: Job, stop: threading.Event, progress: Callable[[Progress], None]
) -> StationPlan:
    from stations.siting import SitingAsk, propose  # noqa: PLC0415  takes seconds to load
    from stations.workspace import Workspace  # noqa: PLC0415  as above

    ask = SitingAsk.from_dict(job.ask)
    return propose(Workspace(folder), ask, stop=stop, progress=progress)


if __name__ == "__main__":
    main()
