"""`bqlrun completion`: a script for a shell, made of what the commands themselves declare. No network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from runner.show.console import Console

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

EXAMPLE = 'example: eval "$(bqlrun completion bash)"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell that the script is for")


def execute(args: argparse.Namespace) -> int:
    """Print it."""
    from runner.cli.parsers import COMMANDS, parser_for

    commands = {name: _offer(_command(parser_for(name), name)) for name in COMMANDS}
    script = {"bash": _bash, "zsh": _zsh, "fish": _fish}[args.shell]
    Console().result(script(commands))
    return 0


class Offer(NamedTuple):
    """What may follow a command: its options, and its subcommands or choices, one of which comes first."""

    options: Sequence[str]
    words: Sequence[str]


def _command(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    """One command's own parser."""
    choices = next(each.choices for each in parser._actions if each.dest == "command")  # noqa: SLF001  no public way
    if choices is None:
        raise AssertionError("the commands are choices")
    command: argparse.ArgumentParser = dict(choices)[name]
    return command


def _offer(command: argparse.ArgumentParser) -> Offer:
    from runner.cli.parsers import options_of

    first = next((each for each in command._actions if not each.option_strings and each.choices), None)  # noqa: SLF001
    choices = first.choices if first and first.choices else ()
    leaves = list(choices.values()) if isinstance(choices, Mapping) else [command]
    # In the order of their declaration, and each once.
    return Offer(list(dict.fromkeys(option for leaf in leaves for option in options_of(leaf))), list(choices))


def _bash(commands: Mapping[str, Offer]) -> str:
    """Options where one begins, a command and its first word where there is none yet, else files."""
    cases = "\n".join(
        f'    {name}) options="{" ".join(offer.options)}" words="{" ".join(offer.words)}" ;;'
        for name, offer in commands.items()
    )
    return f"""_bqlrun() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" options words
  case "${{COMP_WORDS[1]}}" in
{cases}
  esac
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{" ".join(commands)} --help --version" -- "$word"))
  elif [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  fi
}}
complete -o default -F _bqlrun bqlrun"""


def _zsh(commands: Mapping[str, Offer]) -> str:
    """zsh takes bash's own way of completing."""
    return f"autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n{_bash(commands)}"


def _fish(commands: Mapping[str, Offer]) -> str:
    """One line a command, a word and an option; files stay what fish offers by itself."""
    from runner.cli.parsers import COMMANDS

    lines = [
        f"complete -c bqlrun -n __fish_use_subcommand -f -a {name} -d {_quoted(COMMANDS[name])}" for name in commands
    ]
    for name, offer in commands.items():
        seen = f"complete -c bqlrun -n '__fish_seen_subcommand_from {name}'"
        lines += [f"{seen} -f -a '{' '.join(offer.words)}'"] if offer.words else []
        lines += [f"{seen} -l {option.removeprefix('--')}" for option in offer.options]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
