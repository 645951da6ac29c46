"""The whole story, walked as a machine walks it, against the running server: from DISCOVER to the machine's own disk.

Knows the server only by what it answers. Stops at the first step that a machine would not get past.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address

from pxeserve.domain.client import Firmware
from pxeserve.rehearse import content, menu, scripts
from pxeserve.rehearse.dhcp import DhcpClient, Lease
from pxeserve.rehearse.fetching import Fetching, rom
from pxeserve.rehearse.firmware import SPEECH, Tongue
from pxeserve.rehearse.http import HttpClient, shown
from pxeserve.rehearse.installer import Act, Installer
from pxeserve.rehearse.plan import TEXT_DIALECTS, Plan
from pxeserve.rehearse.prediction import stage_of
from pxeserve.rehearse.shared import Shared
from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import Did, Step, StepFailedError
from pxeserve.rehearse.tftp import NotThereError
from pxeserve.timeline.steps import Step as Stage

_MENU = 1 << 16
_IMAGE = 8 << 20
_HEAD = 1 << 12
_IPXE_BINARY = re.compile(r"(^|/)(undionly|ipxe|snponly|snp)[^/]*\.(kpxe|kkpxe|pxe|efi)$")
_NO_LOADER = "pxeserve loaders list shows what is there; pxeserve loaders import brings it"

@dataclass(slots=True)
class _Boot:
    """What one boot has learned so far."""

    number: int
    speaks: Tongue = Tongue.ROM
    lease: Lease | None = None
    entry: menu.Entry | None = None
    config: str = ""

    def at(self) -> Lease:
        assert self.lease is not None
        return self.lease


class Walk:
    """One rehearsal. `take` makes a leased address this process's own. `shared` is what alike machines have fetched already. `clock` gives
    seconds and may begin anywhere; `wait` is how long each try of TFTP waits, in seconds."""

    def __init__(
        self,
        plan: Plan,
        dhcp: DhcpClient,
        *,
        take: Callable[[IPv4Address], None] = lambda _: None,
        shared: Shared | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: float = 2.0,
    ) -> None:
        self._plan = plan
        self._dhcp = dhcp
        self._take = take
        self._shared = shared if shared is not None else Shared()
        self._clock = clock
        self._wait = wait
        self._lease: Lease | None = None

    def steps(self) -> Iterator[Step]:
        """Each step as it has ended; the last one is the first that failed, or the end of the story."""
        try:
            for boot, (name, act) in self._acts():
                step = self._done(boot, name, act)
                yield step
                if not step.ok:
                    return
        finally:
            if self._lease is not None:
                self._dhcp.release(self._lease)

    def _done(self, boot: int, name: str, act: Callable[[], Did]) -> Step:
        began = self._clock()
        stage = stage_of(boot, name)
        try:
            did = act()
        except StepFailedError as failed:
            met = failed.stage if failed.stage is not None and boot == 1 else stage
            return Step(boot, name, False, self._clock() - began, 0, failed.why, failed.fix, met.value, failed.source)
        return Step(boot, name, True, self._clock() - began, did.bytes, did.text, stage=stage.value)

    def _acts(self) -> Iterator[tuple[int, Act]]:
        first = _Boot(1)
        for act in self._up_to_menu(first):
            yield 1, act
        yield 1, ("menu leads to an installer", partial(self._leads_to_installer, first))
        for act in self._load(first):
            yield 1, act
        if self._plan.unattended:
            for act in self._install(first):
                yield 1, act
        second = _Boot(2)
        for act in self._up_to_menu(second):
            yield 2, act
        yield 2, ("own disk", partial(self._leads_to_own_disk, second))

    def _up_to_menu(self, boot: _Boot) -> Iterator[Act]:
        yield "address", partial(self._address, boot)
        name = boot.at().boot_file
        if not name:
            return
        boot.speaks = rom(self._plan.firmware)
        if name.endswith(".ipxe"):
            boot.speaks = Tongue.IPXE
            yield "menu", partial(self._script, boot, name)
            if boot.entry is not None and boot.entry.module == "chain":
                yield from self._through_grub(boot, boot.entry.parts[0][0])
        elif _IPXE_BINARY.search(name):
            yield "boot loader", partial(self._boot_loader, boot)
            yield "menu", partial(self._as_ipxe, boot, name)
        elif name.endswith(".efi"):
            yield from self._through_grub(boot, name)
        else:
            yield "boot loader", partial(self._boot_loader, boot)
            boot.speaks = Tongue.PXELINUX
            yield "ldlinux.c32", partial(self._file, boot, "ldlinux.c32")
            yield "menu", partial(self._menu, boot)

    def _through_grub(self, boot: _Boot, image: str) -> Iterator[Act]:
        yield "boot loader", partial(self._grub_image, boot, image)
        boot.speaks = Tongue.GRUB
        yield "menu", partial(self._grub_config, boot)

    def _load(self, boot: _Boot) -> Iterator[Act]:
        """The files of the entry, in the order in which they are loaded."""
        assert boot.entry is not None
        if boot.entry.module.endswith(".c32"):
            yield boot.entry.module, partial(self._file, boot, boot.entry.module)
            yield "libcom32.c32", partial(self._file, boot, "libcom32.c32")
        for name, _ in boot.entry.parts:
            yield name.rsplit("/", 1)[-1], partial(self._file, boot, name)

    def _install(self, boot: _Boot) -> Iterator[Act]:
        yield "installer's address", partial(self._installer_address, boot)
        yield "words for the installer", partial(self._installer_words, boot)
        assert boot.entry is not None
        url = menu.word(boot.entry.kernel_words(), "answerfile")
        assert url is not None
        yield from Installer(self._plan, HttpClient(boot.at().address), url, self._shared).steps()

    def _address(self, boot: _Boot) -> Did:
        boot.lease = self._lease = self._dhcp.boot()
        self._take(boot.lease.address)
        if not boot.lease.boot_file and boot.number == 2:
            boot.entry = menu.Entry("", "", (), local=True)
            return Did(f"{boot.lease.address} and no boot file: its firmware goes on to its own disk")
        if not boot.lease.boot_file:
            fix = f"pxeserve explain {self._plan.mac} --firmware {self._plan.firmware} names the reason"
            raise StepFailedError(f"{boot.lease.address} was lent and no boot file named", fix, stage=Stage.LOADER)
        how = "taken for this rehearsal" if self._plan.proxy else f"for {boot.lease.seconds} s"
        return Did(f"{boot.lease.address} {how}, boot file {boot.lease.boot_file}")

    def _boot_loader(self, boot: _Boot) -> Did:
        name = boot.at().boot_file
        return Did(f"{name.rsplit('/', 1)[-1]} came whole", self._loader(boot, name, _HEAD).size)

    def _loader(self, boot: _Boot, name: str, keep: int) -> Sink:
        """The first file, whatever runs then; alike machines do not wait again for what one of them did not get."""
        key = f"loader {re.sub(r'b/[^/]+/', '', name)}"
        self._shared.by(key)
        try:
            sink = self._fetching(boot).first(name, boot.speaks, keep)
            content.check_loader(name, sink, self._plan.firmware)
        except StepFailedError as failed:
            met = StepFailedError(failed.why, failed.fix or _NO_LOADER, stage=failed.stage, source=failed.source)
            self._shared.fail(key, self._plan.host, met)
            raise met from None
        return sink

    def _as_ipxe(self, boot: _Boot, before: str) -> Did:
        """The loader is an iPXE: it asks DHCP again and says who it is. Who then is given the same again goes round for ever."""
        firmware = Firmware.IPXE if SPEECH[Firmware(self._plan.firmware)].arch == 0 else Firmware.IPXE_UEFI
        boot.lease = self._lease = self._dhcp.boot(firmware)
        name = boot.lease.boot_file
        if not name.endswith(".ipxe"):
            same = "the same again" if name.rsplit("/", 1)[-1] == before.rsplit("/", 1)[-1] else "no script"
            who = before.rsplit("/", 1)[-1]
            said = f"{who} asked DHCP again as iPXE and was given {name or 'nothing'}, {same}: it goes round in a loop"
            fix = "name a script to clients whose user class (option 77) is iPXE, and the loader to the others"
            raise StepFailedError(said, fix, source="ipxe.org/howto/dhcpd; RFC 3004")
        boot.speaks = Tongue.IPXE
        return self._script(boot, name)

    def _script(self, boot: _Boot, name: str) -> Did:
        sink = self._fetching(boot).get(name, Tongue.IPXE, _MENU)
        boot.entry = scripts.ipxe(sink.content.decode("utf-8", "replace"))
        return Did("boot.ipxe came whole", sink.size)

    def _grub_image(self, boot: _Boot, name: str) -> Did:
        sink = self._loader(boot, name, _IMAGE)
        boot.config = scripts.grub_config(sink.content, name)
        return Did(f"{name.rsplit('/', 1)[-1]} came whole; it goes on with {boot.config.rpartition('/')[2]}", sink.size)

    def _grub_config(self, boot: _Boot) -> Did:
        try:
            sink = self._fetching(boot).get(boot.config, Tongue.GRUB, _MENU)
        except StepFailedError as failed:
            fix = "pxeserve events shows why: usually nothing says that this address is this MAC's"
            raise StepFailedError(f"{failed.why}: the machine stands at a grub> prompt", failed.fix or fix, source=failed.source) from None
        boot.entry = scripts.grub(sink.content.decode("utf-8", "replace"))
        return Did("grub.cfg: its own disk" if boot.entry.local else "grub.cfg came whole", sink.size)

    def _file(self, boot: _Boot, name: str) -> Did:
        key = content.shareable(name)
        if by := self._shared.by(key):
            return Did(f"{name}: as it came for {by}, which loads the same")
        try:
            did = self._fetched(boot, name)
        except StepFailedError as failed:
            self._shared.fail(key, self._plan.host, failed)
            raise
        self._shared.note(key, self._plan.host)
        return did

    def _fetched(self, boot: _Boot, name: str) -> Did:
        try:
            sink = self._fetching(boot).get(name, boot.speaks)
        except NotThereError as missing:
            raise StepFailedError(missing.why, self._missing_fix(name), source=missing.source) from None
        if not sink.size:
            raise StepFailedError(f"{name} is empty", self._missing_fix(name))
        content.check_file(self._plan, name, sink)
        return Did(f"{name} came whole", sink.size)

    def _missing_fix(self, name: str) -> str:
        if name.endswith(".c32"):
            return "pxeserve loaders list shows what is there; pxeserve loaders import brings a whole set"
        return f"pxeserve media verify {self._plan.medium} says which files are gone"

    def _menu(self, boot: _Boot) -> Did:
        """One name after another until one is there, as pxelinux does."""
        missed = 0
        for name in menu.names(self._plan.mac, boot.at().address):
            try:
                sink = self._fetching(boot).get(f"pxelinux.cfg/{name}", Tongue.PXELINUX, _MENU)
            except NotThereError:
                missed += 1
                continue
            return self._menu_read(boot, name, sink, missed)
        shown = "No DEFAULT or UI configuration directive found"
        said = f"none of the {missed} menu names is there; the machine's screen shows: {shown}"
        raise StepFailedError(said, source="SYSLINUX wiki, PXELINUX")

    def _menu_read(self, boot: _Boot, name: str, sink: Sink, missed: int) -> Did:
        boot.entry = menu.read(sink.content.decode("utf-8", "replace"))
        if missed:
            text = f"the menu by MAC is withheld, so the machine reads {name}: its own disk" if boot.entry.local else f"read {name}"
            if boot.number == 1:
                fix = "pxeserve events shows why: usually nothing says that this address is this MAC's"
                raise StepFailedError(text, fix)
            return Did(text, sink.size)
        return Did(f"{name}: entry {boot.entry.label!r}", sink.size)

    def _leads_to_installer(self, boot: _Boot) -> Did:
        entry = boot.entry
        assert entry is not None
        if entry.local:
            fix = f"pxeserve explain {self._plan.mac} names the reason; was the rehearsal cancelled, or has it run out?"
            raise StepFailedError("the menu leads to the machine's own disk and not to an installer", fix)
        words = entry.kernel_words()
        if self._plan.unattended:
            if not menu.word(words, "answerfile"):
                raise StepFailedError("the menu names no answerfile: the installer would wait for a person")
            if self._plan.dialect in TEXT_DIALECTS and "install" not in words.split():
                raise StepFailedError("the word install is missing: the installer would drop its answerfile and ask")
        return Did(f"{len(entry.parts)} files" + (f" by {entry.module}" if entry.module.endswith(".c32") else ""))

    def _leads_to_own_disk(self, boot: _Boot) -> Did:
        assert boot.entry is not None
        if not boot.entry.local:
            raise StepFailedError("the second network boot leads to an installer again: the machine would be wiped twice")
        return Did("the next network boot starts the machine's own disk")

    def _installer_address(self, boot: _Boot) -> Did:
        lease = self._dhcp.configure()
        said = "the same" if lease.address == boot.at().address else "another one, which is allowed once"
        boot.lease = self._lease = lease
        self._take(lease.address)
        return Did(f"{lease.address}: {said}")

    def _installer_words(self, boot: _Boot) -> Did:
        assert boot.entry is not None
        url = menu.word(boot.entry.kernel_words(), "answerfile")
        return Did(f"answerfile={shown(url or '')}")

    def _fetching(self, boot: _Boot) -> Fetching:
        return Fetching(self._plan, boot.at().address, boot.at().boot_file.rpartition("/")[0], self._wait)
