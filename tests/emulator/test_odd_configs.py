"""Configs and faults by the hundred that are wrong in some way: refused with a place, or understood."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from runner.emulator.catalogue import catalogues
from runner.emulator.configfile import read_world
from runner.emulator.faults import KNOWN
from runner.emulator.world import World
from runner.errors import SpecError
from runner.spec.yaml import parse
from tests.emulator.test_fuzz import changed

if TYPE_CHECKING:
    from tests.emulator.client import Api

# For a longer look: BQLRUN_CONFIGS=20000 BQLRUN_SEED=2 pytest tests/emulator/test_odd_configs.py
CONFIGS = int(os.environ.get("BQLRUN_CONFIGS", "200"))
SEED = int(os.environ.get("BQLRUN_SEED", "1"))
DOCS = Path(__file__).parents[2] / "docs" / "emulator.md"
# What was right becomes too much, too little, something else.
VALUES: tuple[Any, ...] = (
    *(
        10**400,
        1e308,
        -1,
        0,
        0.01,
        3,
        204,
        503,
        "zip",
        "short",
        "none",
        "html",
        "a\nb",
        "é",
        None,
        True,
        [],
        "http://x/",
    ),
)


def test_a_config_is_a_world_or_is_refused_with_its_place(tmp_path: Path) -> None:
    random = Random(SEED)  # noqa: S311 - repeatable, and no secret
    path = tmp_path / "world.yaml"
    text = DOCS.read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    right = parse(text, "world.yaml").data
    understood = 0
    for _ in range(CONFIGS):
        node = changed(random, copy.deepcopy(right))
        path.write_text(_spoilt(random, json.dumps(node, ensure_ascii=random.random() < 0.9)), "utf-8", "surrogatepass")
        found = _read(path)
        if isinstance(found, World):
            understood += 1
            assert len(catalogues(found, lambda _: None)) == len(found.projects)
        else:
            assert found.startswith(f"{path}:")
    assert CONFIGS / 10 < understood < CONFIGS, "some are understood, some are refused"


def _read(path: Path) -> World | str:
    try:
        return read_world(path)
    except SpecError as error:
        return str(error)


def _spoilt(random: Random, text: str) -> str:
    """Sometimes it is no longer JSON, and perhaps still YAML."""
    if random.random() < 0.8:
        return text
    place = random.randrange(len(text))
    return (
        text[:place] + random.choice(["\t", "\n", "&a ", "*a", "---\n", "<<: ", "\x00", "}", ": ", "#"]) + text[place:]
    )


@pytest.mark.parametrize("part", range(2))
def test_no_fault_breaks_what_it_strikes(small: Api, part: int) -> None:
    random = Random(SEED * 10 + part)  # noqa: S311 - repeatable, and no secret
    struck = 0
    for _ in range(CONFIGS // 2):
        name = random.choice(list(KNOWN))
        fault: dict[str, Any] = {"fault": name, "method": "GET", "path": "/v1/*"}
        fault |= {option: random.choice(VALUES) for option in KNOWN[name][1] if random.random() < 0.9}
        fault |= {option: random.choice(VALUES) for option in ("times", "skip") if random.random() < 0.1}
        if not small.http.post("/_emulator/faults", content=json.dumps(fault).encode()).is_success:
            continue
        struck += 1
        try:
            answer = small.files.get(f"{small.url}/v1/jobs", timeout=0.3)
        except httpx.TransportError:
            continue  # a reset, or a wait that was asked for
        finally:
            small.http.delete("/_emulator/faults")
        assert answer.text != "Internal Server Error", fault
    assert struck > CONFIGS / 20


def test_the_emulator_is_well_after_all_that(small: Api) -> None:
    assert small.get("/v1/jobs", size=1)["size"] == 1
