"""Reads an answerfile as the installers' own XML library does (Python's minidom upon expat), and remembers where everything stood.

What counts here is what minidom makes of a file, not what XML means by it: of an element's text only plain pieces are joined, so that a
CDATA section reads as nothing; names are compared with their prefixes. Refuses to know what any element is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS = 256 * 1024, 128, 5000
"""A real answerfile has some kilobytes and a few dozen elements, three deep."""


class MalformedError(ValueError):
    """No document: `line` and `column` (from 1), what is wrong there, and what to do. `ours`: the installer's library would have taken it
    (a limit or a security rule of this server stopped it), and not XML's own rule. `said`: that library's own words, where it has some."""

    def __init__(self, line: int, column: int, message: str, fix: str, *, ours: bool = False, said: str = "") -> None:
        super().__init__(message)
        self.line, self.column, self.message, self.fix, self.ours, self.said = line, column, message, fix, ours, said


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of an element's own text. `cdata`: it stood in a CDATA section, which minidom keeps apart from text."""

    text: str
    cdata: bool


@dataclass(slots=True, eq=False)
class Node:
    """An element. `line` and `column` count from 1 and are its start tag's; `start` is that tag's first byte, `end` the first byte of its
    end tag (of an empty element, `start` again). `first` is what minidom gives as the value of whatever stands first in it: a piece of text
    or CDATA, a comment, a processing instruction; None for an element, "" for nothing. Two nodes are equal only when they are the same."""

    name: str
    attributes: Mapping[str, str]
    line: int
    column: int
    start: int
    parent: Node | None
    end: int = 0
    children: list[Node] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    first: str | None = ""

    @property
    def text(self) -> str:
        """What minidom's text nodes right below it come to: white space and all, without CDATA."""
        return "".join(piece.text for piece in self.pieces if not piece.cdata)

    @property
    def has_cdata(self) -> bool:
        """Whether a CDATA section stands right below it."""
        return any(piece.cdata for piece in self.pieces)

    def below(self) -> Iterator[Node]:
        """All elements below it, in the order of their start tags."""
        stack = list(reversed(self.children))
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def named(self, name: str) -> list[Node]:
        """All elements of this name below it, at any depth, in order: getElementsByTagName (DOM Level 1)."""
        return [node for node in self.below() if node.name == name]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole answerfile. `doctype` is where a document type without entities stood, as line and column: harmless, and never needed.
    `nodes` are all elements in order, the root first. `text` are the bytes it was read from, `encoding` what they declare (None: nothing,
    so UTF-8 or, by its first bytes, UTF-16)."""

    root: Node
    nodes: tuple[Node, ...]
    doctype: tuple[int, int] | None = None
    text: bytes = field(default=b"", repr=False)
    encoding: str | None = None


def parse(text: bytes) -> Document:
    """The document. Raises MalformedError, and nothing else for any bytes; time and memory are bounded by `MAX_BYTES`."""
    if len(text) > MAX_BYTES:
        line = text.count(b"\n", 0, MAX_BYTES) + 1
        column = MAX_BYTES - (text.rfind(b"\n", 0, MAX_BYTES) + 1) + 1
        raise MalformedError(line, column, f"more than {MAX_BYTES} bytes, which is no answerfile", "shorten it", ours=True)
    return _Building().build(text)


class _Building:
    """Listens to expat, with namespaces on as minidom has them: an unbound prefix is an error, and bound ones stay part of the name."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.namespace_prefixes = True
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        self._nodes: list[Node] = []
        self._open: list[Node] = []
        self._begun: set[Node] = set()
        self._cdata = False
        self._doctype: tuple[int, int] | None = None
        self._declared: list[tuple[str, str]] = []
        self._encoding: str | None = None
        self._text = b""

    def build(self, text: bytes) -> Document:
        parser = self._parser
        self._text = text
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.StartCdataSectionHandler, parser.EndCdataSectionHandler = self._cdata_begins, self._cdata_ends
        parser.CommentHandler, parser.ProcessingInstructionHandler = self._comment, self._instruction
        parser.StartDoctypeDeclHandler = self._doctype_begins
        parser.EntityDeclHandler = self._entity
        parser.StartNamespaceDeclHandler = self._namespace
        parser.XmlDeclHandler = self._declaration
        try:
            parser.Parse(text, True)
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            raise MalformedError(error.lineno, error.offset + 1, f"not XML: {said}", "correct the markup there", said=str(error)) from None
        except (ValueError, LookupError) as error:
            if isinstance(error, MalformedError):
                raise
            column = max(0, text.find(b"encoding", 0, text.find(b"?>") + 1)) + 1
            raise MalformedError(1, column, f"not XML: {error}", 'save it as UTF-8, or leave the declaration encoding="..." out') from None
        return Document(self._nodes[0], tuple(self._nodes), self._doctype, text, self._encoding)

    def _place(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _refuse(self, message: str, fix: str) -> MalformedError:
        return MalformedError(*self._place(), message, fix, ours=True)

    def _start(self, name: str, given: list[str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._refuse(f"elements within each other more than {MAX_DEPTH} deep", "an answerfile is three deep")
        if len(self._nodes) >= MAX_ELEMENTS:
            raise self._refuse(f"more than {MAX_ELEMENTS} elements", "an answerfile has a few dozen")
        attributes = {_qualified(key): value for key, value in zip(given[::2], given[1::2], strict=True)}
        for prefix, uri in self._declared:
            attributes[prefix] = uri
        self._declared.clear()
        line, column = self._place()
        parent = self._open[-1] if self._open else None
        node = Node(_qualified(name), attributes, line, column, self._parser.CurrentByteIndex, parent)
        if parent is not None:
            self._first(None)
            parent.children.append(node)
        self._nodes.append(node)
        self._open.append(node)

    def _end(self, _name: str) -> None:
        self._open.pop().end = self._parser.CurrentByteIndex

    def _characters(self, text: str) -> None:
        if self._open:
            self._first(text)
            self._open[-1].pieces.append(Piece(text, self._cdata))

    def _first(self, value: str | None) -> None:
        node = self._open[-1]
        if node not in self._begun:
            self._begun.add(node)
            node.first = value

    def _comment(self, text: str) -> None:
        if self._open:
            self._first(text)

    def _instruction(self, _target: str, text: str) -> None:
        if self._open:
            self._first(text)

    def _cdata_begins(self) -> None:
        self._cdata = True
        if self._open:  # an empty section is seen as well
            self._open[-1].pieces.append(Piece("", True))

    def _cdata_ends(self) -> None:
        self._cdata = False

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._encoding = encoding

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._declared.append((f"xmlns:{prefix}" if prefix else "xmlns", uri or ""))

    def _doctype_begins(self, _name: str, system: Any, public: Any, internal: Any) -> None:
        self._doctype = self._doctype_place()
        if system or public or internal:
            said = "a DOCTYPE that declares something: entities could pull in anything"
            raise MalformedError(*self._doctype, said, "leave the DOCTYPE out", ours=True)

    def _doctype_place(self) -> tuple[int, int]:
        """Where it begins; expat tells of it when its name is over."""
        at = self._text.rfind(b"<!DOCTYPE", 0, self._parser.CurrentByteIndex + 1)
        if at < 0:
            return self._place()
        before = self._text[:at]
        return before.count(b"\n") + 1, at - (before.rfind(b"\n") + 1) + 1

    def _entity(self, *_declared: Any) -> None:
        raise self._refuse("an entity is declared: entities could pull in anything", "leave the DOCTYPE out, and write the text itself")


def _qualified(name: str) -> str:
    """A name as it was written, of what expat gives for it: `uri local prefix`, `uri local`, or `local`."""
    parts = name.split(" ")
    return f"{parts[2]}:{parts[1]}" if len(parts) == 3 else parts[-1]
