"""The stages of one installation, in their order, as data: what each is called, and which part of the record it is made of.

Finer than an installer's own stages and coarser than events: what takes long between the arming and the first boot from disk has one, also
when nothing is heard in it. Refuses to know events.
"""

from __future__ import annotations

from enum import StrEnum

from pxeserve.timeline.steps import Step


class Phase(StrEnum):
    """A stage of an installation. The order is that of the story."""

    ARMED = "armed"                              # until the machine is first heard
    ADDRESS = "address"                          # the firmware's DHCP
    LOADER = "loader"                            # the loader, its modules and the menu
    KERNEL = "kernel"                            # hypervisor, kernel and RAM disk
    BOOTS = "installer boots"                    # silent
    NETWORK = "installer's address"              # the installer's own DHCP
    ANSWERFILE = "answerfile"
    START = "installation-start"
    REPOSITORY = "repository"                    # what the installer looks for before its packages
    DISKS = "disks"                              # silent: partitions and file systems come before the packages
    PACKAGES = "packages"
    UNSEEN = "unseen"                            # disks and packages, where files are fetched in a way that cannot be watched
    UNPACKED = "packages-installed"
    CONFIGURES = "configuration"                 # silent: boot loader, network, and what was fetched last is unpacked
    FILLED = "filesystem-populated"
    COMPLETE = "installation-complete"
    INSTALL_FAILED = "install-failed"            # XenServer 5.5's stage of that name
    DONE = "done"
    FAILED = "failed"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    FROZEN = "frozen"
    RESTARTS = "restart"                         # silent
    OWN_DISK = "own disk"                        # the first network boot that was led to it
    SYSTEM = "installed system"                  # its first DHCP


EARLY = frozenset({Phase.ADDRESS, Phase.LOADER, Phase.KERNEL, Phase.BOOTS, Phase.NETWORK})
"""What begins anew with each boot that comes before the answerfile."""

OF_STEP: dict[Step, Phase] = {
    Step.ASKS: Phase.ADDRESS,
    Step.OFFERED: Phase.ADDRESS,
    Step.ADDRESS: Phase.ADDRESS,
    Step.LOADER: Phase.LOADER,
    Step.MENU: Phase.LOADER,
    Step.KERNEL: Phase.KERNEL,
    Step.RAM_DISK: Phase.KERNEL,
    Step.ANSWERFILE: Phase.ANSWERFILE,
    Step.REPOSITORY: Phase.REPOSITORY,
    Step.PACKAGES: Phase.PACKAGES,
}
"""Which stage a step of a boot belongs to, where that is always the same."""

OF_REPORT: dict[str, Phase] = {
    "installing": Phase.START,
    "installation-start": Phase.START,
    "packages-installed": Phase.UNPACKED,
    "filesystem-populated": Phase.FILLED,
    "installation-complete": Phase.COMPLETE,
    "install-failed": Phase.INSTALL_FAILED,
    "done": Phase.DONE,
    "failed": Phase.FAILED,
}
"""Which stage an installer's report begins."""

OF_STATE: dict[str, Phase] = {
    "done": Phase.DONE,
    "failed": Phase.FAILED,
    "lapsed": Phase.LAPSED,
    "cancelled": Phase.CANCELLED,
    "frozen": Phase.FROZEN,
}
"""Which stage an install's last state is."""

SILENT: dict[Phase, Phase] = {
    Phase.KERNEL: Phase.BOOTS,
    Phase.REPOSITORY: Phase.DISKS,
    Phase.PACKAGES: Phase.CONFIGURES,
    Phase.DONE: Phase.RESTARTS,
}
"""What a machine does without a word after a stage, until the next one begins."""

UNSEEN_BETWEEN = (
    frozenset({Phase.ANSWERFILE, Phase.START}),
    frozenset({Phase.UNPACKED, Phase.FILLED, Phase.COMPLETE, Phase.INSTALL_FAILED, Phase.DONE, Phase.FAILED}),
)
"""Between one of the first and one of the second an installer fetches packages, or would have."""

UNSEEN_SAID = "no file was asked for over HTTP or FTP; over NFS none can be seen"
"""What is told of that."""

GOES_ON_SILENTLY = 0.5
"""Seconds of silence that are a stage of their own."""

INSTANT = frozenset({Phase.DONE, Phase.FAILED, Phase.LAPSED, Phase.CANCELLED, Phase.FROZEN})
"""What takes no time."""
