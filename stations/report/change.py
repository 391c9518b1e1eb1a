"""What has changed since an earlier revision, taken from the history."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING

from stations.errors import UnknownRevisionError
from stations.hours import BEIJING
from stations.model import same_content
from stations.report.figures import Change
from stations.report.subject import subject_of
from stations.store.past import revision_at

if TYPE_CHECKING:
    from stations.report.ask import ReportAsk
    from stations.report.subject import Subject
    from stations.workspace import Workspace


def revision_of(workspace: Workspace, ask: ReportAsk) -> int:
    """Return the revision that the registry was at on the day of a report."""
    registry = workspace.registry
    # What there is now can be told without a history, which may have been cut or left behind.
    if registry.updated_at is None or registry.updated_at <= ask.moment:
        return registry.revision
    return min(revision_at(workspace.store, ask.moment), registry.revision)


def change_since(present: Workspace, subject: Subject) -> Change | None:
    """Return what has changed; None where nothing was asked to be compared with.

    The workers, districts and streets are those of now at both ends, so that what differs is the
    work on the stations. Which of these were within their dates is asked of the day of each end.

    Raises
    ------
    UnknownRevisionError
        If the registry never was at the revision, or at one later than that of the report.
    """
    ask, now = subject.ask, subject.registry.revision
    if ask.quarter is not None:
        eve = dt.datetime.combine(ask.quarter.first, dt.time(), BEIJING) - dt.timedelta(seconds=1)
        revision, day = min(revision_at(present.store, eve), now), ask.quarter.first
    elif ask.since is not None:
        revision, day = ask.since, None
        if revision > now:
            raise UnknownRevisionError(
                f"revision {revision} is later than that of the report, {now}",
                f"修订 {revision} 晚于报告所用的修订 {now}",
            )
    else:
        return None
    past = present.as_of(revision)
    came = past.registry.updated_at
    then = day - dt.timedelta(days=1) if day else came and came.astimezone(BEIJING).date()
    earlier = subject_of(past, dataclasses.replace(ask, day=then or ask.day))
    before = {station.id: station for station in earlier.stations}
    after = {station.id: station for station in subject.stations}
    added = [station.name for key, station in after.items() if key not in before]
    removed = [station.name for key, station in before.items() if key not in after]
    return Change(
        revision=revision,
        day=day,
        # Nothing was there to compare with before the first record came.
        before=earlier.headline() if revision else None,
        added=len(added),
        removed=len(removed),
        changed=sum(
            not same_content(before[key], station)
            for key, station in after.items()
            if key in before
        ),
        added_names=tuple(added),
        removed_names=tuple(removed),
    )
