"""A file's server over real sockets that can be told, answer by answer, how to misbehave."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_REASONS = {200: "OK", 206: "Partial Content", 302: "Found", 416: "Range Not Satisfiable"}
_LONGEST_WAIT = 10


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; the names of headers are in lower case."""

    target: str
    headers: dict[str, str]

    @property
    def first(self) -> int:
        """Where the asked range begins; 0 without one."""
        return int(self.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0])


@dataclass(frozen=True)
class Answer:
    """One answer, byte for byte. `cut` is how many bytes of the body leave before the connection ends.

    A body that drips leaves in pieces of so many bytes; `before` is told where each begins, and may wait.
    """

    status: int
    headers: dict[str, str]
    body: bytes = b""
    cut: int | None = None
    reset: bool = False
    drip: int = 0
    before: Callable[[int], None] | None = None

    def without(self, *names: str) -> Answer:
        """The same without some headers."""
        return replace(self, headers={name: value for name, value in self.headers.items() if name not in names})

    def having(self, **headers: str) -> Answer:
        """The same with other headers; `_` in a name stands for `-`."""
        return replace(self, headers=self.headers | {name.replace("_", "-"): text for name, text in headers.items()})


@dataclass(frozen=True)
class Served:
    """A file as its server knows it, served as the standard says."""

    data: bytes = field(repr=False)
    etag: str = '"one"'
    ranges: bool = True

    def answer(self, asked: Asked) -> Answer:
        """Ranges and If-Range honoured."""
        headers = {"ETag": self.etag} if self.etag else {}
        condition = asked.headers.get("if-range", self.etag)
        if not self.ranges or "range" not in asked.headers or condition != self.etag:
            return Answer(200, headers | {"Content-Length": str(len(self.data))}, self.data)
        if asked.first >= len(self.data):
            return Answer(416, headers | {"Content-Range": f"bytes */{len(self.data)}", "Content-Length": "0"})
        body = self.data[asked.first :]
        span = f"bytes {asked.first}-{len(self.data) - 1}/{len(self.data)}"
        return Answer(206, headers | {"Content-Range": span, "Content-Length": str(len(body))}, body)


Turn = Callable[[Asked], Answer]


@dataclass
class FileServer:
    """What it serves when its script of `turns` has come to its end, and what it was asked so far."""

    served: Served
    url: str = ""
    turns: list[Turn] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def next(self, *turns: Turn) -> None:
        """Answer the next requests so, one after another."""
        self.turns.extend(turns)

    def cut(self, after: int, *, reset: bool = False) -> Turn:
        """The right answer, and the connection ends after so many bytes of its body."""
        return lambda asked: replace(self.served.answer(asked), cut=after, reset=reset)

    def altered(self, change: Callable[[Answer], Answer]) -> Turn:
        """The right answer, changed."""
        return lambda asked: change(self.served.answer(asked))

    def ranges_asked(self) -> list[str | None]:
        """The Range of every request so far."""
        return [asked.headers.get("range") for asked in self.asked]

    def _reply(self, connection: socket.socket) -> None:
        asked = _read(connection)
        if asked is None:
            return
        self.asked.append(asked)
        answer = (self.turns.pop(0) if self.turns else self.served.answer)(asked)
        _send(connection, answer)


def status(code: int, **headers: str) -> Turn:
    """An answer without anything in it."""
    return lambda _: Answer(code, {"Content-Length": "0"}).having(**headers)


def redirect(location: str) -> Turn:
    """On to another address."""
    return status(302, Location=location)


def chunked(data: bytes, cut: int | None = None) -> Turn:
    """In chunks of three bytes, or cut somewhere in the middle of them."""
    pieces = [data[at : at + 3] for at in range(0, len(data), 3)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return lambda _: Answer(200, {"Transfer-Encoding": "chunked", "ETag": '"one"'}, body, cut=cut)


def self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server on loopback needs for TLS, and the certificate, which nobody trusts who is not told to."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*make.split(), *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


@contextlib.contextmanager
def file_server(data: bytes, tls: ssl.SSLContext | None = None) -> Iterator[FileServer]:
    """A server on loopback, one thread a connection, for as long as the `with` lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    scheme, port = ("https" if tls else "http"), listener.getsockname()[1]
    server = FileServer(Served(data), f"{scheme}://127.0.0.1:{port}/file?signature=secret")
    accepting = threading.Thread(target=_accept, args=(listener, server, tls), daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        # Closing alone does not wake a thread that waits in accept.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(_LONGEST_WAIT)


def _accept(listener: socket.socket, server: FileServer, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_converse, args=(connection, server, tls), daemon=True).start()


def _converse(connection: socket.socket, server: FileServer, tls: ssl.SSLContext | None) -> None:
    connection.settimeout(_LONGEST_WAIT)
    with contextlib.suppress(OSError):
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
        server._reply(connection)
    connection.close()


def _read(connection: socket.socket) -> Asked | None:
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(65536)
        if not more:
            return None
        head += more
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines if line)
    return Asked(first.split()[1], {name.lower(): value for name, _, value in pairs})


def _send(connection: socket.socket, answer: Answer) -> None:
    lines = [f"{name}: {value}\r\n" for name, value in {**answer.headers, "Connection": "close"}.items()]
    reason = _REASONS.get(answer.status, "Whatever")
    connection.sendall(f"HTTP/1.1 {answer.status} {reason}\r\n{''.join(lines)}\r\n".encode("latin-1"))
    body = answer.body[: answer.cut]
    step = answer.drip or len(body) or 1
    for at in range(0, len(body), step):
        if answer.before:
            answer.before(at)
        connection.sendall(body[at : at + step])
        if answer.drip:
            time.sleep(0.01)
    if answer.reset:
        # A linger of no time makes close() send a reset instead of a farewell.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
