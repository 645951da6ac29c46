"""XML-RPC answers as values, with an end to everything: bytes, depth, elements, and no document type at all. Refuses to know what the
values mean."""

from __future__ import annotations

import xmlrpc.client
from typing import Any
from xml.parsers import expat

LARGEST = 4 << 20
"""Bytes of an answer. The largest that is asked for, all hosts of a pool of 64, is about 3 MiB."""

DEEPEST = 64
"""Elements within elements: four for each level of a value, and XAPI's values have six levels."""

MOST = 400_000
"""Elements of an answer."""

Value = Any
"""What XML-RPC can say: text, numbers, booleans, `xmlrpc.client.DateTime`, lists and dictionaries of these."""


class NotXmlRpcError(Exception):
    """What came is no answer in XML-RPC, or goes beyond the bounds. Its text says which."""


class Reader:
    """Takes an answer piece by piece. Raises NotXmlRpcError as soon as it is seen to be none."""

    def __init__(self) -> None:
        self._taken = xmlrpc.client.Unmarshaller()
        self._taken.xml(None, None)  # type: ignore[arg-type]  # expat has decoded its text already
        self._depth = self._elements = self._bytes = 0
        self._parser = expat.ParserCreate(namespace_separator=None)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._taken.data
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes) -> None:
        """The next bytes."""
        self._bytes += len(piece)
        if self._bytes > LARGEST:
            raise NotXmlRpcError(f"an answer of more than {LARGEST >> 20} MiB")
        self._guarded(piece, final=False)

    def value(self) -> Value:
        """The one value of the whole answer."""
        self._guarded(b"", final=True)
        try:
            answer = self._taken.close()
        except xmlrpc.client.Fault:
            raise NotXmlRpcError("a fault of XML-RPC") from None  # its code and its text are whatever anybody writes there
        except (xmlrpc.client.Error, TypeError):
            raise NotXmlRpcError("an answer that is not whole") from None
        if len(answer) != 1:
            raise NotXmlRpcError(f"{len(answer)} values instead of one")
        return answer[0]

    def _guarded(self, piece: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(piece, final)
        except expat.ExpatError as error:
            raise NotXmlRpcError(f"no XML (line {error.lineno})") from None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, xmlrpc.client.Error):
            raise NotXmlRpcError("XML that is no XML-RPC") from None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST:
            raise NotXmlRpcError(f"more than {DEEPEST} elements within each other")
        if self._elements > MOST:
            raise NotXmlRpcError(f"more than {MOST:,} elements")
        self._taken.start(tag, attributes)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._taken.end(tag)

    def _doctype(self, *_said: object) -> None:
        raise NotXmlRpcError("a document type, which XAPI never sends")
