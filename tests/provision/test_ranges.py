"""Ranges and conditions (RFC 9110 sections 13 and 14)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.provision.head import Request
from pxeserve.provision.ranges import Part, select

TAG = '"abc"'
MODIFIED = 784111777
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
WHOLE = Part(200, 0, 1000)


def ask(method: str = "GET", size: int = 1000, **headers: str) -> Part:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return select(Request(method, "/", "", 1, pairs, 0, True, 0), size, TAG, MODIFIED)


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", Part(206, 0, 1)),
        ("bytes=0-", Part(206, 0, 1000)),
        ("bytes=500-599", Part(206, 500, 100)),
        ("bytes=990-5000", Part(206, 990, 10)),
        ("bytes=999-999", Part(206, 999, 1)),
        ("bytes=-1", Part(206, 999, 1)),
        ("bytes=-5000", Part(206, 0, 1000)),
        ("Bytes=0-1", Part(206, 0, 2)),
        ("bytes=1000-", Part(416, 0, 0)),
        ("bytes=1000-1001", Part(416, 0, 0)),
        ("bytes=-0", Part(416, 0, 0)),
        ("bytes=" + "9" * 5000 + "-", Part(416, 0, 0)),
        ("bytes=0-" + "9" * 5000, Part(206, 0, 1000)),
        ("bytes=5-4", WHOLE),
        ("bytes=0-1,5-6", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=٣-", WHOLE),
        ("lines=0-1", WHOLE),
        ("", WHOLE),
    ],
)
def test_ranges(wanted: str, part: Part) -> None:
    assert ask(range=wanted) == part


def test_an_empty_file_has_no_range() -> None:
    assert ask(size=0, range="bytes=0-") == Part(416, 0, 0)
    assert ask(size=0, range="bytes=-5") == Part(416, 0, 0)
    assert ask(size=0) == Part(200, 0, 0)


def test_a_range_is_only_for_get() -> None:
    assert ask("HEAD", range="bytes=0-1") == WHOLE


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_none_match": TAG}, 304),
        ({"if_none_match": 'W/"abc"'}, 304),
        ({"if_none_match": '"x", "abc"'}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": '"x"'}, 200),
        ({"if_none_match": '"x"', "if_modified_since": DATE}, 200),
        ({"if_modified_since": DATE}, 304),
        ({"if_modified_since": "Sunday, 06-Nov-94 08:49:38 GMT"}, 304),
        ({"if_modified_since": "Sun, 06 Nov 1994 08:49:36 GMT"}, 200),
        ({"if_modified_since": "yesterday"}, 200),
        ({"if_modified_since": ""}, 200),
        ({"range": "bytes=0-1", "if_range": TAG}, 206),
        ({"range": "bytes=0-1", "if_range": DATE}, 206),
        ({"range": "bytes=0-1", "if_range": 'W/"abc"'}, 200),
        ({"range": "bytes=0-1", "if_range": '"old"'}, 200),
        ({"range": "bytes=0-1", "if_range": "Sun, 06 Nov 1994 08:49:38 GMT"}, 200),
        ({"range": "bytes=0-1", "if_none_match": TAG}, 304),
    ],
)
def test_conditions(headers: dict[str, str], status: int) -> None:
    assert ask(**headers).status == status


@given(st.text(max_size=40), st.integers(0, 100))
def test_no_text_makes_it_raise_or_leave_the_file(text: str, size: int) -> None:
    for name in ("range", "if_range", "if_none_match", "if_modified_since"):
        part = ask(size=size, **{name: text})
        assert 0 <= part.start <= part.start + part.length <= size


@given(st.integers(0, 120), st.integers(0, 120), st.integers(1, 100))
def test_a_range_means_the_same_slice_as_in_python(first: int, last: int, size: int) -> None:
    content = bytes(size)
    part = ask(size=size, range=f"bytes={first}-{last}")
    if part.status == 206:
        assert part.length == len(content[first : last + 1]) > 0
