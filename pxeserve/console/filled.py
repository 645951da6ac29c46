"""What somebody filled in on a page: a JSON object of words, lists of words and ticks, as the page's script encodes a form.

A field that the page does not have is refused by its name, and so is one that is too long. Refuses to know what a field is for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import request

from pxeserve.errors import PxeserveError

LONGEST = 1000
"""Letters of a word."""
MOST = 1000
"""Words of a list."""
_TICKED = frozenset({"true", "on", "1", True})


class Filled:
    """The fields of a form. Every method raises PxeserveError that names the field."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, *, longest: int = LONGEST) -> str:
        """A word without the blanks around it; empty when it was left empty or is not there."""
        value = self._values.get(name, "")
        if not isinstance(value, str):
            raise PxeserveError(f"{name}: one word is needed")
        if len(value) > longest:
            raise PxeserveError(f"{name}: {len(value)} letters, and {longest} at most are taken")
        return value.strip()

    def needed(self, name: str, what: str) -> str:
        """The same, of a field that must not be empty; `what` is what it is called on the page."""
        value = self.text(name)
        if not value:
            raise PxeserveError(f"{what} is missing", fix="fill it in, and try again")
        return value

    def raw(self, name: str, *, longest: int) -> str:
        """A text as it was given, blanks and all."""
        value = self._values.get(name, "")
        if not isinstance(value, str) or len(value) > longest:
            raise PxeserveError(f"{name}: a text of {longest} letters at most is needed")
        return value

    def twice(self, name: str, again: str, *, longest: int) -> str:
        """A password as it was given, the same in both fields."""
        value = self.raw(name, longest=longest)
        if value != self.raw(again, longest=longest):
            raise PxeserveError("the two passwords are not alike", fix="type it twice")
        return value

    def many(self, name: str) -> list[str]:
        """All words of a field that may hold several."""
        return [one.strip() for one in self._list(name) if one.strip()]

    def rows(self, *names: str) -> list[tuple[str, ...]]:
        """The fields of a table's rows, empty ones too: of each row one word for each of `names`."""
        columns = [self._list(name) for name in names]
        if len({len(column) for column in columns}) > 1:
            raise PxeserveError(f"{' and '.join(names)} are not equally many")
        return [tuple(word.strip() for word in row) for row in zip(*columns, strict=True)]

    def number(self, name: str) -> int | None:
        """A whole number; None when it was left empty."""
        value = self._values.get(name, "")
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        said = value.strip() if isinstance(value, str) else "?"
        if not said:
            return None
        if not (said.isascii() and said.isdigit() and len(said) < 10):
            raise PxeserveError(f"{name}: {str(value)[:40]!r} is not a whole number")
        return int(said)

    def ticked(self, name: str) -> bool:
        """Whether it was ticked."""
        value = self._values.get(name, False)
        return isinstance(value, str | bool) and value in _TICKED

    def _list(self, name: str) -> list[str]:
        value = self._values.get(name, [])
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or len(found) > MOST or not all(isinstance(one, str) and len(one) <= LONGEST for one in found):
            raise PxeserveError(f"{name}: a list of words is needed, {MOST} at most")
        return found


def filled(*fields: str) -> Filled:
    """What this request holds of a form with these fields. Raises PxeserveError for a body that is no object, or holds another field."""
    return _of(request.get_json(), fields)


def _of(values: Any, fields: Collection[str]) -> Filled:
    if not isinstance(values, dict):
        raise PxeserveError("a JSON object is needed", code="malformed")
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise PxeserveError(f"{unknown[0][:80]}: there is no such field here", fix=f"there are: {', '.join(fields) or 'none'}")
    return Filled(values)
