"""Since when, and until when, installers read an element or an attribute: what follows from the dialects' data, and stands nowhere else.

Refuses to know any element by name.
"""

from __future__ import annotations

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Dialect


def lineage(dialect: Dialect) -> tuple[Dialect, ...]:
    """The generations that led to this one, oldest first, itself last."""
    line = [dialect]
    while line[0].predecessor is not None:
        line.insert(0, DIALECTS[line[0].predecessor])
    return tuple(line)


def reads(dialect: Dialect, element: str, attribute: str | None = None) -> bool:
    """Whether this generation reads an element that is spelt so anywhere, or an attribute of it that is spelt so. The outermost element is
    spelt `installation`."""
    spelt = [one for one in dialect.elements.values() if element in one.names]
    candidates = [dialect.root] if element == "installation" else spelt
    return any(attribute is None or any(attribute in known.names for known in one.attributes) for one in candidates)


def readers(element: str, attribute: str | None = None) -> tuple[Dialect, ...]:
    """All generations that read it, oldest first."""
    return tuple(one for one in DIALECTS.values() if reads(one, element, attribute))


def since(dialect: Dialect, element: str, attribute: str | None = None) -> Dialect | None:
    """The first generation on the way to this one from which on it was read without a gap; None when this one does not read it."""
    first = None
    for one in reversed(lineage(dialect)):
        if not reads(one, element, attribute):
            break
        first = one
    return first


def until(dialect: Dialect, element: str, attribute: str | None = None) -> Dialect | None:
    """The last generation on the way to this one that read it; None when none of them did. This one itself, when it still does."""
    return next((one for one in reversed(lineage(dialect)) if reads(one, element, attribute)), None)
