"""What a dialect is made of: the elements one generation of installers reads, their attributes and values, and the order of reading.

Everything that is known of an element stands here as data, so that tables, schemas, examples, the writer and the linter all say the same.
Modes are not said element by element: they follow from the order, in which each step names what it reads and what it cannot do without.
Refuses to know XML, and how a step is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects.steps import Step


class Counts(StrEnum):
    """Which elements of a name count."""

    FIRST = "first"  # the first in the file
    LONE = "lone"  # the only one: of two, none counts
    EACH = "each"  # all, in order
    SET = "set"  # all, equal ones once
    KEYED = "keyed"  # all; of two with the same key, the last
    NEVER = "never"  # none: a fault of the installer's makes it pass over each
    ONE = "one"  # at most one: two are refused


class Holds(StrEnum):
    """What a text or an attribute is meant to hold. Most installers do not check it."""

    DISK = "a disk"
    DISKS = "a disk, or two disks with a comma"
    ADDRESS = "an address of packages"
    SCRIPT = "an address of a script"
    NIC = "a network interface"
    MAC = "a MAC address"
    IPV4 = "an IPv4 address"
    MASK = "a netmask"
    IPV6_PREFIX = "an IPv6 address/prefix"
    IPV6 = "an IPv6 address"
    SERVER = "a server"
    HOST_NAME = "a host name"
    ZONE = "a time zone"
    KEYMAP = "a keymap"
    PASSWORD = "a password or its hash"  # noqa: S105
    YES_NO = "yes or no"
    ANY_YES = "anything at all means yes"
    WORD = "one of some words"
    NUMBER = "a number"
    NAME = "a name"


class Otherwise(StrEnum):
    """What becomes of a value that is none of the known words."""

    KEPT = "kept"  # taken as it stands, unchecked
    REFUSED = "refused"  # the installer stops
    IGNORED = "ignored"  # as if it had not been said, without a word
    NO = "no"  # it means no
    IDLE = "idle"  # taken, and nothing ever comes of it


@dataclass(frozen=True, slots=True)
class Said:
    """How an installer refuses: the class of the exception and its text, with `{value}`, `{name}` and the like to be filled in."""

    error: str
    text: str

    def of(self, **facts: object) -> Said:
        """The same with its places filled."""
        return Said(self.error, self.text.format_map(facts))


@dataclass(frozen=True, slots=True)
class Value:
    """A text or an attribute. `words` are all that is known, () for anything; `default` is what nothing said comes to, None for nothing;
    `says` is how another word is refused. `idle` are words that are taken and do not do what they look like, each with why."""

    holds: Holds
    words: tuple[str, ...] = ()
    default: str | None = None
    otherwise: Otherwise = Otherwise.KEPT
    says: Said | None = None
    any_case: bool = False
    idle: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute. `key` is its modern name, the same in all generations; `names` are the spellings this one reads: of several that
    hold something the first counts. `missing` is how its lack is refused; None: it may be left out."""

    key: str
    names: tuple[str, ...]
    value: Value
    missing: Said | None = None
    means: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """An element. `key` is its modern name, the same in all generations; `names` are the spellings this one reads, and it asks for all of
    the first name before any of the second. `parent`: looked for only below that element (at any depth); None: anywhere in the file.
    `missing` is how its lack is refused where it is required. `text` None: its text is not read. `lab`: a hook of the vendor's lab."""

    key: str
    names: tuple[str, ...]
    means: str
    counts: Counts = Counts.FIRST
    text: Value | None = None
    attributes: tuple[Attribute, ...] = ()
    parent: str | None = None
    missing: Said | None = None
    note: str = ""
    lab: bool = False

    def attribute(self, key: str) -> Attribute | None:
        """The attribute of this modern name; None when this generation does not read it."""
        return next((one for one in self.attributes if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one generation of installers reads.

    `roots` are the outermost elements it takes, () for any; the attributes of the outermost element stand in `root`. `before` are the
    steps taken whatever the mode, `order` those of each mode after them, `after` those that see all answers at the end, `with_bad_mode`
    those still taken after a mode that it does not know. `python` is the Python it runs in, 2 or 3. `not_xml` is what it says of a file
    that is no XML, None where expat's own words are shown. Texts are trimmed, or not (`trims`); texts and attributes have to be ASCII, or
    not. `dialog_closes`: its error dialog closes by itself. `dev_always`: `/dev/` is put in front of a disk that has it already.
    `looks_disks_up`: it dies of a disk that the machine has not, whatever that is named for. `iscsi_fails` is how it fails at an `iscsi:`
    disk, None if it does not. `large_block_sr`: the SR type for disks with 4 KiB sectors.
    """

    name: str
    product: str
    source: str
    predecessor: str | None
    python: int
    roots: tuple[str, ...]
    root: Element
    elements: Mapping[str, Element]
    before: tuple[Step, ...]
    order: Mapping[Mode, tuple[Step, ...]]
    bad_root: Said | None
    bad_mode: Said
    not_xml: Said | None
    trims: bool
    ascii_texts: bool
    ascii_attributes: bool
    dialog_closes: bool
    after: tuple[Step, ...] = ()
    with_bad_mode: tuple[Step, ...] = ()
    dev_always: bool = False
    looks_disks_up: bool = False
    iscsi_fails: Said | None = None
    large_block_sr: str | None = None

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes it knows."""
        return tuple(self.order)

    def steps(self, mode: Mode) -> tuple[Step, ...]:
        """All steps of a mode, in order."""
        return (*self.before, *self.order[mode], *self.after)

    def reading(self, key: str) -> tuple[Mode, ...]:
        """The modes in which the element of this modern name is read; () for one that is not known."""
        return tuple(mode for mode in self.order if any(key in step.reads for step in self.steps(mode)))

    def requiring(self, key: str) -> tuple[Mode, ...]:
        """The modes that are refused without the element of this modern name. Below a parent: without it in that parent, where needed."""
        return tuple(mode for mode in self.order if any(key in step.requires for step in self.steps(mode)))

    def element_named(self, name: str) -> Element | None:
        """The element that is spelt so in this generation; of two that are, the one that stands anywhere."""
        found = [element for element in self.elements.values() if name in element.names]
        return min(found, key=lambda element: element.parent is not None, default=None)


def altered(element: Element, *attributes: Attribute, without: tuple[str, ...] = (), **changes: Any) -> Element:
    """An element with `attributes` added, or put in the place of those with the same key, those of the keys `without` dropped, and fields
    changed."""
    new = {one.key: one for one in attributes}
    kept = tuple(new.pop(one.key, one) for one in element.attributes if one.key not in without)
    return replace(element, attributes=(*kept, *new.values()), **changes)


def later(previous: Dialect, *elements: Element, without: tuple[str, ...] = (), **changes: Any) -> Dialect:
    """A generation said as its predecessor with `elements` added or put in the place of those with the same key, those `without`
    dropped, and fields changed."""
    known = {key: element for key, element in previous.elements.items() if key not in without}
    return replace(previous, predecessor=previous.name, elements={**known, **{element.key: element for element in elements}}, **changes)


def exchanged(steps: tuple[Step, ...], exchange: Mapping[Step, tuple[Step, ...]]) -> tuple[Step, ...]:
    """The steps with some of them exchanged for others (or for none). Raises KeyError for one that is not there."""
    strange = set(exchange) - set(steps)
    if strange:
        raise KeyError(f"no such steps: {sorted(step.name for step in strange)}")
    return tuple(new for step in steps for new in exchange.get(step, (step,)))
