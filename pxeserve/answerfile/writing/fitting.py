"""The work of fitting answers to one generation, whatever their subject: texts it can read, elements it knows, and what is lost on the way.

Refuses to know any single answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.writing.facts import Facts

SHOWN = "********"
"""What stands where a secret would."""

_BLANKS = " \t\n\r"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Lost:
    """What a generation cannot be told: which answer (by its modern name) and its value, why, and what happens instead. `fix` is set
    when the installation cannot go on so: what to answer in its place. `taken`: the file can be written so all the same, the installer
    takes it, and fails later."""

    field: str
    value: str
    why: str
    instead: str
    fix: str = ""
    taken: bool = False

    def __str__(self) -> str:
        said = f"{self.field}: {self.why}; {self.instead}"
        return f"{said}: {self.fix}" if self.fix else said


class Fitting:
    """One fitting: `facts` of the generation, the `mode`, and what was `lost` so far."""

    def __init__(self, facts: Facts, mode: Mode) -> None:
        self.facts, self.mode = facts, mode
        self.lost: list[Lost] = []

    @property
    def them(self) -> str:
        """Whose reading this is, as a sentence names them."""
        return f"installers of {self.facts.name}"

    def lose(self, field: str, value: object, why: str, instead: str) -> None:
        """Note that the generation goes on without `value`."""
        self.lost.append(Lost(field, _shown(field, value), why, instead))

    def refuse(self, field: str, value: object, why: str, instead: str, fix: str) -> None:
        """Note that the installation cannot go on with `value`, nor without."""
        self.lost.append(Lost(field, _shown(field, value), why, instead, fix))

    def doubt(self, field: str, value: object, why: str, instead: str, fix: str) -> None:
        """Note that the installer takes `value`, and cannot go on with it later."""
        self.lost.append(Lost(field, _shown(field, value), why, instead, fix, taken=True))

    def reads(self, element: str) -> bool:
        """Whether `element` is read in this mode."""
        return self.mode in self.facts.modes.get(element, frozenset())

    def unread(self, field: str, value: object, element: str) -> None:
        """Note that `value` is lost because `element` is not read."""
        if element in self.facts.modes:
            self.lose(field, value, f"{self.them} read no <{element}> in mode {self.mode}", _KEPT[self.mode])
        else:
            self.lose(field, value, f"{self.them} know no <{element}>", "it is as if nothing had been said")

    def text(self, field: str, value: str) -> str:
        """`value` as the generation takes an element's text."""
        tight = value
        if self.facts.dialect.trims:
            tight = value.strip(_BLANKS) if self.facts.dialect.ascii_texts else value.strip()
        if tight != value:
            self.lose(field, value, f"{self.them} strip white space around a value", f"it is {_shown(field, tight)!r}")
        self._readable(field, tight, ascii_only=self.facts.dialect.ascii_texts)
        return tight

    def word(self, field: str, value: str | None) -> str | None:
        """`value` as the generation takes an attribute; an empty one is none."""
        if not value:
            return None
        self._readable(field, value, ascii_only=self.facts.dialect.ascii_attributes)
        return value

    def raw(self, field: str, value: str) -> str:
        """`value` where it is taken as it stands."""
        self._readable(field, value, ascii_only=False)
        return value

    def _readable(self, field: str, value: str, *, ascii_only: bool) -> None:
        if _NOT_XML.search(value):
            self.refuse(field, value, "XML has no place for such a character", "the file is not read at all", "leave the character out")
        elif ascii_only and not value.isascii():
            why = f"{self.them} read ASCII only"
            self.refuse(field, value, why, "they end with UnicodeEncodeError", _ASCII.get(field, "write it in ASCII"))


_KEPT = {
    Mode.FRESH: "it is left out",
    Mode.REINSTALL: "it is left out",
    Mode.UPGRADE: "what the old installation has is kept",
    Mode.RESTORE: "what the backup has is restored",
    Mode.OEM_HDD: "what the image has stays",
    Mode.OEM_FLASH: "what the image has stays",
}
_ASCII = {"root-password": "give a hash, or a password in ASCII"}


def _shown(field: str, value: object) -> str:
    return SHOWN if field == "root-password" else str(value)
