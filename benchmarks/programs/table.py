"""Write a table of four columns as CSV and as gzip: addresses, titles with all that quotes are for, texts.

`table.py FOLDER ROWS [tricky]`. Tells what it wrote. The same rows give the same bytes.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

HEADER = b"url,metadata.title.content,metadata.description.content,metadata.h1.contents\n"
WORDS = "apple bridge copper delta ember forest garden harbour island jungle kettle lantern meadow north".split()
THOUSAND = 1000


def record(number: int, *, tricky: bool) -> bytes:
    a, b, c = (WORDS[number * step % len(WORDS)] for step in (1, 3, 5))
    url = f"https://www.example.com/{a}/{b}/{number:09}"
    title = f'"A ""{c}"", and\na {b} {number}"' if tricky else f"{a} {b} {c} {number}"
    return f"{url},{title},All about {a} and {b} and what a {c} is for {number * 7919},{a} {c}\n".encode()


def write(folder: Path, rows: int, *, tricky: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "table.csv").open("wb") as plain, gzip.open(folder / "table.csv.gz", "wb", 1) as packed:
        for first in range(0, rows, THOUSAND):
            text = b"".join(record(n, tricky=tricky) for n in range(first, min(first + THOUSAND, rows)))
            for file in (plain, packed):
                file.write(text if first else HEADER + text)
    sys.stdout.write(json.dumps({"bytes": (folder / "table.csv").stat().st_size}))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), tricky="tricky" in sys.argv[3:])
