"""The command line itself: suggestions, an example in every help, completion in a real shell, a quick start."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from runner.cli import main
from runner.cli.parsers import COMMANDS, parser_for

if TYPE_CHECKING:
    from typing import NoReturn

    from tests.harness import Desk

NO_BASH = shutil.which("bash") is None


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["valdiate", "x.yaml"], "validate"),
        (["run", "x.yaml", "--fore"], "--force"),
        (["run", "x.yaml", "--refresh-provisionl"], "--refresh-provisional"),
        (["plan", "x.yaml", "--ot=plan.json"], "--out"),
        (["state", "verify", "--stat", "x", "--jsn"], "--json"),
        (["state", "verfy"], "verify"),
        (["completion", "zhs"], "zsh"),
    ],
)
def test_what_is_misspelt_gets_a_suggestion(quiet_desk: Desk, arguments: list[str], meant: str) -> None:
    ran = quiet_desk.bqlrun(*arguments)
    assert ran.code == 2
    assert f"did you mean `{meant}`?" in ran.err


def test_what_is_missing_is_no_misspelling(quiet_desk: Desk) -> None:
    told = quiet_desk.bqlrun("state", "merge").err.splitlines()
    assert told[0] == "bqlrun state merge: the following arguments are required: FILE"


def test_an_option_before_the_command_is_told_its_place(quiet_desk: Desk) -> None:
    assert "unrecognized arguments: -q; options come after the command" in quiet_desk.bqlrun("-q", "status").err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_the_caller_closed_change_nothing(quiet_desk: Desk, closed: str) -> None:
    commands = "schema", "--version", "clean --keep 1"
    script = "".join(f"{sys.executable} -m runner {command} {closed} || exit 9\n" for command in commands)
    done = subprocess.run(["bash", "-c", script], cwd=quiet_desk.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(quiet_desk.folder.rglob("crash.log"))


EVERYWHERE = ["--json", "--state", "other.db", "--api-url", "emulator", "-v", "-q", "--log-format", "text"]


def _leaves(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """The parsers that take a command's options: its own, or those of its actions."""
    nested = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [leaf for choices in nested for leaf in choices.values()] or [parser]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_what_is_promised_everywhere(command: str) -> None:
    [commands] = [each.choices for each in parser_for(command)._actions if isinstance(each, argparse._SubParsersAction)]
    for leaf in _leaves(commands[command]):
        optional = [each for each in leaf._actions if each.option_strings]
        alone = argparse.ArgumentParser(add_help=False)
        for each in optional:
            each.required = False
            alone._add_action(each)
        taken = alone.parse_args(EVERYWHERE)
        assert (taken.json, str(taken.state), taken.api_url, taken.quiet) == (True, "other.db", "emulator", True)


def test_a_command_without_network_takes_an_api_address_all_the_same(quiet_desk: Desk) -> None:
    ran = quiet_desk.bqlrun("status", "--json", "--api-url", "emulator")
    assert (ran.code, ran.json["exports"]) == (0, [])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_and_action_has_an_example_of_it(command: str) -> None:
    [commands] = [each.choices for each in parser_for(command)._actions if isinstance(each, argparse._SubParsersAction)]
    for parser in (commands[command], *_leaves(commands[command])):
        assert parser.prog in parser.format_help().partition("example: ")[2]
        assert parser.description


@pytest.mark.skipif(NO_BASH, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["pl"], ["plan"]),
        (["run", "--no-"], ["--no-wait", "--no-adopt"]),
        (["status", "--fa"], ["--failed"]),
        (["run", "spec.yaml", "--pl"], ["--plan"]),
        (["state", "m"], ["merge"]),
        (["state", "merge", "--st"], ["--state"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["run", "spe"], []),
    ],
)
def test_a_real_bash_completes(quiet_desk: Desk, words: list[str], offered: list[str]) -> None:
    script = quiet_desk.bqlrun("completion", "bash").out
    asked = (
        f'{script}\nCOMP_WORDS=(bqlrun {" ".join(words)})\nCOMP_CWORD={len(words)}\n_bqlrun\necho "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (offered, "")


def test_the_other_shells_get_a_script_of_theirs(quiet_desk: Desk) -> None:
    assert "bashcompinit" in quiet_desk.bqlrun("completion", "zsh").out
    fish = quiet_desk.bqlrun("completion", "fish").out
    assert "complete -c bqlrun -n '__fish_seen_subcommand_from run' -l no-wait" in fish
    assert quiet_desk.bqlrun("completion", "tcsh").code == 2


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_loads_nothing_starts_about_as_fast_as_python(option: str) -> None:
    bare = fastest([sys.executable, "-c", "pass"])
    # About twice on a calm machine; here it runs beside other work, so more is allowed.
    assert fastest([sys.executable, "-m", "runner", option]) < 6 * bare + 0.3


def fastest(command: list[str]) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return min(times)


def test_who_interrupts_before_a_command_is_loaded_reads_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str | None) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "parser_for", interrupted)
    assert main.main(["status"]) == 130
    assert capsys.readouterr().err == "bqlrun: interrupted (run the same command again to go on)\n"
