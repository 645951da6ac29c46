"""Answers for strangers that are like one answered before: the same bytes but for who asks.

In a storm of network boots beside another DHCP server thousands of machines say the same, each with its own xid, MAC, seconds and
system UUID. What the long way (`parse`, `classify`, the decision, `proxied`, `encode`) made of one of them is a template for the
rest. One is made only when it is proven on a second, invented machine that nothing else of the answer depends on who asks; it ends
with whatever is committed to the store, and serves nobody that is in the inventory, rehearsed, looping, told to the record, or told its
boot file in another way than its make is.
Pure. Refuses to know what is answered: it has only ever seen how the long way does it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Container
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
_IDENTITY = bytes((Code.CLIENT_ID, 7, 1))
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
    """Templates for what comes in on one wire. `crowd` is the one that the long way asks too, and `turned` holds the MACs of machines
    that need another manner than others of their make."""

    def __init__(self, strangers: Strangers, crowd: Crowd, turned: Container[str], answer: Answer) -> None:
        self._strangers = strangers
        self._crowd = crowd
        self._turned = turned
        self._answer = answer
        self._standing: object = None
        self._known: OrderedDict[_Key, _Template | None] = OrderedDict()
        self._seen: OrderedDict[_Key, None] = OrderedDict()

    def look(self) -> None:
        """Forget what may not hold any more; to be called when questions have come, before they are looked at. Raises SQLAlchemyError when
        the store cannot be asked."""
        standing = self._strangers.standing()
        if standing != self._standing:
            self._known.clear()
            self._standing = standing

    def receive(self, data: bytes, arrival: Arrival, now: float) -> Encoded | None:
        """The answer to an untold stranger that there is a template for; None, and nothing has happened, for the long way.

        Raises SQLAlchemyError when the store cannot be asked.
        """
        key = _key(data)
        found = self._known.get(key)
        if found is None or arrival != found.arrival:
            return None
        chaddr = data[28:34]
        if chaddr[0] & 1 or chaddr == NOBODY or not self._crowd.overrun(now):
            return None
        xid, mac = data[4:8], chaddr.hex(":")
        if mac in self._turned:
            return None
        session = self._strangers.stranger(mac, int.from_bytes(xid), found.address, found.named, now)
        if session is None:
            return None
        self._known.move_to_end(key)
        self._crowd.admit(now)
        return Encoded(found.fill(xid, chaddr, session.encode(), _uuid(data, key)), found.host, found.port)

    def learn(self, data: bytes, arrival: Arrival, message: Message, outcome: Outcome) -> None:
        """Make a template of what the long way made of `data`, which `receive` had none for, if such a question came before and the
        template can be proven."""
        boot, reply = outcome.alike, outcome.reply
        if boot is None or reply is None:
            return
        key = _key(data)
        if key not in self._seen:
            self._seen[key] = None
            if len(self._seen) > SEEN:
                self._seen.popitem(last=False)
        elif key not in self._known:
            self._known[key] = _template(data, key, arrival, message, reply, boot, self._answer)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)


class _Key(NamedTuple):
    """What twins have in common: where in the question a system UUID and a client identifier seem to begin (-1 for nowhere), its length,
    and all of it but xid, seconds, MAC, the UUID's 17 bytes and the MAC in the identifier."""

    uuid: int
    identifier: int
    length: int
    rest: bytes


def _key(data: bytes) -> _Key:
    identity = _IDENTITY + data[28:34]
    uuid, identifier = data.find(_UUID, FIXED), data.find(identity, FIXED)
    if uuid < 0 or identifier < 0:
        pass
    elif identifier <= uuid < identifier + 9:  # what looks like a UUID is a part of the MAC
        uuid = data.find(_UUID, identifier + 9)
    elif uuid < identifier < uuid + 19:
        identifier = data.find(identity, uuid + 19)
    head = data[:4] + data[10:28]
    if identifier < 0:
        rest = head + data[34:] if uuid < 0 else head + data[34 : uuid + 2] + data[uuid + 19 :]
    elif uuid < 0:
        rest = head + data[34 : identifier + 3] + data[identifier + 9 :]
    elif identifier < uuid:
        rest = head + data[34 : identifier + 3] + data[identifier + 9 : uuid + 2] + data[uuid + 19 :]
    else:
        rest = head + data[34 : uuid + 2] + data[uuid + 19 : identifier + 3] + data[identifier + 9 :]
    return _Key(uuid, identifier, len(data), rest)


def _template(data: bytes, key: _Key, arrival: Arrival, message: Message, reply: Reply, boot: Boot, answer: Answer) -> _Template | None:
    """From the answer that a second machine gets, which differs in every byte that the key leaves out; proven on the first's."""
    if boot.file is None or boot.session is None or boot.named is None or reply.destination.way is Way.FRAME:
        return None
    second = _second(data, key)
    heard = parse(second)
    # All of what was changed shows in options 97 and 61 and nothing else did: so it lies in their values, whole, and steers nothing.
    if not isinstance(heard, Message) or heard != _as_second(message, second, key):
        return None
    session = boot.session.translate(_OTHER_DIGIT)
    other = answer(heard, arrival, boot._replace(file=boot.file.replace(boot.session, session), session=session))
    if (other.destination, other.limit) != (reply.destination, reply.limit):
        return None
    parts, order = _cut(encode(other.message, other.limit), second[28:34], session.encode(), _uuid(second, key))
    to = reply.destination
    made = _Template(arrival, message.ciaddr, boot.named, tuple(parts), itemgetter(*order), str(to.address), to.port)
    first = made.fill(data[4:8], data[28:34], boot.session.encode(), _uuid(data, key))
    return made if first == encode(reply.message, reply.limit) else None


def _second(data: bytes, key: _Key) -> bytes:
    """The question of another machine with the same key."""
    second = bytearray(data)
    second[4:10] = second[4:10].translate(_OTHER)
    mac = second[28:34] = second[28:34].translate(_OTHER)
    if key.uuid >= 0:
        second[key.uuid + 2 : key.uuid + 19] = second[key.uuid + 2 : key.uuid + 19].translate(_OTHER)
    if key.identifier >= 0:
        second[key.identifier + 3 : key.identifier + 9] = mac
    return bytes(second)


def _as_second(message: Message, second: bytes, key: _Key) -> Message:
    """What `second` must be read as if it differs from `message` in nothing but these."""
    options = dict(message.options)
    if key.uuid >= 0:
        options[Code.UUID] = _uuid(second, key)
    if key.identifier >= 0:
        options[Code.CLIENT_ID] = b"\x01" + second[28:34]
    xid, secs = int.from_bytes(second[4:8]), int.from_bytes(second[8:10])
    return message._replace(xid=xid, secs=secs, mac=second[28:34].hex(":"), options=options)


def _uuid(data: bytes, key: _Key) -> bytes:
    return data[key.uuid + 2 : key.uuid + 19] if key.uuid >= 0 else b""


def _cut(answer: bytes, mac: bytes, session: bytes, uuid: bytes) -> tuple[list[bytes], list[int]]:
    """The parts of `answer` that are not xid, MAC, `session` or `uuid`, and the order of all of them as `_Template.pick` counts."""
    places = [(4, 0, 4), (28, 1, 6)]
    for number, value in ((1, mac), (2, session), (3, uuid)):
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
