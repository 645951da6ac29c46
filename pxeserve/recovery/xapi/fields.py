"""Fields of XAPI's records, read by their types. What is another shape is a lie, told with the field's name.

Refuses to know which fields a class has; `seen` says that.
"""

from __future__ import annotations

import re
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pxeserve.recovery.xapi.errors import LiesError, wrong_shape

LONGEST = 1024
"""Characters of a text that is read; a longer one is a lie."""

MOST = 10_000
"""Things in a list or a map."""

NULL = "OpaqueRef:NULL"
_REF = re.compile(r"OpaqueRef:[0-9A-Za-z-]{1,64}|NULL", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_MOMENTS = ("%Y%m%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%dT%H:%M:%S")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which answer is being read: address with port, and the call."""

    where: str
    call: str

    def wrong(self, name: str, wanted: str, found: object) -> LiesError:
        """The error for what is not `wanted`."""
        return wrong_shape(self.where, f"{self.call}: {name}" if name else self.call, f"it should be {wanted}", found)

    def table(self, answer: Any) -> dict[str, Fields]:
        """Records by their references."""
        found = self._map(answer, "")
        return {self.ref(ref, "a reference"): Fields(self, self._map(record, "a record"), ref) for ref, record in found.items()}

    def ref(self, value: Any, name: str = "") -> str:
        """A reference."""
        if not isinstance(value, str) or not _REF.fullmatch(value):
            raise self.wrong(name, "a reference", value)
        return value

    def refs(self, value: Any, name: str = "") -> tuple[str, ...]:
        """References."""
        if not isinstance(value, list) or len(value) > MOST:
            raise self.wrong(name, "a list of references", value)
        return tuple(self.ref(one, name) for one in value)

    def yes(self, value: Any, name: str = "") -> bool:
        """Yes or no."""
        if not isinstance(value, bool):
            raise self.wrong(name, "a boolean", value)
        return value

    def text(self, value: Any, name: str = "") -> str:
        """A text."""
        if not isinstance(value, str) or len(value) > LONGEST:
            raise self.wrong(name, f"a text of up to {LONGEST} characters", value)
        return value

    def moment(self, value: Any, name: str = "") -> float:
        """A date and time, as epoch seconds."""
        if isinstance(value, xmlrpc.client.DateTime):
            for form in _MOMENTS:
                try:
                    return datetime.strptime(str(value.value), form).replace(tzinfo=UTC).timestamp()
                except ValueError:
                    continue
        raise self.wrong(name, "a date", value)

    def _map(self, value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MOST:
            raise self.wrong(name, "a map", value)
        return value


@dataclass(frozen=True, slots=True)
class Fields:
    """One record. `ref` is its reference."""

    asked: Asked
    record: Mapping[str, Any]
    ref: str = NULL

    def has(self, name: str) -> bool:
        """Whether this generation's record has the field at all."""
        return name in self.record

    def text(self, name: str) -> str:
        """A text."""
        return self.asked.text(self._of(name, "a text"), name)

    def uuid(self) -> str:
        """Its UUID, in small letters."""
        found = self._of("uuid", "a UUID")
        if not isinstance(found, str) or not _UUID.fullmatch(found):
            raise self.asked.wrong("uuid", "a UUID", found)
        return found.lower()

    def flag(self, name: str) -> bool:
        """Yes or no."""
        return self.asked.yes(self._of(name, "a boolean"), name)

    def to(self, name: str) -> str:
        """A reference."""
        return self.asked.ref(self._of(name, "a reference"), name)

    def to_all(self, name: str) -> tuple[str, ...]:
        """References."""
        return self.asked.refs(self._of(name, "a list of references"), name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Texts."""
        found = self._of(name, "a list of texts")
        if not isinstance(found, list) or len(found) > MOST:
            raise self.asked.wrong(name, "a list of texts", found)
        return tuple(self.asked.text(one, name) for one in found)

    def words(self, name: str) -> dict[str, str]:
        """A map of texts. Values that are longer than anything read here are left out: maps hold what anybody put there."""
        found = self._of(name, "a map of texts")
        if not isinstance(found, dict) or len(found) > MOST or not all(isinstance(one, str) for one in found.values()):
            raise self.asked.wrong(name, "a map of texts", found)
        return {key: value for key, value in found.items() if len(value) <= LONGEST}

    def _of(self, name: str, wanted: str) -> Any:
        try:
            return self.record[name]
        except KeyError:
            raise self.asked.wrong(name, wanted, None) from None
