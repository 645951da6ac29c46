"""What an error repeats of what it was given is no longer than somebody reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.errors import NotFoundError, PxeserveError, quoted, shortened


@given(st.text(), st.sampled_from(["a", "ä", "\x1b", "a b ", "\n"]), st.integers(0, 20_000))
def test_a_message_is_never_longer_than_somebody_reads(text: str, part: str, times: int) -> None:
    error = PxeserveError(f"unknown key {text}{part * times}", fix=part * times)
    assert len(error.message) <= 8_001
    assert len(error.fix) <= 8_001
    assert str(error).startswith("unknown key")
    assert max(map(len, error.message.split()), default=0) <= 300


def test_what_is_short_is_left_as_it_is() -> None:
    said = f"/srv/{'a' * 250}/{'b' * 30}.iso: there is no such file\n  and another line"
    assert shortened(said) == said
    assert NotFoundError(said, fix=said).message == said


def test_of_what_is_long_the_beginning_and_the_end_stay() -> None:
    assert shortened(f"no file /srv/{'x' * 400}/install.img here") == f"no file /srv/{'x' * 95}…{'x' * 28}/install.img here"
    assert shortened("a " * 9_000) == "a " * 4_000 + "…"


@pytest.mark.parametrize(("text", "said"), [("sda", "'sda'"), ("a\x1b", "'a\\x1b'"), ("x" * 61, "'" + "x" * 60 + "…'"), (None, "'None'")])
def test_what_is_quoted_is_bounded_and_harmless(text: object, said: str) -> None:
    assert quoted(text) == said
