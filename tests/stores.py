"""An S3 server on loopback, seen from outside, that can be made to misbehave."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, unquote

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

SECRET = "very-secret-key"
# The server asks for a signature, and does not look at what it says.
_SIGNED = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
Fault = Literal["500", "403", "reset", "cut", "slow"]


@dataclass
class Store:
    """One bucket of a server that others have buckets on too."""

    server: Server
    bucket: str
    scheme: str = "s3"
    key_file: str = ""

    @property
    def address(self) -> str:
        """As a spec has it."""
        return f"{self.scheme}://{self.bucket}/botify"

    @property
    def environ(self) -> dict[str, str]:
        """What a command must find around it."""
        return {
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
            "GOOGLE_SERVICE_ACCOUNT": self.key_file,
        }

    def as_google(self, folder: Path) -> Store:
        """The same bucket spoken to as Google's: its dialect is S3's, but for tokens and the name of one header."""
        key_file = folder / "key.json"
        nobody = {"client_email": "", "private_key": "", "private_key_id": ""}
        key_file.write_text(json.dumps({"gcs_base_url": self.server.url, "disable_oauth": True, **nobody}))
        return replace(self, scheme="gs", key_file=str(key_file))

    def names(self) -> list[str]:
        """Every object under the address."""
        return [name.removeprefix("botify/") for name in self._listed("", "Key")]

    def files(self) -> dict[str, bytes]:
        """Every object with its bytes."""
        return {name: self.call("GET", f"botify/{name}") for name in self.names()}

    def uploads(self) -> list[str]:
        """Uploads in pieces that were begun and neither finished nor called off."""
        return self._listed("?uploads", "UploadId")

    def call(self, method: str, name: str, body: bytes | None = None) -> bytes:
        """One request past every fault, as any client would send it."""
        request = urllib.request.Request(f"{self.server.url}/{self.bucket}/{name}", body, method=method)  # noqa: S310
        request.add_header("X-Unharmed", "yes")
        request.add_header("Content-Type", "application/octet-stream")
        request.add_header("Authorization", _SIGNED)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            data: bytes = answer.read()
        return data

    def _listed(self, what: str, tag: str) -> list[str]:
        return re.findall(rf"<{tag}>(.+?)</{tag}>", self.call("GET", what).decode())


@dataclass
class Server:
    """The server. `faults` strike requests of a method whose path holds a text, so many times."""

    url: str = ""
    faults: list[tuple[Fault, str, str, int]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> Callable[[], None]:
        """Serve until what is returned is called."""
        moto = DomainDispatcherApplication(create_backend_app)
        server = make_server("127.0.0.1", 0, _Harm(self, moto), threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{server.port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            thread.join()
            server.server_close()

        return stop

    def bucket(self) -> Store:
        """A fresh bucket, and a server that does no harm."""
        self.faults.clear()
        self.requests.clear()
        store = Store(self, f"bucket-{next(self._numbers)}")
        store.call("PUT", "")
        return store

    def harm(self, fault: Fault, method: str, part: str = "", times: int = 1000) -> None:
        """Strike the next requests of this kind."""
        self.faults.append((fault, method, part, times))

    def sent(self, *methods: str) -> list[str]:
        """The paths of requests by others than the tests."""
        return [path for method, path in self.requests if method in methods]

    def struck(self, method: str, path: str) -> Fault | None:
        """Note a request, and say what is to happen to it."""
        with self._lock:
            self.requests.append((method, path))
            for index, (fault, of, part, times) in enumerate(self.faults):
                if of == method and part in path and times:
                    self.faults[index] = (fault, of, part, times - 1)
                    return fault
        return None


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@dataclass
class _Harm:
    server: Server
    app: Any

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "HTTP_X_UNHARMED" in environ:
            return self.app(environ, start_response)  # type: ignore[no-any-return]
        if not environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4"):
            _translate(environ)
        path = environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else "")
        fault = self.server.struck(environ["REQUEST_METHOD"], path)
        if fault == "slow":
            time.sleep(2)
        if fault == "reset":
            environ["werkzeug.socket"].shutdown(2)
            return []
        if fault in {"500", "403"}:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            text = b"<Error><Code>AccessDenied</Code><Message>" + SECRET.encode() + b"</Message></Error>"
            start_response(f"{fault} Trouble", [("Content-Length", str(len(text)))])
            return [text]
        answer = self.app(environ, start_response)
        return _cut(answer, environ) if fault == "cut" else answer


def _translate(environ: dict[str, Any]) -> None:
    """Google's dialect into S3's: what it writes with more escapes, and under other names."""
    environ["HTTP_AUTHORIZATION"] = _SIGNED
    escaped = quote(environ["PATH_INFO"].encode("latin-1"))
    environ["RAW_URI"] = environ["REQUEST_URI"] = f"{escaped}?{environ['QUERY_STRING']}"
    if copied := environ.get("HTTP_X_GOOG_COPY_SOURCE"):
        environ["HTTP_X_AMZ_COPY_SOURCE"] = quote(unquote(copied))


def _cut(answer: Iterable[bytes], environ: dict[str, Any]) -> Iterable[bytes]:
    """Half of the body, and then nothing."""
    body = b"".join(answer)
    yield body[: len(body) // 2]
    environ["werkzeug.socket"].shutdown(2)
