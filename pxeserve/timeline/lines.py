"""What one event says to people: which step of the story it is, with its bytes and seconds. Refuses to know the events around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pxeserve.boot.entry import ASKED_FIRST
from pxeserve.store.events import EventRow
from pxeserve.timeline.names import RAM_DISK, boot_name
from pxeserve.timeline.steps import Step

Reason = Mapping[str, str]
"""One reason of a decision as the record has it: `weight`, `code`, `text`, `source`."""

_BAD_CABLE = 3
"""So many blocks of a file have to be sent again, and more than one in a hundred, before that is worth a word."""
_LOADERS = ("pxelinux.0", "grubx64.efi", "grubia32.efi", "grubaa64.efi", "EFI/xenserver/grubx64.efi")
_MENUS = ("pxelinux.cfg/", "grub.cfg", "grub/", "boot.ipxe", "ipxe/", "EFI/xenserver/grub.cfg")
_OTHER_MACHINE = frozenset({"serial-differs", "uuid-differs"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline. `at` is epoch seconds when the step had ended; `bytes` and `seconds` belong to transfers; `ok` is False for
    what went wrong; `first` and `last` are event ids (several alike events may have become one line). `moment` is `at` by the clock that
    nobody sets. `because` are the reasons of the decision that was in force, as `explain` would have given them."""

    at: float
    step: Step
    text: str
    ok: bool = True
    bytes: int | None = None
    seconds: float | None = None
    package: int | None = None
    packages: int | None = None
    count: int = 1
    first: int = 0
    last: int = 0
    moment: float = 0.0
    because: tuple[Reason, ...] = ()

    @property
    def rate(self) -> float | None:
        """Bytes a second, where that can be said."""
        return self.bytes / self.seconds if self.bytes and self.seconds else None


def line(event: EventRow) -> Line:
    """The line for `event`."""
    data = event.data or {}
    make = _MAKERS.get(event.kind)
    if make is None:
        make = _install if event.kind.startswith("install.") else _recovery if event.kind.startswith("recovery.") else _other
    return make(event, data)


def reasons(event: EventRow) -> tuple[Reason, ...]:
    """The reasons of the decision that `event` tells of; none when it tells of none."""
    said = (event.data or {}).get("because")
    return tuple(one for one in said if isinstance(one, dict)) if isinstance(said, list) else ()


def _of(event: EventRow, step: Step, text: str, **more: Any) -> Line:
    return Line(event.at, step, text, first=event.id, last=event.id, moment=event.moment, because=reasons(event), **more)


def _simple(step: Step) -> Callable[[EventRow, Mapping[str, Any]], Line]:
    def make(event: EventRow, _data: Mapping[str, Any]) -> Line:
        return _of(event, step, event.text)

    return make


def _asks(event: EventRow, data: Mapping[str, Any]) -> Line:
    """Firmware says that it boots, or says nothing at all (GRUB); an operating system says what it is."""
    vendor = str(data.get("vendor_class") or "")
    system = vendor and "arch" not in data and not vendor.startswith(("PXEClient", "HTTPClient"))
    return _of(event, Step.INSTALLER_ASKS if system else Step.ASKS, event.text)


def _offer(event: EventRow, data: Mapping[str, Any]) -> Line:
    return _lent(event, data, Step.OFFERED)


def _ack(event: EventRow, data: Mapping[str, Any]) -> Line:
    return _lent(event, data, Step.ADDRESS)


def _lent(event: EventRow, data: Mapping[str, Any], step: Step) -> Line:
    """An address with a boot file goes to firmware; one without goes to an operating system, here the installer."""
    step = step if event.session or data.get("file") else Step.INSTALLER_ASKS
    return _of(event, step, _short(event.text))


def _refused(event: EventRow, _data: Mapping[str, Any]) -> Line:
    because = [one["text"] for one in reasons(event) if one.get("weight") == "refused"]
    return _of(event, Step.FAILED, "; ".join([event.text, *because]), ok=False)


def _trouble(event: EventRow, _data: Mapping[str, Any]) -> Line:
    return _of(event, Step.OTHER, event.text, ok=False)


def _tftp(event: EventRow, data: Mapping[str, Any]) -> Line:
    name = boot_name(data)
    outcome = data.get("outcome")
    if outcome == "refused:1" and name.startswith("pxelinux.cfg/"):
        return _of(event, Step.LOADER, f"the loader looks for {name}: not there, as it should be")
    if outcome == "part":
        return _of(event, Step.OTHER, f"{name}: a part of it first")
    if outcome == "aborted-probe":
        return _of(event, Step.OTHER, f"{name}: asked for its size first")
    if outcome != "done":
        text = _short(event.text)
        if screen := data.get("screen"):
            text += f"; the machine's screen shows {screen}"
        return _of(event, Step.OTHER, text, ok=False, bytes=_number(data, "bytes"))
    again, blocks = _number(data, "retransmits") or 0, _number(data, "blocks") or 0
    if again >= _BAD_CABLE and again * 100 > blocks:
        text = f"{name}: it came, and {again} of {blocks} blocks had to be sent again: the cable, a port or the card loses packets"
        return _of(event, _file_step(name), text, ok=False, bytes=_number(data, "bytes"), seconds=_seconds(data))
    return _of(event, _file_step(name), name, bytes=_number(data, "bytes"), seconds=_seconds(data))


def _boot_file(event: EventRow, data: Mapping[str, Any]) -> Line:
    if data.get("rule") == ASKED_FIRST:
        return _of(event, Step.LOADER, "the loader is asked for the machine's serial number")
    return _tftp(event, data)


def _file_step(name: str) -> Step:
    if name.startswith(_MENUS):
        return Step.MENU
    if name in _LOADERS or name.endswith(".c32"):
        return Step.LOADER
    if name.startswith("i/") or RAM_DISK.search(name):
        return Step.RAM_DISK
    return Step.KERNEL if name.startswith(("m/", "f/", "x/")) else Step.OTHER


def _menu(event: EventRow, data: Mapping[str, Any]) -> Line:
    said = [one["text"] for one in reasons(event) if one.get("code") != "loader"]
    target = data.get("target")
    step = Step.OWN_DISK if target == "own-disk" else Step.MENU
    other = any(one.get("code") in _OTHER_MACHINE for one in reasons(event))
    return _of(event, step, f"{target}: {'; '.join(said)}", ok=not other)


def _http(event: EventRow, data: Mapping[str, Any]) -> Line:
    package, packages = _number(data, "package"), _number(data, "packages")
    name = f"{data.get('medium')}/{data.get('path')}"
    outcome = data.get("outcome")
    files = data.get("files")
    if isinstance(files, list):  # what came within one second, when there was too much for a line each
        step = Step.REPOSITORY if package is None else Step.PACKAGES
        figures = {"bytes": _number(data, "bytes"), "seconds": _seconds(data), "package": package, "packages": packages}
        return _of(event, step, _short(event.text), **figures)
    if package is None:
        # "Is it there" is a GET closed after the header, and most of the names tried are not there.
        return _of(event, Step.REPOSITORY, f"{name}: {outcome}", bytes=_number(data, "bytes"))
    if outcome != "done":
        text = f"package {package} of {packages}: {_short(event.text)}"
        return _of(event, Step.OTHER, text, ok=False, bytes=_number(data, "bytes"))
    return _of(
        event, Step.PACKAGES, f"package {package} of {packages}: {name}", bytes=_number(data, "bytes"), seconds=_seconds(data),
        package=package, packages=packages,
    )  # fmt: skip


def _answerfile(event: EventRow, data: Mapping[str, Any]) -> Line:
    if data.get("outcome") == "delivered":
        return _of(event, Step.ANSWERFILE, "answerfile delivered", bytes=_number(data, "bytes"))
    return _of(event, Step.OTHER, event.text, ok=False)


def _progress(event: EventRow, data: Mapping[str, Any]) -> Line:
    stage = data.get("stage")
    step = {"done": Step.DONE, "failed": Step.FAILED}.get(str(stage), Step.HOOK)
    return _of(event, step, f"the installer reports: {stage}", ok=stage != "failed")


def _install(event: EventRow, data: Mapping[str, Any]) -> Line:
    word = event.kind.removeprefix("install.")
    because = str(data.get("because") or event.text)
    wrong = word in ("alarm", "frozen", "failed", "lapsed", "medium-damaged", "withheld", "script-failed", "stale-token")
    text = f"install {word}" + (f": {because}" if because else "")
    return _of(event, Step.OTHER, text, ok=not wrong)


def _first_boot(event: EventRow, data: Mapping[str, Any]) -> Line:
    word = event.kind.removeprefix("firstboot.")
    wrong = word == "failed" or data.get("state") == "failed"
    return _of(event, Step.FIRST_BOOT, f"first boot: {data.get('because') or word}", ok=not wrong)


def _recovery(event: EventRow, data: Mapping[str, Any]) -> Line:
    word = event.kind.removeprefix("recovery.")
    return _of(event, Step.OTHER, f"recovery {data.get('recovery')} {word}: {event.text}", ok=word not in ("stopped", "waits"))


def _other(event: EventRow, _data: Mapping[str, Any]) -> Line:
    return _of(event, Step.OTHER, f"{event.kind}: {event.text}" if event.text else event.kind)


def _short(text: str) -> str:
    """Without the boot session's id, which is for programs."""
    return re.sub(r"/?b/[a-z0-9]{31,38}/[^/\s]+/", "", text)


def _number(data: Mapping[str, Any], key: str) -> int | None:
    value = data.get(key)
    return value if isinstance(value, int) else None


def _seconds(data: Mapping[str, Any]) -> float | None:
    value = data.get("seconds")
    return float(value) if isinstance(value, int | float) else None


_MAKERS: dict[str, Callable[[EventRow, Mapping[str, Any]], Line]] = {
    "dhcp.discover": _asks,
    "dhcp.offer": _offer,
    "dhcp.request": _simple(Step.OTHER),
    "dhcp.ack": _ack,
    "dhcp.system": _simple(Step.INSTALLER_ASKS),
    "dhcp.nak": _trouble,
    "dhcp.decline": _trouble,
    "dhcp.refused": _refused,
    "dhcp.silent": _simple(Step.OWN_DISK),
    "dhcp.not-stored": _trouble,
    "tftp.transfer": _boot_file,
    "tftp.trouble": _trouble,
    "boot.menu": _menu,
    "http.boot": _boot_file,
    "http.trouble": _trouble,
    "http.file": _http,
    "ftp.file": _http,
    "http.answerfile": _answerfile,
    "http.script": _simple(Step.HOOK),
    "http.progress": _progress,
    "http.log": _simple(Step.OTHER),
    "backup.taken": _simple(Step.OTHER),
    "backup.refused": _trouble,
    "backup.damaged": _trouble,
    "backup.good": _simple(Step.OTHER),
    "backup.crowded": _trouble,
    "backup.pruned": _simple(Step.OTHER),
    "backup.removed": _simple(Step.OTHER),
    "join.asked": _simple(Step.OTHER),
    "join.joining": _simple(Step.OTHER),
    "join.joined": _simple(Step.OTHER),
    "join.failed": _trouble,
    "medium.damaged": _trouble,
    "firstboot.step": _first_boot,
    "firstboot.secrets": _first_boot,
    "firstboot.failed": _first_boot,
    "firstboot.done": _first_boot,
}
