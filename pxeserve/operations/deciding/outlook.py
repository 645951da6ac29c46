"""What a person at the machine, and in its timeline, will see when it boots now: the next steps in their order, as sentences.

Pure; says what was decided and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.boot.leaving import Reader, stops, way
from pxeserve.boot.table import SCRIPT, VENDOR_FILE
from pxeserve.domain.client import Firmware
from pxeserve.domain.decide import Decision, Reason, Target, Weight
from pxeserve.operations.deciding.lent import Would

_IPXE_UEFI = frozenset({Firmware.IPXE_UEFI})


def reader_of(decision: Decision, firmware: Firmware) -> Reader | None:
    """Which loader will read its menu."""
    loader = decision.loader
    if loader is None:
        return None
    if loader.file == SCRIPT:
        return Reader.IPXE_UEFI if firmware in _IPXE_UEFI else Reader.IPXE_BIOS
    return Reader.GRUB if loader.file == VENDOR_FILE or loader.file.startswith("grub") else Reader.PXELINUX


def leaving(decision: Decision, firmware: Firmware, uuid: str | None = None) -> tuple[Reason, ...]:
    """How the machine is led to its own disk, where that is what it gets; `uuid` is what it says of itself."""
    reader = reader_of(decision, firmware)
    if reader is None or decision.target is not Target.OWN_DISK:
        return ()
    leave = decision.profile.words.leave if decision.profile else ""
    source = f"profile {decision.profile.name}: boot.leave" if leave and decision.profile else "the usual way"
    chosen = Reason(Weight.CHOSE, "leave", f"{reader} {way(reader, leave).says}", source)
    maker = stops(uuid) if reader is Reader.GRUB and not leave else None
    if maker is None:
        return (chosen,)
    text = f"{maker.name}'s UEFI stops at a menu where GRUB finds no installed system: boot.leave = silent or disk helps then"
    return chosen, Reason(Weight.PASSED_OVER, "stops", text, maker.source)


def outlook(decision: Decision, firmware: Firmware, dhcp: Would, http: bool) -> list[str]:
    """What comes next, in order. `http` says that the loader goes over HTTP. Never empty."""
    return list(_steps(decision, firmware, dhcp, http))


def _steps(decision: Decision, firmware: Firmware, dhcp: Would, http: bool) -> Iterator[str]:
    loader = decision.loader
    if not dhcp.answers and not dhcp.file:
        yield "nothing from pxeserve: the firmware asks, hears at most another server, and goes on with its next boot device"
        return
    yield "the record: dhcp.discover, and an offer" if dhcp.answers else "the other DHCP server's answer, which pxeserve does not see"
    if loader is None:
        yield "the machine has an address, says that it was named no boot file, and goes on with its next boot device"
        return
    yield f"the machine loads {loader.file} over {'HTTP' if http else 'TFTP'} and asks for its menu"
    reader = reader_of(decision, firmware)
    match decision.target:
        case Target.INSTALLER:
            medium = decision.medium.name if decision.medium else "its medium"
            yield f"its menu goes to the address that is proven to be its own; then hypervisor, kernel and RAM disk of {medium}"
            if decision.install is not None and decision.install.wants_answerfile:
                yield "the installer fetches its answerfile, which uses the arming up, then its packages, and reports by its hooks"
            else:
                yield "the RAM disk's delivery uses the arming up; somebody at the machine's console answers the installer"
        case Target.PLAIN:
            yield "its menu goes to the address that is proven to be its own; the last of its files uses the arming up"
        case _:
            assert reader is not None
            yield f"{reader} {way(reader, decision.profile.words.leave if decision.profile else '').says}"
