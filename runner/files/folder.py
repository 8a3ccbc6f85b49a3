"""A folder of this machine as the place of final files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import PlaceError
from runner.files.durable import write_whole
from runner.files.manifestname import SUFFIX
from runner.files.place import alone_in, place, place_twin
from runner.files.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


class Folder:
    """A Destination on the disk: a name comes to be by rename alone, and is durable."""

    def check(self, root: str) -> None:
        """Raise PlaceError where something stands in the folder's place; all else shows when a file is there."""
        for step in (Path(root), *Path(root).parents):
            if step.exists() and not step.is_dir():
                raise PlaceError(f"{step} is no folder, and files would go to {root}", "`output.dir` names another")

    def is_folder(self, root: str) -> bool:
        """Whether it is there."""
        return Path(root).is_dir()

    def alone(self, final: str, root: str) -> AbstractContextManager[None]:
        """By a lock of the file's folder, which is made. Raises Occupied and PlaceError."""
        return alone_in(Path(root), Path(final))

    def place(self, staged: Path, final: str, root: str, _stopped: Callable[[], bool]) -> None:
        """By rename, or by a copy from another disk. Raises PlaceError."""
        place(staged, Path(final), Path(root))

    def twin(self, source: str, final: str, root: str, _stopped: Callable[[], bool]) -> None:
        """By a hard link, which costs nothing, or a copy. Raises PlaceError."""
        place_twin(Path(source), Path(final), Path(root))

    def write(self, path: str, data: bytes) -> None:
        """By rename. Raises PlaceError."""
        try:
            write_whole(Path(path), data)
        except OSError as error:
            raise PlaceError(f"cannot write {path}: {error.strerror or error}") from error

    def read(self, path: str, most: int) -> bytes:
        """Up to `most` bytes. Raises OSError."""
        with Path(path).open("rb") as file:
            return file.read(most)

    def stamp(self, path: str) -> Stamp | None:
        """Its length and time."""
        try:
            found = os.stat(path)  # noqa: PTH116  asked of every file of a run: half the time of Path's
        except OSError:
            return None
        return Stamp(found.st_size, found.st_mtime_ns)

    def sha256(self, path: str) -> str:
        """Read whole. Raises OSError."""
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def bring(self, path: str, _into: Path, _stopped: Callable[[], bool]) -> Path:
        """It is here."""
        return Path(path)

    def manifests(self, root: str) -> Iterator[str]:
        """Links are not followed: they lead elsewhere."""
        for folder, _, names in os.walk(root):
            for name in sorted(names):
                path = Path(folder) / name
                if name.endswith(SUFFIX) and not path.is_symlink():
                    yield str(path)

    def is_plain(self, path: str) -> bool:
        """No link, no folder."""
        file = Path(path)
        return not file.is_symlink() and (file.is_file() or not file.exists())

    def remove(self, path: str, root: str) -> None:
        """With the folders up to `root` that are empty then. Raises PlaceError."""
        file = Path(path)
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            hint = "give yourself permission, and clean again"
            raise PlaceError(f"cannot remove {path}: {error.strerror}", hint) from None
        for folder in file.parents:
            if folder == Path(root) or any(folder.iterdir()):
                return
            folder.rmdir()
