"""Many rehearsals at once: a few side by side, each with a host's own firmware. Of those that load the very same, one walks every byte
first and the others only what is their own.

Refuses to know which hosts are meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace

from pxeserve.errors import PxeserveError
from pxeserve.rehearse.meant import Ask, Wanted
from pxeserve.rehearse.prediction import Outlook, Prediction
from pxeserve.rehearse.run import Report, rehearse
from pxeserve.rehearse.shared import Shared
from pxeserve.timeline.steps import Step as Stage

SIDE_BY_SIDE = 4
"""Walks at a time: each holds an address and an identity, and more of them only wait for this machine's processor."""

_ADOPT = "let it network-boot once, then: pxeserve discovered adopt MAC --name NAME"


def rehearse_all(ask: Ask, wanted: Sequence[Wanted]) -> Iterator[Report]:
    """A report a rehearsal, as they end. Who else answers DHCP is listened for once."""
    shared: dict[str, Shared] = {}
    first: list[Wanted] = []
    rest: list[Wanted] = []
    for one in wanted:
        (rest if one.alike in shared else first).append(one)
        shared.setdefault(one.alike, Shared())

    def walk(one: Wanted, listen: bool) -> Report:
        if not one.mac:
            return _refused(one, PxeserveError(f"{one.host}: no card of it is known yet, only its system UUID", fix=_ADOPT))
        try:
            return replace(rehearse(ask, one.mac, one.firmware, shared=shared[one.alike], listen=listen), heard=one.heard)
        except PxeserveError as error:
            return _refused(one, error)

    with ThreadPoolExecutor(SIDE_BY_SIDE, "rehearsal") as pool:
        for part in (first, rest):
            listens = [part is first and number == 0 for number in range(len(part))]
            walks: list[Future[Report]] = [pool.submit(walk, one, listen) for one, listen in zip(part, listens, strict=True)]
            for done in as_completed(walks):
                yield done.result()


def _refused(one: Wanted, error: PxeserveError) -> Report:
    """A walk that could not be made, told as a report so that the others are not lost by it."""
    met = Prediction(Stage.MENU, "not-walked", error.message, error.fix or "", "the rehearsal itself")
    said = f"rehearsal failed: {one.host}: {error.message}"
    return Report(one.host, one.mac, one.firmware, one.heard, False, said, (), Outlook(met), ("anything",))
