"""`python -m benchmarks`: measure, print one table, and write it as Markdown."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import makespan, overhead, parquet, peers, report, same_work, scaling, specs, throughput, whole_site
from benchmarks.process import Failed

if TYPE_CHECKING:
    from benchmarks.figure import Figure

ALL = (
    same_work.BENCHMARK,
    makespan.BENCHMARK,
    throughput.BENCHMARK,
    throughput.LARGE,
    parquet.BENCHMARK,
    overhead.BENCHMARK,
    specs.BENCHMARK,
    scaling.BENCHMARK,
    whole_site.BENCHMARK,
    peers.BENCHMARK,
)


def main() -> int:
    """Measure what is named, or everything that takes minutes at most; 0 whatever comes out, 1 where a command failed.

    What could be measured is printed all the same; it is no whole table, and is written nowhere.
    """
    args = _arguments()
    chosen = (
        [each for each in ALL if each.name in args.names]
        if args.names
        else [each for each in ALL if args.large or not each.large]
    )
    figures: list[Figure] = []
    failed = False
    if args.folder:
        args.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bqlrun-bench-", dir=args.folder) as folder:
        for each in chosen:
            sys.stderr.write(f"{each.name}: {each.about}\n")
            room = Path(folder) / each.name
            try:
                figures += each.measure(room, args.quick)
            except Failed as failure:
                failed = True
                sys.stderr.write(f"{each.name}: {failure}\n")
            shutil.rmtree(room, ignore_errors=True)
    sys.stdout.write(report.text(figures) + "\n")
    if args.markdown and not failed:
        report.write(figures, args.markdown)
    return int(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(each.name for each in ALL)}")
    parser.add_argument("--quick", action="store_true", help="little work: the counts mean something, the times do not")
    parser.add_argument("--large", action="store_true", help="also what takes long")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the table there, or put it in its place there"
    )
    parser.add_argument("--folder", type=Path, help="where to work: there must be room for some gigabytes")
    args = parser.parse_args()
    if unknown := set(args.names) - {each.name for each in ALL}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return args


if __name__ == "__main__":
    raise SystemExit(main())
