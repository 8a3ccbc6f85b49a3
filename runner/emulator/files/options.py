"""What a job's payload says about its file: formatter, its options, compression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runner.emulator.errors import bad_request

if TYPE_CHECKING:
    from runner.emulator.world import Behaviour
    from runner.jsonvalue import JsonObject, JsonValue

LOGS = "logs_urls_export"
Prologue = Literal["documented", "observed"]
FORMATTERS = ("csv", "json", "xml", "sitemap")
_HEADER_FORMATS = ("verbose", "slug", "collection_slug")


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """The formatter_config of CSV."""

    delimiter: str = ","
    print_delimiter: bool = True
    print_header: bool = True
    header_format: str = "verbose"
    prepend: tuple[dict[str, str], ...] = ()
    append: tuple[dict[str, str], ...] = ()

    def constants(self) -> tuple[list[str], list[str]]:
        """The values that every row has before and after its own."""
        return [column.get("value", "") for column in self.prepend], [column.get("value", "") for column in self.append]


def prologue_of(kind: str, behaviour: Behaviour) -> Prologue:
    """What stands before the rows of a job's file where its payload does not say."""
    of_logs = behaviour.prologue_of_logs
    return behaviour.prologue if kind != LOGS or of_logs == "same" else of_logs


def csv_options(config: JsonValue, prologue: Prologue) -> CsvOptions:
    """The options that were sent, over the documented defaults or those that clients have observed."""
    given = _an_object(config, "formatter_config")
    shown = prologue == "documented"
    delimiter, style = given.get("delimiter", ","), given.get("header_format", "verbose")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise bad_request("delimiter is one character")
    if style not in _HEADER_FORMATS:
        raise bad_request("header_format is verbose, slug or collection_slug")
    return CsvOptions(
        delimiter,
        given.get("print_delimiter", shown) is True,
        given.get("print_header", shown) is True,
        style,
        _constants(given.get("prepend_columns")),
        _constants(given.get("append_columns")),
    )


def packing(payload: JsonObject) -> Literal["gzip", "zip"]:
    """gzip, unless the official key or the one that a client uses asks for zip."""
    extra = _an_object(payload.get("extra_config"), "extra_config")
    return "zip" if "zip" in (extra.get("filetype"), extra.get("compression")) else "gzip"


def formatter(payload: JsonObject) -> str:
    """The formatter's name."""
    name = payload.get("formatter", "csv")
    if name not in FORMATTERS:
        raise bad_request(f"formatter is one of {', '.join(FORMATTERS)}")
    return str(name)


def _an_object(value: JsonValue, name: str) -> JsonObject:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request(f"{name} is an object")
    return value


def _constants(columns: JsonValue) -> tuple[dict[str, str], ...]:
    if columns is None:
        return ()
    if not isinstance(columns, list) or not all(isinstance(column, dict) for column in columns):
        raise bad_request("prepend_columns and append_columns are lists of objects")
    return tuple({str(key): str(value) for key, value in column.items()} for column in columns)
