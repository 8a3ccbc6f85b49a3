"""The documentation names everything that there is."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from runner.emulator.api.routes import paths
from runner.emulator.configfile import read_world
from runner.emulator.faults import ARCHIVES, KNOWN
from runner.emulator.world import Behaviour, Limits

TEXT = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text("utf-8")
NAMES = [*KNOWN, *ARCHIVES, *(field.name for field in (*fields(Behaviour), *fields(Limits)))]


@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_every_fault_switch_and_limit_is_documented(name: str) -> None:
    assert f"`{name}`" in TEXT


def test_every_option_of_a_fault_is_documented() -> None:
    options = {option for _, (_, options) in KNOWN.items() for option in options}
    assert [option for option in options if f"`{option}" not in TEXT] == []


def test_every_option_of_the_command_is_documented() -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "runner.emulator", "--help"], capture_output=True, text=True, check=True
    )
    options = set(re.findall(r"--[a-z-]+", helped.stdout)) - {"--help"}
    assert len(options) > 5
    assert [option for option in options if f"`{option}" not in TEXT] == []


def test_every_route_is_documented() -> None:
    words = {[word for word in path.split("/") if "{" not in word][-1] for path in paths()} - {"export_data", ""}
    assert {"query", "datamodel", "profile"} < words
    assert [word for word in words if word not in TEXT] == []


def test_the_example_world_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(TEXT.partition("```yaml\n")[2].partition("```")[0], "utf-8")
    world = read_world(tmp_path / "world.yaml")
    assert [project.slug for project in world.projects] == ["shop.example", "client.example"]
    assert len(world.projects[0].crawls) == 5
