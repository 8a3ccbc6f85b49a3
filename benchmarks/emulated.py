"""The emulator, in its own process, for as long as a `with` lasts."""

from __future__ import annotations

import json
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.emulator import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Emulated:
    """Its address, and what it was asked."""

    url: str

    @property
    def environ(self) -> dict[str, str]:
        """What makes bqlrun talk to it."""
        return {"BOTIFY_API_URL": self.url, "BOTIFY_API_TOKEN": "emulator"}

    def requests(self) -> list[Any]:
        """Its own log of requests."""
        with urllib.request.urlopen(f"{self.url}/_emulator/requests", timeout=60) as answer:  # noqa: S310 - loopback
            log: list[Any] = json.load(answer)
        return log


@contextmanager
def emulated(folder: Path, world: str) -> Iterator[Emulated]:
    """Serve a world; its jobs are kept in `emulator` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "world.yaml"
    config.write_text(world, encoding="utf-8")
    with embedded(folder / "emulator", config=config) as url:
        yield Emulated(url)
