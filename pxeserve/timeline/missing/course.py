"""One boot read event by event into what rules look at. Refuses to know other boots, and what any of it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pxeserve.boot.entry import ASKED_FIRST
from pxeserve.domain.client import ARCHITECTURES, Firmware
from pxeserve.store.events import EventRow
from pxeserve.timeline.missing import files
from pxeserve.timeline.missing.facts import Fetch, File, Media
from pxeserve.timeline.missing.situation import Known, Situation
from pxeserve.timeline.runs import Run
from pxeserve.timeline.steps import ORDER, Step

_OF_FILE = {
    File.LOADER: Step.LOADER, File.MODULE: Step.LOADER, File.MENU: Step.MENU, File.KERNEL: Step.KERNEL, File.RAM_DISK: Step.RAM_DISK,
}  # fmt: skip
_STARTED = frozenset({"installing", "installation-start"})
_UNANSWERED = "PXE-E32"


class Course:
    """Takes the events of one boot in their order."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._reached = Step.OTHER
        self._discovers: set[str] = set()
        self._facts: dict[str, Any] = {}
        self._lists: dict[str, list[Any]] = {}
        self._address_server = False
        self._failed = False

    def add(self, event: EventRow) -> None:
        """The next event."""
        data = event.data or {}
        if event.kind.startswith("install."):
            self._install(event, data)
        elif handler := _HANDLERS.get(event.kind):
            handler(self, event, data)

    def packages(self, run: Run) -> None:
        """Packages that came whole, one after another. There are thousands of them, and rules look at the last one alone."""
        facts = self._facts
        facts["package"], facts["packages"] = max(run.package, facts.get("package", 0)), run.packages
        self._more("media", _media_of(run.events[-1].data or {}))
        self.reach(Step.PACKAGES)

    def situation(self, mac: str) -> Situation:
        """What has been heard of the boot of `mac`."""
        facts = dict(self._facts)
        facts["mode"] = self._known.mode or self._mode()
        facts["firmware"] = self._firmware()
        facts["discovers"] = len(self._discovers)
        facts |= {name: tuple(values) for name, values in self._lists.items()}
        return Situation(reached=self._reached, mac=mac, known=self._known, **facts)

    def reach(self, step: Step) -> None:
        """It has come as far as `step`. A refusal is the end only as long as nothing follows it."""
        if self._failed:
            return
        if self._reached is Step.OTHER or self._reached is Step.FAILED or ORDER[step] > ORDER[self._reached]:
            self._reached = step

    def _mode(self) -> str:
        if not self._facts.get("offers") and not self._facts.get("asked_us"):
            return ""
        return "server" if self._address_server else "proxy"

    def _firmware(self) -> Firmware | None:
        arch = self._facts.get("arch")
        known = ARCHITECTURES.get(arch) if arch is not None else None
        firmware = known.firmware if known else None
        loader = self._facts.get("loader", "")
        if self._facts.get("ipxe") or loader.endswith("boot.ipxe"):
            return Firmware.IPXE_UEFI if firmware not in (None, Firmware.BIOS) else Firmware.IPXE
        if firmware is None and arch is None and loader:
            return Firmware.UEFI_X64 if loader.endswith(".efi") else Firmware.BIOS if loader.endswith(".0") else None
        return firmware

    def _put(self, **facts: Any) -> None:
        self._facts.update({key: value for key, value in facts.items() if value})

    def _more(self, name: str, value: Any) -> None:
        self._lists.setdefault(name, []).append(value)

    def _count(self, name: str) -> None:
        self._facts[name] = self._facts.get(name, 0) + 1

    def _operating_system(self, data: Mapping[str, Any]) -> bool:
        """Whether a DHCP message is an operating system's, or a loader's of its own: firmware says that it boots. One that says nothing at
        all is an operating system's once the kernel has come."""
        vendor = data.get("vendor_class")
        if vendor is not None:
            return "arch" not in data and not str(vendor).startswith(("PXEClient", "HTTPClient"))
        return self._runs_a_kernel()

    def _runs_a_kernel(self) -> bool:
        return ORDER[Step.KERNEL] <= ORDER[self._reached] < ORDER[Step.FAILED]

    def _asks(self, event: EventRow, data: Mapping[str, Any]) -> None:
        if reason := data.get("ignored"):
            self._more("ignored", str(reason))
        if self._operating_system(data):
            if self._runs_a_kernel():  # else GRUB asks for an address of its own, or a system that nothing led to an installer
                self._count("installer_asked")
            return
        arch = str(data.get("arch", ""))
        if arch.isdigit():
            self._facts["arch"] = int(arch)
        self._put(
            vendor_class=str(data.get("vendor_class") or ""), relay=str(data.get("relay") or ""),
            ipxe="ipxe" in str(data.get("user_class") or "").lower(),
        )  # fmt: skip
        if event.kind == "dhcp.discover":
            self._discovers.add(f"{data.get('xid', '')}@{event.id}")
            self.reach(Step.ASKS)
        elif self._elsewhere(data):
            self._put(taken_from=str(data.get("server") or "another DHCP server"), address=event.address or "")
            if self._known.mode == "proxy" or (not self._known.mode and not self._address_server):
                self.reach(Step.ADDRESS)

    @staticmethod
    def _elsewhere(data: Mapping[str, Any]) -> bool:
        return bool(data.get("server")) or data.get("ignored") == "other-server"

    def _offer(self, event: EventRow, data: Mapping[str, Any]) -> None:
        if not event.session and not data.get("file"):
            return  # an operating system's
        self._count("offers")
        self._named(event, data)
        self.reach(Step.OFFERED)

    def _ack(self, event: EventRow, data: Mapping[str, Any]) -> None:
        if not event.session and not data.get("file"):
            if not self._runs_a_kernel():
                return  # a loader's of its own, or a system that nothing led to an installer
            self._put(installer_address=True, address=event.address or "")
            done = self._reached in (Step.DONE, Step.FIRST_BOOT)
            self.reach(Step.FIRST_BOOT if done else Step.INSTALLER_ASKS)
            return
        self._put(asked_us=True, address=event.address or "")
        self._named(event, data)
        self.reach(Step.ADDRESS)

    def _system(self, event: EventRow, data: Mapping[str, Any]) -> None:
        """A host's system that asks another server: the installer behind its RAM disk, or what lies on its disk."""
        if self._runs_a_kernel():
            self._ack(event, data)

    def _named(self, event: EventRow, data: Mapping[str, Any]) -> None:
        self._address_server = self._address_server or event.address is not None
        if data.get("file"):
            set_name, loader = files.split(str(data["file"]))
            self._put(set=set_name, loader=loader)

    def _refused(self, _event: EventRow, data: Mapping[str, Any]) -> None:
        self._decided(data)
        self.reach(Step.FAILED)

    def _decided(self, data: Mapping[str, Any]) -> None:
        because = data.get("because")
        for one in because if isinstance(because, list) else ():
            if isinstance(one, Mapping):
                self._more("codes", str(one.get("code")))
                if one.get("weight") == "refused":
                    self._more("refusals", (str(one.get("code")), str(one.get("text"))))

    def _silent(self, _event: EventRow, data: Mapping[str, Any]) -> None:
        self._decided(data)
        self.reach(Step.OWN_DISK)

    def _nak(self, event: EventRow, data: Mapping[str, Any]) -> None:
        self._more("naks", str(data.get("reason") or event.text))

    def _declined(self, _event: EventRow, _data: Mapping[str, Any]) -> None:
        self._put(declined=True)

    def _file(self, event: EventRow, data: Mapping[str, Any]) -> None:
        set_name, name = files.split(str(data.get("file", "")))
        what = files.kind(name)
        fetch = Fetch(
            name, what, event.kind.split(".")[0], str(data.get("outcome", "")), _whole(data, "bytes") or 0, _whole(data, "size"),
            _whole(data, "blksize"), _whole(data, "retransmits") or 0, data.get("screen") != _UNANSWERED, str(data.get("screen") or ""),
            str(data.get("detail") or ""), str(data.get("rule") or ""),
        )  # fmt: skip
        self._more("files", fetch)
        if what is File.LOADER and (fetch.whole or not self._facts.get("loader")):
            self._put(set=set_name, loader=name)
        if fetch.rule == ASKED_FIRST:
            self.reach(Step.LOADER)  # its menu is still to come
        elif fetch.whole and what in _OF_FILE:
            self.reach(_OF_FILE[what])
        elif fetch.missed and what in (File.MENU, File.MODULE):
            self.reach(Step.LOADER)  # it runs, or it would not ask

    def _menu(self, _event: EventRow, data: Mapping[str, Any]) -> None:
        target = str(data.get("target"))
        self._more("menus", target)
        self._decided(data)
        self.reach(Step.OWN_DISK if target == "own-disk" else Step.MENU)

    def _media(self, _event: EventRow, data: Mapping[str, Any]) -> None:
        one = _media_of(data)
        self._more("media", one)
        if one.package is None:
            self._more("missed" if one.outcome == "not-found" else "found", one.path)
        self.reach(Step.REPOSITORY)


    def _answerfile(self, _event: EventRow, data: Mapping[str, Any]) -> None:
        outcome = str(data.get("outcome"))
        self._more("answers", outcome)
        if outcome in ("delivered", "committed"):
            self.reach(Step.ANSWERFILE)

    def _script(self, _event: EventRow, _data: Mapping[str, Any]) -> None:
        self._count("hooks")
        self.reach(Step.HOOK if self._lists.get("media") and self._facts.get("package") else Step.STARTED)

    def _progress(self, _event: EventRow, data: Mapping[str, Any]) -> None:
        self._report(str(data.get("stage")))

    def _report(self, stage: str) -> None:
        if stage in ("done", "failed"):
            self.reach(Step.DONE if stage == "done" else Step.FAILED)
            self._failed = self._failed or stage == "failed"
        else:
            self._more("reports", stage)
            self.reach(Step.STARTED if stage in _STARTED else Step.HOOK)

    def _trouble(self, event: EventRow, _data: Mapping[str, Any]) -> None:
        self._put(trouble=event.text)

    def _first_boot(self, event: EventRow, data: Mapping[str, Any]) -> None:
        """The installed system speaks by itself, and says how far its job is."""
        self.reach(Step.FIRST_BOOT)
        state = str(data.get("state") or event.kind.removeprefix("firstboot."))
        if event.kind != "firstboot.secrets":
            end = event.kind != "firstboot.step"
            self._more("job", (str(data.get("step") or ""), state, str(data.get("because") or event.text), end))

    def _install(self, event: EventRow, data: Mapping[str, Any]) -> None:
        word = event.kind.removeprefix("install.")
        because = str(data.get("because") or event.text)
        if word in ("done", "failed"):
            self._report(word)
        if word == "script-failed":
            self._more("failures", because)
        self._more("happened", (word, because))


def _media_of(data: Mapping[str, Any]) -> Media:
    several = data.get("files")
    path = str(several[-1][0]) if isinstance(several, list) and several else str(data.get("path", ""))
    return Media(
        str(data.get("medium", "")), path, str(data.get("outcome", "")), _whole(data, "status") or 200, _whole(data, "bytes") or 0,
        _whole(data, "total") or 0, _whole(data, "package"), _whole(data, "packages"),
    )  # fmt: skip


def _whole(data: Mapping[str, Any], key: str) -> int | None:
    value = data.get(key)
    return value if isinstance(value, int) else None


_HANDLERS: dict[str, Callable[[Course, EventRow, Mapping[str, Any]], None]] = {
    "dhcp.discover": Course._asks,
    "dhcp.request": Course._asks,
    "dhcp.offer": Course._offer,
    "dhcp.ack": Course._ack,
    "dhcp.system": Course._system,
    "dhcp.refused": Course._refused,
    "dhcp.silent": Course._silent,
    "dhcp.nak": Course._nak,
    "dhcp.decline": Course._declined,
    "dhcp.not-stored": Course._trouble,
    "tftp.transfer": Course._file,
    "tftp.trouble": Course._trouble,
    "http.boot": Course._file,
    "http.trouble": Course._trouble,
    "boot.menu": Course._menu,
    "http.file": Course._media,
    "ftp.file": Course._media,
    "http.answerfile": Course._answerfile,
    "http.script": Course._script,
    "http.progress": Course._progress,
    "firstboot.step": Course._first_boot,
    "firstboot.secrets": Course._first_boot,
    "firstboot.failed": Course._first_boot,
    "firstboot.done": Course._first_boot,
}
