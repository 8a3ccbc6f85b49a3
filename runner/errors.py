"""Every error that bqlrun raises on purpose: what a person reads, the exit code, and the hint that helps.

BqlrunError                      1
  x UsageError                   2   the command line, the spec or the environment is wrong: nothing was done
    + SpecError                  2   problems in spec files, each with its place
    + TokenMissing               2   no token where the spec says there is one
  x StateError                   1   the state file cannot be read or written
  x ApiError                     1   the API, or the way to it
    + ApiRefused                 1   a definite no (4xx); carries status, error code and message
      - TokenRefused             3   401
      - ApiThrottled             1   429, to the creation of a job
        * ExportRunning          1   the account already has as many exports running as it may
    + ApiUnavailable             1   transient trouble that outlived every try
      - OutcomeUnknown           1   a job may or may not have been created: look before submitting again
    + ApiAnswerError             1   an answer that is not what the API documents
  x ExportError                  1   one export failed; the others go on
    + PlanRefused                1   the export cannot be done as asked: no crawl, too many rows, an unknown field
      - NoFinishedCrawl          1   the project has no crawl that ended well
      - PathTaken                2   another export's file is in its place: the specs do not go together
    + JobFailed                  1   the API reports FAILED
    + JobTimeout                 1   the job did not end within poll.timeout; it stays resumable
    + AddressExpired             1   a paid file can no longer be fetched
    + FileError                  1   the file is not what the query promised, or cannot be written
      - DownloadError            1   the bytes could not be fetched in full
      - ArchiveError             1   damaged, hostile or unreadable archive
      - ColumnCountError         1   a record has another number of columns than the query
      - RowCountError            1   the file has another number of rows than the crawl
      - PlaceError               1   the disk refused: full, read-only, no permission
      - StoreError               1   the object store refused, or cannot be reached
      - ManifestUnreadable       1   a manifest is missing, damaged, or written by something else
  x EarlyStop                    4   quota or budget reached with work left: run again to go on
  x Interrupted            130/143   SIGINT or SIGTERM; resumable
"""

from __future__ import annotations

# Loaded by every command: `typing` alone would take as long as all of this.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar

    from runner.spec.problem import Problem


class BqlrunError(Exception):
    """What went wrong, in one line; `hint` says what to do about it."""

    exit_code: ClassVar[int] = 1
    hint: str = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or type(self).hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(BqlrunError):
    """The command line, the spec or the environment is wrong; nothing was done."""

    exit_code = 2


class SpecError(UsageError):
    """One or more problems in the spec files, each with its file, line and column."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class TokenMissing(UsageError):
    """No token where the spec says there is one."""


class StateError(BqlrunError):
    """The state file cannot be read or written."""

    hint = "make room or permission for it, or name another with --state"


class ApiError(BqlrunError):
    """The API said no, said nothing, or said something strange."""


class ApiRefused(ApiError):
    """A definite no: an HTTP status of 400 to 499 with the API's own code and words."""

    hint = "it would be answered so again: if nothing of yours is at fault, show this line to Botify's support"

    def __init__(self, message: str, *, status: int, error_code: str = "", detail: str = "", hint: str = "") -> None:
        super().__init__(message, hint)
        self.status = status
        self.error_code = error_code
        self.detail = detail


class TokenRefused(ApiRefused):
    """401: the API does not accept this token."""

    exit_code = 3
    hint = "check that the token is current: making a new one in Botify's settings ends the old one"


class ApiThrottled(ApiRefused):
    """429 to the creation of a job: too fast, or the day's quota is used up."""

    hint = "nothing is lost: run again later"


class ExportRunning(ApiThrottled):
    """The account already has as many exports of this kind running as it may (codes 1052 and 1058)."""

    hint = "nothing is lost: run again when the account's other export has ended"


class ApiUnavailable(ApiError):
    """Transient trouble (time-outs, resets, 5xx, no JSON) that outlived every try."""

    hint = "nothing is lost: run again when the API answers"


class OutcomeUnknown(ApiUnavailable):
    """A job was asked for, and nobody knows whether it exists.

    `answered` is true when the server answered (5xx, no JSON), false for a time-out or a reset: absence from the
    job list counts 3 s after the one and 10 s after the other.
    """

    def __init__(self, message: str, *, answered: bool) -> None:
        super().__init__(message)
        self.answered = answered


class ApiAnswerError(ApiError):
    """An answer whose shape is not what the API documents."""

    hint = "nothing is lost: run again; if it stays so, show this line to whoever runs the API"


class ExportError(BqlrunError):
    """One export failed; the others go on."""


class PlanRefused(ExportError):
    """The export cannot be done as asked; known before anything was spent."""


class NoFinishedCrawl(PlanRefused):
    """The project has no crawl that ended well."""

    hint = "`defaults: {on_missing: skip}` leaves such projects out"


class PathTaken(PlanRefused):
    """Another export's file is in its place, or on its way there."""

    exit_code = 2


class JobFailed(ExportError):
    """The API reports the job FAILED."""

    hint = "the next run submits it anew"


class JobTimeout(ExportError):
    """The job did not end within `poll.timeout`."""

    hint = (
        "it was not given up: the next run goes on waiting for this very job;"
        " if it never ends, only --force exports it again, and pays again"
    )


class AddressExpired(ExportError):
    """A paid file can no longer be fetched from the address that the API gives."""

    hint = "only --force exports it again, and pays again"


class FileError(ExportError):
    """The file is not what the query promised, or it cannot be written."""

    hint = "nothing was placed and the job is kept: run again to fetch its file once more"


class DownloadError(FileError):
    """The bytes could not be fetched in full. `status` is the HTTP status, 0 where there was none."""

    hint = "run again: the download goes on where it stopped"

    def __init__(self, message: str, hint: str = "", *, status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status


class ArchiveError(FileError):
    """The archive is damaged, hostile or of a kind that nobody knows."""


class ColumnCountError(FileError):
    """A record has another number of columns than the query has fields."""


class RowCountError(FileError):
    """The file has another number of rows than the API counts."""

    hint = "the file is kept in .bqlrun/held; `bqlrun run --accept-rows` places it at no cost"


class PlaceError(FileError):
    """The disk refused: full, read-only, no permission."""

    hint = "make room or permission and run again: nothing is paid for twice"


class StoreError(FileError):
    """The object store refused, or cannot be reached: no bucket, no credentials, no permission, no answer."""

    hint = "run again: what was paid for and fetched is kept, and nothing is paid for twice"


class ManifestUnreadable(FileError):
    """A manifest is not there, was damaged, or was written by something else."""

    hint = "remove it, or fetch the file again: a run that exports it writes a new one"


class EarlyStop(BqlrunError):
    """Quota or budget reached with nothing failed and work left."""

    exit_code = 4
    hint = "run the same command again to go on"


class Interrupted(BqlrunError):
    """SIGINT or SIGTERM arrived; everything in flight is noted and resumable."""

    def __init__(self, signal_number: int, in_flight: Sequence[str] = ()) -> None:
        noted = f"; in flight, and noted: {', '.join(in_flight)}" if in_flight else "; nothing was in flight"
        super().__init__(f"interrupted{noted}", "run the same command again to go on")
        self.signal_exit_code = 128 + signal_number


def said(error: OSError) -> str:
    """What the system said, and of what."""
    of = f"{error.filename}: " if error.filename else ""
    return f"{of}{error.strerror or error}"
