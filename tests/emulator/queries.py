"""Random queries that are right: whatever the grammar allows over the fields of one crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from tests.emulator.plain import Row

NUMBERS = ("depth", "http_code", "byte_size", "metadata.title.len", "inlinks_internal.nb.unique")
TEXTS = ("url", "metadata.title.content", "compliant.main_reason", "content_type")
TREES = ("segments.pagetype.value", "segments.brand.value", "segments.section.value")
FLAGS = ("sitemaps.present", "canonical.to.equal", "js.rendering.ok")
LISTS = ("metadata.h1.contents", "metadata.h2.contents")
SERIES = "search_engines.google.crawls.by_day"
MOMENT = "date_crawled"
SCALARS = (*NUMBERS, *TEXTS, *TREES, *FLAGS, MOMENT)
FIELDS = (*SCALARS, *LISTS, SERIES)
PATTERNS = ("^https", "[0-9]+", "(shoes|books)", "Size", "a.b", "^[A-M]", "no\\. [1-4]")
BANDS = ([{"from": 0, "to": 2}, {"from": 2}], [{"to": 300}, {"from": 300, "to": 5000}])
OF_DATES = (
    *("date", "year", "month", "year_month", "first_day_of_week", "first_day_of_month"),
    *("year_week_number_starting_monday", "year_week_number_starting_sunday"),
)


class Queries:
    """Makes queries whose values are mostly those that the rows really have."""

    def __init__(self, rows: Sequence[Row], prefix: str, random: Random) -> None:
        self._prefix = prefix
        self._random = random
        self._known = {name: _values(rows, name) for name in FIELDS}

    def query(self) -> dict[str, Any]:
        """The next query."""
        dimensions = [self._dimension() for _ in range(self._random.randint(0, 3))]
        metrics = [self._metric() for _ in range(self._random.randint(0 if dimensions else 1, 3))]
        if any(isinstance(node, str) and node.removeprefix(self._prefix) in (*LISTS, SERIES) for node in dimensions):
            dimensions.append(self._prefix + "url")
        query: dict[str, Any] = {"dimensions": dimensions, "metrics": metrics}
        if self._chance(2):
            query["filters"] = self._filter()
        if dimensions and self._chance(2):
            query["sort"] = [self._key(query) for _ in range(self._random.randint(1, 3))]
        return self._with_post_filters(query) if self._chance(4) else query

    def _chance(self, one_in: int) -> bool:
        return self._random.randrange(one_in) == 0

    def _pick(self, *choices: Any) -> Any:
        return self._random.choice(choices)

    def _field(self, *names: str) -> str:
        return self._prefix + str(self._pick(*names))

    def _with_post_filters(self, query: dict[str, Any]) -> dict[str, Any]:
        count = self._prefix + "count_urls_crawl"
        leaf = {"field": count, "predicate": self._pick("gt", "lte", "eq"), "value": self._random.randint(0, 30)}
        return query | {"metrics": [*query["metrics"], count], "post_filters": leaf}

    def _dimension(self) -> Any:
        makers: tuple[Callable[[], Any], ...] = (
            lambda: self._field(*FIELDS),
            lambda: self._field(*FIELDS),
            lambda: {"field": self._field(*SCALARS), "name": "Label"},
            lambda: f"{self._field(*LISTS)}[{self._random.randint(0, 2)}]",
            lambda: {"field": self._field(*NUMBERS), "ranges": self._pick(*BANDS)},
            self._function,
        )
        return self._pick(*makers)()

    def _function(self) -> Any:
        return self._pick(
            _call(self._pick(*OF_DATES), self._field(MOMENT)),
            _call(self._pick("http_code_family", "http_code_quality"), self._field("http_code")),
            _call(self._pick("add", "sub", "mul"), self._field(*NUMBERS), self._random.randint(-5, 5)),
            _call("div", self._field(*NUMBERS), self._pick(0, 2, 4)),
            _call("first", self._field(*LISTS)),
            _call("concat", self._field(*TEXTS, *TREES), {"literal": "-"}, self._field("depth")),
            _call("if", self._condition(), self._field(*NUMBERS), self._random.randint(0, 9)),
            _call("if_not_exists", self._field(*TEXTS), {"literal": "none"}),
            _call(self._pick("exists", "not_exists"), self._field(*SCALARS)),
            self._condition(),
        )

    def _condition(self) -> Any:
        names = ("eq", "ne", "lt", "lte", "gt", "gte")
        one, other = (
            self._pick(
                _call(self._pick(*names), self._field(*NUMBERS), self._random.randint(0, 400)), self._field(*FLAGS)
            )
            for _ in range(2)
        )
        return self._pick(one, _call("and", one, other), _call("or", one, other), _call("not", one))

    def _metric(self) -> Any:
        count = self._prefix + "count_urls_crawl"
        number = self._field(*NUMBERS)
        plain = self._pick(
            _call(self._pick("sum", "avg", "min", "max"), number),
            _call(self._pick("count", "count_distinct", "count_distinct_approx", "count_null"), self._field(*SCALARS)),
            _call(self._pick("count_true", "count_false"), self._field(*FLAGS)),
            _call("count_" + self._pick("eq", "gt", "gte", "lt", "lte"), number, self._random.randint(0, 400)),
            _call("weighted_avg", number, self._field("inlinks_internal.nb.unique")),
            {"field": count},
        )
        short = {self._pick("sum", "avg", "max"): number}
        return self._pick(count, short, plain, plain | {"filters": self._filter()})

    def _filter(self, depth: int = 0) -> Any:
        if depth > 2 or self._chance(2):
            return self._leaf()
        word = self._pick("and", "or", "not")
        if word == "not":
            return {"not": self._filter(depth + 1)}
        return {word: [self._filter(depth + 1) for _ in range(self._random.randint(1, 3))]}

    def _leaf(self) -> Any:
        number, tree, items = self._pick(*NUMBERS), self._pick(*TREES), self._pick(*LISTS)
        text = self._pick(*TEXTS, *TREES)
        ordered = self._pick(*NUMBERS, MOMENT)
        children = self._pick("with_children", "without_children", "only_children")
        of_items = self._pick("any.contains", "all.contains", "any.eq", "all.starts", "any.ends")
        return self._pick(
            self._holds(ordered, self._pick("eq", "gt", "gte", "lt", "lte"), self._pick(*self._known[ordered])),
            self._holds(number, "between", sorted(self._random.choices(self._known[number], k=2))),
            self._holds(text, self._pick("contains", "starts", "ends", "eq"), self._part(text)),
            self._holds(text, "re", self._pick(*PATTERNS)),
            self._holds(tree, children, self._pick(*self._known[tree]).partition("/")[0]),
            self._holds(self._pick(*FLAGS), "eq", self._chance(2)),
            self._holds(items, of_items, self._part(items)),
            self._holds(SERIES, self._pick("any.gt", "all.lte", "any.eq", "all.gte"), self._random.randint(0, 3)),
            self._holds(f"{SERIES}[{self._random.randint(0, 7)}]", self._pick("gt", "lte"), self._random.randint(0, 3)),
            {"field": self._field(*FIELDS), "predicate": "exists"},
        )

    def _holds(self, field: str, predicate: str, value: Any) -> Any:
        shown = {} if predicate == "eq" and self._chance(2) else {"predicate": predicate}
        return {"field": self._prefix + field, **shown, "value": value}

    def _part(self, name: str) -> str:
        """A value that there is, or a piece of one."""
        text = str(self._pick(*self._known[name]))
        start = self._random.randint(0, 9)
        return text if self._chance(2) else text[start : start + self._random.randint(1, 4)]

    def _key(self, query: dict[str, Any]) -> Any:
        kind = self._pick("dimensions", "metrics") if query["metrics"] else "dimensions"
        index = self._random.randrange(len(query[kind]))
        key = {"index": index, "type": kind, "order": self._pick("asc", "desc")}
        return index if kind == "dimensions" and self._chance(3) else key


def _call(name: str, *args: Any) -> Any:
    return {"function": name, "args": list(args)}


def _values(rows: Sequence[Row], name: str) -> list[Any]:
    found = [value for row in rows for value in (row[name] if name in (*LISTS, SERIES) else [row[name]]) or ()]
    return sorted({value for value in found if value is not None})
