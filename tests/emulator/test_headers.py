"""What a file calls its columns, and where a nested object has its values."""

from __future__ import annotations

from runner.emulator.bql.column import Column
from runner.emulator.bql.expression import Expression
from runner.emulator.files.formats import nested_rows
from runner.emulator.files.headers import header, nested_names
from runner.emulator.files.options import CsvOptions

NUMBER = Expression("1", "integer")


def column(full: str, slug: str, name: str | None = None) -> Column:
    return Column(NUMBER, full, slug, slug.title(), name)


def test_a_given_name_wins_and_others_follow_the_style() -> None:
    columns = [column("crawl.a.depth", "depth"), column("crawl.a.url", "url", "Address")]
    assert header(columns, CsvOptions(header_format="slug")) == ["depth", "Address"]
    assert header(columns, CsvOptions(header_format="collection_slug")) == ["crawl.a.depth", "Address"]


def test_a_constant_column_is_called_what_it_can_be() -> None:
    options = CsvOptions(header_format="slug", prepend=({"value": "1"}, {"name": "Only a name", "value": "2"}))
    assert header([], options) == ["", "Only a name"]


def test_dots_nest() -> None:
    assert nested_names([column("c.a.b", "a.b"), column("c.a.d", "a.d")]) == [("a", "b"), ("a", "d")]


def test_fields_of_the_same_name_are_called_by_their_full_names() -> None:
    assert nested_names([column("x.1.depth", "depth"), column("x.2.depth", "depth")]) == [
        ("x", "1", "depth"),
        ("x", "2", "depth"),
    ]


def test_a_field_that_is_another_ones_parent_is_not_overwritten() -> None:
    columns = [column("c.a", "a"), column("c.a.b", "a.b"), column("c.d", "d")]
    assert list(nested_rows(columns, [(1, 2, 3)])) == [{"a": 1, "a.b": 2, "d": 3}]
