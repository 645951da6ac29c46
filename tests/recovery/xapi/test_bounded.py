"""The reader of answers, against what no toolstack sends."""

from __future__ import annotations

import xmlrpc.client

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.recovery.xapi.bounded import NotXmlRpcError, Reader

VALUES = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc_", min_size=1, max_size=5), inner, max_size=4),
    max_leaves=20,
)


def read(content: bytes, cut: int = 7) -> object:
    reader = Reader()
    for start in range(0, len(content), cut):
        reader.feed(content[start : start + cut])
    return reader.value()


@given(VALUES, st.integers(1, 50))
def test_whatever_xml_rpc_says_is_read_as_it_was_meant(value: object, cut: int) -> None:
    assert read(xmlrpc.client.dumps((value,), methodresponse=True).encode(), cut) == value


@given(st.binary(max_size=200))
def test_whatever_else_comes_is_told_and_nothing_else_happens(content: bytes) -> None:
    for sent in (content, b"<methodResponse><params><param><value>" + content + b"</value></param></params></methodResponse>"):
        try:
            read(sent)
        except NotXmlRpcError as error:
            assert str(error)


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><methodResponse><params><param><value>&b;</value></param></params>'
FAULT = (
    b"<methodResponse><fault><value><struct><member><name>faultCode</name>WHAT</member>"
    b"<member><name>faultString</name><value>no</value></member></struct></value></fault></methodResponse>"
)
WRONG = {
    "a bomb": (BOMB, "document type"),
    "an integer that is none": (
        b"<methodResponse><params><param><value><int>x</int></value></param></params></methodResponse>",
        "no XML-RPC",
    ),
    "nothing": (b"", "no XML"),
    "a call": (xmlrpc.client.dumps((1, 2), "x").encode(), "2 values"),
    "a fault": (xmlrpc.client.dumps(xmlrpc.client.Fault(3, "no")).encode(), "a fault"),
    "a fault that repeats a password": (FAULT.replace(b"WHAT", b"<value>my-password</value>"), "a fault of XML-RPC$"),
    "a fault of nothing": (b"<methodResponse><fault><value><int>3</int></value></fault></methodResponse>", "not whole"),
    "many elements": (b"<methodResponse>" + b"<value/>" * 400_001, "more than 400,000 elements"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_answer_is_named(name: str) -> None:
    content, words = WRONG[name]
    with pytest.raises(NotXmlRpcError, match=words):
        read(content, 65536)
