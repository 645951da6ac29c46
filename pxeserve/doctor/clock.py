"""The clock: certificates, the life of an arming, and the record's order depend on it. A time zone is no fault.

Sources: adjtimex(2), whose STA_UNSYNC says that nobody disciplines the clock.
"""

from __future__ import annotations

import ctypes
import time

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Grade
from pxeserve.store import events as stored

EARLIEST, LATEST = 1_735_689_600.0, 4_102_444_800.0
"""2025 and 2100, in epoch seconds: this release is not older, and nobody runs it later."""

AHEAD = 300.0
"""Seconds by which the record may be ahead of the clock: as much as a clock is set by when it is first disciplined, and more."""

_STATUS_AT, _UNSYNC, _SIZE = 40, 0x40, 256

_YEAR = Fault(
    "year",
    Grade.STOPS,
    "the clock says {date}",
    "installers set their clock by what they find, certificates are not valid then, and an arming lapses by this clock",
    "timedatectl set-ntp true, or date --set; on a machine without a battery install chrony and let it step the clock at boot",
)
_UNDISCIPLINED = Fault(
    "not-synchronised",
    Grade.HARMS,
    "nothing keeps the clock right: the kernel calls it unsynchronised",
    "it runs away by seconds a day; logs of machines and of this server drift apart, and pools whose members differ refuse each other",
    "apt install chrony, or timedatectl set-ntp true; in a container or a virtual machine see that the host's clock is kept",
)
_BACK = Fault(
    "set-back",
    Grade.HARMS,
    "the record's newest event is {seconds} s ahead of the clock ({date})",
    "the clock was wrong then or is wrong now: what happened cannot be put in order, and armings count by boot time alone meanwhile",
    "look whether the clock is right now: timedatectl; the record catches up by itself when it is",
)


def look(around: Around) -> Seen:
    """Year and discipline."""
    yield from judge(around.now, _synchronised())


def judge(now: float, synchronised: bool | None) -> Seen:
    """What the clock's time, and the kernel's word on whether it is kept, mean."""
    date = time.strftime("%Y-%m-%d %H:%M", time.gmtime(now))
    if not EARLIEST <= now < LATEST:
        yield _YEAR.found("clock", date=date)
    if synchronised is None:
        yield Blind("the kernel does not say whether the clock is kept (adjtimex)", "look at timedatectl")
    elif not synchronised:
        yield _UNDISCIPLINED.found("clock")


def look_at_record(around: Around) -> Seen:
    """The newest event against the clock."""
    if around.store is None:
        yield Blind("the record is not at hand")
        return
    with around.store.events.read() as connection:
        newest = stored.latest(connection, stored.Wanted(), 50)
    ahead = max((one.at - around.now for one in newest), default=0.0)
    if ahead > AHEAD:
        yield _BACK.found("record", seconds=f"{ahead:.0f}", date=time.strftime("%Y-%m-%d %H:%M", time.gmtime(around.now)))


def _synchronised() -> bool | None:
    """Whether somebody disciplines the clock; None where the kernel does not answer."""
    timex = ctypes.create_string_buffer(_SIZE)
    state = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    if state < 0:
        return None
    return not int.from_bytes(timex.raw[_STATUS_AT : _STATUS_AT + 4], "little") & _UNSYNC


CHECK = Check(
    "clock",
    "the year, and whether the clock is kept",
    "adjtimex(2)",
    (_YEAR, _UNDISCIPLINED),
    look,
)
CHECK_RECORD = Check(
    "clock-record",
    "whether the clock was set back behind what the record holds",
    "the record itself",
    (_BACK,),
    look_at_record,
    needs_state=True,
)
