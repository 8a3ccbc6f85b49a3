"""A checked file comes to its final name: by rename alone, durably, and never over something better."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner.errors import PlaceError
from runner.files.durable import make_folder, part_of, rename, sync
from runner.files.manifestname import manifest_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Occupied(Exception):
    """Another program of ours is placing a file in the very folder: nothing was done yet."""


@contextmanager
def alone_in(root: Path, final: Path) -> Iterator[None]:
    """Whoever looks what is in a folder of `root`, and then places `final` there, is alone in it; else Occupied.

    The folder itself is locked: nothing is left behind, and the lock ends with its process. Where a disk refuses such
    locks, as network disks may, nobody is kept out. Raises PlaceError.
    """
    with _told(final):
        _refuse_outside(root, final)
        make_folder(final.parent)
        descriptor = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Occupied from None
    except OSError:
        return


def place(staged: Path, final: Path, root: Path | None = None) -> None:
    """Give a staged file, synced already, its final name. PlaceError leaves what was there as it was.

    `root` is the output folder: where it is given, nothing is created outside of it, wherever links lead.
    """
    with _told(final):
        if root is not None:
            _refuse_outside(root, final)
        make_folder(final.parent)
        _refuse_impossible(final)
        _move(staged, final)


def place_twin(source: Path, final: Path, root: Path) -> None:
    """Give a finished file a second name; PlaceError leaves what had that name as it was.

    A hard link, which costs nothing and has the source's time as well; where the disk has none, a copy.
    """
    with _told(final):
        _refuse_outside(root, final)
        make_folder(final.parent)
        _refuse_impossible(final)
        # Renaming one name of a file to another of its names does nothing, and would leave the first one behind.
        if not (final.exists() and final.samefile(source)):
            _link(source, final)


def hold(staged: Path, folder: Path, name: str) -> Path:
    """Keep a complete file that nobody has accepted yet, out of the output folder; returns where it is.

    Files of many projects have the same name: one that is held already is not lost to another one.
    """
    held = folder / name
    if held.exists():
        held = folder / f"{staged.stem[:32]}-{name}"
    place(staged, held)
    return held


@contextmanager
def _told(final: Path) -> Iterator[None]:
    """What the system has against a name, as a PlaceError."""
    try:
        yield
    except OSError as error:
        raise PlaceError(f"cannot write {final}: {error.strerror or error}") from error
    except ValueError as error:
        message = f"cannot write {final!r}: it is no name for a file ({type(error).__name__})"
        raise PlaceError(message, "change `output.path`") from None


def _refuse_outside(root: Path, final: Path) -> None:
    """Raise PlaceError where the path leads out of the output folder, by `..` or through a symbolic link."""
    if not final.parent.resolve().is_relative_to(root.resolve()):
        raise PlaceError(
            f"cannot write {final}: that is outside of {root}",
            "a symbolic link in it leads away: remove the link, or make its target the output folder",
        )


def _refuse_impossible(final: Path) -> None:
    """Raise PlaceError for a name that is a folder's, or is so long that no manifest can stand beside it."""
    if final.is_dir():
        raise PlaceError(f"cannot write {final}: a folder has that name", "remove it, or change `output.path`")
    if len(os.fsencode(manifest_name(final.name))) > os.pathconf(final.parent, "PC_NAME_MAX"):
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))


def _move(staged: Path, final: Path) -> None:
    try:
        rename(staged, final)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(staged, final)
        staged.unlink()


def _link(source: Path, final: Path) -> None:
    part = part_of(final)
    part.unlink(missing_ok=True)
    try:
        part.hardlink_to(source)
    except OSError:
        # Another disk, one without links, too many links: why does not matter, and a copy may do.
        _copy(source, final)
    else:
        rename(part, final)


def _copy(staged: Path, final: Path) -> None:
    """To another disk: into a dot-file beside the final name first, which goes again if anything fails."""
    part = part_of(final)
    try:
        # Made anew: what a killed program left may be anything, a link that leads elsewhere too.
        part.unlink(missing_ok=True)
        with staged.open("rb") as source, part.open("xb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            sync(target, str(final))
        shutil.copystat(staged, part)
        rename(part, final)
    except OSError:
        part.unlink(missing_ok=True)
        raise
