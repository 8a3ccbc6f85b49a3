"""Which files are old: by crawl, per export of a project, and only by manifests that fit their files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.files.manifest import manifest_path, write_manifest
from runner.files.written import Written
from runner.plan.old import old_files, older_than
from tests.files.test_manifest import MANIFEST

CRAWLS = ["20240101", "20240101-2", "20240101-10", "20240201", "20231231"]


def put(folder: Path, analysis: str, *, name: str = "titles.csv", **changes: str) -> Path:
    file = folder / analysis / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"url\n")
    changes = {"analysis": analysis, "file": name} | changes
    write_manifest(str(file), replace(MANIFEST, bytes=4, **changes))  # type: ignore[arg-type]
    return file


@pytest.fixture
def written(tmp_path: Path) -> dict[str, Path]:
    return {analysis: put(tmp_path, analysis) for analysis in CRAWLS}


@pytest.mark.parametrize(
    ("keep", "old"), [(1, ["20231231", "20240101", "20240101-10", "20240101-2"]), (4, ["20231231"]), (9, [])]
)
def test_crawls_are_old_by_date_and_number(tmp_path: Path, written: dict[str, Path], keep: int, old: list[str]) -> None:
    found, left = old_files(str(tmp_path), keep)
    assert [Path(each.file) for each in found] == [written[analysis] for analysis in old]
    assert left == ()


def test_each_export_of_each_project_keeps_its_own_newest(tmp_path: Path) -> None:
    put(tmp_path / "a", "20240101", project="a")
    put(tmp_path / "b", "20240201", project="b")
    put(tmp_path / "b", "20240101", project="b", export="other")
    assert old_files(str(tmp_path), 1) == ((), ())


def test_what_always_holds_the_newest_and_what_has_no_manifest_are_left_alone(
    tmp_path: Path, written: dict[str, Path]
) -> None:
    put(tmp_path, "20200101", role="current")
    put(tmp_path, "20200102", role="combined")
    Path(manifest_path(str(written["20231231"]))).unlink()
    found, left = old_files(str(tmp_path), 4)
    assert (found, left) == ((), ())


def test_what_is_not_as_it_was_put_there_is_left_alone_and_said(tmp_path: Path, written: dict[str, Path]) -> None:
    written["20231231"].write_bytes(b"notes of mine")
    Path(manifest_path(str(written["20240101"]))).write_text("not JSON")
    elsewhere = put(tmp_path, "20200101")
    Path(manifest_path(str(elsewhere))).rename(elsewhere.with_name("other.manifest.json"))
    found, left = old_files(str(tmp_path), 3)
    assert found == ()
    assert sorted(Path(each.path).parent.name for each in left) == ["20200101", "20231231", "20240101"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "downloads"
    put(outside, "20200101")
    root.mkdir()
    (root / "link").symlink_to(outside, target_is_directory=True)
    linked = put(root, "20200102")
    linked.unlink()
    linked.symlink_to(outside / "20200101/titles.csv")
    put(root, "20240101")
    found, left = old_files(str(root), 1)
    assert found == ()
    assert [each.path for each in left] == [str(linked)]


@given(st.lists(st.tuples(st.sampled_from(CRAWLS), st.sampled_from("ab"))), st.integers(1, 4))
def test_never_fewer_crawls_stay_than_asked_for(files: list[tuple[str, str]], keep: int) -> None:
    written = [
        Written(f"{index}.csv", replace(MANIFEST, analysis=analysis, project=project))
        for index, (analysis, project) in enumerate(files)
    ]
    old = older_than(keep, written)
    for project in "ab":
        crawls = {analysis for analysis, of in files if of == project}
        gone = {each.manifest.analysis for each in old if each.manifest.project == project}
        assert len(crawls - gone) == min(keep, len(crawls))
        assert all(CRAWLS_BY_AGE.index(kept) < CRAWLS_BY_AGE.index(one) for kept in crawls - gone for one in gone)


CRAWLS_BY_AGE = ["20240201", "20240101-10", "20240101-2", "20240101", "20231231"]
