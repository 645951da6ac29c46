"""What the totals grow by, minute by minute: the few numbers that a plot is drawn of. They lie beside the counters, and go when these go.

Refuses to know how they are drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pxeserve.events import totals
from pxeserve.store.totals import Total

SOURCE = "traffic"
"""The counters' source under which they lie."""

BOOTS, DHCP = "boots", "dhcp"
TFTP, HTTP, FTP = "tftp-bytes", "http-bytes", "ftp-bytes"

_OF: Mapping[str, str] = {totals.DHCP_MESSAGES: DHCP, totals.TFTP_BYTES: TFTP, totals.HTTP_BYTES: HTTP, totals.FTP_BYTES: FTP}
_MENU = (totals.EVENTS, ("boot.menu",))


def grown(increments: Mapping[Total, float], minute: int) -> Counter[tuple[int, str, str]]:
    """What a batch that was written in `minute` (epoch seconds // 60) adds, as counters are keyed."""
    found: Counter[tuple[int, str, str]] = Counter()
    for total, value in increments.items():
        name = BOOTS if total == _MENU else _OF.get(total[0])
        if name is not None and value > 0:
            found[minute, SOURCE, name] += round(value)
    return found
