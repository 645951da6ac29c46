"""What comes of one message: an answer, something to store, something to tell. And the one question the cores ask of the house.

Refuses to know how any of it is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from pxeserve.dhcp.classify import Asker
from pxeserve.dhcp.packet import Message
from pxeserve.dhcp.quirks.observed import Change
from pxeserve.dhcp.route import Destination
from pxeserve.domain.client import Firmware
from pxeserve.domain.decide import Reason, Target

Named = tuple[Target, str, str]
"""What a machine is led to, with which set and file: naming the same again and again is a loop."""


class Boot(NamedTuple):
    """The boot decision as it shows on the wire. `file` is the path of the boot file, or None when the machine gets an address
    only; `refused` then says that it wanted to boot and cannot be helped, for the reasons in `because`. `http_port` is set when the
    file is fetched over HTTP, and so named by its whole address. `named` is set when a loader is named; `firmware` is what the decision
    took the machine for; `claims` is the host whose system UUID an unknown MAC says."""

    file: str | None
    because: tuple[Reason, ...]
    refused: bool = False
    session: str | None = None
    host: str | None = None
    install: str | None = None
    http_port: int | None = None
    named: Named | None = None
    firmware: Firmware | None = None
    claims: str | None = None

    def name(self, server: IPv4Address) -> str:
        """The boot file as `server` names it; "" for none."""
        if self.file is None or self.http_port is None:
            return self.file or ""
        return f"http://{server}" + ("" if self.http_port == 80 else f":{self.http_port}") + f"/{self.file}"


class Booter(Protocol):
    """Whoever decides what machines boot. Asked several times for one boot, and answers the same each time."""

    def boot(self, asker: Asker, xid: int, address: IPv4Address, now: float) -> Boot:
        """What the machine behind `asker` gets; `address` is the one it will have (0.0.0.0 when another server gives it)."""
        ...

    def host_of(self, mac: str) -> str | None:
        """The name of the host that has `mac`."""
        ...

    def rehearses(self, mac: str) -> bool:
        """Whether `mac` is an identity that an administrator's rehearsal was given."""
        ...


class Reply(NamedTuple):
    """A message to send from the socket it was asked through, at most `limit` bytes long."""

    message: Message
    destination: Destination
    limit: int


class Encoded(NamedTuple):
    """The bytes of an answer, to be sent from the socket it was asked through to `host` and `port` as an ordinary datagram."""

    data: bytes
    host: str
    port: int


class Note(NamedTuple):
    """Something for the record: `kind` is the word after `dhcp.`."""

    kind: str
    text: str
    address: IPv4Address | None = None
    host: str | None = None
    boot: Boot | None = None
    data: Mapping[str, Any] = MappingProxyType({})


class Outcome(NamedTuple):
    """What comes of one message.

    `durable`: the reply may leave only once the table's changes are on the disk; `instead` is what may be said when they cannot be
    put there. `heard` tells what was asked, `said` what was answered, `alarms` what a person should see. `ignored` is the
    reason, counted, when there is no answer. `sighted` is an address that another server was asked for. `untold`: one stranger of a
    crowd, whose messages are counted and not told. `alike` is what was decided, when the answer may serve strangers that ask alike.
    """

    reply: Reply | None = None
    durable: bool = False
    instead: Reply | None = None
    heard: Note | None = None
    said: Note | None = None
    alarms: tuple[Note, ...] = ()
    ignored: str = ""
    sighted: IPv4Address | None = None
    untold: bool = False
    alike: Boot | None = None


def ignore(reason: str, heard: Note | None = None, alarms: tuple[Note, ...] = ()) -> Outcome:
    """No answer, because of `reason`."""
    return Outcome(ignored=reason, heard=heard, alarms=alarms)


def turned(change: Change | None, boot: Boot | None) -> tuple[Note, ...]:
    """What the record is told when a machine is told its boot file in another way than before."""
    if change is None:
        return ()
    data = {"quirk": change.before.passed_over.name, "before": change.before.says, "after": change.after.says, "seen": change.seen}
    return (Note("quirk", change.text, host=boot.host if boot else None, boot=boot, data=data),)


def other_card(boot: Boot) -> tuple[Note, ...]:
    """For the host whose UUID somebody unknown says: an alarm, since it may be its other card, and may be somebody else."""
    if boot.claims is None:
        return ()
    text = next(reason.text for reason in boot.because if reason.code in ("other-card", "uuid-shared"))
    return (Note("other-card", text, host=boot.claims),)
