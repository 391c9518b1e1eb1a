"""Every error that stations raises: one flat list, no HTTP."""

from __future__ import annotations


class StationsError(ValueError):
    """Something about the registry or its input is wrong; the message says what and what to do.

    It does so in English and, where `chinese` is given, in Chinese.
    """

    def __init__(self, message: str = "", chinese: str | None = None) -> None:
        super().__init__(message)
        self.chinese = chinese


class RecordError(StationsError):
    """A station record that breaks the schema; names the field."""


class RegistryFileError(StationsError):
    """A registry file that cannot be read as a whole; names the line."""


class RevisionConflictError(StationsError):
    """The registry has moved on since the caller read it."""


class CopyAheadError(StationsError):
    """A copy is ahead of the registry, which was put back: it has to start again at revision 0."""


class UnknownStationError(StationsError):
    """No station has this id."""


class UnknownRevisionError(StationsError):
    """The registry never was at this revision, or its history does not reach back to it."""


class UnknownPlanError(StationsError):
    """No saved plan has this id."""


class StoreBusyError(StationsError):
    """Another writer holds the lock for longer than we wait."""


class StoreWriteError(StationsError):
    """The registry could not be written (disk full, read-only folder); nothing was changed."""


class ImportFileError(StationsError):
    """A sheet or layer that cannot be imported as a whole."""


class WorkspaceError(StationsError):
    """A folder that is no workspace, or one whose parts do not fit together."""


class UnknownDistrictError(WorkspaceError):
    """No district of the workspace has this adcode or name."""


class MissingExtraError(StationsError):
    """An optional package is needed; the message says which extra to install."""


class NoNetworkError(WorkspaceError):
    """A street network is needed that has not been made."""


class NetworkFileError(StationsError):
    """A street network of the workspace that cannot be opened."""


class ReportError(StationsError):
    """Something in a worker's report or suggestion does not fit; `field` says what."""

    def __init__(self, field: str, message: str, chinese: str) -> None:
        super().__init__(f"{field}: {message}", f"{field}：{chinese}")
        self.field = field


class ReportAskError(StationsError):
    """A coverage report is asked for that cannot be made."""


class PhotoError(StationsError):
    """A photo that is not taken, and why; nothing of it has been kept."""


class TooManyReportsError(StationsError):
    """More reports than one address, or all of them together, may send."""

    def __init__(self, message: str, chinese: str, *, retry_after_s: int) -> None:
        super().__init__(message, chinese)
        self.retry_after_s = retry_after_s


class UnknownTaskError(StationsError):
    """No report or suggestion has this id."""


class LedgerFileError(StationsError):
    """A ledger of reports that cannot be read as a whole; names the line."""


class NoWayError(StationsError):
    """No street leads to a station, or nobody knows where it is."""
