"""All that is known of one boot when its next step does not come, typed: what rules look at, and nothing else.

Refuses to know events (`gather` reads them) and what any of it means (the rules do).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pxeserve.domain.client import Firmware
from pxeserve.timeline.hearing import Hearing
from pxeserve.timeline.missing.facts import Armed, Fetch, File, Media
from pxeserve.timeline.steps import Step

SOON = 600.0
"""Boots of one card within so many seconds of each other follow from each other."""


@dataclass(frozen=True, slots=True)
class Brief:
    """Another boot of the same card, in short. `began` and `ended` are epoch seconds."""

    began: float
    ended: float
    loader: str
    reached: Step
    target: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known besides the record: the configuration (`mode` of DHCP, how evidence `bind`s, `http` and `tftp` as machines reach them),
    `ignored` DHCP messages of the last hour by reason, `others` the DHCP servers of others that were seen, `damaged` the damage of media by
    name, `leave` how the profile has the machine leave a network boot, `secure_boot` that its profile says so, `heard` what came of the
    host while it was armed, where that arming ran out and no boot followed it."""

    mode: str = ""
    bind: str = "evidence"
    http: str = ""
    tftp: str = ""
    ignored: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    others: tuple[str, ...] = ()
    damaged: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    leave: str = ""
    secure_boot: bool = False
    heard: Hearing = field(default_factory=Hearing)


@dataclass(frozen=True, slots=True)
class Situation:
    """One boot as far as it has come; `state` is its install's when it began, `since` seconds before. Times are epoch seconds, `quiet`
    seconds since its last sign of life, which was at `ended`.

    `codes` are the reasons of its decisions, `refusals` those that gave it no boot file, each (code, sentence); `ignored` are reasons
    for which its own DHCP messages went unanswered; `taken_from` the other server whose offer it took; `asked_us` that it took ours, or
    asked port 4011; `menus` what its menus led to; `answers` how each request for its answerfile ended; `happened` what became of its
    install meanwhile, each (word, sentence); `heard` what came of an armed host outside its boots; `missed` names that media do not
    have; `job` what the job of its first boot told, each (step, state, sentence, whether that is its end); `reports`
    stages that a hook reported; `failures` what scripts failed at; `before` and `after` are other boots of the same card, the nearest last
    and first.
    """

    reached: Step = Step.OTHER
    mac: str = ""
    newest: bool = True
    quiet: float = 0.0
    began: float = 0.0
    ended: float = 0.0
    known: Known = field(default_factory=Known)
    armed: Armed = field(default_factory=Armed)
    state: str = ""
    since: float = 0.0
    heard: Hearing = field(default_factory=Hearing)
    codes: tuple[str, ...] = ()
    firmware: Firmware | None = None
    arch: int | None = None
    vendor_class: str = ""
    ipxe: bool = False
    mode: str = ""
    relay: str = ""
    discovers: int = 0
    offers: int = 0
    asked_us: bool = False
    taken_from: str = ""
    address: str = ""
    naks: tuple[str, ...] = ()
    declined: bool = False
    ignored: tuple[str, ...] = ()
    refusals: tuple[tuple[str, str], ...] = ()
    set: str = ""
    loader: str = ""
    files: tuple[Fetch, ...] = ()
    menus: tuple[str, ...] = ()
    installer_asked: int = 0
    installer_address: bool = False
    answers: tuple[str, ...] = ()
    happened: tuple[tuple[str, str], ...] = ()
    hooks: int = 0
    reports: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    missed: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    package: int = 0
    packages: int = 0
    trouble: str = ""
    job: tuple[tuple[str, str, str, bool], ...] = ()
    before: tuple[Brief, ...] = ()
    after: tuple[Brief, ...] = ()

    @property
    def uefi(self) -> bool:
        """Whether it boots by UEFI."""
        return self.firmware not in (None, Firmware.BIOS, Firmware.IPXE)

    @property
    def http_boot(self) -> bool:
        """Whether its loader comes over HTTP."""
        return self.firmware in (Firmware.UEFI_HTTP, Firmware.UEFI_HTTP_ARM64, Firmware.IPXE, Firmware.IPXE_UEFI)

    @property
    def proxy(self) -> bool:
        """Whether another server gives the addresses."""
        return self.mode == "proxy"

    @property
    def dialect(self) -> str:
        """The generation of its installer; "" when it is not on record."""
        return self.armed.dialect

    @property
    def last(self) -> Fetch | None:
        """The file that was asked for last, without mere questions for a size."""
        return next((one for one in reversed(self.files) if not one.probe), None)

    @property
    def broken(self) -> Fetch | None:
        """The last file, when it did not come whole although it is there."""
        last = self.last
        return last if last is not None and not last.whole and not last.missed else None

    def asked_for(self, *kinds: File) -> tuple[Fetch, ...]:
        """The files of these kinds, in their order."""
        return tuple(one for one in self.files if one.what in kinds)

    def has(self, *words: str) -> bool:
        """Whether any of these happened to its install meanwhile."""
        return any(word in words for word, _ in self.happened)

    def refused(self, *codes: str) -> bool:
        """Whether the decision refused it for one of these reasons."""
        return any(code in codes for code, _ in self.refusals)

    @property
    def delivered(self) -> int:
        """How often its answerfile was delivered whole."""
        return sum(one in ("delivered", "committed") for one in self.answers)

    @property
    def last_media(self) -> Media | None:
        """The file of a medium that was fetched last."""
        return self.media[-1] if self.media else None

    @property
    def restarted(self) -> float | None:
        """Seconds from its last sign of life to its next network boot, None while there was none."""
        return self.after[0].began - self.ended if self.after else None

    @property
    def same_loader(self) -> int:
        """How often in a row this card has fetched one loader and come no further, or was refused it at last because of that."""
        looped = self.refused("loop")
        name = self.loader or (self.before[-1].loader if looped and self.before else "")
        if not name or not (looped or self.reached in (Step.LOADER, Step.FAILED)):
            return 0
        return (0 if looped else 1) + self._in_a_row(lambda one: one.loader == name and one.reached is Step.LOADER)

    @property
    def own_disk_boots(self) -> int:
        """How often in a row it was led to its own disk, this boot included."""
        return 1 + self._in_a_row(lambda one: one.reached is Step.OWN_DISK) if self.reached is Step.OWN_DISK else 0

    def _in_a_row(self, holds: Callable[[Brief], bool]) -> int:
        count, began = 0, self.began
        for one in reversed(self.before):
            if not holds(one) or began - one.ended > SOON:
                break
            count, began = count + 1, one.began
        return count
