"""Relations in layers: a query plans only the columns it needs, and whatever they are made of."""

from __future__ import annotations

from runner.emulator.data.kept import kept
from runner.emulator.data.relation import Relation

LAYERS = (
    {"width": "id % 3", "height": "id * 2"},
    {"area.total": "width * height", "label": "'no width, no \"height\"'", "quoted": "'it''s ' || height"},
    {"double": '"area.total" * 2'},
)
TWINS = ({"twin": "unnest(range(width))"},)
BASE = Relation("SELECT range AS id FROM range(9)", LAYERS, TWINS, 9)


def test_a_column_brings_what_it_is_made_of() -> None:
    statement = BASE.select(["double"])
    assert [name in statement for name in ("width", "height", "area.total", "double")] == [True] * 4
    assert "label" not in statement
    assert "unnest" not in statement


def test_a_name_inside_a_text_is_no_column() -> None:
    assert "% 3" not in BASE.select(["label"])
    assert "id * 2" in BASE.select(["quoted"])


def test_a_layer_without_a_needed_column_is_left_out() -> None:
    assert BASE.select(["id"]) == "SELECT range AS id FROM range(9)"


def test_links_come_only_when_they_are_named() -> None:
    assert "unnest" in BASE.select(["twin"])
    assert "unnest" not in BASE.whole()


def test_a_small_relation_becomes_a_table_once_it_is_asked_often() -> None:
    done: list[str] = []
    relation = kept(BASE, "small", done.append)
    statements = [relation.select(["double"]) for _ in range(20)]
    assert done == [f"CREATE TABLE small AS {BASE.whole()}"]
    assert statements[0] == BASE.select(["double"])
    assert statements[-1] == "SELECT * FROM small"


def test_links_are_made_of_the_table_too() -> None:
    relation = kept(BASE, "small", lambda _: None)
    assert [relation.select(["twin"]) for _ in range(20)][-1] == (
        'SELECT *, unnest(range(width)) AS "twin" FROM (SELECT * FROM small)'
    )


def test_a_large_relation_is_never_a_table() -> None:
    large = Relation(BASE.base, BASE.layers, BASE.links, 10_000_000)
    assert kept(large, "large", lambda _: None) is large
