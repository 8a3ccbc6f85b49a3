"""The pages of docs/ hold: their tables are the program's own, their examples run."""

from __future__ import annotations

import csv
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator

from runner.bql.asked import Asked
from runner.bql.fields import ALIASES
from runner.bql.values import template_values
from runner.emulator.embedded import embedded
from runner.spec.model import Export, Project
from runner.spec.problem import Place
from tests import specpage
from tests.cli.test_takeover import PAYLOAD
from tests.docsthatrun import plain_environ, walk
from tests.harness import TOKEN, Emulated
from tests.messages import messages
from tests.test_specs import WORLD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Desk

DOCS = Path(__file__).parent.parent / "docs"

HOME_PAGES = {
    "collections": ["crawl.20250413"],
    "query": {
        "dimensions": ["url", "crawl.20250413.metadata.title.content"],
        "metrics": [],
        "filters": {"field": "crawl.20250413.depth", "predicate": "lte", "value": 0},
    },
}


def reader(url: str) -> dict[str, str]:
    """What a reader's shell has: bqlrun, and a Botify."""
    return plain_environ(Path(sys.executable).parent) | {"BOTIFY_API_URL": url, "BOTIFY_API_TOKEN": TOKEN}


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


def test_the_tutorial_is_walked_through_by_its_own_text(tmp_path: Path) -> None:
    with embedded(tmp_path / "botify") as url:
        assert walk((DOCS / "tutorial.md").read_text(encoding="utf-8"), tmp_path, reader(url)) >= 20


def test_the_recipes_are_walked_through_in_an_agencys_world(
    tmp_path: Path, botify_of: Callable[[str], Emulated]
) -> None:
    recipes = (DOCS / "cookbook.md").read_text(encoding="utf-8").split("\n## ")[1:]
    desks = [tmp_path / str(number) for number, _ in enumerate(recipes)]
    for each in desks:
        each.mkdir()
    # Side by side, as most of their time is waiting for jobs.
    environ = reader(botify_of(WORLD).url)
    with ThreadPoolExecutor(4) as four:
        ran = list(four.map(walk, recipes, desks, [environ] * len(desks)))
    assert len(ran) >= 10
    assert all(ran)


def test_the_way_from_pipulate_is_walked_by_its_own_text(tmp_path: Path) -> None:
    page = (DOCS / "from-pipulate.md").read_text(encoding="utf-8")
    with embedded(tmp_path / "botify", job_seconds=0.1) as url:
        emulator, environ = Emulated(url, tmp_path / "botify"), reader(url)
        # What that workflow had done before: a job that was paid for, and a file whose job is gone.
        emulator.call("POST", "/v1/jobs", {"job_type": "export", "payload": PAYLOAD})
        table = [("url", "title"), *emulator.query("example.com", HOME_PAGES)]
        with (tmp_path / "old.csv").open("w", encoding="utf-8", newline="") as old:
            csv.writer(old, lineterminator="\n").writerows(table)
        assert walk(page, tmp_path, environ) == 4
        assert emulator.creations() == 1


def test_complaints_are_walked_through_and_quote_the_program(tmp_path: Path) -> None:
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    with embedded(tmp_path / "botify") as url:
        assert walk(page, tmp_path, reader(url)) == 2
    quoted = re.findall(r"```text\n(.*)\n```", page)
    assert len(quoted) >= 6
    assert set(quoted) <= {each.text for each in messages()}


def test_the_reference_is_what_the_schema_gives() -> None:
    assert (DOCS / "spec.md").read_text(encoding="utf-8") == specpage.page(), "make docs"


def test_every_key_says_what_it_is_and_has_an_example_that_is_right() -> None:
    for path, schema in specpage.keys(specpage.SCHEMA):
        assert schema.get("description"), path
        assert schema.keys() & {"type", "enum", "const"}, path
        Draft202012Validator({**schema, "$defs": specpage.SCHEMA["$defs"]}).validate(specpage.example_of(schema))


def test_every_page_is_linked_from_the_entrance_and_the_entrance_from_the_readme() -> None:
    entrance = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {page.name for page in DOCS.glob("*.md")} - {"index.md"}
    assert pages == set(re.findall(r"\]\(([\w-]+\.md)\)", entrance))
    assert "docs/index.md" in (DOCS.parent / "README.md").read_text(encoding="utf-8")


def test_links_between_pages_lead_somewhere() -> None:
    for page in (*DOCS.glob("*.md"), DOCS.parent / "README.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
