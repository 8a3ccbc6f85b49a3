"""What bad input gets: a clear line, an exit code, nothing lost. (No command may show a traceback: see the harness.)"""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_run import SPEC

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness import Desk, Emulated

BILLION_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\n\tname: x\n", "spec.yaml:2:1: "),
        ("version: 1\nname: x\nname: y\n", "spec.yaml:3:1: "),
        (BILLION_LAUGHS, "spec.yaml:"),
        ("a: &a [*a]\n", "spec.yaml:1:"),
        ("version: 1\n---\nversion: 1\n", "spec.yaml:2:"),
        (SPEC + "exprots: []\n", "did you mean"),
        (SPEC + "api: {token: abcdef}\n", "token"),
        (SPEC.replace("fields: [url, title, h1]", "fields: [url, titel]"), "titel"),
        (SPEC.replace("depth: {max: 2}", "depth: {min: 3, max: 2}"), "spec.yaml:11:12: "),
        (SPEC.replace("depth: {max: 2}", "template: crawl_ulrs"), "crawl_urls"),
        (SPEC + "output: {dir: 's3://k:secret@bucket'}\n", "credentials"),
        (SPEC + "output: {current: '{{ project }'}\n", "unexpected"),
        (SPEC + "output: {current: '../{{ project }}'}\n", "output.current"),
        (SPEC.replace("depth: {max: 2}", "filter: {field: url}"), "filters"),
        (SPEC.replace("depth: {max: 2}", "format: parquet"), "unknown key `format`; it belongs into `output`"),
        ("", "spec.yaml:1:1: "),
        ("just text", "spec.yaml:1:1: "),
    ],
)
@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_spec_that_is_wrong_gets_its_place_and_exit_2(quiet_desk: Desk, command: str, text: str, said: str) -> None:
    quiet_desk.write("spec.yaml", text)
    ran = quiet_desk.bqlrun(command, "spec.yaml")
    assert ran.code == 2
    told = ran.out if command == "validate" else ran.err
    assert said in told
    assert told.startswith("spec.yaml:")


def test_every_problem_is_told_at_once(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", SPEC.replace("version: 1", "version: 2").replace("h1", "h9") + "unknown: 1\n")
    told = quiet_desk.bqlrun("validate", "spec.yaml").out.splitlines()
    assert len(told) == 3


@pytest.mark.parametrize("make", ["missing", "folder", "binary"])
def test_a_file_that_cannot_be_read_gets_one_line_and_exit_2(quiet_desk: Desk, make: str) -> None:
    path = quiet_desk.folder / "spec.yaml"
    if make == "folder":
        path.mkdir()
    if make == "binary":
        path.write_bytes(b"version: 1\nname: \xff\xfe\n")
    ran = quiet_desk.bqlrun("run", "spec.yaml")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(("wrong", "meant"), [("spces", "specs"), ("specs/weekyl.yaml", "specs/weekly.yaml")])
def test_a_spec_that_is_not_there_has_near_ones_named(quiet_desk: Desk, wrong: str, meant: str) -> None:
    quiet_desk.write("specs/weekly.yaml", SPEC)
    ran = quiet_desk.bqlrun("validate", wrong)
    assert ran.code == 2
    assert f"cannot be read: No such file or directory; did you mean `{meant}`?" in ran.out


def test_a_file_that_is_named_twice_is_one_spec(quiet_desk: Desk) -> None:
    quiet_desk.write("specs/weekly.yaml", SPEC)
    ran = quiet_desk.bqlrun("validate", "specs/weekly.yaml", "specs", "./specs/")
    assert (ran.code, len(ran.err.splitlines())) == (0, 1)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("titels", "titles"), ("example.con", "example-org/example.com"), ("label:retial", "label:retail")],
)
def test_a_pattern_that_means_nothing_is_refused_with_what_was_meant(quiet_desk: Desk, wrong: str, meant: str) -> None:
    address = "https://app.botify.com/example-org/example.com/crawl?analysisSlug=20250413"
    spec = SPEC.replace(address, "{org: example-org, project: example.com, labels: [retail]}")
    quiet_desk.write("spec.yaml", spec)
    ran = quiet_desk.bqlrun("validate", "spec.yaml", "--select", wrong)
    assert ran.code == 2
    assert f"nothing is called {wrong}; did you mean `{meant}`?" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", ""),
        ("run", "spec.yaml", "--junit", ""),
        ("run", "spec.yaml", "--report", "."),
        ("run", "--plan", ""),
        ("status", "--state", ""),
        ("report", "--out", "/"),
        ("init", ""),
    ],
    ids=" ".join,
)
def test_a_name_that_is_empty_or_none_is_refused_before_anything_is_done(
    quiet_desk: Desk, arguments: tuple[str, ...]
) -> None:
    quiet_desk.write("spec.yaml", SPEC)
    ran = quiet_desk.bqlrun(*arguments)
    assert ran.code == 2
    assert "must name a file" in ran.err
    assert [path.name for path in quiet_desk.folder.iterdir()] == ["spec.yaml"]


@pytest.mark.parametrize("jobs", ["0", "-1"])
def test_no_job_at_once_would_be_a_run_that_never_ends(quiet_desk: Desk, jobs: str) -> None:
    quiet_desk.write("spec.yaml", SPEC)
    ran = quiet_desk.bqlrun("run", "spec.yaml", "--jobs", jobs)
    assert ran.code == 2
    assert "argument --jobs: must be a whole number from 1" in ran.err


def test_a_file_where_the_output_folder_should_be_is_seen_before_anything_is_paid(
    desk: Desk, emulator: Emulated
) -> None:
    desk.write("spec.yaml", SPEC)
    desk.write("downloads", "not a folder")
    ran = desk.bqlrun("run", "spec.yaml")
    assert (ran.code, emulator.creations()) == (1, 0)
    assert "downloads is no folder" in ran.err


def test_an_emulator_that_cannot_keep_its_jobs_says_so_in_a_line(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", SPEC)
    quiet_desk.write(".bqlrun", "not a folder")
    for command in ("run", "plan"):
        assert quiet_desk.bqlrun(command, "spec.yaml", "--api-url", "emulator").code == 2
    assert "ports go from 0" in quiet_desk.bqlrun("emulator", "--port", "99999").err


def test_a_template_that_renders_no_json_is_told_before_anything_is_sent(quiet_desk: Desk) -> None:
    quiet_desk.write("own.json.j2", '{# two lines #}\n{"collections": [}')
    quiet_desk.write("spec.yaml", SPEC.replace("depth: {max: 2}", "template: own.json.j2"))
    ran = quiet_desk.bqlrun("validate", "spec.yaml")
    assert ran.code == 2
    said = (
        """own.json.j2 renders no JSON: Expecting value in line 2, column 18 of the rendered text, at `{"collections"""
    )
    assert said in ran.out


def test_a_missing_token_is_named_with_where_it_should_be(quiet_desk: Desk) -> None:
    quiet_desk.write("spec.yaml", SPEC)
    ran = quiet_desk.bqlrun("run", "spec.yaml")
    assert ran.code == 2
    assert "BOTIFY_API_TOKEN" in ran.err
    assert "botify_token.txt" in ran.err


def test_a_refused_token_is_exit_3_and_is_not_shown(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    desk.environ["BOTIFY_API_TOKEN"] = "wrong-and-secret"
    for command in ("run", "plan"):
        ran = desk.bqlrun(command, "spec.yaml")
        assert ran.code == 3
        assert "401" in ran.text
        assert "wrong-and-secret" not in ran.text


def test_a_token_file_may_have_comments_after_its_first_line(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    desk.write("botify_token.txt", "emulator\n# username: first.last\n")
    del desk.environ["BOTIFY_API_TOKEN"]
    assert desk.bqlrun("run", "spec.yaml").code == 0


@pytest.mark.parametrize(
    ("wrong", "said", "hint"),
    [
        ("example-org/exmaple.com/", "example-org has no project exmaple.com", "nearest are example.com"),
        ("exmaple-org/example.com/", "this token sees no organisation exmaple-org", "app.botify.com/ORG/PROJECT/"),
    ],
)
def test_an_unknown_project_or_organisation_is_named_with_what_the_api_says(
    desk: Desk, wrong: str, said: str, hint: str
) -> None:
    desk.write("spec.yaml", SPEC.replace("example-org/example.com/crawl?analysisSlug=20250413", wrong))
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert f"{wrong}latest:titles: {said}" in ran.err
    assert "was answered 404, error code 10" in ran.err
    assert hint in ran.err


def test_an_unknown_analysis_names_those_that_exist(desk: Desk, emulator: Emulated) -> None:
    desk.write("spec.yaml", SPEC.replace("20250413", "20250412"))
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "there is no finished crawl 20250412" in ran.err
    assert "20250413" in ran.err
    assert emulator.creations() == 0


@pytest.fixture
def html_site() -> Iterator[str]:
    """A server that knows nothing but a web page."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Welcome to the captive portal</html>")

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_api_that_answers_html_is_said_to(desk: Desk, html_site: str) -> None:
    desk.write("spec.yaml", SPEC)
    desk.environ["BOTIFY_API_URL"] = html_site
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "JSON" in ran.err


def test_a_spec_may_not_send_the_token_elsewhere(desk: Desk) -> None:
    del desk.environ["BOTIFY_API_URL"]
    desk.write("spec.yaml", SPEC + "api: {url: 'https://evil.example'}\n")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 2
    assert "--api-url" in ran.err


@pytest.mark.skipif(shutil.which("mount") is None, reason="needs a small file system to fill")
def test_a_full_disk_while_placing_leaves_a_run_that_can_go_on(desk: Desk, emulator: Emulated, tmp_path: Path) -> None:
    small = tmp_path / "desk" / "downloads"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", small], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount here")
    try:
        desk.write("spec.yaml", SPEC)
        full = desk.bqlrun("run", "spec.yaml")
        assert full.code == 1
        assert "No space left" in full.err
        assert not [name for name in desk.files() if not name.endswith(".csv.manifest.json")]
        subprocess.run(["mount", "-o", "remount,size=1m", small], check=True)
        fetched = len(emulator.downloads())
        assert desk.bqlrun("run", "spec.yaml").code == 0
        assert len(emulator.downloads()) == fetched
        assert emulator.creations() == 1
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_misspelt_command_gets_a_suggestion(quiet_desk: Desk) -> None:
    ran = quiet_desk.bqlrun("vaildate", "spec.yaml")
    assert ran.code == 2
    assert "did you mean `validate`?" in ran.err
