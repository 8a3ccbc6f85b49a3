"""What the check, which every table has behind it, remembers of it, as JSON: `borders.py TABLE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from runner.files.records import Records

COLUMNS = 4

if __name__ == "__main__":
    records = Records(COLUMNS)
    with Path(sys.argv[1]).open("rb") as table:
        while block := table.read(1 << 20):
            records.take(block)
    sys.stdout.write(json.dumps(records.borders))
