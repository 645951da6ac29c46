"""How people are told that an armed host was not heard: in one line, or with all that is likely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def sentence(found: Mapping[str, Any]) -> str:
    """In one line, the causes in the order of their likelihood."""
    causes = found["causes"]
    if len(causes) == 1:
        return f"{found['text']}; {causes[0]['tell']}"
    return f"{found['text']}; likely: " + "; ".join(f"({number}) {one['what']}" for number, one in enumerate(causes, 1))


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What was not heard, then each cause and how to tell it."""
    yield str(found["text"])
    for number, one in enumerate(found["causes"], 1):
        yield f"  {number}. {one['what']}: {one['tell']}"
