"""Saved plans: a file each in the folder ``plans`` of a workspace, never changed once written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from stations.errors import StationsError, UnknownPlanError, WorkspaceError
from stations.files import sync_folder, write_durably

if TYPE_CHECKING:
    from pathlib import Path

FOLDER_NAME = "plans"
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


class _Summary(msgspec.Struct, frozen=True):
    """What a list shows of a plan; the rest of the document is passed over."""

    id: str
    created: str
    problem: str
    status: str
    objective: float
    radius_m: float
    total: float
    share_before: float
    share: float
    sites: list[msgspec.Raw]
    method: str = "straight_line"
    minutes: float | None = None
    ask: dict[str, Any] = {}
    bound: float | None = None
    gap: float | None = None


class _Saved(msgspec.Struct, frozen=True):
    plan: _Summary


class _Whole(msgspec.Struct, frozen=True):
    plan: dict[str, Any]
    features: dict[str, Any]


class PlanStore:
    """The plans of a workspace.

    Parameters
    ----------
    folder
        Folder of the workspace, or of anything else that plans are kept beside.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER_NAME

    def save(self, document: dict[str, Any], features: dict[str, Any]) -> str:
        """Keep a plan; returns its id.

        Parameters
        ----------
        document, features
            As `StationPlan.to_dict` and `StationPlan.features` return them.

        Raises
        ------
        WorkspaceError
            If it cannot be written, or there is a plan with its id already.
        """
        plan_id = str(document["id"])
        path = self._path(plan_id)
        if path.exists():
            message = f"there is a plan {plan_id} already; nothing was changed"
            raise WorkspaceError(message)
        try:
            self.folder.mkdir(exist_ok=True)
            write_durably(path, orjson.dumps({"plan": document, "features": features}) + b"\n")
        except OSError as error:
            message = f"plan {plan_id} cannot be written: {error.strerror or error}"
            raise WorkspaceError(message) from error
        return plan_id

    def list(self) -> list[dict[str, Any]]:
        """Return a summary of every plan, the newest first.

        A summary has ``id``, ``created``, ``problem``, ``status``, ``ask``, its ``new`` and
        ``district``, ``radius_m``, ``method``, ``minutes``, ``sites`` (how many), ``objective``,
        ``bound``, ``gap``, ``total``, ``share_before`` and ``share``; that of a file that cannot be
        read only ``id`` and ``fault``, which says why.
        """
        if not self.folder.is_dir():
            return []
        ids = (path.stem for path in self.folder.glob("*.json") if _ID.fullmatch(path.stem))
        return [self._summary(plan_id) for plan_id in sorted(ids, reverse=True)]

    def read(self, plan_id: str) -> dict[str, Any]:
        """Return ``{"plan": document, "features": FeatureCollection}``.

        Raises
        ------
        UnknownPlanError
            If there is no such plan.
        WorkspaceError
            If its file cannot be read.
        """
        text = self._bytes(plan_id)
        try:
            return msgspec.structs.asdict(msgspec.json.decode(text, type=_Whole))
        except msgspec.DecodeError as error:
            raise _broken(plan_id, error) from error

    def delete(self, plan_id: str) -> None:
        """Remove a plan.

        Raises
        ------
        UnknownPlanError
            If there is no such plan.
        WorkspaceError
            If it cannot be removed.
        """
        try:
            self._path(plan_id).unlink()
            sync_folder(self.folder)
        except FileNotFoundError:
            raise _unknown(plan_id) from None
        except OSError as error:
            message = f"plan {plan_id} cannot be removed: {error.strerror or error}"
            raise WorkspaceError(message) from error

    def _path(self, plan_id: str) -> Path:
        """File of a plan; an id of another form is no plan's, and never becomes a path."""
        if not _ID.fullmatch(plan_id):
            raise _unknown(plan_id)
        return self.folder / f"{plan_id}.json"

    def _bytes(self, plan_id: str) -> bytes:
        try:
            return self._path(plan_id).read_bytes()
        except FileNotFoundError:
            raise _unknown(plan_id) from None
        except OSError as error:
            raise _broken(plan_id, error) from error

    def _summary(self, plan_id: str) -> dict[str, Any]:
        try:
            plan = msgspec.json.decode(self._bytes(plan_id), type=_Saved).plan
        except StationsError as error:
            return {"id": plan_id, "fault": str(error)}
        except msgspec.DecodeError as error:
            return {"id": plan_id, "fault": str(_broken(plan_id, error))}
        asked = {"new": plan.ask.get("new"), "district": plan.ask.get("district")}
        return {**msgspec.structs.asdict(plan), **asked, "sites": len(plan.sites)}


def _broken(plan_id: str, error: Exception) -> WorkspaceError:
    return WorkspaceError(f"{FOLDER_NAME}/{plan_id}.json cannot be read: {error}")


def _unknown(plan_id: str) -> UnknownPlanError:
    return UnknownPlanError(f"there is no plan {plan_id[:40]!r}")
