"""A file is at its final name whole, or what was there before still is, and nothing else is left behind."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlaceError
from runner.files.durable import open_own, part_of, write_whole
from runner.files.place import Occupied, alone_in, hold, place, place_twin
from runner.files.staged import stage
from runner.seam import observe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """A file that is complete and checked."""
    path = tmp_path / "work" / "abc.staged"
    path.parent.mkdir()
    path.write_bytes(b"new")
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The output folder."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a small disk of its own, where this system lets us have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def refuse(monkeypatch: pytest.MonkeyPatch, number: int, when: Callable[[Path, Path], bool]) -> None:
    """Have some renames fail."""
    real = Path.replace

    def replace(source: Path, target: Path) -> Path:
        if when(source, target):
            raise OSError(number, os.strerror(number))
        return real(source, target)

    monkeypatch.setattr(Path, "replace", replace)


class Seen:
    """An observer of effects that keeps them in their order."""

    def __init__(self) -> None:
        self.effects: list[tuple[str, str]] = []

    def before(self, kind: str, subject: str) -> None:
        """Nothing has happened yet."""

    def after(self, kind: str, subject: str) -> None:
        """Note what happened."""
        self.effects.append((kind, subject))


def files(folder: Path) -> list[str]:
    """Everything in a folder, dot-files too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_file_takes_its_place(staged: Path, out: Path) -> None:
    place(staged, out / "a" / "b" / "file.csv")
    assert (out / "a" / "b" / "file.csv").read_bytes() == b"new"
    assert files(out) == ["a", "a/b", "a/b/file.csv"]
    assert not staged.exists()


def test_an_older_file_is_replaced_in_one_step(staged: Path, out: Path) -> None:
    final = out / "file.csv"
    final.write_bytes(b"old")
    with final.open("rb") as reader:
        place(staged, final)
        assert reader.read() == b"old"
    assert final.read_bytes() == b"new"
    assert files(out) == ["file.csv"]


def test_another_disk_gets_a_copy(staged: Path, other_disk: Path) -> None:
    assert other_disk.stat().st_dev != staged.stat().st_dev
    place(staged, other_disk / "a" / "file.csv")
    assert (other_disk / "a" / "file.csv").read_bytes() == b"new"
    assert files(other_disk) == ["a", "a/file.csv"]
    assert not staged.exists()


def test_another_disk_that_is_full_keeps_the_old_file(staged: Path, other_disk: Path) -> None:
    staged.write_bytes(bytes(2 << 20))
    (other_disk / "file.csv").write_bytes(b"old")
    with pytest.raises(PlaceError, match="No space left on device"):
        place(staged, other_disk / "file.csv")
    assert (other_disk / "file.csv").read_bytes() == b"old"
    assert files(other_disk) == ["file.csv"]
    assert staged.stat().st_size == 2 << 20


def test_a_rename_across_disks_turns_into_a_copy(staged: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.EXDEV, lambda source, _: source == staged)
    place(staged, out / "file.csv")
    assert (out / "file.csv").read_bytes() == b"new"
    assert files(out) == ["file.csv"]
    assert not staged.exists()


def test_a_copy_is_on_the_disk_before_it_has_its_name(staged: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.EXDEV, lambda source, _: source == staged)
    seen = Seen()
    observe(seen)
    try:
        place(staged, out / "file.csv")
    finally:
        observe(None)
    assert seen.effects.index(("fsync", str(out / "file.csv"))) < seen.effects.index(("rename", str(out / "file.csv")))


def test_a_copy_whose_own_rename_fails_leaves_nothing(staged: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (out / "file.csv").write_bytes(b"old")
    refuse(monkeypatch, errno.EXDEV, lambda source, _: source == staged)
    refuse(monkeypatch, errno.EIO, lambda source, _: source != staged)
    with pytest.raises(PlaceError, match="Input/output error"):
        place(staged, out / "file.csv")
    assert (out / "file.csv").read_bytes() == b"old"
    assert files(out) == ["file.csv"]
    assert staged.read_bytes() == b"new"


def test_what_a_killed_copy_left_is_no_obstacle_and_no_trap(
    staged: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = staged.with_name("elsewhere")
    part_of(out / "file.csv").symlink_to(elsewhere)
    refuse(monkeypatch, errno.EXDEV, lambda source, _: source == staged)
    place(staged, out / "file.csv")
    assert (out / "file.csv").read_bytes() == b"new"
    assert not (out / "file.csv").is_symlink()
    assert not elsewhere.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.EDQUOT])
def test_a_disk_that_refuses_keeps_the_old_file(
    staged: Path, out: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (out / "file.csv").write_bytes(b"old")
    refuse(monkeypatch, number, lambda *_: True)
    with pytest.raises(PlaceError, match=os.strerror(number)) as raised:
        place(staged, out / "file.csv")
    assert "run again" in raised.value.hint
    assert (out / "file.csv").read_bytes() == b"old"
    assert files(out) == ["file.csv"]
    assert staged.read_bytes() == b"new"


@as_user
def test_a_folder_without_permission_is_told(staged: Path, out: Path) -> None:
    out.chmod(0o500)
    with pytest.raises(PlaceError, match="Permission denied"):
        place(staged, out / "a" / "file.csv")
    assert staged.exists()


def test_a_folder_in_the_way_is_told(staged: Path, out: Path) -> None:
    (out / "file.csv").mkdir()
    with pytest.raises(PlaceError, match="a folder has that name"):
        place(staged, out / "file.csv")
    assert staged.exists()


def test_a_file_where_a_folder_should_be_is_told(staged: Path, out: Path) -> None:
    (out / "a").write_bytes(b"old")
    with pytest.raises(PlaceError, match="cannot write"):
        place(staged, out / "a" / "b" / "file.csv")
    assert (out / "a").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["n" * 300 + ".csv", "n" * 246 + ".csv", "é" * 124 + ".csv"])
def test_a_name_that_is_too_long_for_itself_or_its_manifest_is_told(staged: Path, out: Path, name: str) -> None:
    with pytest.raises(PlaceError, match="File name too long"):
        place(staged, out / name)
    assert files(out) == []


@pytest.mark.parametrize("name", ["a\0b.csv", "\ud800.csv"])
def test_a_name_that_is_none_is_told(staged: Path, out: Path, name: str) -> None:
    with pytest.raises(PlaceError, match="it is no name for a file"):
        place(staged, out / name)


def test_a_link_out_of_the_output_folder_is_not_followed(staged: Path, out: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / "example-org").symlink_to(elsewhere)
    for final in (out / "example-org" / "file.csv", out / "example-org" / "deeper" / "file.csv"):
        with pytest.raises(PlaceError, match="outside of") as raised:
            place(staged, final, out)
        assert "symbolic link" in raised.value.hint
    assert files(elsewhere) == []
    assert staged.exists()


def test_what_somebody_linked_in_the_place_of_a_file_of_ours_is_not_written(out: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir(exist_ok=True)
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    final, staged = out / "f.manifest.json", tmp_path / "work" / "next.staged"
    for link in (part_of(final), staged):
        link.symlink_to(precious)
    write_whole(final, b"{}")
    stage(staged, [b"rows"], compress=False)
    assert (final.read_bytes(), staged.read_bytes(), precious.read_bytes()) == (b"{}", b"rows", b"precious")
    assert not final.is_symlink()
    raw = tmp_path / "work" / "job.raw"
    raw.symlink_to(precious)
    with pytest.raises(OSError, match="symbolic links"):
        open_own(raw, "ab")
    assert precious.read_bytes() == b"precious"


def test_who_looks_into_a_folder_and_places_a_file_there_is_alone_in_it(out: Path) -> None:
    final = out / "a" / "file.csv"
    with alone_in(out, final):
        with pytest.raises(Occupied), alone_in(out, final.with_name("other.csv")):
            pytest.fail("two were in it")
        with alone_in(out, out / "b" / "file.csv"):
            pass
    with alone_in(out, final):
        pass
    assert files(out) == ["a", "b"]


def test_where_a_disk_has_no_locks_nobody_is_kept_out(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with alone_in(out, out / "file.csv"), alone_in(out, out / "file.csv"):
        pass


def test_no_folder_is_made_outside_of_the_output_folder_to_be_alone_in_it(out: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (out / "away").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PlaceError, match="outside of"), alone_in(out, out / "away" / "deeper" / "file.csv"):
        pytest.fail("it is somebody else's")
    assert files(tmp_path / "elsewhere") == []


def test_a_twin_is_not_made_through_a_link_or_dots_that_lead_away(staged: Path, out: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / "newest").symlink_to(elsewhere)
    for twin in (out / "newest" / "file.csv", out / ".." / "elsewhere" / "file.csv"):
        with pytest.raises(PlaceError, match="outside of"):
            place_twin(staged, twin, out)
    assert files(elsewhere) == []


def test_a_twin_stays_a_link_where_a_killed_run_left_something_in_its_way(tmp_path: Path, out: Path) -> None:
    source, twin = tmp_path / "file.csv", out / "newest.csv"
    source.write_bytes(b"new")
    part_of(twin).write_bytes(b"ha")
    place_twin(source, twin, out)
    assert twin.samefile(source)
    assert files(out) == ["newest.csv"]


def test_a_twin_is_not_made_where_a_folder_has_its_name(staged: Path, out: Path) -> None:
    (out / "newest.csv").mkdir()
    with pytest.raises(PlaceError, match="a folder has that name"):
        place_twin(staged, out / "newest.csv", out)


def test_dots_do_not_lead_out_of_the_output_folder(staged: Path, out: Path, tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="outside of"):
        place(staged, out / ".." / "file.csv", out)
    assert files(tmp_path) == ["out", "work", "work/abc.staged"]


def test_links_within_and_to_the_output_folder_are_followed(staged: Path, out: Path, tmp_path: Path) -> None:
    (out / "real").mkdir()
    (out / "alias").symlink_to("real")
    (tmp_path / "downloads").symlink_to(out)
    place(staged, tmp_path / "downloads" / "alias" / "file.csv", tmp_path / "downloads")
    assert (out / "real" / "file.csv").read_bytes() == b"new"


def test_a_relative_output_folder_is_found(staged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place(staged, Path("downloads/a/file.csv"), Path("downloads"))
    assert (tmp_path / "downloads" / "a" / "file.csv").read_bytes() == b"new"


def test_a_link_in_the_place_of_the_file_is_replaced_and_not_written_through(
    staged: Path, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (out / "file.csv").symlink_to(tmp_path / "precious")
    place(staged, out / "file.csv", out)
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert (out / "file.csv").read_bytes() == b"new"


def test_a_held_file_is_never_lost_to_another_of_its_name(tmp_path: Path) -> None:
    held = []
    for number in range(3):
        staged = tmp_path / f"{number}{number}.staged"
        staged.write_bytes(b"%d" % number)
        held.append(hold(staged, tmp_path / "held", "titles.csv"))
    assert [path.read_bytes() for path in held] == [b"0", b"1", b"2"]
    assert held[0] == tmp_path / "held" / "titles.csv"


def test_a_twin_is_the_same_file_and_costs_no_room(tmp_path: Path) -> None:
    source, twin = tmp_path / "dated.csv", tmp_path / "a/current.csv"
    source.write_bytes(b"new")
    place_twin(source, twin, tmp_path)
    place_twin(source, twin, tmp_path)
    assert twin.samefile(source)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "current.csv", "dated.csv"]


def test_a_twin_replaces_what_had_its_name_and_the_source_stays(tmp_path: Path) -> None:
    source, twin = tmp_path / "dated.csv", tmp_path / "current.csv"
    source.write_bytes(b"new")
    twin.write_bytes(b"old")
    place_twin(source, twin, tmp_path)
    assert (source.read_bytes(), twin.read_bytes()) == (b"new", b"new")


def test_where_there_are_no_links_a_twin_is_a_copy_of_the_same_age(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    source, twin = tmp_path / "dated.csv", tmp_path / "current.csv"
    source.write_bytes(b"new")
    os.utime(source, (1e9, 1e9))
    place_twin(source, twin, tmp_path)
    assert not twin.samefile(source)
    assert (twin.read_bytes(), twin.stat().st_mtime_ns) == (b"new", source.stat().st_mtime_ns)


def test_a_twin_of_nothing_leaves_what_had_its_name(tmp_path: Path) -> None:
    twin = tmp_path / "current.csv"
    twin.write_bytes(b"old")
    with pytest.raises(PlaceError):
        place_twin(tmp_path / "gone.csv", twin, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["current.csv"]
    assert twin.read_bytes() == b"old"
