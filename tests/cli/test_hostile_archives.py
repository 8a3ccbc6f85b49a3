"""What the file host sends may be hostile: the export is refused, nothing else comes to harm, nothing is paid again."""

from __future__ import annotations

import gzip
import io
import json
import re
import stat
import struct
import time
import zipfile
import zlib
from contextlib import ExitStack, suppress
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.files.server import file_server
from tests.harness import Desk, Ran

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import Popen

    from tests.files.server import FileServer
    from tests.harness import Emulated

MEGABYTE = 1 << 20
# The very table that is asked for: what lets a hostile archive through puts it in place.
TABLE = b"url,http_code\n" + b"https://example.com/,200\n" * 10
# The bounds are a ratio of 1,000 beyond the first 8 MiB, and deflate brings 1,032 at most: a bomb has so much.
BOMB = 320 * MEGABYTE
OUTSIDE = "outside.csv"
SPEC = """
version: 1
name: hostile
limits: {requests_per_second: 500, downloads: 2}
poll: {first: 0.1, max: 0.2}
projects: [{org: example-org, match: "*"}]
exports: [{name: pages, fields: [url, http_code], depth: {max: 1}}]
"""


def zipped(*names: str, mode: int = 0) -> bytes:
    """A zip with the table under the last of these names, and nothing much under the others."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names[:-1]:
            archive.writestr(name, b"")
        entry = zipfile.ZipInfo(names[-1])
        entry.external_attr = mode << 16
        archive.writestr(entry, TABLE)
    return out.getvalue()


def announcing(packed: bytes, crc: int, size: int, claimed: int) -> bytes:
    """A zip of one deflated table that claims to have so many bytes, packed and unpacked, whatever it has."""
    name, extra = b"a.csv", struct.pack("<HHQQ", 1, 16, size, claimed)
    about = (8, 0, 33, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra))
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 45, 0, *about) + name + extra
    central = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 45, 45, 0, *about, 0, 0, 0, 0, 0) + name + extra
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local) + len(packed), 0)
    return local + packed + central + end


def bombs() -> tuple[bytes, bytes]:
    """Ten records of the right number of columns, some 320 MB of them, as gzip and as zip."""
    header, record = TABLE[:14], b"https://example.com/" + b"a" * (BOMB // 10) + b",200\n"
    deflate = zlib.compressobj(9, wbits=-15)
    begun = deflate.compress(header) + deflate.flush(zlib.Z_FULL_FLUSH)
    repeated = deflate.compress(record) + deflate.flush(zlib.Z_FULL_FLUSH)
    stream, size = begun + repeated * 10 + deflate.flush(), len(header) + len(record) * 10
    crc = reduce(lambda crc, block: zlib.crc32(block, crc), [header, *[record] * 10], 0)
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return head + stream + struct.pack("<II", crc, size), announcing(stream, crc, size, len(stream))


def hostile(absolute: Path) -> dict[str, tuple[bytes, str]]:
    """By project: what the file host sends, and what is said of it; nothing where there is a table to be had."""
    as_gzip, as_zip = bombs()
    raw = zlib.compress(TABLE, wbits=-15)
    vast = announcing(raw, zlib.crc32(TABLE), 201 << 30, 1 << 30)
    slips = ("../../outside.csv", str(absolute), "..\\..\\outside.csv")
    folders = [f"{number:04}/" for number in range(1000)]
    return {
        "ratio.gzip": (as_gzip, r"the archive unpacks to more than \d+ bytes: refused as a bomb"),
        "ratio.zip": (as_zip, r"the zip unpacks to \d+ bytes, more than \d+: refused as a bomb"),
        "size.zip": (vast, r"the zip unpacks to 215822106624 bytes, more than 214748364800: refused as a bomb"),
        "count.zip": (zipped(*folders, "a.csv"), "the zip file has 1001 entries, and one is expected"),
        "directory.zip": (
            zipped(*[f"{'d' * 2000}{name}" for name in folders], "a.csv"),
            r"the zip file's directory has \d+ bytes, and one table is expected in it",
        ),
        "slips.zip": (zipped(*slips, "a.csv"), "the zip file holds 4 files, 4 of them tables; one is expected"),
        "link.zip": (zipped("a.csv", mode=stat.S_IFLNK | 0o777), "the file in the zip is a symbolic link"),
        "nested.gzip": (gzip.compress(gzip.compress(TABLE)), "there is an archive inside the archive"),
        "slip.zip": (zipped(slips[0]), ""),
        "absolute.zip": (zipped(slips[1]), ""),
        "good.gzip": (gzip.compress(TABLE), ""),
    }


@pytest.fixture
def archives(tmp_path: Path) -> dict[str, tuple[bytes, str]]:
    return hostile(tmp_path / "absolute" / OUTSIDE)


@pytest.fixture
def botify(archives: dict[str, tuple[bytes, str]], botify_of: Callable[[str], Emulated]) -> Emulated:
    """A Botify with a project for each archive."""
    crawl = {"analyses": [{"slug": "20250413", "depths": [1, 9]}]}
    world = {"tokens": {"emulator": ["example-org"]}, "organisations": {"example-org": dict.fromkeys(archives, crawl)}}
    return botify_of(json.dumps(world | {"behaviour": {"job_seconds": 0.1}}))


@pytest.fixture
def hosts(archives: dict[str, tuple[bytes, str]], botify: Emulated) -> Iterator[dict[str, FileServer]]:
    """Where each project's file really comes from."""
    with ExitStack() as running:
        found = {name: running.enter_context(file_server(data)) for name, (data, _) in archives.items()}
        for name, host in found.items():
            botify.fault("redirect", location=host.url, status=302, path=f"/export_data/*/{name}-*", times=0)
        yield found


def peak(process: Popen[str]) -> int:
    """The most memory that a process had, once it has ended."""
    most, status = 0, Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        with suppress(OSError, TypeError, AttributeError):
            most = int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text()).group(1)) << 10  # type: ignore[union-attr]
        time.sleep(0.02)
    return most


def errors(ran: Ran) -> dict[str, Any]:
    return {each["project"]: each["error"] or "" for each in ran.json["exports"]}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell how large a process is")
def test_a_hostile_archive_fails_its_own_export_and_harms_nothing(
    tmp_path: Path, archives: dict[str, tuple[bytes, str]], botify: Emulated, hosts: dict[str, FileServer]
) -> None:
    desk = Desk(tmp_path / "above" / "desk", {"BOTIFY_API_URL": botify.url, "BOTIFY_API_TOKEN": "emulator"})
    desk.write("spec.yaml", SPEC)
    process = desk.start("run", "spec.yaml", "--json")
    memory = peak(process)
    ran = Ran(process.returncode, *process.communicate())
    assert ran.code == 1, ran.text
    assert "Traceback" not in ran.text
    said = errors(ran)
    assert said.keys() == archives.keys()
    assert [name for name, (_, words) in archives.items() if not re.search(words or r"\A\Z", said[name])] == [], said
    # What is no accident is not fetched again.
    assert {name: len(host.asked) for name, host in hosts.items()} == dict.fromkeys(hosts, 1)
    sound = [name for name, (_, words) in archives.items() if not words]
    placed = {name.split("/")[1]: body for name, body in desk.files().items() if name.endswith(".csv")}
    assert placed == dict.fromkeys(sound, TABLE)
    assert len(desk.files()) == 2 * len(sound)
    assert memory < 120 * MEGABYTE
    assert sum(map(len, desk.files("../..").values())) < 2 * MEGABYTE
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(OUTSIDE) or path.is_symlink()]

    botify.heal()
    again = desk.bqlrun("run", "spec.yaml", "--json")
    assert (again.code, set(errors(again).values())) == (0, {""}), again.text
    assert botify.creations() == len(archives)
