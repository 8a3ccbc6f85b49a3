"""Which files are read as specs, and what names a spec may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from runner.bql.asked import Asked
from runner.errors import SpecError
from runner.plan.paths import output_path
from runner.plan.specs import load_rehearsed
from runner.spec.load import load_specs
from runner.spec.outputs import PATH_NAMES

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
version: 1
name: {name}
projects: [{{org: o, project: p, analysis: 20250413}}]
exports: [{{name: e, fields: [url], depth: {{max: 1}}}}]
"""


def write(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SPEC.format(name=name), encoding="utf-8")
    return path


# As Botify's look: the key of an account, in hexadecimal.
TOKEN = "abcdef0123456789abcdef0123456789abcdef01"


@pytest.mark.parametrize(
    "mistaken",
    [
        *["token: {}", "API_Token: {}", "api: {{token: {}}}", "api: {{Api_Key: {}}}", "vars: {{password: {}}}"],
        *["api: {{tokens: {{org: {{token: {}}}}}}}", "api: {{token_env: {}}}", "api: {{tokens: {{org: {{env: {}}}}}}}"],
    ],
)
def test_a_token_is_refused_wherever_its_author_puts_it_and_told_where_it_belongs(
    tmp_path: Path, mistaken: str
) -> None:
    spec = write(tmp_path / "spec.yaml", "one")
    spec.write_text(spec.read_text() + mistaken.format(TOKEN))
    with pytest.raises(SpecError, match=r"has no place in a spec") as refused:
        load_specs([spec])
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    "mistaken", ["api: {}", "api: {{tokens: {}}}", "api: {{tokens: {{org: {}}}}}", "api: {{url: {}}}"]
)
def test_what_may_be_a_token_is_not_repeated(tmp_path: Path, mistaken: str) -> None:
    spec = write(tmp_path / "spec.yaml", "one")
    spec.write_text(spec.read_text() + mistaken.format(TOKEN))
    (tmp_path / "botify_token.txt").write_text(f"{TOKEN}\n# username: first.last\n")
    for file in (spec, tmp_path / "botify_token.txt"):
        with pytest.raises(SpecError) as refused:
            load_specs([file])
        assert TOKEN not in str(refused.value)


def test_a_spec_that_is_named_in_several_ways_is_one(tmp_path: Path) -> None:
    one, two = write(tmp_path / "specs" / "one.yaml", "one"), write(tmp_path / "specs" / "two.yml", "two")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "specs")
    specs = load_specs([two, one.parent, link, link / "one.yaml", tmp_path / "specs" / ".." / "specs" / "one.yaml"])
    assert [spec.name for spec in specs] == ["two", "one"]


def test_hidden_files_of_a_folder_are_no_specs(tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", "one")
    (tmp_path / ".pre-commit-config.yaml").write_text("repos: []", encoding="utf-8")
    assert [spec.name for spec in load_specs([tmp_path])] == ["one"]


def test_what_a_template_comes_to_is_told_beside_the_mistakes_of_another_spec(tmp_path: Path) -> None:
    wrong = write(tmp_path / "wrong.yaml", "wrong")
    wrong.write_text(wrong.read_text().replace("version: 1", "version: 2"))
    twin = write(tmp_path / "twin.yaml", "twin")
    twin.write_text(twin.read_text() + "  - {name: f, fields: [url]}\noutput: {path: same}\n")
    twin.write_text(twin.read_text().replace("exports: [{", "exports:\n  - {").replace("}}]", "}}"))
    with pytest.raises(SpecError) as raised:
        load_rehearsed([tmp_path])
    assert [problem.place.file for problem in raised.value.problems] == [str(twin), str(wrong)]


# Half of a UTF-16 pair (Cs) is no character; control characters (Cc) have no place in a name.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    names=st.lists(
        st.text(
            st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\"), min_size=1, max_size=60
        ).filter(lambda name: name not in {".", ".."}),
        min_size=4,
        max_size=4,
    )
)
@example(["Site\u00a0: test", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "a\u2028b", " "])
def test_every_name_without_a_slash_or_a_control_character_is_taken(tmp_path: Path, names: list[str]) -> None:
    org, project, analysis, export = ("".join(f"\\U{ord(each):08X}" for each in name) for name in names)
    assume(not names[2].startswith("latest-") and names[2] not in {"latest", "previous", "all"})
    path = tmp_path / "spec.yaml"
    path.write_text(
        f'version: 1\nname: n\nprojects: [{{org: "{org}", project: "{project}", analysis: "{analysis}"}}]\n'
        f'exports: [{{name: "{export}", fields: [url], depth: {{max: 1}}}}]\n',
        encoding="utf-8",
    )
    [spec] = load_rehearsed([path])
    [project_of_spec] = spec.projects
    asked = Asked(project_of_spec, spec.exports[0], names[2], spec.vars, "")
    assert output_path(spec, asked) == f"downloads/{'/'.join(names)}.csv"


@pytest.mark.parametrize("name", PATH_NAMES)
def test_every_name_that_a_path_may_hold_is_filled_in(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "spec.yaml", "n")
    path.write_text(f"{path.read_text()}output: {{path: 'a/{{{{ {name} }}}}'}}\n", encoding="utf-8")
    [spec] = load_rehearsed([path])
    asked = Asked(spec.projects[0], spec.exports[0], "20250413", spec.vars)
    assert output_path(spec, asked).removeprefix("downloads/a/").removesuffix(".csv")
