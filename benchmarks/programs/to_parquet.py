"""The step from a checked table to Parquet alone, as bqlrun takes it: `to_parquet.py TABLE ROWS BORDERS`.

BORDERS is a JSON file with what the check of the table remembers of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from runner.files.parquet import to_parquet
from runner.files.work import Receipt

COLUMNS = tuple((name, "string") for name in ("url", "title", "description", "h1"))

if __name__ == "__main__":
    table, borders = Path(sys.argv[1]), tuple(json.loads(Path(sys.argv[3]).read_bytes()))
    # The header of the table is a row like any other here, and in what this is compared with.
    receipt = Receipt(table, int(sys.argv[2]) + 1, table.stat().st_size, "", 0, borders=borders)
    to_parquet(receipt, COLUMNS)
