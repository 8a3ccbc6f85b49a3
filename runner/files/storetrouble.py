"""What an object store's refusal means: of the library's words only the store's status and code are repeated."""

from __future__ import annotations

import re

from runner.errors import StoreError

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w+)</Code>")
# Where a machine in a cloud asks for its own credentials: who gets there has been given none.
_OWN_CREDENTIALS = re.compile(r"169\.254\.|metadata\.google|computeMetadata|security-credentials")
_KEYS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_SERVICE_ACCOUNT",
}
_ELSEWHERE = frozenset({"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"})


def trouble(error: Exception, path: str, bucket: str) -> StoreError | None:
    """The error to raise; None where there just is no object of that name.

    The library's text holds addresses, the store's whole answer and its own insides: none of it is passed on.
    """
    said = str(error)
    status = int(found[1]) if (found := _STATUS.search(said)) else 0
    code = found[1] if (found := _CODE.search(said)) else ""
    keys = _KEYS[bucket.partition(":")[0]]
    if _OWN_CREDENTIALS.search(said):
        return StoreError(f"{path}: there are no credentials for {bucket}", f"set {keys}: see docs/stores.md")
    if code == "NoSuchBucket":
        return StoreError(f"there is no bucket {bucket}", "make it, or name another in `output.dir`")
    if code in _ELSEWHERE or status in {301, 307}:
        return StoreError(f"{bucket} is in another region", "set AWS_REGION to the bucket's")
    if status in {401, 403}:
        return StoreError(
            f"{path}: access denied ({code or status})", f"check {keys}, and what they may do: see docs/stores.md"
        )
    if status == 404:
        return None
    return _other(error, said, path, f"{status} {code}".strip() if status else "")


def _other(error: Exception, said: str, path: str, answer: str) -> StoreError:
    if answer:
        return StoreError(f"{path}: the store answered {answer}")
    if isinstance(error, FileNotFoundError):
        return StoreError(f"{path}: a file that the credentials name is not there", "see docs/stores.md")
    if "builder error" in said:
        return StoreError(
            f"{path}: the address of the store has no TLS", "https://, or AWS_ALLOW_HTTP=true where that is meant"
        )
    if "HTTP error" in said or isinstance(error, OSError):
        return StoreError(f"{path}: the store cannot be reached, or broke off")
    return StoreError(f"{path}: the store's library refuses ({type(error).__name__})", "see docs/stores.md")
