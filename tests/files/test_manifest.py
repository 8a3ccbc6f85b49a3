"""A manifest says again what was written, and anything else that has its name is told from one."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import FileError, ManifestUnreadable, PlaceError
from runner.files import manifest
from runner.files.manifest import Manifest, manifest_path, read_manifest, write_manifest
from runner.schemacheck import schema, violations

MANIFEST = Manifest(
    file="titles.csv",
    version="0.1.0",
    spec="weekly",
    api="https://api.botify.com",
    org="example-org",
    project="example.com",
    analysis="20250413",
    export="titles",
    partition=None,
    fingerprint="f" * 64,
    style="csv slug ,",
    job_ids=("17",),
    payload={"job_type": "export", "payload": {"query": {}}},
    columns=("url", "Ünïcode"),
    rows=12,
    bytes=345,
    sha256="0123456789abcdef" * 4,
    finished_at="2025-04-13T10:00:00Z",
)
texts = st.text(st.characters(exclude_categories=()), max_size=8)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
manifests = st.builds(
    Manifest,
    file=texts.filter(lambda name: name not in ("", ".", "..") and not set(name) & set("/\\\0")),
    **dict.fromkeys("version spec api org project analysis export fingerprint style finished_at".split(), texts),
    partition=st.none() | texts,
    job_ids=st.lists(texts, max_size=3).map(tuple),
    payload=st.dictionaries(texts, json_values, max_size=3),
    columns=st.lists(texts, max_size=3).map(tuple),
    rows=st.integers(0),
    bytes=st.integers(0),
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
)


def stored(folder: Path, **changes: Any) -> Path:
    """A manifest file that differs from a good one."""
    path = folder / "titles.manifest.json"
    path.write_text(json.dumps({"format": 1, **asdict(MANIFEST), **changes}))
    return path


@given(manifests)
def test_what_is_written_is_read_again_and_fits_the_schema(
    tmp_path_factory: pytest.TempPathFactory, manifest: Manifest
) -> None:
    file = tmp_path_factory.getbasetemp() / "titles.csv"
    write_manifest(str(file), manifest)
    assert read_manifest(manifest_path(str(file))) == manifest
    assert list(violations("manifest", json.loads(Path(manifest_path(str(file))).read_bytes()))) == []


def test_the_schema_describes_every_key() -> None:
    names = ["format", *(field.name for field in fields(Manifest))]
    described = schema("manifest")
    assert described["required"] == names
    assert list(described["properties"]) == names
    assert all(each["description"] for each in described["properties"].values())


@pytest.mark.parametrize("name", ["titles.csv", "titles.csv.gz", "titles.parquet", "titles"])
def test_it_stands_beside_the_file(name: str) -> None:
    assert manifest_path(f"a/b/{name}") == "a/b/titles.manifest.json"


def test_two_manifests_of_one_file_are_the_same_bytes(tmp_path: Path) -> None:
    write_manifest(str(tmp_path / "titles.csv"), MANIFEST)
    first = (tmp_path / "titles.manifest.json").read_bytes()
    write_manifest(str(tmp_path / "titles.csv"), MANIFEST)
    assert (tmp_path / "titles.manifest.json").read_bytes() == first
    assert "Ünïcode".encode() in first


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "has format 2, and this version knows 1"),
        ({"rows": -1}, "its rows is -1"),
        ({"rows": True}, "its rows is True"),
        ({"bytes": "345"}, "its bytes is '345'"),
        ({"bytes": None}, "its bytes is None"),
        ({"org": 7}, "its org is 7"),
        ({"analysis": None}, "its analysis is None"),
        ({"partition": 1}, "its partition is 1"),
        ({"job_ids": "17"}, "its job_ids is '17'"),
        ({"job_ids": [17]}, "its job_ids is"),
        ({"payload": []}, "its payload is"),
        ({"columns": None}, "its columns is None"),
        ({"sha256": "F" * 64}, "its sha256 is"),
        ({"sha256": "f" * 64 + "\n"}, "its sha256 is"),
        ({"file": "../../etc/passwd"}, "its file is"),
        ({"file": ".."}, "its file is"),
        ({"file": ""}, "its file is"),
        ({"file": "a\\b"}, "its file is"),
        ({"file": "a\0"}, "its file is"),
    ],
)
def test_a_value_of_another_kind_is_no_manifest(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = stored(tmp_path, **changes)
    with pytest.raises(ManifestUnreadable, match=said.replace(".", r"\.")):
        read_manifest(str(path))
    assert list(violations("manifest", json.loads(path.read_bytes())))


@pytest.mark.parametrize("name", [field.name for field in fields(Manifest) if field.name != "partition"])
def test_nothing_may_be_missing(tmp_path: Path, name: str) -> None:
    path = stored(tmp_path)
    value = json.loads(path.read_bytes())
    del value[name]
    path.write_text(json.dumps(value))
    with pytest.raises(ManifestUnreadable, match=f"its {name} is None"):
        read_manifest(str(path))


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\xfe", b"{", b"[]", b"null", b"{}", b"[" * 100_000, b"1" * 10_000, b'{"format": []}']
)
def test_garbage_is_no_manifest(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "titles.manifest.json"
    path.write_bytes(garbage)
    with pytest.raises(ManifestUnreadable) as raised:
        read_manifest(str(path))
    assert isinstance(raised.value, FileError)
    assert str(path) in str(raised.value)


@given(st.binary(max_size=50), st.integers(0, 500))
def test_a_damaged_manifest_is_told_or_still_fits_the_schema(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int
) -> None:
    path = stored(tmp_path_factory.getbasetemp())
    good = path.read_bytes()
    path.write_bytes(good[:at] + noise + good[at + len(noise) :])
    try:
        found = read_manifest(str(path))
    except ManifestUnreadable:
        return
    assert list(violations("manifest", {"format": 1, **json.loads(json.dumps(asdict(found)))})) == []


def test_a_cut_at_any_byte_is_told(tmp_path: Path) -> None:
    path = stored(tmp_path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ManifestUnreadable):
            read_manifest(str(path))


def test_no_more_of_it_is_read_than_a_manifest_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored(tmp_path)
    assert read_manifest(str(path)) == MANIFEST
    monkeypatch.setattr(manifest, "_LARGEST", 10)
    with pytest.raises(ManifestUnreadable, match="it is not JSON"):
        read_manifest(str(path))


def test_a_manifest_that_cannot_be_read_is_told_from_a_bad_one(tmp_path: Path) -> None:
    with pytest.raises(ManifestUnreadable, match="No such file"):
        read_manifest(str(tmp_path / "titles.manifest.json"))
    with pytest.raises(ManifestUnreadable, match="Is a directory"):
        read_manifest(str(tmp_path))


def test_a_key_of_a_later_version_is_passed_over(tmp_path: Path) -> None:
    assert read_manifest(str(stored(tmp_path, colour="blue"))) == MANIFEST


def test_a_disk_that_refuses_is_a_place_error(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match=r"cannot write .*titles\.manifest\.json: No such file"):
        write_manifest(str(tmp_path / "nowhere" / "titles.csv"), MANIFEST)
