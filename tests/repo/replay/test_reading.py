"""Whatever bytes a server sends: they are read or refused, and nothing else happens."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.repo.replay import text, xml, yum
from pxeserve.repo.replay.generation import GENERATIONS
from pxeserve.repo.replay.reading import InstallerError

WORDS = st.sampled_from(
    [b"\n", b" ", b"tbz2", b"required", b"12", b"/", b"[branding]", b"name", b"=", b"<", b">", b"<package", b"%", b"\r", b"\t[", b"&"]
)
BYTES = st.one_of(st.binary(max_size=300), st.lists(WORDS, max_size=40).map(b"".join))
READERS: list[Callable[[bytes], object]] = [
    text.repository,
    text.folders,
    lambda content: text.packages(content, "4.1"),
    lambda content: text.packages(content, "5.5"),
    lambda content: xml.label(content, "", GENERATIONS["5.6"]),
    xml.packages,
    lambda content: yum.treeinfo(content, GENERATIONS["8.2"]),
    lambda content: yum.treeinfo(content, GENERATIONS["xs9"]),
    yum.update,
    yum.index,
    yum.primary,
    lambda content: yum.primary(gzip.compress(content)),
]


@pytest.mark.parametrize("reader", range(len(READERS)))
@given(content=BYTES)
def test_any_bytes_are_read_or_refused(reader: int, content: bytes) -> None:
    try:
        READERS[reader](content)
    except InstallerError as error:
        assert str(error)


@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers(0, 10**9)), max_size=8))
def test_lines_that_are_written_are_read_back(rows: list[tuple[str, int]]) -> None:
    lines = b"".join(f"{name} {size} {'0' * 32} tbz2 required {name}.tar.bz2 /\n".encode() for name, size in rows)
    assert [(one.name, one.size, one.file) for one in text.packages(lines, "4.1")] == [
        (name, size, f"{name}.tar.bz2") for name, size in rows
    ]


def test_a_billion_laughs_are_not_heard() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "' + b"ha" * 1000 + b'"><!ENTITY c "&b;&b;&b;&b;">]><repository>&c;</repository>'
    with pytest.raises(InstallerError):
        xml.label(bomb, "", GENERATIONS["6.5"])
