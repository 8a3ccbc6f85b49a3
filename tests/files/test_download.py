"""A download address is opened without any credential, and followed only to where it is safe to follow."""

from __future__ import annotations

import logging
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from runner.botify import download
from runner.botify.download import open_download
from runner.botify.http import httpx
from runner.errors import DownloadError
from runner.files.link import LinkBroken
from tests.files.server import FileServer, chunked, file_server, redirect, self_signed, status
from tests.files.tables import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def body(url: str, **headers: str) -> bytes:
    with open_download(url, headers) as answer:
        return b"".join(answer.chunks())


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """The same over TLS, with a certificate that this test alone trusts."""
    context, cert = self_signed(tmp_path)
    with httpx.Client(verify=ssl.create_default_context(cafile=cert)) as trusting, file_server(DATA, context) as server:
        monkeypatch.setattr(download, "_client", lambda **_: trusting)
        yield server


def test_an_address_is_in_no_log(server: FileServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        body(server.url)
    assert "signature=secret" in server.url
    assert "secret" not in caplog.text


def test_what_is_on_this_machine_is_not_asked_of_a_proxy(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with file_server(b"of the proxy") as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.partition("/file")[0])
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        download._client.cache_clear()
        assert body(server.url) == DATA
        assert proxy.asked == []


def test_no_token_no_cookie_and_no_referer_are_sent(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTIFY_API_TOKEN", "very-secret")
    server.next(status(302, Location=server.url, Set_Cookie="mark=1"), status(302, Location=server.url))
    assert body(server.url) == DATA
    assert len(server.asked) == 3
    for asked in server.asked:
        assert not {"authorization", "cookie", "referer"} & set(asked.headers)
        assert "very-secret" not in str(asked)


def test_a_netrc_file_gives_nothing_away(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password very-secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    download._client.cache_clear()
    body(server.url)
    assert "authorization" not in server.asked[0].headers


def test_a_redirect_to_another_host_is_followed_with_the_range(server: FileServer) -> None:
    with file_server(DATA) as other:
        server.next(redirect(other.url))
        assert body(server.url, Range="bytes=100-") == DATA[100:]
        assert other.ranges_asked() == ["bytes=100-"]


def test_a_relative_redirect_stays_on_the_host(server: FileServer) -> None:
    server.next(redirect("/elsewhere"))
    assert body(server.url) == DATA
    assert server.asked[1].target == "/elsewhere"


def test_redirects_come_to_an_end(server: FileServer) -> None:
    server.next(*[redirect(server.url)] * 10)
    with pytest.raises(DownloadError, match="redirects more than 5 times"):
        body(server.url)
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    "address",
    [
        "http://files.example.com/x?signature=secret",
        "file:///etc/passwd?signature=secret",
        "ftp://127.0.0.1/x?signature=secret",
        "//files.example.com/x?signature=secret",
        "https:///x?signature=secret",
        "https://me:secret@files.example.com/x",
        "https://files.example.com/\x00secret",
        "https://files.example.com:secret/",
        "https://xn--a/secret",
        "https://xn--/secret",
        "http://127.0.0.1.example.com/?signature=secret",
        "",
    ],
)
def test_an_address_that_is_not_safe_is_not_opened(server: FileServer, address: str) -> None:
    with pytest.raises(DownloadError) as direct:
        body(address)
    assert not isinstance(direct.value, LinkBroken)
    assert "secret" not in str(direct.value)
    if address:
        server.next(redirect(address))
        with pytest.raises(DownloadError) as onward:
            body(server.url)
        assert "secret" not in str(onward.value)


def test_half_a_character_makes_no_address() -> None:
    with pytest.raises(DownloadError, match="is no URL") as raised:
        body("https://files.example.com/secret\ud800")
    assert "secret" not in str(raised.value)


def test_https_is_fetched(secure: FileServer) -> None:
    assert body(secure.url) == DATA


def test_a_redirect_from_https_to_plain_http_is_refused_even_on_loopback(
    secure: FileServer, server: FileServer
) -> None:
    secure.next(redirect(server.url))
    with pytest.raises(DownloadError, match="leads to http: only https is fetched"):
        body(secure.url)
    assert server.asked == []


def test_a_certificate_that_nobody_vouches_for_is_a_broken_link(tmp_path: Path) -> None:
    with file_server(DATA, self_signed(tmp_path)[0]) as server, pytest.raises(LinkBroken):
        body(server.url)
    assert server.asked == []


def test_bytes_are_left_as_they_came_whatever_encoding_they_claim(server: FileServer) -> None:
    server.next(server.altered(lambda answer: answer.having(Content_Encoding="gzip")))
    assert body(server.url) == DATA


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("cut", [0, 1, 500])
def test_a_body_that_ends_early_is_a_broken_link(server: FileServer, cut: int, reset: bool) -> None:
    server.next(server.cut(cut, reset=reset))
    with pytest.raises(LinkBroken):
        body(server.url)


def test_a_chunked_body_that_ends_early_is_a_broken_link(server: FileServer) -> None:
    server.next(chunked(DATA, cut=100))
    with pytest.raises(LinkBroken):
        body(server.url)


def test_a_server_that_is_not_there_is_a_broken_link() -> None:
    with file_server(DATA) as server:
        url = server.url
    with pytest.raises(LinkBroken, match="failed: ConnectError") as raised:
        body(url)
    assert "secret" not in str(raised.value)


def test_the_answer_says_what_the_headers_say(server: FileServer) -> None:
    with open_download(server.url, {"Range": "bytes=7-"}) as answer:
        assert (answer.status, answer.start, answer.total, answer.etag) == (206, 7, len(DATA), '"one"')
        assert answer.length == len(DATA) - 7


@pytest.mark.parametrize(
    "text",
    [
        *["nonsense", "-3", "1e9", "", "Sun, 99 Apr 2025 10:00:00 GMT"],
        *["Wed, 21 Oct 2015 07:28:30 +99999999999999999999", f"bytes {'9' * 5000}-9/{'9' * 5000}"],
    ],
)
def test_headers_that_make_no_sense_say_nothing(server: FileServer, text: str) -> None:
    odd = status(503, Retry_After=text, Content_Range=text, ETag=text)
    server.next(odd)
    with open_download(server.url, {}) as answer:
        assert (answer.status, answer.retry_after, answer.start, answer.total) == (503, None, 0, None)


def test_retry_after_is_seconds_or_a_date(server: FileServer) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(days=1))
    found = []
    for text in ("7", soon, past):
        server.next(status(429, Retry_After=text))
        with open_download(server.url, {}) as answer:
            found.append(answer.retry_after)
    assert found[0] == 7
    assert found[1] == pytest.approx(30, abs=2)
    assert found[2] == 0
