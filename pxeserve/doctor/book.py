"""The page on the doctor, drawn from its data: docs/doctor.md is this text."""

from __future__ import annotations

from pxeserve.doctor.check import Check
from pxeserve.doctor.counted import MEANINGS
from pxeserve.doctor.finding import Fault
from pxeserve.doctor.registry import CHECKS

_HEAD = """\
# The doctor

```console
# pxeserve doctor                        # everything; as root it sees most
# pxeserve doctor --only firewall,ports  # some of it
# pxeserve doctor --list                 # what there is
# pxeserve doctor --json                 # for programs
```

It says what is wrong with this network and this server, where, how it shows, and the sentence that fixes it, the worst first. It ends
with 0 when nothing is wrong and with 1 when something is. Each check is *fine*, *wrong*, or says that it *cannot look* and why: none
passes in silence. It works while the service runs and while it does not; what lies in the state is then read by a process of the
service's own user.

It changes nothing and disturbs nobody. At most three DISCOVERs are sent (from an invented MAC, with the user class `pxeserve-doctor`),
never a REQUEST, so no address is taken, and nothing at all is sent on loopback. What a firewall does is worked out from its rules and
never tried; where a condition is not understood it says "could not tell". How long a sync takes is measured on a file without a name.
`reach` asks this server for things that it does not have, and where it lends addresses for an offer that is not taken; that leaves lines in
the record.

The service goes its own rounds, with the rights of its own user: who else answers DHCP is looked at every minute, all else every ten.
What is found is told once, as an event `doctor.finding` and a warning in the log, and once more as `doctor.gone` when two rounds have not
seen it. `pxeserve status` shows what stands.

A finding *stops* machines now, *harms* some of them or some day, or is a *note*, with which nothing is wrong.
"""

_PLACES = """
## What it cannot see

It looks from this machine alone. A firewall, a switch (spanning tree, VLANs) or a relay in between shows only by what the record holds:
transfers that were never acknowledged, machines that ask and never take. `reach` travels within this machine. A firewall on hosts other
than this one is not read. Which zone NetworkManager gives a card by itself is not in firewalld's files; as root the kernel's own rules
are read instead.
"""


def page() -> str:
    """The whole page in Markdown."""
    return "\n".join([_HEAD, *(_check(check) for check in CHECKS), _counters(), _PLACES.strip(), ""])


def _check(check: Check) -> str:
    lines = [f"## {check.name}", "", f"Looks at {check.looks_at}. Source: {check.source}.", ""]
    lines += ["| code | | what is found | how it shows | what fixes it |", "| --- | --- | --- | --- | --- |"]
    lines += [_row(fault) for fault in check.faults]
    if check.sentences:
        lines += ["", "| word | what stands there |", "| --- | --- |"]
        lines += [f"| *{_cell(word)}* | {_cell(text)} |" for word, text in check.sentences.items()]
    return "\n".join([*lines, ""])


def _row(fault: Fault) -> str:
    return "| " + " | ".join((f"`{fault.code}`", fault.grade, *(_cell(text) for text in (fault.text, fault.tell, fault.fix)))) + " |"


def _counters() -> str:
    lines = ["## What the counters mean", "", "| counter | from | what it means | what to do |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {one.source or 'any'}, {one.reason} | {one.least} an hour | {_cell(one.what)} | {_cell(one.fix)} |" for one in MEANINGS
    ]
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("{", "*").replace("}", "*").replace("<", "&lt;")
