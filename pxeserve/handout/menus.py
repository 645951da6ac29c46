"""The menu for a machine: the decision asked again, the gate of arming passed, and the entry written as its loader reads it.

Where a serial number can decide, and the loader can say it, it is asked for that first. What it says can only take an installer away.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from ipaddress import IPv4Address

from pxeserve.boot import entry as entries
from pxeserve.boot import grub, grubimage, ipxe, pxelinux
from pxeserve.boot.entry import Entry, MenuError
from pxeserve.boot.leaving import CHAIN
from pxeserve.boot.loaders import Loaders
from pxeserve.boot.table import SCRIPT, VENDOR_FILE
from pxeserve.domain.client import Client, Firmware
from pxeserve.domain.decide import Decision, Loader, Reason, Target, Weight, decide
from pxeserve.domain.host import BootWords, Host, Profile
from pxeserve.events.record import Event
from pxeserve.events.recorder import Recorder
from pxeserve.handout.answer import Given, Refused, Why
from pxeserve.handout.names import VENDOR_CFG, Said, Syntax, firmware_of
from pxeserve.handout.request import Gate, Request
from pxeserve.installs.alarms import Alarms
from pxeserve.installs.arming import BootDenied
from pxeserve.installs.subject import subject
from pxeserve.snapshot import Snapshot
from pxeserve.store import Store

_HTTP = 80
_OTHER_MACHINE = frozenset({"serial-differs", "uuid-differs"})
_OTHER_CARD = frozenset({"other-card-serial", "serial-shared"})

OTHER_CARD = "discovered.other-card"
"""The event that tells a host of an unknown MAC which says its serial number."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where machines reach this server: its address and HTTP port."""

    address: IPv4Address
    http_port: int

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://{self.address}" + ("" if self.http_port == _HTTP else f":{self.http_port}")

    def folder(self, session: str | None, set_name: str | None) -> str:
        """The address that names of one boot are relative to."""
        return f"{self.url}/b/{session}/{set_name}" if session else self.url

    def grub(self, session: str | None, set_name: str | None) -> tuple[str, ...]:
        """The same as GRUB writes it, the best way first. GRUB 2.06 knows no other HTTP port than 80, and no other TFTP port than 69."""
        devices = ("http", "tftp") if self.http_port == _HTTP else ("tftp",)
        folder = f"/b/{session}/{set_name}" if session else ""
        return tuple(f"({device},{self.address}){folder}" for device in devices)


@dataclass(frozen=True, slots=True)
class Reader:
    """Which loader will read a menu, and where the names in it begin, the best place first. `grub` is the image that iPXE on UEFI goes
    on with, "" for none; `modules` lie beside a pxelinux.0. `again` are the addresses at which it asks for this menu with what SMBIOS says
    of its machine, the best first; none where it could not."""

    syntax: Syntax
    uefi: bool
    bases: tuple[str, ...] = ()
    grub: str = ""
    modules: frozenset[str] = frozenset()
    again: tuple[str, ...] = ()


def reader_for(firmware: Firmware, loader: Loader, place: Place, session: str, grub_image: str) -> Reader:
    """Who reads the menu of a boot that begins with `loader`; for whoever wants to see it without booting."""
    if loader.file == SCRIPT:
        return Reader(Syntax.IPXE, firmware is Firmware.IPXE_UEFI, (place.folder(session, loader.set),), grub_image)
    if loader.file == VENDOR_FILE:
        return Reader(Syntax.GRUB, True, ("",))
    if loader.file in grubimage.FILES:
        return Reader(Syntax.GRUB, True, place.grub(session, loader.set))
    return Reader(Syntax.PXELINUX, False)


def write(entry: Entry, reader: Reader) -> bytes:
    """The entry in the reader's words. Raises MenuError."""
    match reader.syntax:
        case Syntax.GRUB:
            return grub.write(entry, reader.bases)
        case Syntax.IPXE:
            return ipxe.write(entry, reader.bases[0], ipxe.Host(reader.uefi, reader.grub))
        case Syntax.PXELINUX:
            return pxelinux.write(entry, reader.modules)


def asking(reader: Reader, profile: Profile | None) -> bytes:
    """What has the reader ask again, and say what machine it runs on."""
    leave = profile.words.leave if profile is not None else ""
    return ipxe.asking(reader.again[0]) if reader.syntax is Syntax.IPXE else grub.asking(reader.again, leave)


def own_disk(decision: Decision, reader: Reader) -> bytes:
    """The menu that leaves the network boot, in the profile's way if that can be written."""
    words = decision.profile.words if decision.profile else BootWords()
    try:
        return write(entries.own_disk(decision.host.name if decision.host else "this machine", words), reader)
    except (MenuError, ValueError):
        return write(entries.own_disk("this machine"), reader)


class Menus:
    """Menus for whoever has been told apart."""

    def __init__(self, store: Store, loaders: Loaders, gate: Gate, recorder: Recorder, place: Place) -> None:
        self._store = store
        self._loaders = loaders
        self._gate = gate
        self._recorder = recorder
        self._place = place
        self._alarms = Alarms()

    def last(self) -> bytes:
        """What ends pxelinux's search: the machine's own disk."""
        return pxelinux.write(entries.own_disk("this machine"))

    def of(self, request: Request) -> Given | Refused:
        """The menu of the machine that `request.who` names; its own disk's when it may not have another."""
        asked, mac = request.asked, request.who.mac
        reader = self._reader(request)
        if mac is None:  # nobody knows whose address it is: whatever is armed, it is not told to this one
            return Given("menu: nobody's address", request.who, data=write(entries.own_disk("this machine"), reader))
        said = self._believed(request, mac)
        who = subject(self._store, request.snapshot, mac, serial=said.serial if said else None)
        request = request._replace(who=replace(request.who, host=who.host.name if who.host else None))
        if said is None and _matters(request.snapshot, who.host, reader):
            return Given(entries.ASKED_FIRST, request.who, data=asking(reader, who.profile))
        said = said or Said()
        request = request._replace(asked=replace(asked, said=said))
        client = Client(mac, firmware_of(asked.syntax, asked.set_name), uuid=said.uuid, address=request.address, serial=said.serial)
        site = self._loaders.site_of(client.firmware or Firmware.BIOS, asked.set_name, who.medium, who.profile)
        decision = decide(client, who.host, who.install, site, profile=who.profile, medium=who.medium, claim=who.claim, now=request.now)
        if decision.target not in (Target.INSTALLER, Target.PLAIN) or decision.install is None:
            self._alarm(request, mac, decision)
            return self._own_disk(request, decision, reader)
        grant = self._gate.open_boot(decision.install, mac, request.address, request.now)
        if isinstance(grant, BootDenied):
            return Refused(Why.NOT_FOUND, f"menu: {grant.reason}", replace(request.who, install=decision.install.id))
        token = grant.answerfile_token
        try:
            entry = entries.entry(decision, answerfile_url=f"{self._place.url}/a/{token}" if token else None)
            body = write(entry, reader)
        except MenuError as error:
            reason = Reason(Weight.REFUSED, "menu-unwritable", error.message, f"host {request.who.host}")
            return self._own_disk(request, replace(decision, because=(*decision.because, reason)), reader)
        self._tell(request, decision)
        return Given(f"menu: {decision.target}", replace(request.who, install=decision.install.id), data=body)

    def _believed(self, request: Request, mac: str) -> Said | None:
        """What the loader said of its machine; None when it was not asked yet. It is kept, and can stop an arming: so an address has to be
        that MAC's before it says anything of it."""
        said = request.asked.said
        if said is None or said == Said() or self._gate.knows(mac, request.address, request.now):
            return said
        return Said()

    def _alarm(self, request: Request, mac: str, decision: Decision) -> None:
        """Tell of a machine that says what another one should say."""
        for reason in decision.because:
            if reason.code in _OTHER_MACHINE and decision.install is not None:
                self._gate.contradicted(decision.install, mac, request.address, reason.text, request.now)
            elif reason.code in _OTHER_CARD and self._alarms.due(mac, request.address, request.now):
                host = reason.source.removeprefix("host ")
                event = Event(OTHER_CARD, request.now, reason.text, host=host, mac=mac, address=str(request.address))
                self._recorder.emit(event)

    def _reader(self, request: Request) -> Reader:
        asked = request.asked
        session, set_name = (request.session.id, asked.set_name) if request.session else (None, None)
        match asked.syntax:
            case Syntax.GRUB:
                # The vendor's GRUB has its root set to this server's TFTP already, and perhaps no HTTP.
                bases = ("",) if asked.name == VENDOR_CFG else self._place.grub(session, set_name)
                says = asked.name != VENDOR_CFG and self._loaders.grub_says_serial(set_name)
                return Reader(Syntax.GRUB, True, bases, again=tuple(f"{base}/{asked.name}" for base in bases) if says else ())
            case Syntax.IPXE:
                uefi = asked.set_name not in (None, "ipxe") or asked.name.endswith(".efi")
                image = self._loaders.grub_for(asked.set_name or "")
                folder = self._place.folder(session, set_name)
                return Reader(Syntax.IPXE, uefi, (folder,), image, again=(f"{folder}/{asked.name}",))
            case _:
                return Reader(Syntax.PXELINUX, False, modules=self._loaders.modules(set_name, CHAIN))

    def _own_disk(self, request: Request, decision: Decision, reader: Reader) -> Given:
        self._tell(request, replace(decision, target=Target.OWN_DISK))
        return Given("menu: own-disk", request.who, data=own_disk(decision, reader))

    def _tell(self, request: Request, decision: Decision) -> None:
        said = {key: value for key, value in asdict(request.asked.said or Said()).items() if value}
        because = [{"weight": r.weight, "code": r.code, "text": r.text, "source": r.source} for r in decision.because]
        self._recorder.emit(
            Event(
                "boot.menu",
                request.now,
                f"menu for {decision.target}: {decision.because[-1].text}",
                host=request.who.host,
                mac=request.who.mac,
                address=str(request.address),
                install=decision.install.id if decision.install else None,
                session=request.session.id if request.session else None,
                data={"target": decision.target, "because": because, **said},
            )
        )


def _matters(snapshot: Snapshot, host: Host | None, reader: Reader) -> bool:
    """Whether a serial number can decide anything, or tell people more of a machine that nobody knows. iPXE is at home in fetching scripts;
    GRUB is asked only where some host has one."""
    if not reader.again:
        return False
    if host is not None:
        return host.serial is not None
    return reader.syntax is Syntax.IPXE or bool(snapshot.by_serial)
