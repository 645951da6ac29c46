"""What this server knows beforehand would stop a machine: each module looks at one thing and names what it finds as predictions.

Arms nothing, lends nothing and asks nobody on the wire. Refuses to know how a walk goes.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.domain.client import Firmware
from pxeserve.domain.host import Host
from pxeserve.operations.context import Context
from pxeserve.operations.foresight import answers, arming, contents, serving
from pxeserve.rehearse.prediction import Prediction
from pxeserve.snapshot import shared


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known; `unwalkable` says that no walk can begin because of it; `unknown` are sentences on what cannot be known here."""

    known: tuple[Prediction, ...]
    unwalkable: bool
    unknown: tuple[str, ...]


def foresee(context: Context, host: Host, mac: str, firmware: Firmware) -> Foreseen:
    """All that is known beforehand of `host`, booting by the card `mac` with `firmware`."""
    snapshot = shared(context.store).current()
    profile, medium = snapshot.profile_of(host), snapshot.medium_of(host)
    unknown: list[str] = []
    blocking = [*serving.stopped(context), *contents.nothing(host, profile, medium)]
    if not blocking and profile is not None:
        blocking += [*contents.medium(context, medium), *contents.plain_files(context, profile)]
        blocking += answers.of(context, snapshot, host, medium, unknown) if medium is not None and profile.plain is None else ()
    beside = [
        *serving.network(context, host),
        *contents.loader(context, mac, medium, profile, firmware),
        *arming.live(context, host, medium),
        *arming.time(context, snapshot, host),
        *arming.loop(context, host),
    ]
    return Foreseen((*blocking, *beside), any(one.stops for one in blocking), tuple(unknown))


__all__ = ["Foreseen", "foresee"]
