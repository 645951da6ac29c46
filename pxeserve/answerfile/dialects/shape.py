"""What a dialect is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Element:
    """One element as this generation reads it.

    `required` are the modes that fail without it, `missing` is what the person at the console then sees. `attributes` maps each
    attribute that is read to the pattern of its sensible values (None: any). `text` is the pattern of a sensible text, `says` what
    that is in words. `repeatable` elements count each time, of others only `first` counts; a `lone` one counts only when it is alone.
    """

    name: str
    modes: frozenset[str]
    required: frozenset[str] = frozenset()
    missing: str = ""
    attributes: dict[str, re.Pattern[str] | None] = field(default_factory=dict)
    text: re.Pattern[str] | None = None
    says: str = ""
    repeatable: bool = False
    lone: bool = False
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One generation's way of reading answerfiles. `later` names elements that only newer generations read, with the first that does."""

    name: str
    source: str
    modes: frozenset[str]
    bad_mode: str
    root_attributes: dict[str, re.Pattern[str] | None]
    elements: dict[str, Element]
    later: dict[str, str]
