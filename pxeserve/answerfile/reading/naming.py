"""From what a file says of a disk to the disk: `/dev/`, links, LUNs, and devices over several paths.

Refuses to know what a disk is wanted for.
"""

from __future__ import annotations

import re

from pxeserve.answerfile.dialects.shape import Said
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.reading import machine
from pxeserve.answerfile.reading.looking import Looking
from pxeserve.answerfile.reading.refusal import Cause

DISK_FIX = "name a disk that is there, such as sda"
_SPEC = re.compile(r"iscsi(?::[^:]*){3}:\s*(?:[+-]?\d+\s*)?:.*", re.DOTALL)


def device_named(look: Looking, node: Node, text: str, attribute: str | None = None) -> str:
    """The name in the answers of the disk that is named so; the installer may stop at an iSCSI specification."""
    if not text.startswith("iscsi:"):
        device = below_dev(text)
        if look.dialect.looks_disks_up:
            looked_up(look, node, path_of(look, device))
        return device
    if look.dialect.iscsi_fails is not None:
        look.stop(look.dialect.iscsi_fails, Cause.CRASH, node, "name the disk by its path, such as disk/by-id/NAME", attribute)
    if not _SPEC.fullmatch(text):
        said = Said("IscsiDeviceException", f"Cannot parse spec {text}")
        look.stop(said, Cause.VALUE, node, "iscsi:SERVER:PROTOCOL:PORT:LUN:TARGET (RFC 4173)", attribute)
    if not machine.has_lun(look.machine, text):
        look.stop(Said("AssertionError", ""), Cause.MACHINE, node, "name a LUN that the machine is logged in to", attribute)
    return text


def below_dev(text: str) -> str:
    """A disk's name without its /dev/."""
    return text.removeprefix("/dev/")


def path_of(look: Looking, device: str) -> str:
    """The path behind a name, links followed."""
    if device.startswith("iscsi:") and look.dialect.iscsi_fails is None:
        return device if look.machine is None else look.machine.links[device]
    return machine.resolved(look.machine, f"/dev/{device}")


def master_of(look: Looking, device: str) -> str:
    """The path behind a name, links and multipath followed."""
    path = path_of(look, device)
    return machine.master_of(look.machine, path) or path


def looked_up(look: Looking, node: Node, path: str) -> None:
    """The kernel is asked for a disk's master, on a machine that is known: the folder of devices is none (5.6 on), and up to 6.0 another
    machine's disk is a crash too."""
    known = look.machine
    if known is None or path in {*known.disks, *known.links, *known.masters.values()}:
        return
    if path.rstrip("/") == "/dev":
        look.stop(Said("RuntimeError", f"Couldn't find sysfs dir for device {path}"), Cause.MACHINE, node, DISK_FIX)
    if look.dialect.looks_disks_up:
        look.stop(Said("OSError", f"[Errno 2] No such file or directory: '{path}'"), Cause.MACHINE, node, DISK_FIX)
