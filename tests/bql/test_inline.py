"""Names that stand in a path are filled in as Jinja would, without Jinja."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runner.bql import jinja
from runner.bql.inline import render_inline
from runner.errors import UsageError

VALUES = {"org": "example-org", "project": "{{ org }}", "labels": ("a", "b"), "vars": {"team": "seo"}, "export": "{0}"}
NAMES = ["{{ org }}", "{{org}}", "{{ project }}", "{{ export }}", "{{ labels }}", "{{ vars.team }}", "{{ nobody }}"]
MORE = ["{{ org | upper }}", "{% if org %}", "{% endif %}", "{# no #}", "{", "}", "{{", "}}", "{}", "%", "/", "ü", "\n"]
pieces = st.sampled_from([*NAMES, *MORE])


def told(text: str, *, by_jinja: bool) -> str:
    """What a template comes to, or why it does not."""
    try:
        return (jinja.render_text if by_jinja else render_inline)(text, VALUES, "output.path")
    except UsageError as error:
        return f"refused: {error}"


@given(st.lists(pieces, max_size=6).map("".join))
@example("{{{ org }}")
def test_whatever_stands_in_a_path_comes_to_what_jinja_makes_of_it(text: str) -> None:
    assert told(text, by_jinja=False) == told(text, by_jinja=True)


@pytest.mark.parametrize("text", ["{{ org }}/{{ export }}", "plain", "{{org}}", "a{b}c"])
def test_plain_names_do_not_need_jinja(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jinja, "render_text", None)
    assert render_inline(text, VALUES, "output.path") == text.replace("{{ org }}", "example-org").replace(
        "{{org}}", "example-org"
    ).replace("{{ export }}", "{0}")
