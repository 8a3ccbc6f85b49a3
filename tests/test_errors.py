"""The table of errors: in the docs as in the program, and with the exit codes that the contract knows."""

from __future__ import annotations

import re
from pathlib import Path

from runner import errors
from runner.errors import BqlrunError
from tests.errortable import known, page
from tests.messages import INNER, RELAYED, messages

ROOT = Path(__file__).parent.parent
RUNNER, DOCS = ROOT / "runner", ROOT / "docs" / "errors.md"


def test_the_docs_have_every_error_as_it_is() -> None:
    assert DOCS.read_text(encoding="utf-8") == page(), "make docs"
    named = re.findall(r"^\| (?:&nbsp;)*`(\w+)` \|", page(), re.MULTILINE)
    assert sorted(named) == sorted(each.__name__ for each in known())


def test_the_tree_at_the_top_of_the_module_is_the_tree_of_the_classes() -> None:
    shown = dict(re.findall(r"^[ x+*-]*([A-Z]\w+) +([\d/]+)(?: |$)", errors.__doc__ or "", re.MULTILINE))
    assert shown.keys() == {each.__name__ for each in known()}
    for each in known():
        codes = {"130/143"} if each.__name__ == "Interrupted" else {str(each.exit_code)}
        assert shown[each.__name__] in codes, each


def test_an_error_that_another_module_defines_is_never_shown() -> None:
    names = "|".join(each.__name__ for each in known())
    modules = [path.read_text("utf-8") for path in RUNNER.rglob("*.py") if path != RUNNER / "errors.py"]
    elsewhere = {name for text in modules for name in re.findall(rf"^class (\w+)\((?:{names})\)", text, re.MULTILINE)}
    assert elsewhere == {"StopRequested", "LinkBroken", "Damaged"}
    assert elsewhere < INNER


def test_every_exit_code_is_one_that_is_promised_and_every_error_says_what_it_is() -> None:
    assert {each.exit_code for each in known()} == {1, 2, 3, 4}
    assert all(each.__doc__ for each in known())


def test_a_hint_stands_in_parentheses_after_the_message() -> None:
    assert str(BqlrunError("it went wrong", "do this")) == "it went wrong (do this)"
    assert str(BqlrunError("it went wrong")) == "it went wrong"


def test_every_message_says_what_to_do_next() -> None:
    assert [each for each in messages() if not each.hint] == []


def test_every_place_that_makes_an_error_has_words_of_its_own_or_is_known_to_pass_others_on() -> None:
    assert {f"{each.module}: {each.text}" for each in messages() if each.relayed} == RELAYED
    assert len(messages()) > len(RELAYED) * 9
