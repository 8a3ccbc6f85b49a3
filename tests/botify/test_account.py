"""Tokens: where they are found, what is none, and that they do not show themselves."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from runner.botify.account import Accounts, Paces, Token, find_token
from runner.botify.pace import Turns
from runner.errors import TokenMissing, UsageError
from runner.spec.model import Account, Api, Limits

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = Account("MY_TOKEN", "token.txt", Limits())


def test_the_variable_wins(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("from-the-file")
    token = find_token(ACCOUNT, "org", {"MY_TOKEN": " from-the-variable\n"}, tmp_path)
    assert token.text == "from-the-variable"
    assert token.authorization == "Token from-the-variable"


@pytest.mark.parametrize(
    "content",
    [
        b"secret",
        b"secret\n# username: first.last\n",
        b"\xef\xbb\xbfsecret\r\n# me\r\n",
        b"  secret \t\n\xff\xfe not text",
    ],
)
@pytest.mark.parametrize("environ", [{}, {"MY_TOKEN": ""}, {"MY_TOKEN": " \n"}])
def test_else_the_first_line_of_the_file(tmp_path: Path, content: bytes, environ: dict[str, str]) -> None:
    (tmp_path / "token.txt").write_bytes(content)
    assert find_token(ACCOUNT, "org", environ, tmp_path).text == "secret"


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (ACCOUNT, ["organisation org", "MY_TOKEN is not set", "token.txt does not exist", "set MY_TOKEN or put"]),
        (Account("MY_TOKEN", None, Limits()), ["MY_TOKEN is not set"]),
        (Account(None, "token.txt", Limits()), ["token.txt does not exist"]),
        (Account(None, "empty.txt", Limits()), ["first line of the file empty.txt is empty"]),
        (Account(None, None, Limits()), ["neither a variable nor a file"]),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, account: Account, words: list[str]) -> None:
    (tmp_path / "empty.txt").write_text("\nsecret")
    with pytest.raises(TokenMissing) as missing:
        find_token(account, "org", {}, tmp_path)
    assert all(word in str(missing.value) for word in words)


@pytest.mark.parametrize("text", ["secret\nsecond", "sec ret", "sec\x00ret", "sécret", "secret\u2028"])
def test_what_cannot_be_a_token_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="MY_TOKEN holds no token") as refused:
        find_token(ACCOUNT, "org", {"MY_TOKEN": text}, tmp_path)
    assert "ret" not in str(refused.value)


def test_a_file_of_another_encoding_is_refused_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("secret", encoding="utf-16")
    with pytest.raises(UsageError, match=r"token\.txt is no UTF-8 text") as refused:
        find_token(ACCOUNT, "org", {}, tmp_path)
    assert refused.value.__cause__ is None


def test_a_file_that_was_named_by_mistake_is_refused_and_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_bytes(b"secret" * 1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match=r"token\.txt is too long for a token") as refused:
            find_token(ACCOUNT, "org", {}, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
    assert "secret" not in str(refused.value)


def test_a_folder_is_no_token_file(tmp_path: Path) -> None:
    (tmp_path / "token.txt").mkdir()
    with pytest.raises(UsageError, match=r"token\.txt cannot be read"):
        find_token(ACCOUNT, "org", {}, tmp_path)


def test_a_token_does_not_show_itself() -> None:
    token = Token("secret", "the environment variable X")
    assert "secret" not in f"{token!r} {token} {[token]} {token:>5}"
    assert token.hidden_in("you sent Token secret!") == "you sent Token ***!"


@pytest.mark.parametrize("spelled", ['a/b+c"d=', 'a/b+c\\"d=', "a%2Fb%2Bc%22d%3D", "a/b%2Bc%22d%3D", "YS9iK2MiZD0="])
def test_a_token_is_hidden_however_a_server_spells_it(spelled: str) -> None:
    assert Token('a/b+c"d=', "here").hidden_in(f"you sent {spelled}!") == "you sent ***!"


def test_each_organisation_has_its_own_token_and_those_with_one_token_share_a_pace(tmp_path: Path) -> None:
    made: list[float] = []

    def make(account: str, rate: float) -> Turns:
        assert account not in {"one", "two"}
        made.append(rate)
        return Turns(rate)

    def paid_by(variable: str, rate: float) -> Account:
        return Account(variable, None, Limits(requests_per_second=rate))

    api = Api(default_account=paid_by("A", 5), accounts={"same": paid_by("B", 3), "other": paid_by("C", 7)})
    accounts = Accounts(api, {"A": "one", "B": "one", "C": "two"}, tmp_path, Paces(make))
    assert accounts.of("anyone").token.text == "one"
    assert accounts.of("same").pace is accounts.of("anyone").pace
    assert accounts.of("other").token.text == "two"
    assert accounts.of("other").pace is not accounts.of("same").pace
    assert made == [5, 7]


def test_a_token_that_is_not_needed_is_not_missed(tmp_path: Path) -> None:
    api = Api(default_account=Account("A", None, Limits()), accounts={"other": Account("B", None, Limits())})
    accounts = Accounts(api, {"A": "one"}, tmp_path, Paces())
    accounts.of("org")
    with pytest.raises(TokenMissing, match="organisation other"):
        accounts.of("other")
