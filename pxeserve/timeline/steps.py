"""The steps of a network installation, in their order. What each is followed by, and why it may not be, stands in `missing`.

Refuses to know events; `lines` says which event is which step.
"""

from __future__ import annotations

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
    STARTED = "started"                # a hook came from before anything on the disks was changed
    REPOSITORY = "repository"
    PACKAGES = "packages"
    HOOK = "hook"
    DONE = "done"
    FIRST_BOOT = "first boot"          # the installed system's own DHCP
    OWN_DISK = "own disk"
    FAILED = "failed"
    OTHER = "other"                    # says something, moves nothing


ORDER = {step: number for number, step in enumerate(Step)}
"""Where each stands in the story."""

FROM_MEDIUM = frozenset({Step.REPOSITORY, Step.PACKAGES})
"""Steps at which an installer fetches what lies on the medium."""
