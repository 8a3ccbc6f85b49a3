"""Tables of projects as people's tools write them: each is read whole, or refused with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import SpecError
from runner.spec.load import load_specs
from runner.spec.model import Project
from runner.spec.problem import Place, Problem
from runner.spec.projects import from_entry, from_url

if TYPE_CHECKING:
    from pathlib import Path

    from runner.spec.projects import Found

NAMES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\"), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


def read(folder: Path, table: bytes) -> list[Found]:
    (folder / "projects.csv").write_bytes(table)
    return list(from_entry({"from": "projects.csv"}, Place("spec.yaml"), folder))


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    pairs=st.lists(st.tuples(NAMES, NAMES)),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    blank=st.sampled_from(["", ",", " , "]),
    between=st.sampled_from([",", ";", "\t"]),
)
def test_every_line_is_its_project_whatever_ends_it_and_whatever_is_blank(
    tmp_path: Path, pairs: list[tuple[str, str]], end: str, mark: bytes, blank: str, between: str
) -> None:
    rows = (f"{quoted(org)}{between}{quoted(project)}{end}{blank.replace(',', between)}" for org, project in pairs)
    lines = [f"org{between}project", *rows, ""]
    found = read(tmp_path, mark + end.join(lines).encode())
    assert [(each.org, each.project) for each in found if isinstance(each, Project)] == pairs
    assert len(found) == len(pairs)


@pytest.mark.parametrize(
    ("table", "line", "column", "text"),
    [
        (b"org,org,project\na,b,c\n", 1, 2, "column `org` is there twice"),
        (b"org,project,notes\na,b,c\n", 1, 3, "unknown column `notes`; known are url, org, project, analysis, labels"),
        (b"org,project\n\na\n", 3, 1, "1 cell, and the head has 2"),
        (b"org,project\na,\n", 2, 1, "this line names no project: url, or org and project"),
        (
            b"the-token\n# username: first.last\n",
            1,
            1,
            "the table needs the column url, or the columns org and project",
        ),
        (b"", 1, 1, "the table needs the column url, or the columns org and project"),
        (b'org,project\na,b\na,"b\nc,d\n', 3, 1, "the table is no CSV: unexpected end of data"),
        (b"org,project\na,b\na,caf\xe9\n", 3, 6, "byte 0xe9 is not UTF-8"),
    ],
)
def test_a_mistake_in_a_table_is_told_with_its_place(
    tmp_path: Path, table: bytes, line: int, column: int, text: str
) -> None:
    [problem] = [each for each in read(tmp_path, table) if isinstance(each, Problem)]
    assert (problem.place.line, problem.place.column, problem.message) == (line, column, text)


def test_what_a_table_holds_is_told_on_one_line(tmp_path: Path) -> None:
    [problem] = read(tmp_path, b'org,project\na,"b\nc"\n')
    assert isinstance(problem, Problem)
    assert str(problem).splitlines() == [str(problem)]


@pytest.mark.parametrize(
    ("rest", "slug"),
    [
        ("", None),
        ("crawl?analysisSlug=20250413", "20250413"),
        ("20240101-2/", "20240101-2"),
        ("20240101-2/summary?analysisSlug=20250413", "20250413"),
        ("logsanalyzer/20240101", None),
    ],
)
def test_any_page_names_its_project_and_the_crawl_that_it_shows(rest: str, slug: str | None) -> None:
    place = Place("spec.yaml")
    assert from_url(f"https://app.botify.com/org/example.com/{rest}", place) == Project(
        "org", "example.com", place, url_analysis=slug
    )


def test_a_table_that_is_no_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "version: 1\nname: s\nprojects: [{from: /dev/zero}]\nexports: [{name: e, fields: [url]}]\n", encoding="utf-8"
    )
    with pytest.raises(SpecError, match=r"s\.yaml:3:\d+: the table /dev/zero is no file"):
        load_specs([path])
