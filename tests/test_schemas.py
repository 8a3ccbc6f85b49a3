"""The published schemas: each keeps to the metaschema that it names, and every spec of ours to the spec's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from runner.resources import SCHEMAS
from runner.schemacheck import violations
from runner.spec.strings import take_source_text
from runner.spec.yaml import parse

ROOT = Path(__file__).parent.parent
SPECS = [*ROOT.glob("specs/*.yaml"), ROOT / "templates/init/first.yaml"]


@pytest.mark.parametrize("path", [*SCHEMAS.glob("*.json")], ids=lambda path: path.name)
def test_a_schema_keeps_to_its_metaschema(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema["$id"] == path.name


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_every_spec_keeps_to_the_published_schema(path: Path) -> None:
    document = parse(path.read_text(encoding="utf-8"), str(path))
    take_source_text(document, "spec")
    assert list(violations("spec", document.data)) == []
