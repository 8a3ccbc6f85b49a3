"""Shards: one machine's share of all exports, and of what the accounts allow in a second and in a day."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.spec.model import Account, Export, Limits, Project, Spec

_WRITTEN = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})")


@dataclass(frozen=True, slots=True)
class Shard:
    """The `number`-th of `of` machines that do a spec's work together, each with a state file of its own."""

    number: int = 1
    of: int = 1

    def has(self, spec: Spec, project: Project, export: Export) -> bool:
        """Whether an export is this machine's: by its name alone, whatever else the spec says and whoever asks.

        A table over all projects needs them all in one place: such an export is one machine's as a whole.
        """
        if self.of == 1:
            return True
        from hashlib import sha256

        name = f"{spec.name}:{export.name}" if export.combine else f"{project.org}/{project.project}:{export.name}"
        digest = sha256(name.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8]) % self.of == self.number - 1

    def part(self, whole: int) -> int:
        """This machine's part of a number: all parts together are the number, and the first ones are larger by one."""
        return whole // self.of + (self.number <= whole % self.of)

    def slowed(self, spec: Spec) -> Spec:
        """The spec with this machine's part of each account's pace and credits; the quota of exports is `Budget`'s."""
        api = spec.api
        accounts = {org: self._slowed(account) for org, account in api.accounts.items()}
        api = replace(api, default_account=self._slowed(api.default_account), accounts=accounts)
        return replace(spec, api=api, limits=self._part_of(spec.limits))

    def _slowed(self, account: Account) -> Account:
        return replace(account, limits=self._part_of(account.limits))

    def _part_of(self, limits: Limits) -> Limits:
        credits_per_day = None if limits.credits_per_day is None else limits.credits_per_day / self.of
        rate = limits.requests_per_second / self.of
        return replace(limits, requests_per_second=rate, credits_per_day=credits_per_day, machines=self.of)


ALONE = Shard()


def shard_of(text: str) -> Shard:
    """The shard that `K/N` names. Raises UsageError."""
    found = _WRITTEN.fullmatch(text)
    if not found or int(found[1]) > int(found[2]):
        raise UsageError(f"--shard {text} is no share of the work", "`--shard 2/4` is the second of four machines")
    return Shard(int(found[1]), int(found[2]))
