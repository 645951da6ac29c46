"""Request heads: what is understood, what is refused, and that nothing makes the parser raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.provision.head import MAX_HEAD, MAX_HEADERS, BadRequest, Incomplete, Request, parse

HOST = b"Host: 10.77.0.1\r\n"


def head(first: bytes = b"GET / HTTP/1.1", *lines: bytes, host: bytes = HOST) -> bytes:
    return first + b"\r\n" + host + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def test_an_installers_request() -> None:
    lines = [b"Accept-Encoding: identity", b"Connection: close", b"User-Agent: Python-urllib/2.4"]
    raw = head(b"GET /media/disc/a%20b?x=1 HTTP/1.1", *lines)
    request = parse(raw + b"GET next")
    assert isinstance(request, Request)
    assert (request.method, request.path, request.query, request.minor) == ("GET", "/media/disc/a%20b", "x=1", 1)
    assert request.header("user-agent") == "Python-urllib/2.4"
    assert not request.keep_alive
    assert request.size == len(raw)


@pytest.mark.parametrize(
    ("raw", "keep"),
    [
        (head(), True),
        (head(b"GET / HTTP/1.1", b"Connection: Close"), False),
        (head(b"GET / HTTP/1.1", b"Connection: foo, close"), False),
        (head(b"GET / HTTP/1.0", host=b""), False),
        (head(b"GET / HTTP/1.0", b"Connection: Keep-Alive"), True),
        (head(b"GET / HTTP/1.0", b"Connection: keep-alive, close"), False),
    ],
)
def test_whether_the_connection_stays(raw: bytes, keep: bool) -> None:
    request = parse(raw)
    assert isinstance(request, Request)
    assert request.keep_alive is keep


def test_every_prefix_is_incomplete() -> None:
    raw = b"\r\n" + head(b"POST /p/x/done HTTP/1.1", b"Content-Length: 3")
    for end in range(len(raw)):
        assert isinstance(parse(raw[:end]), Incomplete), raw[:end]
    request = parse(raw)
    assert isinstance(request, Request)
    assert (request.length, request.size) == (3, len(raw))


@pytest.mark.parametrize(
    ("raw", "status", "reason"),
    [
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: 5", b"Transfer-Encoding: chunked"), 400, "transfer-encoding", id="CL+TE"),
        pytest.param(head(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked", b"Content-Length: 5"), 400, "transfer-encoding", id="TE+CL"),
        pytest.param(head(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked"), 411, "length-required", id="TE"),
        pytest.param(head(b"POST / HTTP/1.0", b"Transfer-Encoding: chunked"), 400, "transfer-encoding", id="TE in 1.0"),
        pytest.param(head(b"POST / HTTP/1.1", b"Transfer-Encoding:\tchunked"), 411, "length-required", id="TE after a tab"),
        pytest.param(head(b"POST / HTTP/1.1", b"Transfer-Encoding : chunked"), 400, "header-name", id="blank before the colon"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: 5", b"Content-Length: 6"), 400, "content-length", id="two CLs"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: 5", b"Content-Length: 5"), 400, "content-length", id="twice the same"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: 5, 5"), 400, "content-length", id="list of CLs"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: +5"), 400, "content-length", id="signed"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: -1"), 400, "content-length", id="negative"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: 0x5"), 400, "content-length", id="hex"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: 1_0"), 400, "content-length", id="underscore"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: "), 400, "content-length", id="empty CL"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: \xb2"), 400, "content-length", id="superscript digit"),
        pytest.param(head(b"POST / HTTP/1.1", b"Content-Length: " + b"9" * 30), 400, "content-length", id="huge"),
        pytest.param(head(b"GET / HTTP/1.1", b"X: 1", b" folded"), 400, "folded-header", id="folded"),
        pytest.param(head(b"GET / HTTP/1.1", b"X: 1", b"\tfolded"), 400, "folded-header", id="folded by a tab"),
        pytest.param(b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "folded-header", id="folded first line"),
        pytest.param(head(b"GET / HTTP/1.1", b"X: a\rb"), 400, "control-character", id="bare CR"),
        pytest.param(head(b"GET / HTTP/1.1", b"X: a\nY: b"), 400, "control-character", id="bare LF"),
        pytest.param(head(b"GET / HTTP/1.1", b"X: a\0b"), 400, "control-character", id="NUL"),
        pytest.param(head(b"GET /\0 HTTP/1.1"), 400, "control-character", id="NUL in the target"),
        pytest.param(b"GET / HTTP/1.0\n\n", 400, "control-character", id="LF only"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", 400, "control-character", id="TLS"),
        pytest.param(head(b"GET / HTTP/1.1", b"no colon"), 400, "header-name", id="no colon"),
        pytest.param(head(b"GET / HTTP/1.1", b": nameless"), 400, "header-name", id="no name"),
        pytest.param(head(b"GET / HTTP/1.1", b"N\xc3\xa4me: x"), 400, "header-name", id="name not ASCII"),
        pytest.param(head(b"GET / HTTP/1.1", host=b""), 400, "host", id="no Host"),
        pytest.param(head(b"GET / HTTP/1.1", b"Host: other"), 400, "host", id="two Hosts"),
        pytest.param(head(b"GET / HTTP/2.0"), 505, "version", id="2.0"),
        pytest.param(head(b"GET / HTTP/0.9"), 505, "version", id="0.9"),
        pytest.param(head(b"GET / HTTP/1.x"), 400, "request-line", id="1.x"),
        pytest.param(head(b"GET / HTTP/11.1"), 400, "request-line", id="11.1"),
        pytest.param(head(b"GET / http/1.1"), 400, "request-line", id="lower-case version"),
        pytest.param(head(b"get / HTTP/1.1"), 400, "request-line", id="lower-case method"),
        pytest.param(head(b"GET /"), 400, "request-line", id="no version"),
        pytest.param(head(b"GET  / HTTP/1.1"), 400, "request-line", id="two blanks"),
        pytest.param(head(b"GET\t/ HTTP/1.1"), 400, "request-line", id="tab"),
        pytest.param(head(b"GET / HTTP/1.1 "), 400, "request-line", id="blank at the end"),
        pytest.param(head(b" GET / HTTP/1.1"), 400, "request-line", id="blank ahead"),
        pytest.param(head(b"GET /a b HTTP/1.1"), 400, "request-line", id="blank in the target"),
        pytest.param(head(b"GET /\xe4 HTTP/1.1"), 400, "request-line", id="target not ASCII"),
        pytest.param(b"\r\n\r\n\r\n", 400, "request-line", id="empty lines only"),
        pytest.param(head(b"GET media HTTP/1.1"), 400, "target", id="no slash"),
        pytest.param(head(b"OPTIONS * HTTP/1.1"), 400, "target", id="asterisk"),
        pytest.param(head(b"CONNECT a:443 HTTP/1.1"), 400, "target", id="authority"),
        pytest.param(head(b"GET http://example.org/ HTTP/1.1"), 400, "target", id="a proxy's request"),
        pytest.param(head(b"GET http://10.77.0.1@example.org/ HTTP/1.1"), 400, "target", id="user information"),
        pytest.param(head(b"GET / HTTP/1.1", *[b"X: 1"] * MAX_HEADERS), 431, "too-many-headers", id="65 headers"),
        pytest.param(head(b"GET / HTTP/1.1", b"X: " + b"x" * MAX_HEAD), 431, "head-too-long", id="long head"),
        pytest.param(b"GET /" + b"x" * MAX_HEAD, 414, "target-too-long", id="long target"),
    ],
)
def test_what_is_refused(raw: bytes, status: int, reason: str) -> None:
    assert parse(raw, own=frozenset({"10.77.0.1"})) == BadRequest(status, reason)


def test_the_longest_head_and_the_most_headers_pass() -> None:
    filler = MAX_HEAD - len(head(b"GET / HTTP/1.1", b"X: "))
    assert isinstance(parse(head(b"GET / HTTP/1.1", b"X: " + b"x" * filler)), Request)
    assert parse(head(b"GET / HTTP/1.1", b"X: " + b"x" * (filler + 1))) == BadRequest(431, "head-too-long")
    assert isinstance(parse(head(b"GET / HTTP/1.1", *[b"X: 1"] * (MAX_HEADERS - 1))), Request)


def test_the_absolute_form_is_taken_for_our_own_address() -> None:
    request = parse(head(b"GET http://10.77.0.1:8080/media/disc/x?y HTTP/1.1"), own=frozenset({"10.77.0.1:8080"}))
    assert isinstance(request, Request)
    assert (request.path, request.query) == ("/media/disc/x", "y")


def test_a_later_minor_version_is_spoken_to_as_1_1() -> None:
    request = parse(head(b"GET / HTTP/1.9"))
    assert isinstance(request, Request)
    assert request.minor == 1


PIECES = st.sampled_from(
    [
        *(b"GET ", b"POST ", b"/", b" HTTP/1.1", b"%", b"\xff"),
        *(b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\0", b"Host: a", b"Content-Length: ", b"9", b":", b" "),
    ]
)


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=30).map(b"".join)))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    found = parse(data, own=frozenset({"a"}))
    if isinstance(found, Request):
        assert 0 < found.size <= len(data)
        assert found.path.startswith("/")
        assert found.length >= 0


@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_a_verdict_does_not_change_with_more_bytes(data: bytes) -> None:
    """What was a request, or wrong, stays so whatever follows it: nothing can be smuggled by sending it in pieces."""
    verdict = parse(data)
    if not isinstance(verdict, Incomplete):
        assert parse(data + b"GET / HTTP/1.1\r\n\r\n") == verdict


def test_only_what_asks_for_media_is_remembered() -> None:
    """A token must not stay in memory longer than its request."""
    media = head(b"GET /media/disc/remembered HTTP/1.1")
    assert parse(media) is parse(media)
    token = head(b"GET /a/" + b"t" * 43 + b" HTTP/1.1")
    assert parse(token) == parse(token)
    assert parse(token) is not parse(token)
    assert isinstance(parse(media, frozenset({"10.77.0.1"})), Request), "whose authorities it is counts too"
