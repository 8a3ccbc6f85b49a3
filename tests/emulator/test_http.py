"""Clients that nobody here has written speak HTTP as they please: old versions, odd forms, and nonsense."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.emulator.client import crawl_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.emulator.client import Api

LIGHT = "/v1/analyses/example-org/example.com/light"
TOKEN = "Authorization: Token emulator\r\n"


def said(api: Api, request: str) -> tuple[int, str]:
    """The status and the body of the answer to raw text; (0, "") for a connection that ends without one."""
    host, port = api.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request.encode("latin-1"))
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = received.decode().partition("\r\n\r\n")
    return (int(head.split()[1]) if head else 0), body


def test_a_client_of_http_1_0_that_names_no_host_is_led_to_the_next_page(small: Api) -> None:
    status, body = said(small, f"GET {LIGHT}?size=1 HTTP/1.0\r\n{TOKEN}\r\n")
    following = urlsplit(json.loads(body)["next"])
    assert (status, f"http://{following.netloc}") == (200, small.url)


def test_an_address_may_be_written_out_as_for_a_proxy(small: Api) -> None:
    request = f"GET http://api.botify.com{LIGHT} HTTP/1.1\r\nHost: api.botify.com\r\n{TOKEN}Connection: close\r\n\r\n"
    status, body = said(small, request)
    assert (status, json.loads(body)["count"]) == (200, 4)


def test_a_body_may_come_in_chunks(small: Api) -> None:
    def pieces() -> Iterator[bytes]:
        content = json.dumps(crawl_query("20240101", "url")).encode()
        yield content[:10]
        yield content[10:]

    answer = small.http.post("/v1/projects/example-org/example.com/query", content=pieces(), params={"size": 1})
    assert len(answer.json()["results"]) == 1


def test_what_a_client_accepts_and_sends_changes_nothing(small: Api) -> None:
    headers = {"Accept": "text/html", "Content-Type": "text/plain", "X-Botify-Client": "app", "Accept-Encoding": "br"}
    content = json.dumps(crawl_query("20240101", "url"))
    answer = small.http.post("/v1/projects/example-org/example.com/query", content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


@pytest.mark.parametrize(
    "request_",
    [
        "GARBAGE\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        f"GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\n{TOKEN}Connection: close\r\n\r\n",
        f"GET /v1/%00%ff%c3 HTTP/1.1\r\nHost: x\r\n{TOKEN}Connection: close\r\n\r\n",
        "GET /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Token \xff\xfe\r\nConnection: close\r\n\r\n",
        f"POST /v1/jobs HTTP/1.1\r\nHost: x\r\n{TOKEN}Content-Length: many\r\n\r\n{{}}",
        f"POST /v1/jobs HTTP/1.1\r\nHost: x\r\n{TOKEN}Content-Length: {10**30}\r\n\r\n{{}}",
        f"POST /v1/jobs HTTP/1.1\r\nHost: x\r\n{TOKEN}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "CONNECT x:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        f"BREW /v1/jobs HTTP/1.1\r\nHost: x\r\n{TOKEN}Connection: close\r\n\r\n",
    ],
)
def test_what_is_no_right_request_is_the_clients_fault(small: Api, request_: str) -> None:
    status, body = said(small, request_)
    assert 400 <= status < 500
    assert "Traceback" not in body
    assert small.get("/v1/jobs", size=1)["size"] == 1


def test_numbers_that_no_json_can_repeat_are_refused(small: Api) -> None:
    payload = json.dumps(small.payload(crawl_query("20240101", "url"), export_job_name="NAME")).replace(
        '"NAME"', "1e400"
    )
    answer = small.http.post("/v1/jobs", content='{"job_type": "export", "payload": ' + payload + "}")
    assert (answer.status_code, answer.json()["error"]["error_code"]) == (400, "1020")
