"""Which addresses may be an API's, and what each is called."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.botify.origins import api_base, identity, path, refuse_in_spec
from runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.botify.com", "https://api.botify.com"),
        ("https://api.botify.com/", "https://api.botify.com"),
        ("https://API.botify.com:443/v1/", "https://api.botify.com"),
        ("https://app.botify.com/api", "https://app.botify.com/api"),
        (" https://app.botify.com/api/v1\n", "https://app.botify.com/api"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.8.8", "http://127.8.8.8"),
        ("http://localhost:80/", "http://localhost"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("https://localhost:8443/botify/", "https://localhost:8443/botify"),
    ],
)
def test_a_spec_may_name_botify_and_loopback(url: str, base: str) -> None:
    refuse_in_spec(url)
    assert api_base(url) == base


@pytest.mark.parametrize("url", ["https://botify.example", "https://10.0.0.1:8443/gateway", "https://xn--bcher-kva.ch"])
def test_any_other_origin_comes_from_the_command_line_alone(url: str) -> None:
    assert api_base(url) == url
    with pytest.raises(UsageError, match="must not send its token"):
        refuse_in_spec(url)


@pytest.mark.parametrize("wary", [api_base, refuse_in_spec])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.botify.com",
        "ftp://api.botify.com",
        "https://",
        "https://:443",
        "https://host:0",
        "https://host:99999",
        "https://[::1",
        "https://[not-an-address]",
        "https://me:password@api.botify.com",
        "https://api.botify.com@evil.example",
        "http://127.0.0.1\\@evil.example",
        "http://localhost#@evil.example",
        "https://api.botify.com/?q",
        "https://api.botify.com#fragment",
        "https://api.botify.com\n.evil.example",
        "https://bücher.example",
        f"https://{'a' * 64}.example",
        "http://api.botify.com",
        "https://api.botify.com:8443",
        "https://api.botify.com/api",
        "https://app.botify.com",
        "http://botify.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://127.1",
        "http://0x7f000001",
        "http://0.0.0.0",
    ],
)
def test_what_is_no_address_of_an_api(url: str, wary: Callable[[str], object]) -> None:
    with pytest.raises(UsageError) as refused:
        wary(url)
    assert "password" not in str(refused.value).replace("a password", "")


@given(st.text(alphabet="ht ps:/\\@.#?%[]localhst127evbotifyacm\t", max_size=40))
def test_an_accepted_address_leads_where_it_says(rest: str) -> None:
    try:
        refuse_in_spec("https://" + rest)
    except UsageError:
        return
    base = api_base("https://" + rest)
    host = urlsplit(base).hostname or ""
    assert host in ("localhost", "::1", "api.botify.com", "app.botify.com") or host.startswith("127.")
    assert base == api_base(base)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.botify.com", "api.botify.com"),
        ("https://app.botify.com/api", "api.botify.com"),
        ("emulator", "emulator"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://localhost:8080/", "127.0.0.1:8080"),
        ("http://[::1]:8080", "[::1]:8080"),
        ("https://botify.example", "botify.example:443"),
        ("https://botify.example/gateway/v1", "botify.example:443/gateway"),
    ],
)
def test_an_api_has_one_name(url: str, name: str) -> None:
    assert identity(url) == name


def test_names_stay_one_segment_of_a_path() -> None:
    assert path("projects", "a b", "50%/x?y#z", "é", 7) == "/v1/projects/a%20b/50%25%2Fx%3Fy%23z/%C3%A9/7"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_a_path_can_be_read_back(names: list[str]) -> None:
    assert [unquote(part) for part in path(*names).split("/")[2:]] == names
