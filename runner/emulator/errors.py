"""How the API says no: the error table of the public documentation, and the exception that carries one entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.jsonvalue import JsonObject, JsonValue

MESSAGES = {
    1000: "Unknown error",
    1001: "Not Authorized",
    1002: "Permission denied",
    1004: "Analysis was not found",
    1006: "Url export was not found",
    1007: "User was not found",
    1010: "Project was not found",
    1016: "Fields are mandatory",
    1017: "No result for this URL",
    1019: "Invalid area",
    1020: "Badly formatted request",
    1022: "Badly formatted queries",
    1023: "Badly formatted aggregation query",
    1027: "Cannot launch export: more than 10 fields requested",
    1028: "Cannot launch export: more than 1 multiple field requested",
    1029: "Field does not exist",
    1034: "The requested feature is disabled",
    1039: "Method not allowed",
    1043: "The query is too big to execute it",
    1044: "Query can not be executed",
    1052: "A CSV export is already running",
    1053: "Too many requests",
    1055: "Out of range logfile analysis date",
    1057: "Badly formatted regex in query",
}


class Refused(Exception):
    """One refusal: HTTP status, code, message, and what exactly was wrong where that is known."""

    def __init__(self, status: int, code: int, reason: str = "", message: str = "") -> None:
        super().__init__(message or MESSAGES[code], reason)
        self.status = status
        self.code = code
        self.message = message or MESSAGES[code]
        self.reason = reason

    def envelope(self) -> JsonObject:
        """The body that the API answers; `error_detail` is there only when there is something to add."""
        error: dict[str, JsonValue] = {"error_code": str(self.code), "message": self.message}
        if self.reason:
            error["error_detail"] = {"reason": self.reason}
        return {"error": error}


def bad_request(reason: str) -> Refused:
    """The request's outer shape is wrong."""
    return Refused(400, 1020, reason)


def bad_query(reason: str) -> Refused:
    """The grammar does not know this."""
    return Refused(400, 1022, reason)


def not_found(reason: str = "", code: int = 1000) -> Refused:
    """No such thing, or none that this token may see."""
    return Refused(404, code, reason, "Not found" if code == 1000 else "")
