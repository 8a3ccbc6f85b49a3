"""Claims: of many runs on one state file, one works on an export; a dead process's claims are free at once.

None of them has to outlive the machine: whoever held it died with it.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from typing import TYPE_CHECKING

from runner.errors import StateError
from runner.state.room import private_folder

if TYPE_CHECKING:
    from pathlib import Path

    from runner.state.database import Database


class Claims:
    """The table `claims`. A holder is alive as long as it holds the lock on its own file: the system frees it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._holder = uuid.uuid4().hex
        self._lock: int | None = None

    def open(self) -> None:
        """Become a living holder."""
        try:
            private_folder(self._folder.parent)
            self._folder.mkdir(exist_ok=True, mode=0o700)
            self._lock = os.open(self._folder / self._holder, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise StateError(f"cannot write in {self._folder}: {error.strerror}") from None
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Give every claim up."""
        with self._database.transaction("claims released", durable=False):
            self._database.execute("DELETE FROM claims WHERE holder = ?", (self._holder,))
        if self._lock is not None:
            os.close(self._lock)
        (self._folder / self._holder).unlink(missing_ok=True)

    def take(self, *claims: str) -> bool:
        """Claim all of these, an export's fingerprint first; False, and none is taken, while a living process has one.

        All or none: who waits holds nothing that another waits for.
        """
        with self._database.transaction(f"claim {claims[0][:12]}", durable=False):
            if any(self._is_anothers(claim) for claim in claims):
                return False
            for claim in claims:
                self._database.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", (claim, self._holder))
        return True

    def give_up(self, *claims: str) -> None:
        """Let others have them."""
        with self._database.transaction(f"claim {claims[0][:12]} given up", durable=False):
            for claim in claims:
                self._database.execute("DELETE FROM claims WHERE fingerprint = ? AND holder = ?", (claim, self._holder))

    def held(self) -> frozenset[str]:
        """What living processes are at."""
        rows = list(self._database.rows("SELECT fingerprint, holder FROM claims"))
        alive = {holder for holder in {row["holder"] for row in rows} if holder == self._holder or self._alive(holder)}
        return frozenset(row["fingerprint"] for row in rows if row["holder"] in alive)

    def _is_anothers(self, claim: str) -> bool:
        row = self._database.first("SELECT holder FROM claims WHERE fingerprint = ?", (claim,))
        return row is not None and row["holder"] != self._holder and self._alive(row["holder"])

    def _alive(self, holder: str) -> bool:
        path = self._folder / holder
        try:
            lock = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(lock)
