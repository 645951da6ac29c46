"""The steps of a network installation, in their order, and what each is followed by: all that the timeline knows of the field, as data.

Refuses to know events; `lines` says which event is which step.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """How far a boot has come. The order is that of the story."""

    ASKS = "asks"                      # a DISCOVER was heard
    OFFERED = "offered"
    ADDRESS = "address"                # ACK: the machine has its address and the boot file's name
    LOADER = "loader"
    MENU = "menu"
    KERNEL = "kernel"                  # hypervisor or kernel
    RAM_DISK = "RAM disk"
    INSTALLER_ASKS = "installer asks"  # DHCP from the installer's own network stack
    ANSWERFILE = "answerfile"
    REPOSITORY = "repository"
    PACKAGES = "packages"
    HOOK = "hook"
    DONE = "done"
    OWN_DISK = "own disk"
    FAILED = "failed"
    OTHER = "other"                    # says something, moves nothing


@dataclass(frozen=True, slots=True)
class Expectation:
    """What comes after a step: the sentence, how long machines take at most (seconds), what it means when it does not come, and where that
    is known from."""

    after: Step
    expected: str
    patience: float
    missing: str
    source: str


_TABLE = (
    Expectation(
        Step.ASKS,
        "an offer from this server",
        10,
        "this server did not answer: see the reason beside the request, or what was ignored (pxeserve events --ignored)",
        "RFC 2131 section 4.3.1",
    ),
    Expectation(
        Step.OFFERED,
        "the machine takes the offer (DHCP REQUEST)",
        20,
        "the machine never took the offer: it took another server's, or the offer did not reach it (switch port still starting, relay)",
        "RFC 2131 section 4.4.1; iPXE waits 3 s for a proxy, OVMF 4 s",
    ),
    Expectation(
        Step.ADDRESS,
        "the boot loader by TFTP",
        30,
        "the machine has its address and never asked for the boot loader: UDP 69 is not let through, or its firmware wants another one "
        "(PXE-E32 on its screen is this)",
        "RFC 1350; iPXE with IPv6 waits 13 s after its ACK where no router answers",
    ),
    Expectation(
        Step.LOADER,
        "the loader's modules and its menu (pxelinux.cfg/01-MAC)",
        20,
        "the loader came and never asked for its menu: it did not start (Secure Boot, wrong firmware type), or its ldlinux.c32 is of "
        "another build",
        "SYSLINUX wiki, PXELINUX: configuration",
    ),
    Expectation(
        Step.MENU,
        "the hypervisor or kernel by TFTP",
        20,
        "the menu came and no kernel was asked for: the machine stopped in the loader; its screen says why",
        "SYSLINUX wiki, mboot.c32",
    ),
    Expectation(
        Step.KERNEL,
        "the rest of the boot files, the RAM disk last",
        120,
        "the boot files stopped coming: the machine lost its network, or has too little memory for them",
        "SYSLINUX wiki, mboot.c32: modules are loaded in their order",
    ),
    Expectation(
        Step.RAM_DISK,
        "the installer asks for its answerfile",
        240,
        "the machine booted the installer and never came back: most likely the installer has no driver for its network card, the port "
        "gives no address in time (spanning tree), or it needs a VLAN that the installer was not told",
        "installers bring up every card by DHCP before they fetch; XCP-ng forum and tracker, missing card drivers",
    ),
    Expectation(
        Step.INSTALLER_ASKS,
        "the installer asks for its answerfile",
        120,
        "the installer has an address and did not ask for its answerfile: the kernel's words answerfile= and install did not reach it, or "
        "this server's HTTP port is not let through",
        "installer's start script: words of the kernel's part only",
    ),
    Expectation(
        Step.ANSWERFILE,
        "the installer looks into the repository",
        180,
        "the answerfile was fetched and nothing came after: the installer refused it, or stands before a question; no hook tells of that, "
        "its console does",
        "host-installer: scripts are read after the answers, so a refused answerfile calls none",
    ),
    Expectation(
        Step.REPOSITORY,
        "the first package",
        600,
        "the repository was read and no package was fetched: the installer is asking something, or stopped at the disk",
        "host-installer: partitioning comes before the packages",
    ),
    Expectation(
        Step.PACKAGES,
        "the next package",
        600,
        "the packages stopped coming: the installer stopped, or lost its network; nothing is retried by it",
        "host-installer: a package is fetched once",
    ),
    Expectation(
        Step.HOOK,
        "the installer reports that it is done",
        900,
        "the hook script was fetched and never reported back: it failed, or the machine hangs at its end",
        "the answerfile's post-install-script, run before the disks are unmounted",
    ),
    Expectation(
        Step.DONE,
        "the machine restarts; a network boot now leads to its own disk",
        900,
        "",
        "an armed host is installed once",
    ),
)
EXPECTED: dict[Step, Expectation] = {one.after: one for one in _TABLE}
"""By the last step that came. A step without an entry is an end."""
LAST_PACKAGE = Expectation(
    Step.PACKAGES,
    "the installer fetches its hook script, or reports that it is done",
    1200,
    "all packages came and no report did: the installer is still unpacking, or stopped after them; its console says why",
    "host-installer: boot loader and network are set up after the packages",
)
"""After the last of n packages."""
