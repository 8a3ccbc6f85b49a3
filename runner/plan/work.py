"""What planning and carrying out one spec needs: the spec, the API it talks to, and the state file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.botify.client import Botify
    from runner.spec.model import Spec
    from runner.state.store import State


@dataclass(frozen=True, slots=True)
class Work:
    """One spec with its API, that API's identity, and its view of the state file."""

    spec: Spec
    api: Botify
    identity: str
    state: State
