"""The pages of docs/ hold: their tables are the program's own, their examples run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from runner.bql.asked import Asked
from runner.bql.fields import ALIASES
from runner.bql.values import template_values
from runner.spec.model import Export, Place, Project

if TYPE_CHECKING:
    from tests.harness import Desk

DOCS = Path(__file__).parent.parent / "docs"


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    text = (DOCS / page).read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def block(page: str, language: str) -> str:
    """The one example in a language."""
    [found] = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def test_the_short_names_of_fields_are_those_of_the_program() -> None:
    assert table("fields.md", "Short names") == [[f"`{alias}`", f"`{path}`"] for alias, path in ALIASES.items()]


def test_the_names_that_a_template_sees_are_those_of_the_page() -> None:
    place = Place("spec.yaml")
    asked = Asked(Project("org", "site", place), Export("all", place), "20250413", {})
    named = {name for row in table("templates.md", "What a template sees") for name in re.findall(r"`(\w+)`", row[0])}
    assert named == set(template_values(asked, None))


def test_the_template_of_the_page_runs(desk: Desk) -> None:
    desk.write("templates/most-linked.json.j2", block("templates.md", "jinja"))
    desk.write("most-linked.yaml", block("templates.md", "yaml"))
    looked = desk.bqlrun("query", "most-linked.yaml", "most-linked", "--json")
    assert looked.code == 0, looked.text
    links = [row[1] for row in looked.json["rows"]]
    assert links == sorted(links, reverse=True)
    assert min(links, default=20) >= 20
    assert desk.bqlrun("run", "most-linked.yaml").code == 0
    [rows] = [data.count(b"\n") - 1 for name, data in desk.files().items() if name.endswith("most-linked.csv")]
    assert rows >= len(links)


def test_a_mistake_in_it_is_shown_as_the_page_says(desk: Desk) -> None:
    desk.write("templates/most-linked.json.j2", block("templates.md", "jinja"))
    desk.write("most-linked.yaml", block("templates.md", "yaml").replace("{least_links: 20}", "{}"))
    said = (DOCS / "templates.md").read_text(encoding="utf-8").rpartition("```\n")[0].rpartition("```\n")[2].strip()
    assert said in desk.bqlrun("validate", "most-linked.yaml").text


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in DOCS.glob("*.md") if f"docs/{page.name}" not in readme] == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in (*DOCS.glob("*.md"), DOCS.parent / "README.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
