"""`bqlrun report` and `run --report`: a page that needs nothing but itself, and says what is true to everyone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, get_args
from urllib.parse import unquote

import pytest

from runner.resources import TEMPLATES
from runner.run.report import Reported
from runner.show.timeline import sessions
from runner.state.moments import Phase
from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Desk, Emulated

HOSTILE = "</title><script src=x>alert(1)<"
TWO = (
    SPEC
    + f"""  - name: "{HOSTILE}"
    fields: [url]
    depth: {{max: 1}}
  - name: too-many
    fields: [url]
    depth: all
    output: {{path: "too-many"}}
""".replace("/", "_")
).replace("200}", "200, rows_per_export: 300}")
NAME = HOSTILE.replace("/", "_")
LABELLED = {"table", "section", "nav", "figure"}
VOID = {"meta", "rect", "line", "br"}


class Page(HTMLParser):
    """A page as a list of elements, each with its attributes, the names of those around it, and its own text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, [*self.open]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, [*self.open]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data.strip())

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes, _ in self.elements if tag in tags]


@pytest.fixture
def reported(desk: Desk) -> Desk:
    """A run with two exports that are done, one of them with a hostile name, and one that is refused."""
    desk.write("spec.yaml", TWO)
    ran = desk.bqlrun("run", "spec.yaml", "--report", "out/run.html")
    assert ran.code == 1, ran.text
    return desk


def test_nothing_is_fetched_and_links_lead_to_the_files(reported: Desk) -> None:
    folder = reported.folder / "out"
    page = Page((folder / "run.html").read_text())
    tags = {tag for tag, _, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "audio", "video", "use"}
    assert not [attributes for _, attributes, _ in page.elements if attributes.keys() & {"src", "srcset", "xlink:href"}]
    assert not any(name.startswith("on") for _, attributes, _ in page.elements for name in attributes)
    assert not re.search(r"url\(|@import|https?:", (folder / "run.html").read_text())
    links = [each["href"] for each in page.all("a")]
    inside, files = [x for x in links if x[0] == "#"], [x for x in links if x[0] != "#"]
    ids = {attributes["id"] for _, attributes, _ in page.elements if "id" in attributes}
    assert {each[1:] for each in inside} <= ids
    assert len(files) == 2
    assert all((folder / unquote(each)).is_file() for each in files)


def test_its_figures_are_those_of_the_run(reported: Desk) -> None:
    texts = [text for text in Page((reported.folder / "out/run.html").read_text()).texts if text]
    told = totals(texts)
    assert {name: told[name] for name in ("Rows", "Credits", "done", "failed")} == {
        "Rows": "110", "Credits": "110", "done": "2", "failed": "1",
    }  # fmt: skip
    row = texts.index("example-org/example.com")
    assert (texts[row + 1 : row + 4], texts[row + 5]) == (["3", "1", "110"], "110")
    assert any("the whole crawl has 500 rows, and an export takes 300" in text for text in texts)
    assert any("`depth: split` takes all of it" in text for text in texts)
    assert "depth 0 to 2: 100 of 500 rows" in texts
    assert "depth 0 to 1: 10 of 500 rows" in texts


def totals(texts: list[str]) -> dict[str, str]:
    """The figures at the top, by their names: they come after the links to the sections, of which `Exports` is one."""
    first = texts.index("Exports", texts.index("Exports") + 1)
    figures = texts[first : texts.index("Credits", first) + 2]
    return dict(zip(figures[::2], figures[1::2], strict=True))


def test_the_timeline_has_every_phase_of_what_was_carried_out(reported: Desk) -> None:
    page = Page((reported.folder / "out/run.html").read_text())
    bars = [each["aria-label"] for each in page.all("svg") if "waiting" in each.get("aria-label", "")]
    assert len(bars) == 2
    for bar in bars:
        assert [part.split()[0] for part in bar.split(", ")] == ["waiting", "exporting", "downloading", "checking"]
        exporting = float(bar.split(", ")[1].split()[1])
        # A job takes the emulator 0.2 s.
        assert 0 < exporting < 20
    pieces = [each for each in page.all("rect") if each.get("height") == "10" and "x" in each]
    assert len(pieces) >= 2 * len(bars)
    assert all(0 <= float(each["x"]) + float(each["width"]) <= 1001 for each in pieces)


@pytest.mark.parametrize(
    ("times", "drawn"),
    [
        ((100, 101, 103, 104, 105), True),
        ((100, 101, 103, 104, 5), False),
        ((100, 101, 3, 4, 5), False),
        ((3700, 101, 103, 104, 105), False),
    ],
)
def test_the_timeline_leaves_out_an_export_during_which_the_clock_was_set_back(
    times: tuple[float, ...], drawn: bool
) -> None:
    phases = dict(zip(get_args(Phase), times, strict=True))
    steady = Reported("org", "project", "20250413", "steady", "done", phases={"waiting": 100, "ended": 110})
    other = Reported("org", "project", "20250413", "other", "done", phases=phases)
    [session] = sessions([other, steady])
    assert (session.took, [bar.name.partition(":")[2] for bar in session.bars]) == (
        "10.0 s", ["other", "steady"] if drawn else ["steady"],
    )  # fmt: skip


def test_hostile_names_are_text_and_nothing_else(reported: Desk) -> None:
    text = (reported.folder / "out/run.html").read_text()
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert f"example-org/example.com/20250413:{NAME}" in Page(text).texts


def test_it_can_be_read_without_seeing_it(reported: Desk) -> None:
    page = Page((reported.folder / "out/run.html").read_text())
    tags = [tag for tag, _, _ in page.elements]
    assert page.all("html") == [{"lang": "en"}]
    assert tags.count("main") == tags.count("h1") == 1
    assert {"header", "nav", "footer", "title"} <= set(tags)
    assert all("scope" in each for each in page.all("th"))
    assert all(each.get("aria-labelledby") or each.get("aria-label") for each in page.all("section", "nav"))
    assert all(each.get("role") == "img" or each.get("aria-hidden") == "true" for each in page.all("svg"))
    for place, (tag, attributes, _) in enumerate(page.elements):
        if tag == "svg" and attributes.get("role") == "img":
            assert page.elements[place + 1][0] == "title"
    headings = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_no_secret_is_in_it(reported: Desk, emulator: Emulated) -> None:
    text = (reported.folder / "out/run.html").read_text()
    assert reported.environ["BOTIFY_API_TOKEN"] + '"' not in text
    for job in emulator.jobs():
        address = (job.get("results") or {}).get("download_url")
        assert address
        assert address not in text


def test_report_tells_what_the_state_file_knows_without_any_network(reported: Desk, emulator: Emulated) -> None:
    asked = len(emulator.requests())
    ran = reported.bqlrun("report", "--json")
    assert ran.code == 0, ran.err
    assert ran.json == {"path": "report.html", "exports": 3}
    assert len(emulator.requests()) == asked
    texts = Page((reported.folder / "report.html").read_text()).texts
    assert "depth 0 to 2: 100 of 500 rows" in texts


def test_a_whole_of_parts_is_one_export_with_all_their_credits_and_no_cut(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC.replace("200}", "200, rows_per_export: 450}").replace("{max: 2}", "split"))
    ran = desk.bqlrun("run", "spec.yaml", "--report", "run.html", "--json")
    assert ran.code == 0, ran.text
    assert len(ran.json["exports"][0]["job_ids"]) == 2
    page = Page((desk.folder / "run.html").read_text())
    texts = [text for text in page.texts if text]
    assert totals(texts)["Credits"] == "500"
    assert "all 500 rows" in texts
    assert page.all("line") == []
    [bar] = [each["aria-label"] for each in page.all("svg") if "waiting" in each.get("aria-label", "")]
    assert re.fullmatch(r"waiting .*, exporting .*, checking .*", bar)


def test_without_a_state_file_it_says_what_to_do_and_makes_none(quiet_desk: Desk) -> None:
    assert quiet_desk.bqlrun("report").code == 0
    assert [path.name for path in quiet_desk.folder.iterdir()] == ["report.html"]
    assert "Nothing was exported yet" in (quiet_desk.folder / "report.html").read_text()


def test_a_page_that_cannot_be_written_is_said_and_after_a_run_only_warned_of(desk: Desk) -> None:
    desk.write("taken", "a file")
    refused = desk.bqlrun("report", "--out", "taken/report.html")
    assert refused.code == 1
    assert "taken/report.html cannot be written" in refused.err
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun("run", "spec.yaml", "--report", "taken/report.html")
    assert ran.code == 0
    assert "warning: taken/report.html cannot be written" in ran.err


def test_what_is_read_and_what_is_drawn_stands_out_in_light_and_dark() -> None:
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w+)", block))
        for block in re.findall(r":root \{(.*?)\}", (TEMPLATES / "report.html.j2").read_text(), re.DOTALL)
    )
    for colours in (light, light | dark):
        grounds = colours["page"], colours["panel"]
        # WCAG 2.2: 1.4.3 for text, 1.4.11 for what has to be seen of a drawing.
        for name in ("text", "soft", "link", "bad"):
            assert min(contrast(colours[name], ground) for ground in grounds) >= 4.5, name
        for name in ("waiting", "exporting", "downloading", "checking", "taken", "left"):
            assert contrast(colours[name], colours["panel"]) >= 3, name


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' relative luminances."""
    lighter, darker = sorted(map(luminance, (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


CHROMIUM = shutil.which("chromium")
# The report itself may run no script: this one stands around it, and looks in.
LOOK = """
<script>
  const page = document.querySelector('iframe');
  window.onload = () => {
    const inside = page.contentDocument, shown = inside.documentElement;
    const style = page.contentWindow.getComputedStyle(inside.body);
    const hidden = [...inside.querySelectorAll('a')].filter(a => a.getClientRects().length === 0).length;
    document.body.textContent = JSON.stringify({
      wide: shown.scrollWidth > shown.clientWidth, background: style.backgroundColor, text: style.color, hidden,
      fetched: page.contentWindow.performance.getEntriesByType('resource').length,
      bars: [...inside.querySelectorAll('.bar rect')].filter(r => r.getBoundingClientRect().width > 0).length,
    });
  };
</script>
"""


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed: the page is only parsed")
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_real_browser_shows_it_on_a_phone_and_on_a_desk_in_light_and_dark(
    reported: Desk, width: int, scheme: str
) -> None:
    frame = f"<body><iframe src='out/run.html' style='width:{width}px;height:800px'></iframe>{LOOK}"
    path = reported.write("frame.html", frame)
    seen = json.loads(dumped(path, scheme))
    assert not seen["wide"], "the page scrolls sideways"
    assert seen["hidden"] == 0
    assert seen["fetched"] == 0
    assert seen["bars"] >= 4
    light = sum(int(part) for part in re.findall(r"\d+", seen["background"])[:3]) > 382
    assert light == (scheme == "light")


def dumped(path: Path, scheme: str) -> str:
    """What a page says after its scripts have run; this page is made here, the report has no script."""
    command = [
        CHROMIUM or "", "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
        f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}", "--virtual-time-budget=5000",
        f"--user-data-dir={path.parent / 'profile'}", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = re.search(r"<body>(\{.*?\})</body>", done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:]
    return found[1]
