"""A boot session id identifies one boot, and only the key's owner can make one."""

from __future__ import annotations

from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from pxeserve.boot.session import TEXT_LENGTH, SessionIds

KEY = bytes(range(32))
MAC = "52:54:00:77:00:01"
ADDRESS = IPv4Address("10.77.0.51")


def test_an_id_tells_who_booted_where_and_when() -> None:
    ids = SessionIds(KEY)
    text = ids.make(ADDRESS, MAC, 1_800_000_000.7)
    session = ids.read(text)
    assert session is not None
    assert (session.id, session.address, session.mac, session.at) == (text, ADDRESS, MAC, 1_800_000_000.0)


def test_the_same_boot_has_one_id_and_the_next_second_another() -> None:
    ids = SessionIds(KEY)
    assert ids.make(ADDRESS, MAC, 100.2) == ids.make(ADDRESS, MAC, 100.9)
    assert ids.make(ADDRESS, MAC, 100.2) != ids.make(ADDRESS, MAC, 101.0)


def test_a_boot_file_with_an_id_fits_into_the_file_field_of_bootp() -> None:
    text = SessionIds(KEY).make(ADDRESS, MAC, 2**32 - 1)
    assert len(text) == TEXT_LENGTH
    assert len(f"b/{text}/medium-{'x' * 48}/pxelinux.0") <= 127
    assert set(text) <= set("0123456789abcdef")


def test_another_key_a_changed_letter_or_another_spelling_is_no_session() -> None:
    text = SessionIds(KEY).make(ADDRESS, MAC, 100.0)
    assert SessionIds(bytes(32)).read(text) is None
    ids = SessionIds(KEY)
    for i, letter in enumerate(text):
        for other in "ab7":
            if other != letter:
                assert ids.read(text[:i] + other + text[i + 1 :]) is None
    assert ids.read(text.upper()) is None
    assert ids.read(text + "a") is None


@given(st.text(max_size=40))
def test_nothing_that_a_client_can_write_raises(text: str) -> None:
    assert SessionIds(KEY).read(text) is None


@given(st.integers(0, 2**32 - 1), st.binary(min_size=6, max_size=6), st.integers(0, 2**32 - 1))
def test_every_boot_can_be_read_back(address: int, mac: bytes, at: int) -> None:
    ids = SessionIds(KEY)
    session = ids.read(ids.make(IPv4Address(address), mac.hex(":"), at))
    assert session is not None
    assert (int(session.address), session.mac, session.at) == (address, mac.hex(":"), at)
