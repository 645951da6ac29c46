"""Answers for strangers that are like one answered before: the same bytes but for who asks.

In a storm of network boots beside another DHCP server thousands of machines say the same, each with its own xid, MAC, seconds and
system UUID. What the long way (`parse`, `classify`, the decision, `proxied`, `encode`) made of one of them is a template for the
rest. One is made only when it is proven on a second, invented machine that nothing else of the answer depends on who asks; it ends
with whatever is committed to the store, and serves nobody that is in the inventory, rehearsed, looping or told to the record.
Pure. Refuses to know what is answered: it has only ever seen how the long way does it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv4Address
from operator import itemgetter
from typing import NamedTuple, Protocol

from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Boot, Encoded, Named, Outcome, Reply
from pxeserve.dhcp.packet import FIXED, NOBODY, Message, encode, parse
from pxeserve.dhcp.route import Arrival, Way
from pxeserve.domain.crowd import Crowd

KEPT = 64
"""Templates at most: one for each make of machine behind each relay, and few of them storm at once."""

SEEN = 512
"""Questions remembered that have come once. A template is made for the second, so that a flood of ever new questions makes none."""

_UUID = bytes((Code.UUID, 17))
_OTHER = bytes(byte ^ 0x5A for byte in range(256))
"""Makes other bytes of any, the group bit of a MAC untouched."""
_OTHER_DIGIT = str.maketrans("0123456789abcdef", "123456789abcdef0")


class Strangers(Protocol):
    """Whoever decides what machines boot, as far as strangers go."""

    def standing(self) -> object:
        """Equal to what it was before as long as every stranger of one make is led the same way. Raises SQLAlchemyError."""
        ...

    def stranger(self, mac: str, xid: int, address: IPv4Address, named: Named, now: float) -> str | None:
        """The session of a machine that is about to be named `named`, counted as that; None, and nothing counted, when it is no
        stranger or in a loop. Raises SQLAlchemyError."""
        ...


Answer = Callable[[Message, Arrival, Boot], Reply]
"""Builds the answer to a question with what was decided, by the long way and without any effect."""


class _Template(NamedTuple):
    """`pick` puts xid, MAC, session, UUID and the literal parts, in this order, into the order of the answer."""

    length: int
    arrival: Arrival
    address: IPv4Address
    named: Named
    parts: tuple[bytes, ...]
    pick: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]
    host: str
    port: int

    def fill(self, xid: bytes, mac: bytes, session: bytes, uuid: bytes) -> bytes:
        """The answer to one machine."""
        return b"".join(self.pick((xid, mac, session, uuid, *self.parts)))


class Twins:
    """Templates for what comes in on one wire. `crowd` is the one that the long way asks too."""

    def __init__(self, strangers: Strangers, crowd: Crowd, answer: Answer) -> None:
        self._strangers = strangers
        self._crowd = crowd
        self._answer = answer
        self._standing: object = None
        self._known: OrderedDict[bytes, _Template | None] = OrderedDict()
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def receive(self, data: bytes, arrival: Arrival, now: float) -> Encoded | None:
        """The answer to an untold stranger that there is a template for; None, and nothing has happened, for the long way.

        Raises SQLAlchemyError when the store cannot be asked.
        """
        standing = self._strangers.standing()
        if standing != self._standing:
            self._known.clear()
            self._standing = standing
        at = data.find(_UUID, FIXED)
        key = _key(data, at)
        found = self._known.get(key)
        if found is None or len(data) != found.length or arrival != found.arrival:
            return None
        chaddr = data[28:34]
        if chaddr[0] & 1 or chaddr == NOBODY or not self._crowd.overrun(now):
            return None
        xid = data[4:8]
        session = self._strangers.stranger(chaddr.hex(":"), int.from_bytes(xid), found.address, found.named, now)
        if session is None:
            return None
        self._known.move_to_end(key)
        return Encoded(found.fill(xid, chaddr, session.encode(), data[at + 2 : at + 19]), found.host, found.port)

    def learn(self, data: bytes, arrival: Arrival, message: Message, outcome: Outcome) -> None:
        """Make a template of what the long way made of `data`, which `receive` had none for, if such a question came before and the
        template can be proven."""
        boot, reply = outcome.alike, outcome.reply
        if boot is None or reply is None:
            return
        key = _key(data, data.find(_UUID, FIXED))
        if key not in self._seen:
            self._seen[key] = None
            if len(self._seen) > SEEN:
                self._seen.popitem(last=False)
        elif key not in self._known:
            self._known[key] = _template(data, arrival, message, reply, boot, self._answer)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)


def _key(data: bytes, at: int) -> bytes:
    """All of a question but xid, seconds, MAC and the 17 bytes behind the first thing that looks like option 97 (at `at`, or -1).

    What looks like it stays, and there is none before it: so two keys are equal only when both lie at the same place. How long the
    question was does not show, as it may end within the 17 bytes: whoever compares keys compares lengths too.
    """
    if at < 0:
        return data[:4] + data[10:28] + data[34:]
    return data[:4] + data[10:28] + data[34 : at + 2] + data[at + 19 :]


def _template(data: bytes, arrival: Arrival, message: Message, reply: Reply, boot: Boot, answer: Answer) -> _Template | None:
    """From the answer that a second machine gets, which differs in every byte of what is left out of the key; proven on the first's."""
    at = data.find(_UUID, FIXED)
    if boot.file is None or boot.session is None or boot.named is None or at != _uuid(data):
        return None
    if reply.destination.way is Way.FRAME:
        return None
    second = _second(data, at)
    heard = parse(second)
    if heard != _as_second(message, second, at):
        return None
    assert isinstance(heard, Message)
    session = boot.session.translate(_OTHER_DIGIT)
    other = answer(heard, arrival, boot._replace(file=boot.file.replace(boot.session, session), session=session))
    if (other.destination, other.limit) != (reply.destination, reply.limit):
        return None
    parts, order = _cut(encode(other.message, other.limit), session.encode(), _uuid_of(second, at))
    to = reply.destination
    made = _Template(
        len(data), arrival, message.ciaddr, boot.named, tuple(parts), itemgetter(*order), str(to.address), to.port
    )
    first = made.fill(data[4:8], data[28:34], boot.session.encode(), _uuid_of(data, at))
    return made if first == encode(reply.message, reply.limit) else None


def _uuid(data: bytes) -> int | None:
    """Where option 97 of 17 bytes begins, -1 when there is none of that length; None when there may be more to it: another piece of
    it, or options that go on in other fields."""
    at, size = FIXED, len(data)
    found = -1
    pieces = 0
    while at < size and data[at] != Code.END:
        code = data[at]
        if code == Code.PAD:
            at += 1
            continue
        if code == Code.OVERLOAD or at + 1 >= size:
            return None
        if code == Code.UUID:
            pieces += 1
            found = at if data[at + 1] == 17 else -1
        at += 2 + data[at + 1]
    return found if pieces < 2 else None


def _second(data: bytes, at: int) -> bytes:
    """The question of another machine with the same key."""
    second = bytearray(data)
    for part in (slice(4, 10), slice(28, 34), slice(at + 2, at + 19) if at >= 0 else slice(0)):
        second[part] = second[part].translate(_OTHER)
    return bytes(second)


def _as_second(message: Message, second: bytes, at: int) -> Message:
    """What `second` must be read as if it differs from `message` in nothing but these."""
    options = {**message.options, Code.UUID: _uuid_of(second, at)} if at >= 0 else message.options
    xid, secs = int.from_bytes(second[4:8]), int.from_bytes(second[8:10])
    return message._replace(xid=xid, secs=secs, mac=second[28:34].hex(":"), options=options)


def _uuid_of(data: bytes, at: int) -> bytes:
    return data[at + 2 : at + 19] if at >= 0 else b""


def _cut(answer: bytes, session: bytes, uuid: bytes) -> tuple[list[bytes], list[int]]:
    """The parts of `answer` that are not xid, MAC, `session` or `uuid`, and the order of all of them as `_Template.pick` counts."""
    places = [(4, 0, 4), (28, 1, 6)]
    for number, value in ((2, session), (3, uuid)):
        at = answer.find(value, 34) if value else -1
        while at >= 0:
            places.append((at, number, len(value)))
            at = answer.find(value, at + len(value))
    parts: list[bytes] = []
    order: list[int] = []
    done = 0
    for at, number, size in sorted(places):
        order += (4 + len(parts), number)
        parts.append(answer[done:at])
        done = at + size
    order.append(4 + len(parts))
    parts.append(answer[done:])
    return parts, order
