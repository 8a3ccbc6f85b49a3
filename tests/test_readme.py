"""The README holds: its commands are taken from its own text and run in a fresh environment with the built wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docsthatrun import compare, examples, plain_environ

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def run(command: list[str | Path], folder: Path, environ: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment: the locked libraries, and the wheel, not this checkout."""
    folder = tmp_path_factory.mktemp("fresh")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT], folder)
    run([sys.executable, "-m", "venv", folder / "venv"], folder)
    programs = folder / "venv" / "bin"
    pip: list[str | Path] = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", ROOT / "requirements" / "run.txt"], folder)
    run([*pip, "--no-deps", *folder.glob("*.whl")], folder)
    return programs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder with the example specs."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    return tmp_path


def test_every_command_prints_what_the_readme_says(installed: Path, folder: Path) -> None:
    shown = examples(README.read_text(encoding="utf-8"))
    assert len(shown) >= 5
    for example in shown:
        program, *arguments = example.command.split()
        compare(example, run([installed / program, *arguments], folder, plain_environ()))


def test_the_spec_of_the_readme_runs(installed: Path, folder: Path) -> None:
    [spec] = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (folder / "readme.yaml").write_text(spec, encoding="utf-8")
    run([installed / "bqlrun", "run", "readme.yaml"], folder, plain_environ())
    names = sorted(path.name for path in folder.glob("downloads/example-org/example.com/20250413/*.csv*"))
    assert names == ["broken.csv", "search.csv.gz", "titles.csv"]


def test_the_wheel_brings_schemas_and_templates(installed: Path, folder: Path) -> None:
    assert '"title": "bqlrun spec"' in run([installed / "bqlrun", "schema"], folder, plain_environ())
    rendered = run([installed / "bqlrun", "render", "specs/link-graph.yaml"], folder, plain_environ())
    assert "outlinks_internal.graph.url" in rendered


def test_every_command_is_in_the_readme(installed: Path, folder: Path) -> None:
    usage = run([installed / "bqlrun", "--help"], folder, plain_environ())
    commands = re.findall(r"^    (\w+) {2,}", usage, re.MULTILINE)
    assert len(commands) >= 7
    text = README.read_text(encoding="utf-8")
    assert [command for command in commands if f"`bqlrun {command}" not in text] == []
