"""Hypervisor, kernel and RAM disk: large files, and what stops them on their way."""

from __future__ import annotations

from pxeserve.timeline.missing.facts import File
from pxeserve.timeline.missing.shape import Expectation, Rule, Slower, always, likely, possible, proven, strongest
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.missing.transfers import (
    changed,
    cut,
    for_memory,
    given_up,
    last_missed,
    ours,
    some,
    stalled,
    too_large_packets,
    unanswered,
)
from pxeserve.timeline.steps import Step

EXPECTATIONS = (
    Expectation(
        Step.KERNEL, "the rest of the boot files, the RAM disk last", 120, "the boot files stopped coming",
        "SYSLINUX wiki, mboot.c32: modules are loaded in their order",
        slower=(
            Slower(300, "TFTP", lambda s: any(one.by == "tftp" for one in s.files), "a RAM disk of 200 MB in blocks of 1,408 bytes"),
            Slower(600, "UEFI by TFTP", lambda s: s.uefi and any(one.by == "tftp" for one in s.files), "GRUB 2.06: blocks of 1,024 "
            "bytes; shim#618"),
        ),
    ),
)  # fmt: skip
_FILES = (Step.LOADER, Step.MENU, Step.KERNEL)


def _by_http(situation: Situation) -> bool:
    return any(one.by == "http" for one in situation.asked_for(File.KERNEL))


RULES = (
    Rule(
        "packets-too-large", _FILES, "a file stopped within its first full packets",
        proven(too_large_packets),
        "{file} stopped at {bytes} of {size} bytes, as the first full packets came: blocks of {blksize} bytes do not fit the way",
        "{screen} on its screen; ping -M do -s 1472 MACHINE from here fails where ping -s 500 works",
        "make the MTU the same everywhere on the way (tunnels and VXLAN take 50 bytes and more): pxeserve doctor measures it",
        "RFC 2348; MAAS network guide: MTU mismatch",
    ),
    Rule(
        "stalled", _FILES, "a file stopped in the middle",
        strongest(proven(lambda s: stalled(s) and not too_large_packets(s))),
        "{file} stopped at {bytes} of {size} bytes, {resent} packets sent again: the way to the machine lost too much",
        "{screen} on its screen; error counters of its switch port and of this server's card (ethtool -S)",
        "another cable or port; fix speed and duplex on neither end or on both; the machine may also have been switched off",
        "RFC 1350 section 2; PXE-E35",
    ),
    Rule(
        "nothing-acknowledged", _FILES, "a file was asked for and nothing of it was acknowledged",
        proven(unanswered),
        "it asked for {file} and acknowledged nothing of it", "{screen} on its screen; earlier files came, so this began just now",
        "look at what changed on the way: firewall state tables (UDP from {tftp}), the port, the cable", "RFC 1350 section 4; PXE-E32",
    ),
    Rule(
        "hung-up", (Step.ADDRESS, *_FILES), "a file over HTTP was cut in the middle", proven(cut),
        "{file} was cut after {bytes} bytes: the machine hung up, or lost its network", "its screen; the link's counters on its switch "
        "port",
        "restart the machine; if it stops at the same place, look at its memory and the way's MTU", "RFC 9112 section 8",
    ),
    Rule(
        "no-memory", (Step.MENU, Step.KERNEL), "the loader ended the transfer for want of room", proven(for_memory),
        "it has too little memory for {file}: {detail}", "out of memory on its screen",
        "give it more memory: installers need 1 GB (4.1) to 4 GB (8 and later); in a BIOS machine a large hole below 4 GB helps too",
        "release notes of XenServer: system requirements; RFC 1350 error 3",
    ),
    Rule(
        "loader-gave-up", (Step.ADDRESS, Step.MENU, Step.KERNEL), "the loader ended the transfer",
        proven(lambda s: given_up(s) and not for_memory(s)),
        "the loader ended the transfer of {file} after {bytes} bytes: {detail}", "its screen names the reason",
        "boot it once more; if it stays, take another set of loaders", "RFC 1350 section 5, ERROR",
    ),
    Rule(
        "source-failed", (Step.ADDRESS, *_FILES), "this server could not read the file, or stopped", proven(ours),
        "this server failed to read {file} ({detail}), or was stopped meanwhile", "the service's log at that second; dmesg for the disk",
        "pxeserve media verify, then boot the machine again", "RFC 1350 section 5, ERROR 0", at_once=True,
    ),
    Rule(
        "medium-changed", (*_FILES, Step.RAM_DISK, Step.ANSWERFILE, Step.STARTED, Step.REPOSITORY, Step.PACKAGES),
        "the medium is damaged, or a file of it is not what was imported",
        proven(lambda s: changed(s) or s.has("medium-damaged", "withheld") or s.armed.medium in s.known.damaged
               or any(one.outcome == "changed" for one in s.media)),
        "medium {medium} was damaged meanwhile: {damage}", "pxeserve media verify {medium} reads every byte and names the files",
        "put the files back or import the medium again, then arm the host anew", "xcp#21, #221: a damaged medium looks like a hang",
        at_once=True,
    ),
    Rule(
        "boot-file-missing", (Step.KERNEL,), "a boot file is not here", proven(lambda s: last_missed(s) is not None),
        "it asked for {missed}, which is not here", "the file's name on its screen", "pxeserve media verify {medium}; for plain files "
        "look into "
        "the data folder's files/", "RFC 1350 appendix, error 1", at_once=True,
    ),
    Rule(
        "memory-or-network", (Step.KERNEL,), "the kernel came, and the RAM disk was not asked for",
        possible(lambda s: not some(stalled, unanswered, cut, given_up, ours)(s)),
        "the machine has too little memory for the RAM disk, or lost its network between two files",
        "out of memory or a time-out on its screen", "give it more memory; look at its port's counters", "SYSLINUX wiki, mboot.c32",
    ),
    Rule(
        "still-loading", (Step.KERNEL,), "the RAM disk is large and is told of when it ends",
        strongest(likely(lambda s: s.newest and not s.files[-1:] and _by_http(s)), possible(lambda s: s.newest and s.broken is None)),
        "it may still be loading: a transfer is told of when it ends", "pxeserve status shows transfers under way; dots on its screen",
        "wait; where it takes minutes, blocks of 512 or 1,024 bytes are slow by nature: boot over HTTP", "shim#618, ipxe#145",
    ),
    Rule(
        "screen-says", (Step.KERNEL,), "nothing else explains it", possible(always),
        "the loader stopped with a message", "its screen, or its serial console", "read the last line; restart the machine once",
        "SYSLINUX wiki; GRUB manual",
    ),
)  # fmt: skip
