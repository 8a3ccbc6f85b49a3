"""What the manifest of a file is called."""

from __future__ import annotations

SUFFIX = ".manifest.json"


def manifest_name(name: str) -> str:
    """`NAME.manifest.json` for `NAME.csv`, `NAME.csv.gz` and `NAME.parquet`."""
    for suffix in (".csv.gz", ".csv", ".parquet"):
        if name.endswith(suffix):
            return f"{name.removesuffix(suffix)}{SUFFIX}"
    return f"{name}{SUFFIX}"
