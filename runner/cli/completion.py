"""`bqlrun completion`: a script for a shell, made of what the commands themselves declare. No network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.show.console import Console

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

EXAMPLE = 'example: eval "$(bqlrun completion bash)"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell that the script is for")


def execute(args: argparse.Namespace) -> int:
    """Print it."""
    from runner.cli.main import COMMANDS, options_of, parser_for

    options = {command: options_of(_command(parser_for(command), command)) for command in COMMANDS}
    script = {"bash": _bash, "zsh": _zsh, "fish": _fish}[args.shell]
    Console().result(script(options))
    return 0


def _command(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    """One command's own parser."""
    choices = next(each.choices for each in parser._actions if each.dest == "command")  # noqa: SLF001  no public way
    if choices is None:
        raise AssertionError("the commands are choices")
    command: argparse.ArgumentParser = dict(choices)[name]
    return command


def _bash(options: Mapping[str, Sequence[str]]) -> str:
    """Options where one begins, commands where none is named yet, else files."""
    cases = "\n".join(f'    {name}) words="{" ".join(found)}" ;;' for name, found in options.items())
    return f"""_bqlrun() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" words
  case "${{COMP_WORDS[1]}}" in
{cases}
  esac
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{" ".join(options)} --help --version" -- "$word"))
  elif [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  fi
}}
complete -o default -F _bqlrun bqlrun"""


def _zsh(options: Mapping[str, Sequence[str]]) -> str:
    """zsh takes bash's own way of completing."""
    return f"autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n{_bash(options)}"


def _fish(options: Mapping[str, Sequence[str]]) -> str:
    """One line a command and an option; files stay what fish offers by itself."""
    from runner.cli.main import COMMANDS

    commands = [
        f"complete -c bqlrun -n __fish_use_subcommand -f -a {name} -d {_quoted(COMMANDS[name])}" for name in options
    ]
    flags = [
        f"complete -c bqlrun -n '__fish_seen_subcommand_from {name}' -l {option.removeprefix('--')}"
        for name, found in options.items()
        for option in found
    ]
    return "\n".join([*commands, *flags])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
