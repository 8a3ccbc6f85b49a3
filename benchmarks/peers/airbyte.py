"""The same exports by Airbyte's low-code CDK: `airbyte.py API PROJECTS JOBS FOLDER`. Records come out as JSON lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml
from airbyte_cdk.entrypoint import launch
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

FIELDS = ("url", "metadata.title.content", "metadata.description.content", "metadata.h1.contents")
PROJECT = "{{ stream_partition['project'] }}"


def manifest(api: str, projects: int, jobs: int) -> dict[str, object]:
    """One asynchronous stream, partitioned by project."""
    ask = {"type": "HttpRequester", "url_base": api, "request_headers": {"Authorization": "Token bench"}}
    query = {"dimensions": [f"crawl.20250413.{field}" for field in FIELDS], "metrics": []}
    payload = {
        "username": "bench",
        "project": PROJECT,
        "connector": "direct_download",
        "formatter": "csv",
        "export_size": 1_000_000,
        "query": {"collections": ["crawl.20250413"], "query": query},
    }
    retriever = {
        "type": "AsyncRetriever",
        "record_selector": {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": []}},
        "status_mapping": {
            "running": ["CREATED", "PROCESSING"],
            "completed": ["DONE"],
            "failed": ["FAILED"],
            "timeout": ["TIMEOUT"],
        },
        "status_extractor": {"type": "DpathExtractor", "field_path": ["job_status"]},
        "download_target_extractor": {"type": "DpathExtractor", "field_path": ["results", "download_url"]},
        "creation_requester": ask
        | {"path": "/v1/jobs", "http_method": "POST", "request_body_json": {"job_type": "export", "payload": payload}},
        "polling_requester": ask | {"path": "{{ creation_response['job_url'] }}", "http_method": "GET"},
        "download_requester": {
            "type": "HttpRequester",
            "url_base": "{{ download_target }}",
            "path": "",
            "http_method": "GET",
        },
        "decoder": {"type": "JsonDecoder"},
        "download_decoder": {"type": "GzipDecoder", "decoder": {"type": "CsvDecoder"}},
        "partition_router": {
            "type": "ListPartitionRouter",
            "cursor_field": "project",
            "values": [f"site-{number:05}" for number in range(projects)],
        },
    }
    schema = {"type": "object", "additionalProperties": True, "properties": {}}
    stream = {
        "type": "DeclarativeStream",
        "name": "urls",
        "retriever": retriever,
        "schema_loader": {"type": "InlineSchemaLoader", "schema": schema},
    }
    return {
        "version": "7.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["urls"]},
        "streams": [stream],
        # A literal: anything else, and it runs one job at a time.
        "max_concurrent_async_job_count": jobs,
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
    }


def main(api: str, projects: int, jobs: int, folder: Path) -> None:
    """Read the stream to the end; the records go to standard output, as Airbyte's destinations expect them."""
    files = {name: folder / name for name in ("manifest.yaml", "config.json", "catalog.json")}
    files["manifest.yaml"].write_text(yaml.safe_dump(manifest(api, projects, jobs)))
    files["config.json"].write_text("{}")
    stream = {"name": "urls", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    catalog = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    files["catalog.json"].write_text(json.dumps({"streams": [catalog]}))
    arguments = ["read", "--config", str(files["config.json"]), "--catalog", str(files["catalog.json"])]
    launch(YamlDeclarativeSource(path_to_yaml=str(files["manifest.yaml"])), arguments)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
