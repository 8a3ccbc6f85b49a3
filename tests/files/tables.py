"""The small tables that the tests of the files room are about."""

from __future__ import annotations

from runner.files.fetch import Patience
from runner.files.work import Column

COLUMNS = (
    Column("url", frozenset({"url", "crawl.20250413.url", "full url"})),
    Column("title", frozenset({"metadata.title.content", "crawl.20250413.metadata.title.content", "title"})),
)
HEADER = b"url,title\n"
ROWS = b"".join(b'https://www.example.com/%d,"Page ""%d"", and\nmore"\n' % (each, each) for each in range(40))
DATA = b"url,metadata.title.content\n" + ROWS
# What is wanted of DATA: the same rows under the header that was asked for.
WANTED = HEADER + ROWS

HASTY = Patience(tries=4, first=0.001, longest=0.01, longest_asked=0.05)
