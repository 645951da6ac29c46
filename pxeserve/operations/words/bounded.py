"""YAML from outside, bounded before anything is made of it: its size, how deep it goes, and how much it is once its aliases stand for what
they repeat ("billion laughs"). Refuses to know what it declares.

libyaml reads it, many times faster than Python. Its composer calls itself for each level and asks nobody how deep the stack is, so the
events are counted first.
"""

from __future__ import annotations

from typing import Any

import yaml

from pxeserve.errors import PxeserveError

MAX_BYTES = 16 << 20
MAX_DEPTH = 64
MAX_NODES = 1_000_000
"""Values with all aliases written out: forty thousand hosts."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPENS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSES = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class DeclaredError(PxeserveError):
    """A mistake in the file: `line N: ...`."""


def compose(text: str) -> yaml.Node | None:
    """The root of the one document in `text`, None when there is nothing in it. Raises DeclaredError."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise DeclaredError(f"more than {MAX_BYTES >> 20} MiB: too large for a site", fix="declare it in parts, without --prune")
    try:
        _count(text)
        root: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DeclaredError(f"line {line}: not YAML: {error.problem or error}") from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise DeclaredError(f"not YAML: {error}") from None
    if root is not None:
        _size(root, {}, set())
    return root


def load(text: str) -> Any:
    """The plain value in `text`, bounded in the same way. Raises DeclaredError, which never quotes what it has read."""
    compose(text)
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, OverflowError):  # what it raises for `0x_`, `2001-99-99`, `!!bool x`
        raise DeclaredError("a value in it is none of its kind", fix="put it in quotes, so that it is a text") from None


def _count(text: str) -> None:
    """Refuse what is too deep or too much as it is written."""
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, _OPENS):
            depth += 1
            if depth > MAX_DEPTH:
                raise DeclaredError(f"line {_line(event)}: too deep: more than {MAX_DEPTH} values within one another")
        elif isinstance(event, _CLOSES):
            depth -= 1
            continue
        nodes += 1
        if nodes > MAX_NODES:
            raise _too_many(_line(event))


def _size(node: yaml.Node, known: dict[int, int], within: set[int]) -> int:
    """How many values `node` is with its aliases written out. Bounded: each node is looked at once, and they are not deep."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    key = id(node)
    if key in within:
        raise DeclaredError(f"line {_line(node)}: too deep: a value stands within itself")
    if key in known:
        return known[key]
    if len(within) > MAX_DEPTH:
        raise DeclaredError(f"line {_line(node)}: too deep: more than {MAX_DEPTH} values within one another")
    within.add(key)
    inner = [one for pair in node.value for one in pair] if isinstance(node, yaml.MappingNode) else node.value
    size = 1
    for one in inner:
        size += _size(one, known, within)
        if size > MAX_NODES:
            raise _too_many(_line(one))
    within.discard(key)
    known[key] = size
    return size


def _line(where: yaml.Event | yaml.Node) -> int:
    return where.start_mark.line + 1 if where.start_mark else 1


def _too_many(line: int) -> DeclaredError:
    said = f"line {line}: more than {MAX_NODES:,} values, aliases written out"
    return DeclaredError(said, fix="an alias (*NAME) repeats all that its anchor (&NAME) holds")
