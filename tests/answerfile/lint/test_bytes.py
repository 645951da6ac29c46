"""Whatever bytes come: findings with places, in bounded time and memory, and never an exception."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxeserve.answerfile.document import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS
from pxeserve.answerfile.finding import Finding, Severity, Verdict, verdict
from pxeserve.answerfile.lint import lint
from pxeserve.answerfile.lint.fixes import fixed
from tests.answerfile.lint.samples import ALL, OLD, STATIC, good, known

GOOD = good("8.2")
ENTITY = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "&x;&x;">]><installation><keymap>&y;</keymap></installation>'
NESTED = b"<installation>" + b"<a>" * 350_000
LATIN = GOOD.replace("<installation>", '<?xml version="1.0" encoding="ISO-8859-1"?><installation>').replace("us</", "ü</")
CASES = [
    ("nothing", b"", "XA-002", (1, 1)),
    ("no XML", b"mode=fresh\n", "XA-002", (1, 5)),
    ("binary", bytes(range(256)) * 8, "XA-002", (1, 1)),
    ("a NUL", GOOD.replace("us</", "u\0s</").encode(), "XA-002", (3, 12)),
    ("only half", GOOD.encode()[:60], "XA-002", (2, 35)),
    ("a wrong end tag", GOOD.replace("</keymap>", "</keymaps>").encode(), "XA-002", (3, 15)),
    ("two roots", GOOD.encode() + b"<installation/>", "XA-002", (9, 1)),
    ("an attribute twice", GOOD.replace("<keymap>", '<keymap a="1" a="2">').encode(), "XA-002", (3, 17)),
    ("a prefix that is bound to nothing", GOOD.replace("keymap>", "x:keymap>").encode(), "XA-002", (3, 3)),
    ("a name that is undefined", GOOD.replace("us</", "&uuml;</").encode(), "XA-002", (3, 11)),
    ("a letter that is none", GOOD.replace("us</", "\x01</").encode(), "XA-002", (3, 11)),
    ("bytes that are no UTF-8", GOOD.replace("us</", "ü</").encode("latin-1"), "XA-002", (3, 11)),
    ("an encoding that is unknown", b'<?xml version="1.0" encoding="klingon"?><installation/>', "XA-002", (1, 21)),
    ("UTF-16 that is cut", GOOD.encode("utf-16")[:-21], "XA-002", None),
    ("entities", ENTITY.encode(), "XA-003", (1, 1)),
    ("a DTD elsewhere", b'<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><installation/>', "XA-003", (1, 1)),
    ("one declared later", b'<!-- -->\n <!DOCTYPE a [\n<!ENTITY x "y">]><installation/>', "XA-003", (2, 2)),
    ("deep nesting", b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "XA-004", (1, MAX_DEPTH * 3 + 1)),
    ("many elements", b"<a>\n" + b"<b/>" * MAX_ELEMENTS + b"</a>", "XA-004", None),
    ("a megabyte of nesting", NESTED, "XA-001", None),
    ("too long by one", b" " * (MAX_BYTES + 1), "XA-001", (1, MAX_BYTES + 1)),
]


@pytest.mark.parametrize("dialect", ["4.1", "8.2", "xs9"])
@pytest.mark.parametrize(("text", "code", "where"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_no_document_is_one_error_with_its_place(text: bytes, code: str, where: tuple[int, int] | None, dialect: str) -> None:
    [finding] = lint(text, known(dialect))
    assert (finding.code, finding.severity) == (code, Severity.ERROR)
    assert finding.line >= 1
    assert finding.column >= 1
    if where is not None:
        assert (finding.line, finding.column) == where
    assert finding.message and finding.fix and finding.source
    assert finding.edits == ()


def test_the_installers_own_words_stand_beside_what_is_wrong() -> None:
    assert "Answerfile is incorrectly formatted." in lint(b"<a>", known("8.2"))[0].message
    assert "4.1 says: mismatched tag: line 2, column 6" in lint(b"<a>\n <b></c></a>", known("4.1"))[0].message
    assert "Answerfile is incorrectly formatted." not in lint(ENTITY.encode(), known("8.2"))[0].message  # that one is this server's


def test_what_entities_name_is_neither_read_nor_told(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("planted")
    assert "planted" not in repr(lint(ENTITY.replace("/etc/hostname", str(secret)).encode(), known("4.1")))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-marked", "utf-16-be", "latin-1"])
def test_every_encoding_that_xml_knows_is_read(encoding: str) -> None:
    text = GOOD.replace("<keymap>us</keymap>", "<keymaps>us</keymaps>")
    if encoding == "latin-1":
        data = ('<?xml version="1.0" encoding="ISO-8859-1"?>\n' + text).encode("latin-1")
    else:
        data = b"\xff\xfe" + text.encode("utf-16-le") if encoding.endswith("marked") else text.encode(encoding)
    [finding] = lint(data, known("8.2"))
    assert (finding.code, finding.line, finding.column) == ("XA-020", 4 if encoding == "latin-1" else 3, 3)
    assert bool(finding.edits) is encoding.startswith("utf-8")  # only those are edited


def test_letters_of_another_encoding_are_told_from_each_other() -> None:
    [finding] = lint(LATIN.encode("latin-1"), known("8.2"))
    assert (finding.code, finding.severity) == ("XA-041", Severity.ERROR)
    assert [one.code for one in lint(LATIN.encode("latin-1"), known("xs9"))] == ["XA-044"]


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_lines_end_as_people_end_them(ends: str) -> None:
    text = GOOD.replace("\n", ends).replace(">us<", ">u s<").replace("<source", '<source\n kind="x"')
    assert [(one.code, one.line, one.column) for one in lint(text.encode(), known("8.2"))] == [("XA-044", 3, 11), ("XA-032", 6, 2)]


def test_a_column_counts_letters_and_not_bytes() -> None:
    text = GOOD.replace("<keymap>us", "<!-- äöü€ --><keymap>u s")
    assert [(one.line, one.column) for one in lint(text.encode(), known("8.2"))] == [(3, 3 + len("<!-- äöü€ --><keymap>"))]


def test_namespaces_are_names_as_they_are_written() -> None:
    text = GOOD.replace("<installation>", '<installation xmlns="urn:x">')
    assert [one.code for one in lint(text.encode(), known("8.2"))] == ["XA-014"]
    prefixed = GOOD.replace("<installation>", '<x:installation xmlns:x="urn:x">').replace("</installation>", "</x:installation>")
    assert "XA-010" in [one.code for one in lint(prefixed.encode(), known("8.2"))]


def test_the_worst_that_is_read_takes_little_memory() -> None:
    many = b"<installation>" + b'<nameserver a="1" b="2">\n1\n</nameserver>' * ((MAX_ELEMENTS - 1) // 1) + b"</installation>"
    assert len(many) < MAX_BYTES
    tracemalloc.start()
    findings = lint(many, known("4.1"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(findings) > MAX_ELEMENTS
    assert peak < 64 << 20


def sane(findings: list[Finding], text: bytes) -> None:
    lines = len(re.split(rb"\r\n|\r|\n", text)) + text.count(b"\n\0") + text.count(b"\r\0")
    for one in findings:
        assert re.fullmatch(r"XA-0\d\d", one.code)
        assert 1 <= one.line <= max(1, lines)
        assert one.column >= 1
        assert one.message and one.fix and one.source
        assert all(0 <= edit.start <= edit.end <= len(text) for edit in one.edits)
    assert sum(one.severity is Severity.ERROR for one in findings) <= 1
    assert [(one.line, one.column) for one in findings] == sorted((one.line, one.column) for one in findings)


DIALECT = st.sampled_from(ALL)


@given(st.binary(max_size=400), DIALECT)
def test_any_bytes(text: bytes, dialect: str) -> None:
    sane(lint(text, known(dialect)), text)


@given(st.text(max_size=200), DIALECT)
def test_any_text_in_the_place_of_any_value(text: str, dialect: str) -> None:
    for old in ("us</keymap>", "Europe/London", "disk/by-id/ata-one", "http://192.0.2.1/disc", "52:54:00:77:00:01", "dhcp"):
        spoilt = good(dialect).replace(old, text + ("</keymap>" if old.startswith("us") else "")).encode("utf-8", "surrogatepass")
        sane(lint(spoilt, known(dialect)), spoilt)


NAMES = sorted(
    {name for dialect in ALL for element in known(dialect).elements.values() for name in element.names}
    | {name for dialect in ALL for element in known(dialect).elements.values() for one in element.attributes for name in one.names}
    | {"installation", "upgrade", "restore", "netmask", "license", "x"}
)
WORDS = st.sampled_from((
    "", "yes", "1", "fresh", "upgrade", "reinstall", "restore", "url", "nfs", "local", "static", "dhcp", "none", "sda", "eth0", "192.0.2.1",
    "24", "http://a:b@c:1/", "\n", " ", "ü", "&#10;", "<![CDATA[x]]>", "{{ x }}", "installation-start", "hash", "$6$a$b", "missing,sda",
    "manual",
))  # fmt: skip


@st.composite
def tree(draw: st.DrawFn, depth: int = 0) -> str:
    """A tree of elements that installers know, with attributes that they know, in any mixture."""
    name = draw(st.sampled_from(["installation", "upgrade", "restore"]) if depth == 0 else st.sampled_from(NAMES))
    attributes = draw(st.dictionaries(st.sampled_from(NAMES), WORDS.filter(lambda word: "<" not in word and "\n" not in word), max_size=3))
    inside = draw(st.lists(WORDS if depth > 2 else tree(depth + 1) | WORDS, max_size=12 if depth == 0 else 2))
    return f"<{name}{''.join(f' {key}={chr(34)}{value}{chr(34)}' for key, value in attributes.items())}>{''.join(inside)}</{name}>"


@settings(max_examples=150)
@given(tree(), DIALECT)
def test_any_mixture_of_what_installers_know(text: str, dialect: str) -> None:
    sane(lint(text.encode(), known(dialect)), text.encode())


MUTATIONS = st.lists(
    st.tuples(st.sampled_from(["drop", "double", "swap", "flip"]), st.integers(0, 10_000), st.integers(1, 30), st.integers(0, 10_000)),
    min_size=1, max_size=6,
)  # fmt: skip


def mutated(text: bytes, mutations: list[tuple[str, int, int, int]]) -> bytes:
    for kind, at, length, other in mutations:
        at, other = at % (len(text) + 1), other % (len(text) + 1)
        piece = text[at : at + length]
        if kind == "drop":
            text = text[:at] + text[at + length :]
        elif kind == "double":
            text = text[:other] + piece + text[other:]
        elif kind == "swap":
            text = text[:at] + text[other : other + length] + text[at + length :]
        elif piece:
            text = text[:at] + bytes([piece[0] ^ 0x20]) + text[at + 1 :]
    return text


@settings(max_examples=150)
@given(MUTATIONS, DIALECT)
def test_a_mutilated_file(mutations: list[tuple[str, int, int, int]], dialect: str) -> None:
    text = mutated(good(dialect).replace("</installation>", f"{STATIC}</installation>").encode(), mutations)
    sane(lint(text, known(dialect)), text)


GRAVITY = [Verdict.ACCEPTED, Verdict.SURPRISING, Verdict.REFUSED]


def fixes_well(text: bytes, dialect: str) -> None:
    before = verdict(lint(text, known(dialect)))
    done = fixed(text, known(dialect))
    assert GRAVITY.index(verdict(done.left)) <= GRAVITY.index(before)
    assert list(done.left) == lint(done.text, known(dialect))
    assert bool(done.made) is (done.text != text)
    again = fixed(done.text, known(dialect))
    assert again.text == done.text
    assert again.made == ()


@settings(max_examples=60)
@given(MUTATIONS, DIALECT)
def test_fixing_a_mutilated_file_makes_nothing_worse_and_is_done_once(mutations: list[tuple[str, int, int, int]], dialect: str) -> None:
    fixes_well(mutated(good(dialect).encode(), mutations), dialect)


@settings(max_examples=80)
@given(tree(), DIALECT)
def test_fixing_any_mixture_makes_nothing_worse_and_is_done_once(text: str, dialect: str) -> None:
    fixes_well(text.encode(), dialect)


def test_bytes_of_other_encodings_are_never_edited() -> None:
    text = ('<?xml version="1.0" encoding="ISO-8859-1"?>\n' + GOOD.replace("keymap>", "keymaps>")).encode("latin-1")
    assert fixed(text, known("8.2")).text == text
    assert OLD
