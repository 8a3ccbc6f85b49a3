"""The token goes to the API's own origin and nowhere else; a download address stays in the state file."""

from __future__ import annotations

import base64
import http.server
import threading
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_run import SPEC
from tests.conftest import WORLD
from tests.harness import Desk, Emulated, until

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


@pytest.mark.parametrize(
    "fault", [None, {"fault": "status", "status": 403}, {"fault": "reset_after"}, {"fault": "job_failed"}]
)
def test_the_token_is_in_no_file_and_no_output(desk: Desk, guarded: Emulated, fault: dict[str, object] | None) -> None:
    desk.write("spec.yaml", SPEC)
    if fault:
        guarded.fault(**fault)  # type: ignore[arg-type]
    ran = desk.bqlrun("run", "spec.yaml", "-vv", "--log-format", "json", *REPORTS)
    assert [name for name in REPORTS[1::2] if not (desk.folder / name).stat().st_size] == []
    left = {"what was printed": ran.text.encode()}
    left |= {str(path): path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()}
    assert len(left) > 2
    for spelling in spellings(SECRET):
        assert [name for name, content in left.items() if spelling in content] == []


def test_a_download_address_is_in_the_state_file_only(desk: Desk) -> None:
    desk.write("spec.yaml", SPEC)
    ran = desk.bqlrun("run", "spec.yaml", "-vv", *REPORTS)
    assert ran.code == 0
    holders = {path.name for path in desk.folder.rglob("*") if path.is_file() and b"/export_data/" in path.read_bytes()}
    assert holders <= {"state.db", "state.db-wal"}
    assert "/export_data/" not in ran.text


def test_the_token_is_not_in_the_process_list(desk: Desk, guarded: Emulated) -> None:
    desk.write("spec.yaml", SPEC)
    guarded.fault("delay", seconds=1, path="/v1/analyses/*")
    process = desk.start("run", "spec.yaml")
    listed = Path(f"/proc/{process.pid}/cmdline")
    # Until the child has become bqlrun, its line is still that of the tests.
    until(lambda: b"spec.yaml" in listed.read_bytes())
    seen = listed.read_bytes()
    process.communicate(timeout=60)
    assert SECRET.encode() not in seen


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
