"""The token goes to the API's own origin and nowhere else; a download address stays in the state file."""

from __future__ import annotations

import base64
import http.server
import threading
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_executors import session
from tests.cli.test_run import SPEC
from tests.conftest import WORLD
from tests.harness import Desk, Emulated, Ran, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPORTS = ("--report", "report.html", "--junit", "junit.xml")
SECRET = "s3cret+t0ken/with=signs~and-length"


@pytest.fixture
def guarded(botify_of: Callable[[str], Emulated]) -> Emulated:
    """The small Botify, for a token that cannot be found in a file by accident."""
    return botify_of(WORLD.replace("tokens: {emulator:", f'tokens: {{"{SECRET}": [example-org], emulator:'))


@pytest.fixture
def desk(tmp_path: Path, guarded: Emulated) -> Desk:
    """A user's folder whose token is in the environment, as in CI."""
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder, {"BOTIFY_API_URL": guarded.url, "BOTIFY_API_TOKEN": SECRET})


def spellings(secret: str) -> list[bytes]:
    """How a secret may have leaked: as it is, URL-encoded, in base64 at any offset, in hexadecimal."""
    raw = secret.encode()
    shifted = [base64.b64encode(b"x" * shift + raw)[4:-4] for shift in range(3)]
    return [raw, urllib.parse.quote(secret, safe="").encode(), raw.hex().encode(), *shifted]


def test_a_secret_that_leaked_would_be_found() -> None:
    for leaked in (SECRET, urllib.parse.quote_plus(SECRET), base64.b64encode(f"a:{SECRET}".encode()).decode()):
        assert any(spelling in f"log: {leaked} end".encode() for spelling in spellings(SECRET))


def holders(secret: str, left: dict[str, bytes]) -> list[str]:
    """Where it leaked to."""
    return [name for name, content in left.items() if any(each in content for each in spellings(secret))]


def addresses(guarded: Emulated) -> list[str]:
    """What makes the download address of each finished job a secret."""
    found = [job["results"]["download_url"] for job in guarded.jobs() if job["results"]]
    return [urllib.parse.urlsplit(address).path.split("/")[-2] for address in found]


def left_by(desk: Desk, *printed: Ran) -> dict[str, bytes]:
    """All that a run left: each file of the folder, and what a person or a CI's log saw."""
    files = {str(path.relative_to(desk.folder)): path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()}
    return files | {f"printed {number}": ran.text.encode() for number, ran in enumerate(printed)}


def assert_kept(desk: Desk, guarded: Emulated, *printed: Ran) -> None:
    """Neither the token nor a download address is anywhere; of an address the state file alone may know."""
    left = left_by(desk, *printed)
    assert ".bqlrun/state.db" in left
    assert holders(SECRET, left) == []
    for address in [*addresses(guarded), ELSEWHERE.partition("=")[2]]:
        assert [name for name in holders(address, left) if not name.startswith(".bqlrun/state.db")] == []


ELSEWHERE = "http://files.example.com/export?signature=another-s3cret"
FILES = "/export_data/*"
# What goes wrong, in this order, and how the run ends.
TROUBLES: dict[str, tuple[int, list[dict[str, Any]]]] = {
    "none": (0, []),
    "refused": (1, [{"fault": "status", "status": 403}]),
    "outcome unknown": (0, [{"fault": "reset_after"}]),
    "job failed": (1, [{"fault": "job_failed"}]),
    "broke off, expired, refreshed, broke off again": (
        0,
        [
            {"fault": "truncated", "keep": 500},
            {"fault": "expired", "skip": 1},
            {"fault": "truncated", "keep": 100, "skip": 2},
            {"fault": "status", "status": 503, "path": FILES, "skip": 3},
        ],
    ),
    "expired for good": (1, [{"fault": "expired", "times": 0}]),
    "gone for good": (1, [{"fault": "status", "status": 404, "path": FILES, "times": 0}]),
    "refused by the file host": (1, [{"fault": "status", "status": 400, "path": FILES, "times": 0}]),
    "sent elsewhere": (1, [{"fault": "redirect", "location": ELSEWHERE, "path": FILES, "times": 0}]),
    "no table": (1, [{"fault": "archive", "kind": "ragged"}]),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_neither_the_token_nor_a_download_address_is_left_anywhere(desk: Desk, guarded: Emulated, trouble: str) -> None:
    desk.write("spec.yaml", SPEC)
    code, faults = TROUBLES[trouble]
    for fault in faults:
        guarded.fault(**fault)
    ran = desk.bqlrun("run", "spec.yaml", "-vv", "--log-format", "json", *REPORTS)
    assert ran.code == code, ran.text
    assert [name for name in REPORTS[1::2] if not (desk.folder / name).stat().st_size] == []
    assert len(addresses(guarded)) == (0 if trouble in {"refused", "job failed"} else 1)
    assert_kept(desk, guarded, ran, desk.bqlrun("status", "-vv"), desk.bqlrun("status", "--json"))


COMMANDS = (
    "doctor spec.yaml --json",
    "plan spec.yaml -vv --out plan.json",
    "render spec.yaml",
    "analyses example-org/example.com --json",
    "depths example-org/example.com",
    "fields example-org/example.com",
    "query spec.yaml titles --json",
    "status --json",
    "report",
    "state verify -vv",
    "clean --keep 1",
)


def test_no_other_command_shows_them_or_leaves_them_anywhere(desk: Desk, guarded: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    printed = [desk.bqlrun("run", "spec.yaml")] + [desk.bqlrun(*command.split()) for command in COMMANDS]
    assert [ran.code for ran in printed] == [0] * len(printed), printed
    assert len(addresses(guarded)) == 1
    guarded.fault("status", status=401, times=0)
    asking = [command for command in COMMANDS if command.startswith(("doctor", "analyses", "fields"))]
    refused = [desk.bqlrun(*command.split()) for command in asking]
    assert [ran.code for ran in refused] == [3] * len(refused), refused
    guarded.heal()
    assert_kept(desk, guarded, *printed, *refused)


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_neither_is_in_the_process_list_nor_left_by_a_run_that_is_broken_off(
    desk: Desk, guarded: Emulated, executor: str
) -> None:
    desk.write("spec.yaml", SPEC)
    guarded.fault("drip", bytes_per_second=400)
    process = desk.start("run", "spec.yaml", "-vv", "--executor", executor, *REPORTS, start_new_session=True)
    until(lambda: any((desk.folder / ".bqlrun" / "work").glob("*.raw.json")))
    listed = {str(each): Path(f"/proc/{each}/cmdline").read_bytes() for each in session(process.pid)}
    assert len(listed) >= (1 if executor == "threads" else 2)
    process.terminate()
    ran = Ran(process.returncode, *process.communicate(timeout=60))
    assert process.returncode == 143, ran.text
    [address] = addresses(guarded)
    assert holders(SECRET, listed) + holders(address, listed) == []
    assert_kept(desk, guarded, ran)


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server of somebody else's, and the headers that it was sent."""
    seen: list[dict[str, str]] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers))
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "route", [("GET", "/v1/analyses/*"), ("POST", "/v1/projects/*"), ("POST", "/v1/jobs"), ("GET", "/v1/jobs*")]
)
def test_no_redirect_of_the_api_is_followed(
    desk: Desk, guarded: Emulated, elsewhere: tuple[str, list[dict[str, str]]], route: tuple[str, str]
) -> None:
    address, seen = elsewhere
    desk.write("spec.yaml", SPEC.replace("/crawl?analysisSlug=20250413", ""))
    guarded.fault("redirect", location=f"{address}/stolen", status=307, method=route[0], path=route[1], times=0)
    desk.bqlrun("run", "spec.yaml", timeout=180)
    assert seen == []


def test_a_job_url_that_points_elsewhere_is_not_followed(
    desk: Desk, guarded: Emulated, elsewhere: tuple[str, list[dict[str, str]]]
) -> None:
    address, seen = elsewhere
    desk.write("spec.yaml", SPEC)
    guarded.fault("job_url", url=f"{address}/v1/jobs/1")
    assert desk.bqlrun("run", "spec.yaml").code == 0
    assert seen == []


def test_a_download_that_redirects_takes_no_token_along(
    desk: Desk, guarded: Emulated, elsewhere: tuple[str, list[dict[str, str]]]
) -> None:
    address, seen = elsewhere
    desk.write("spec.yaml", SPEC)
    guarded.fault("redirect", location=f"{address}/file", status=302, path="/export_data/*", times=0)
    desk.bqlrun("run", "spec.yaml", timeout=180)
    assert seen
    assert not any("Authorization" in headers or "Cookie" in headers for headers in seen)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://api.botify.com@evil.example",
        "https://api.botify.com.evil.example",
        "http://api.botify.com",
    ],
)
def test_a_spec_cannot_send_the_token_elsewhere(desk: Desk, url: str) -> None:
    del desk.environ["BOTIFY_API_URL"]
    desk.write("spec.yaml", SPEC + f"api: {{url: '{url}'}}\n")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 2
    assert ran.err.startswith("spec.yaml:")


@pytest.mark.parametrize("command", ["run spec.yaml", "doctor spec.yaml", "analyses example-org/example.com"])
def test_plain_http_is_for_loopback_alone_whoever_names_the_address(desk: Desk, command: str) -> None:
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun(*command.split(), "--api-url", "http://botify.example")
    assert ran.code == 2
    assert "http://botify.example is plain http, which is for loopback only" in ran.err


def test_a_name_from_outside_cannot_lead_out_of_the_output_folder(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC + "output: {path: '{{ vars.where }}/{{ export }}'}\nvars: {where: ../../outside}\n")
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 2
    assert "not a path inside" in ran.err


def test_a_link_in_the_output_folder_cannot_lead_out_of_it(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (desk.folder / "downloads").mkdir()
    (desk.folder / "downloads" / "example-org").symlink_to(outside)
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun("run", "spec.yaml")
    assert ran.code == 1
    assert "outside of downloads" in ran.err
    assert list(outside.iterdir()) == []
