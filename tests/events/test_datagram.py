"""What is believed of a datagram, and that nothing in it can harm whoever reads the record."""

from __future__ import annotations

import json
import unicodedata
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.events.datagram import Count, MalformedError, read
from pxeserve.events.record import Event, harmless

NOW = 1_800_000_000.0


def test_an_event_comes_through_as_it_was_sent() -> None:
    event = Event("tftp.transfer", NOW, "pxelinux.0: 42 bytes", "xen01", "52:54:00:77:00:01", "10.77.0.51", "k3d9", "abc", {"bytes": 42})
    assert read(event.encode()) == event


def test_what_json_has_no_word_for_is_told_in_words() -> None:
    """A process that tells of an address, or of half a surrogate pair from a file name, loses neither the event nor its thread."""
    odd = Event("http.trouble", NOW, "a name with \udc80 in it", data={"address": IPv4Address("10.77.0.51"), "kind": int, "sizes": (1, 2)})
    told = read(odd.encode())
    assert told.text == "a name with \\x80 in it"
    assert told.data == {"address": "10.77.0.51", "kind": "<class 'int'>", "sizes": [1, 2]}


@given(st.dictionaries(st.text(max_size=20), st.text() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats() | st.booleans() | st.none()))
def test_a_datagram_is_one_line_that_any_reader_of_json_understands_alike(data: dict[str, Any]) -> None:
    """Many travel together, a line each; and a figure is the same to its last bit."""
    line = Event("dhcp.ack", NOW, data=data).encode()
    assert b"\n" not in line
    assert repr(json.loads(line)["event"]["data"]) == repr(data)


def test_a_count_comes_through() -> None:
    line = {"count": {"minute": 30_000_000, "source": "dhcp", "reason": "not-pxe", "count": 7}}
    assert read(json.dumps(line).encode()) == Count(30_000_000, "dhcp", "not-pxe", 7)


GOOD = {"kind": "a", "at": 1.0}
MALFORMED: dict[str, Any] = {
    "no JSON": b"hello",
    "no UTF-8": b"\xff\xfe\xfd",
    "a list": b"[]",
    "neither of the two": b'{"something": {}}',
    "without a kind": {"event": {"at": 1.0}},
    "kind of another type": {"event": {"kind": 7, "at": 1.0}},
    "without a time": {"event": {"kind": "a"}},
    "true is no time": {"event": {"kind": "a", "at": True}},
    "before the epoch": {"event": {"kind": "a", "at": -1}},
    "in the year 5138": {"event": {"kind": "a", "at": 1e12}},
    "NaN": b'{"event": {"kind": "a", "at": NaN}}',
    "infinity in the data": b'{"event": {"kind": "a", "at": 1, "data": {"x": Infinity}}}',
    "too large a float": b'{"event": {"kind": "a", "at": 1, "data": {"x": 1e999}}}',
    "an integer that no database keeps": {"event": GOOD | {"data": {"x": 2**64}}},
    "a host that is no text": {"event": GOOD | {"host": ["xen01"]}},
    "data that is a list": {"event": GOOD | {"data": [1]}},
    "deep data": {"event": GOOD | {"data": {"a": [[[[[[[[[[[1]]]]]]]]]]]}}},
    "deeper than the parser": b'{"event":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "a count of nothing": {"count": {"minute": 1, "source": "a", "reason": "b"}},
    "a negative count": {"count": {"minute": 1, "source": "a", "reason": "b", "count": -1}},
    "a true count": {"count": {"minute": 1, "source": "a", "reason": "b", "count": True}},
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_cannot_be_believed_is_refused(data: Any) -> None:
    with pytest.raises(MalformedError):
        read(data if isinstance(data, bytes) else json.dumps(data).encode())


def texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for pair in value.items() for one in pair for text in texts(one)]
        case list():
            return [text for one in value for text in texts(one)]
    return []


leaves = st.one_of(st.none(), st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False), st.text())
nested = st.recursive(leaves, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=9)
trees = st.dictionaries(st.text(), nested)


@given(st.text(), st.text(), trees)
def test_no_control_character_gets_into_the_record(host: str, text: str, data: dict[str, Any]) -> None:
    sent = {"event": GOOD | {"text": text, "host": host, "data": data}}
    try:
        event = read(json.dumps(sent).encode())
    except MalformedError:
        return  # deeper than is believed
    assert isinstance(event, Event)
    for one in [event.text, event.host or "", *texts(dict(event.data))]:
        assert not [char for char in one if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")], repr(one)


@given(st.binary(max_size=300))
def test_what_was_made_harmless_already_is_not_made_so_twice(wire: bytes) -> None:
    once = harmless(wire, 60)
    event = read(json.dumps({"event": GOOD | {"text": once, "data": {"file": once}}}).encode())
    assert isinstance(event, Event)
    assert event.text == event.data["file"] == once


def test_the_recorders_escapes_are_readable() -> None:
    assert harmless(b"a\x1b[2Jb\xffc") == "a\\x1b[2Jb\\xffc"
    assert harmless("evil\u202etxt") == "evil\\u202etxt"
    assert harmless("x" * 300) == "x" * 200 + "…"
