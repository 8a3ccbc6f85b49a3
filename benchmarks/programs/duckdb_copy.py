"""The same by DuckDB's own COPY, with what it takes without being told: `duckdb_copy.py TABLE`."""

from __future__ import annotations

import sys

import duckdb

if __name__ == "__main__":
    source = sys.argv[1]
    duckdb.execute(
        f"COPY (FROM read_csv('{source}', header = false, all_varchar = true)) TO '{source}.copy' (FORMAT parquet)"
    )
