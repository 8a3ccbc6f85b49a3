"""What loading and validating costs at the least: `json.loads` and jsonschema, with bqlrun's own schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema

SCHEMA = Path(__file__).parents[2] / "schemas" / "spec.schema.json"

if __name__ == "__main__":
    spec = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    sys.exit(len(list(validator.iter_errors(spec))))
