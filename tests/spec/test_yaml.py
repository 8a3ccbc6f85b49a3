"""YAML as version 1.2 reads it: what looks like a text is one, and every node knows its place."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import SpecError
from runner.spec.load import load_specs

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "version: 1\nname: {name}\nprojects: [{{org: o, project: p}}]\nexports: [{{name: e, fields: [url]}}]\n"
LOOKALIKES = "20250413 20240101-2 2025-04-13 no yes on off y n 007 1:30 0o17 0x1f 1e3 .5 1_000 true 12 3.50".split()
plain = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,12}", fullmatch=True)


def name_of(folder: Path, text: str) -> str:
    path = folder / "s.yaml"
    path.write_text(SPEC.format(name=text), encoding="utf-8")
    [spec] = load_specs([path])
    return spec.name


@pytest.mark.parametrize("text", LOOKALIKES)
def test_a_text_is_what_it_looks_like(tmp_path: Path, text: str) -> None:
    assert name_of(tmp_path, text) == text


def test_any_plain_text_comes_back(tmp_path: Path) -> None:
    @given(plain.filter(lambda text: text.lower() != "null"))
    def check(text: str) -> None:
        assert name_of(tmp_path, text) == text

    check()


def test_every_problem_is_where_it_stands(tmp_path: Path) -> None:
    @given(st.integers(0, 30), st.integers(0, 5))
    def check(lines: int, spaces: int) -> None:
        path = tmp_path / "s.yaml"
        text = "\n" * lines + SPEC.format(name="s") + f"?{' ' * (spaces + 1)}unknown\n: 1\n"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SpecError) as raised:
            load_specs([path])
        [problem] = raised.value.problems
        assert (problem.place.line, problem.place.column) == (lines + 5, spaces + 3)

    check()


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path: Path) -> None:
    levels = "\n".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
    path = tmp_path / "s.yaml"
    path.write_text(f"{SPEC.format(name='s')}vars:\n  a0: &a0 [1]\n{levels}\n", encoding="utf-8")
    began = time.monotonic()
    with pytest.raises(SpecError):
        load_specs([path])
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "- " * 50_000])
def test_what_is_nested_beyond_reason_is_refused_and_nothing_overflows(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError):
        load_specs([path])


@pytest.mark.parametrize(
    "node", ["!!python/name:os.system x", "!!str 1", "!own {a: 1}", "!!python/object/apply:os.system [touch here]"]
)
def test_a_tag_makes_nothing_and_is_refused_where_it_stands(tmp_path: Path, node: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(SPEC.format(name="s") + f"vars: {{a: {node}}}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"s\.yaml:5:11: tags such as"):
        load_specs([path])


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ("[" * 60 + "]" * 60, r"nested more than 60 levels deep"),
        ("{? [a] : 1}", r"a key is a word, not a list or a mapping"),
        ("{? {a: 1} : 1}", r"a key is a word, not a list or a mapping"),
    ],
)
def test_what_no_spec_needs_is_refused_for_what_it_is(tmp_path: Path, node: str, said: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(SPEC.format(name="s") + f"vars: {{a: {node}}}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=said):
        load_specs([path])


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"name: \x80", b"\x00", b"name: a\x07b"])
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(data)
    with pytest.raises(SpecError):
        load_specs([path])


def test_no_text_is_an_accident(tmp_path: Path) -> None:
    @given(st.text(max_size=80))
    def check(text: str) -> None:
        path = tmp_path / "s.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with pytest.raises(SpecError):
            load_specs([path])

    check()
