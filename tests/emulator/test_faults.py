"""Misbehaviour on demand: each fault does what it says, as often as it was told, and nothing else."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from typing import TYPE_CHECKING

import httpx
import pytest

from runner.emulator import embedded
from tests.emulator.client import Api, crawl_query

if TYPE_CHECKING:
    from pathlib import Path

QUERY = crawl_query("20240101", "url", "depth")
LIGHT = "/v1/analyses/example-org/example.com/light"
SLIM = {"print_header": False, "print_delimiter": False}


def address(api: Api) -> str:
    return str(api.done(api.payload(QUERY, formatter_config=SLIM))["results"]["download_url"])


def jobs(api: Api) -> int:
    return int(api.get("/v1/jobs")["count"])


def test_a_status_comes_as_often_as_it_was_asked_for(small: Api) -> None:
    small.misbehave("status", status=503, times=2, path="/v1/jobs")
    assert [small.http.get("/v1/jobs").status_code for _ in range(3)] == [503, 503, 200]


def test_a_fault_can_let_the_first_calls_pass(small: Api) -> None:
    small.misbehave("status", status=500, skip=1)
    assert [small.http.get("/v1/jobs").status_code for _ in range(3)] == [200, 500, 200]


def test_a_fault_for_ever_ends_when_faults_are_cleared(small: Api) -> None:
    small.misbehave("status", status=429, times=0, method="POST", path="/v1/jobs")
    assert {small.create(small.payload(QUERY)).status_code for _ in range(5)} == {429}
    small.http.delete("/_emulator/faults")
    assert small.create(small.payload(QUERY)).status_code == 201


def test_a_refusal_carries_the_envelope_and_its_code(small: Api) -> None:
    small.misbehave("status", status=429)
    answer = small.http.get("/v1/jobs")
    assert answer.json() == {"error": {"error_code": "1053", "message": "Too many requests"}}
    assert "retry-after" not in answer.headers


def test_html_comes_where_json_was_expected(small: Api) -> None:
    small.misbehave("html")
    answer = small.http.get("/v1/jobs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


def test_a_reset_before_leaves_no_job(small: Api) -> None:
    before = jobs(small)
    small.misbehave("reset_before")
    with pytest.raises(httpx.TransportError):
        small.create(small.payload(QUERY))
    assert jobs(small) == before


def test_a_reset_after_leaves_a_job(small: Api) -> None:
    before = jobs(small)
    small.misbehave("reset_after")
    with pytest.raises(httpx.TransportError):
        small.create(small.payload(QUERY))
    assert jobs(small) == before + 1


def test_a_late_job_shows_up_only_after_a_while(small: Api) -> None:
    before = jobs(small)
    small.misbehave("reset_late", seconds=1)
    with pytest.raises(httpx.TransportError):
        small.create(small.payload(QUERY))
    assert jobs(small) == before
    time.sleep(1.1)
    assert jobs(small) == before + 1


def test_an_error_can_come_although_the_job_was_created(small: Api) -> None:
    before = jobs(small)
    small.misbehave("status", status=502, after=True, method="POST", body="html")
    assert small.create(small.payload(QUERY)).status_code == 502
    assert jobs(small) == before + 1


def test_a_delay_outlasts_an_impatient_client(small: Api) -> None:
    before = jobs(small)
    small.misbehave("delay", seconds=2, method="POST")
    with pytest.raises(httpx.ReadTimeout):
        small.http.post("/v1/jobs", json={"job_type": "export", "payload": small.payload(QUERY)}, timeout=0.8)
    assert jobs(small) == before + 1


def test_a_body_of_the_api_can_be_truncated_or_corrupt(small: Api) -> None:
    # A list that no job of another test changes.
    whole = small.http.get(LIGHT).content
    small.misbehave("truncated", method="GET", path=LIGHT, keep=20)
    assert small.http.get(LIGHT).content == whole[:20]
    small.misbehave("corrupt", method="GET", path=LIGHT)
    corrupt = small.http.get(LIGHT).content
    assert len(corrupt) == len(whole)
    assert b"\x00" in corrupt


def test_an_answer_can_have_no_body(small: Api) -> None:
    small.misbehave("status", status=204)
    small.misbehave("status", status=500, body="empty", skip=1)
    assert [
        (answer.status_code, answer.content) for answer in (small.http.get("/v1/jobs"), small.http.get("/v1/jobs"))
    ] == [
        (204, b""),
        (500, b""),
    ]


def test_several_faults_are_installed_at_once_and_listed(small: Api) -> None:
    small.http.post("/_emulator/faults", json=[{"fault": "delay", "seconds": 9, "skip": 5}, {"fault": "expired"}])
    listed = small.http.get("/_emulator/faults").json()
    assert [(fault["fault"], fault["path"]) for fault in listed] == [("delay", "/v1/*"), ("expired", "/export_data/*")]
    assert listed[0]["seconds"] == 9


def test_a_fault_is_noted_beside_the_request_it_struck(small: Api) -> None:
    small.misbehave("status", status=503, path="/v1/jobs/123")
    small.http.get("/v1/jobs/123")
    assert small.requests("GET", "/v1/jobs/123")[-1]["faults"] == ["status"]


def test_a_redirect_leads_elsewhere(small: Api) -> None:
    small.misbehave("redirect", location="http://127.0.0.1:9/trap")
    answer = small.http.get("/v1/jobs")
    assert (answer.status_code, answer.headers["location"]) == (302, "http://127.0.0.1:9/trap")


@pytest.mark.parametrize("mode", ["verbatim", "defaults", "altered", "none"])
def test_a_payload_is_echoed_as_told(small: Api, mode: str) -> None:
    small.misbehave("echo", mode=mode)
    payload = small.payload(QUERY)
    echoed = small.create(payload).json()["payload"]
    match mode:
        case "verbatim":
            assert echoed == payload
        case "defaults":
            assert echoed == echoed | payload != payload
        case "altered":
            assert echoed == {"request": payload}
        case _:
            assert echoed is None


def test_a_job_can_fail_hang_and_finish_with_nothing(small: Api) -> None:
    small.misbehave("job_failed")
    assert small.done(small.payload(QUERY))["job_status"] == "FAILED"
    small.misbehave("job_null_results")
    done = small.done(small.payload(QUERY))
    assert (done["job_status"], done["results"]) == ("DONE", None)
    small.misbehave("job_hangs")
    job_id = small.create(small.payload(QUERY)).json()["job_id"]
    time.sleep(0.2)
    assert small.get(f"/v1/jobs/{job_id}")["job_status"] == "PROCESSING"


def test_a_job_can_have_a_status_that_nobody_knows(small: Api) -> None:
    small.misbehave("job_status", status="NAPPING")
    job_id = small.create(small.payload(QUERY)).json()["job_id"]
    time.sleep(0.2)
    assert small.get(f"/v1/jobs/{job_id}")["job_status"] == "NAPPING"


def test_a_job_url_can_point_elsewhere(small: Api) -> None:
    small.misbehave("job_url", url="http://127.0.0.1:9/v1/jobs/1")
    assert small.create(small.payload(QUERY)).json()["job_url"] == "http://127.0.0.1:9/v1/jobs/1"


def test_a_truncated_download_promises_more_than_it_sends(small: Api) -> None:
    url = address(small)
    small.misbehave("truncated", keep=100)
    with pytest.raises(httpx.RemoteProtocolError, match="received 100 bytes"):
        small.files.get(url)
    assert gzip.decompress(small.files.get(url).content)


def test_a_corrupt_download_has_its_length_and_other_bytes(small: Api) -> None:
    url = address(small)
    whole = small.files.get(url).content
    small.misbehave("corrupt", at=0.5)
    corrupt = small.files.get(url).content
    assert len(corrupt) == len(whole)
    assert sum(one != other for one, other in zip(corrupt, whole, strict=True)) == 1


def test_a_drip_takes_its_time(small: Api) -> None:
    url = address(small)
    whole = small.files.get(url).content
    small.misbehave("drip", bytes_per_second=len(whole) * 2)
    start = time.monotonic()
    assert small.files.get(url).content == whole
    assert 0.3 < time.monotonic() - start < 20


def test_an_answer_of_the_api_can_drip_too(small: Api) -> None:
    whole = small.http.get(LIGHT)
    small.misbehave("drip", method="GET", path=LIGHT, bytes_per_second=len(whole.content) * 2)
    start = time.monotonic()
    answer = small.http.get(LIGHT)
    assert 0.3 < time.monotonic() - start < 20
    assert (answer.content, answer.headers["content-length"]) == (whole.content, str(len(whole.content)))


def test_an_expired_address_is_denied(small: Api) -> None:
    url = address(small)
    small.misbehave("expired")
    assert small.files.get(url).status_code == 403


def test_archives_come_in_every_kind_with_the_same_rows(small: Api) -> None:
    url = address(small)
    rows = gzip.decompress(small.files.get(url).content)
    found = {}
    for kind in ("plain", "multi_member", "zip"):
        small.misbehave("archive", kind=kind)
        found[kind] = small.files.get(url).content
    assert found["plain"] == rows
    assert found["multi_member"].count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00") == 2
    assert gzip.decompress(found["multi_member"]) == rows
    with zipfile.ZipFile(io.BytesIO(found["zip"])) as archive:
        (entry,) = archive.infolist()
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert archive.read(entry) == rows


def test_a_file_can_come_short_ragged_or_empty(small: Api) -> None:
    url = address(small)
    whole = gzip.decompress(small.files.get(url).content).splitlines()
    small.misbehave("archive", kind="short")
    assert gzip.decompress(small.files.get(url).content).splitlines() == whole[:-1]
    small.misbehave("archive", kind="ragged")
    ragged = gzip.decompress(small.files.get(url).content).splitlines()
    assert ragged[:-1] == whole
    assert ragged[-1].count(b",") > whole[0].count(b",")
    small.misbehave("archive", kind="empty")
    assert small.files.get(url).content == b""
    assert gzip.decompress(small.files.get(url).content).splitlines() == whole


def test_a_bomb_is_small_and_becomes_a_gigabyte(small: Api) -> None:
    url = address(small)
    small.misbehave("archive", kind="bomb")
    bomb = small.files.get(url).content
    assert len(bomb) < 10_000_000
    length = 0
    with gzip.open(io.BytesIO(bomb)) as unpacked:
        while length < 200_000_000:
            length += len(unpacked.read(10_000_000))
    assert length == 200_000_000


def test_hostile_names_are_in_the_archive(small: Api) -> None:
    url = address(small)
    small.misbehave("archive", kind="hostile_names")
    with zipfile.ZipFile(io.BytesIO(small.files.get(url).content)) as archive:
        assert "../../escaped.csv" in archive.namelist()


def test_faults_can_come_from_the_config(tmp_path: Path) -> None:
    config = tmp_path / "world.yaml"
    config.write_text(
        "organisations: {example-org: {example.com: }}\n"
        "faults: [{fault: status, status: 418, path: /v1/jobs, times: 2}]"
    )
    with embedded(tmp_path / "data", config) as url, Api(url) as api:
        assert api.http.get("/_emulator/faults").json()[0]["times"] == 2
        assert [api.http.get("/v1/jobs").status_code for _ in range(3)] == [418, 418, 200]
        assert api.http.get("/_emulator/faults").json() == []


@pytest.mark.parametrize(
    "wrong",
    [
        *("{}", "7", '{"fault": "mischief"}', '{"fault": "delay", "status": 1}', '{"fault": "status", "status": "no"}'),
        *(
            '{"fault": "delay", "seconds": 1e400}',
            '{"fault": "delay", "seconds": -1}',
            '{"fault": "delay", "times": true}',
        ),
        *(
            '{"fault": "delay", "path": null}',
            '{"fault": "status", "method": ["GET"]}',
            '{"fault": "status", "code": 1e300}',
        ),
        '{"fault": "delay", "seconds": ' + "9" * 400 + "}",
        *('{"fault": "redirect", "location": "a\\nb"}', '{"fault": "drip", "bytes_per_second": 0}'),
        *('{"fault": "archive", "kind": []}', '{"fault": "status", "status": 200.5}', '{"fault": "corrupt", "at": -1}'),
    ],
)
def test_a_fault_that_nobody_knows_is_refused(small: Api, wrong: str) -> None:
    assert small.http.post("/_emulator/faults", content=wrong).status_code == 400
    assert small.http.get("/_emulator/faults").json() == []
