"""What was ignored, refused or lost in the last hour, and what each of the counters means for a person.

Source: the places in this house that count, docs/promises.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Grade
from pxeserve.store import Store
from pxeserve.store import events as stored

_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a counter means once it has grown by `least` within an hour, and what to do. `source` is who counts; "" for anybody."""

    source: str
    reason: str
    least: int
    what: str
    fix: str


MEANINGS = (
    Meaning(
        "", "lost-event", 1, "events were lost: timelines have gaps",
        "see what holds the disk or the processor; machines were served all the same",
    ),
    Meaning("worker", "malformed-event", 1, "events could not be read", "restart the service: its processes may be of two releases"),
    Meaning("dhcp", "not-stored", 1, "leases could not be stored, so none were promised", "make room on the disk, or see why it refuses"),
    Meaning(
        "dhcp", "internal-error", 1, "messages were dropped for a mistake of pxeserve's own",
        "the service's log names it; please report it",
    ),
    Meaning(
        "dhcp", "no-address", 1, "no address was left to lend",
        "widen range in [[dhcp.subnet]], or shorten lease; pxeserve dhcp leases shows who holds them",
    ),
    Meaning(
        "dhcp", "too-many-new-clients", 30, "strangers asked faster than 30 a minute through one port",
        "find who floods: pxeserve events --kind dhcp; hosts of the inventory are served all the same",
    ),
    Meaning(
        "dhcp", "other-server", 50, "machines took another DHCP server's offer",
        "in server mode there should be none: pxeserve doctor --only dhcp-servers",
    ),
    Meaning(
        "dhcp", "cannot-send", 1, "answers could not be sent",
        "the interface is down or has lost its address: pxeserve doctor --only address",
    ),
    Meaning("dhcp", "send-queue-full", 1, "answers found the card's queue full", "machines ask again; look for what fills the network"),
    Meaning(
        "dhcp", "bad-lease-record", 1, "leases could not be read from the disk",
        "restore state/leases.db from a backup if machines lost their addresses",
    ),
    Meaning("dhcp", "no-such-interface", 1, "packets came in by an interface that is not served", "name it: [[server.listen]]"),
    Meaning(
        "dhcp", "option-cut-short", 20, "DHCP packets with broken options came in",
        "tcpdump -ni eth0 -w broken.pcap udp port 67 keeps some; a firmware update may help",
    ),
    Meaning(
        "tftp", "limited", 1, "TFTP requests were dropped because too many were under way",
        "find who floods: pxeserve events --kind tftp",
    ),
    Meaning(
        "tftp", "send-failed", 1, "TFTP packets could not be sent",
        "the interface is down, or its queue is full: pxeserve doctor --only address,mtu",
    ),
    Meaning("tftp", "receive-failed", 1, "the TFTP socket could not be read", "the service's log says more"),
    Meaning("provision", "busy", 1, "HTTP requests were turned away", "fewer machines at once, or more memory and a faster disk"),
    Meaning(
        "provision", "too-many-connections", 1, "HTTP connections were refused",
        "64 an address is the limit: behind NAT or a proxy many machines look like one",
    ),
    Meaning("provision", "no-descriptors", 1, "there were no file descriptors left", "raise LimitNOFILE of the unit"),
    Meaning(
        "provision", "file-changed", 1, "files changed while they were sent",
        "leave media alone while machines install: pxeserve media verify --all",
    ),
    Meaning(
        "provision", "stalled", 20, "machines stopped taking what they had asked for",
        "a bad cable or switch port, or an MTU that does not fit: pxeserve doctor --only mtu",
    ),
    Meaning(
        "provision", "answerfile-404", 20, "answerfiles were asked for without a right to",
        "somebody guesses tokens: pxeserve events --kind install.alarm",
    ),
    Meaning("provision", "failed", 1, "requests failed for a mistake of pxeserve's own", "the service's log names it; please report it"),
    Meaning("ftp", "failed", 1, "FTP sessions failed for a mistake of pxeserve's own", "the service's log names it; please report it"),
)  # fmt: skip

_GROWN = Fault(
    "grown",
    Grade.HARMS,
    "{count} times in the last hour ({source}, {reason}): {what}",
    "what is ignored or lost leaves no other trace than this counter",
    "{fix}",
)


def last_hour(store: Store, now: float) -> dict[tuple[str, str], int]:
    """Counters of the last hour by source and reason."""
    with store.events.read() as connection:
        rows = stored.counters(connection, int(now) // 60 - _MINUTES)
    sums: dict[tuple[str, str], int] = {}
    for _, source, reason, count in rows:
        sums[source, reason] = sums.get((source, reason), 0) + count
    return sums


def look(around: Around) -> Seen:
    """Those that have grown by more than they may."""
    if around.store is None:
        yield Blind("the record is not at hand")
        return
    for (source, reason), count in sorted(last_hour(around.store, around.now).items()):
        for meaning in MEANINGS:
            if meaning.reason == reason and meaning.source in ("", source) and count >= meaning.least:
                if reason == "other-server" and (around.config.dhcp.mode != "server" or around.config.dhcp.allow_other_servers):
                    continue
                yield _GROWN.found(f"{source}, {reason}", count=count, source=source, reason=reason, what=meaning.what, fix=meaning.fix)


CHECK = Check(
    "counters",
    "what was ignored, refused or lost in the last hour, each with its meaning",
    "docs/promises.md",
    (_GROWN,),
    look,
    needs_state=True,
)
