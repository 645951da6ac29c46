"""The end: hooks that report, an installation that is done or failed, the restart, and the disk that starts or does not."""

from __future__ import annotations

from pxeserve.domain.client import Firmware
from pxeserve.timeline.missing.answerfile import first_boot_waits, unseen_source
from pxeserve.timeline.missing.shape import Expectation, Rule, Slower, always, likely, possible, proven, strongest
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.steps import Step


def _system_will_ask(situation: Situation) -> bool:
    """Whether the installed system's DHCP would be heard here, and by nobody else."""
    return situation.mode == "server" and not situation.armed.fixed and situation.newest


def _again_and_again(situation: Situation) -> bool:
    return situation.own_disk_boots >= 3


def _just_installed(situation: Situation) -> bool:
    return situation.state in ("done", "answered", "installing") and situation.own_disk_boots > 0


def _turned_away(situation: Situation) -> bool:
    """Whether it came to be installed, and something stood in its way."""
    over = situation.state in ("lapsed", "frozen", "cancelled") and situation.since < _RECENT
    if over or situation.has("lapsed", "cancelled", "frozen"):
        return True
    return any(code not in ("no-loader", "loop", "unknown-arch") for code, _ in situation.refusals)


def _system_heard(situation: Situation) -> bool:
    return situation.installer_asked > 0 or situation.installer_address


_RECENT = 3600.0
EXPECTATIONS = (
    Expectation(
        Step.HOOK, "the installer reports that it is done", 900, "its hook came and it never reported that it is done",
        "host-installer: the last stage runs when all else is done",
        slower=(Slower(3600, "packages over NFS", unseen_source, "the hook of installation-start is all that was seen so far"),),
    ),
    Expectation(
        Step.DONE, "", None, "", "it booted by network since, which shows what came of it",
        when="it booted by network again", holds=lambda s: bool(s.after),
    ),
    Expectation(
        Step.DONE, "the installed system asks for its address", 1200, "the machine is installed, and its system was never heard",
        "the installer restarts the machine (atexit=reboot); a system with DHCP asks within minutes",
        when="server mode, management by DHCP", holds=_system_will_ask,
    ),
    Expectation(
        Step.DONE, "the machine restarts; a network boot now leads to its own disk", None, "", "an armed host is installed once",
    ),
    Expectation(
        Step.OWN_DISK, "its own disk starts", 0, "it was led to its own disk {repeats} times in a row, and boots by network again each "
        "time",
        "netboot.xyz#1276, cobbler#3524", when="three times in a row", holds=lambda s: _again_and_again(s) and not _system_heard(s),
    ),
    Expectation(
        Step.OWN_DISK, "the installed system asks for its address", 900, "it was led to its own disk, and its system was never heard",
        "a system with DHCP asks within minutes", when="just installed, server mode, management by DHCP",
        holds=lambda s: _just_installed(s) and _system_will_ask(s) and not _system_heard(s),
    ),
    Expectation(
        Step.OWN_DISK, "the installer: it was to be installed", 0, "it was led to its own disk instead",
        "the boot decision, pxeserve explain",
        when="its arming was refused, or over since less than an hour", holds=lambda s: _turned_away(s),
    ),
    Expectation(Step.OWN_DISK, "", None, "", "a machine that installs nothing boots its own disk"),
    Expectation(
        Step.FAILED, "nothing: this boot ended here", 0, "the installation failed", "installation-complete 1, install-failed",
        when="the installer reported a failure", holds=lambda s: s.has("failed") or not s.refusals,
    ),
    Expectation(
        Step.FAILED, "nothing: it was given no boot file", 0, "it was given no boot file", "the boot decision, pxeserve explain",
    ),
)  # fmt: skip

_HOOK, _DONE, _OWN, _FAILED = (Step.HOOK,), (Step.DONE,), (Step.OWN_DISK,), (Step.FAILED,)
_STARTING = (Step.DONE, Step.OWN_DISK)
_TOLD_APART = frozenset({"unknown-arch", "no-loader", "menu-unwritable", "uuid-differs", "serial-differs", "loop"})
"""Reasons of a decision that have rules of their own."""

RULES = (
    Rule(
        "script-failed", (Step.STARTED, Step.PACKAGES, Step.HOOK, Step.DONE, Step.FAILED), "a script reported that it failed",
        proven(lambda s: bool(s.failures)),
        "a script failed: {failure}", "the script's own words are in the installer's log ({log})",
        "pxeserve script lint and show; correct it and install again, or run it by hand on the host", "host-installer logs a script's "
        "status and "
        "goes on",
    ),
    Rule(
        "script-hangs", _HOOK, "its hook was fetched",
        likely(lambda s: not s.failures and not s.after),
        "a script of its last stage is still running, or waits for something that does not come (last report: {report})",
        "in {shell}: ps, and ls /tmp/scripts or /tmp/pxeserve.*. {consoles}",
        "give the script a time limit; end it there by kill, and the installer goes on", "host-installer, scripts.py: it waits for each "
        "script",
    ),
    Rule(
        "report-lost", _HOOK, "its hook was fetched", possible(lambda s: not s.failures),
        "the hook ran and its report did not arrive at {http}, or came more than four hours after the answerfile",
        "pxeserve status counts progress-404; the machine's own screen says that it is done",
        "if the host is up, all is well: pxeserve host cancel ends the install", "reports are taken for four hours after the delivery",
    ),
    Rule(
        "hangs-at-the-end", _HOOK, "its hook was fetched", possible(lambda s: not s.after),
        "the installer hangs as it unmounts, or stopped with a message", "its console and log ({log})", "restart it: if the disk starts, "
        "it was "
        "only the report that is missing", "host-installer: unmounting comes after filesystem-populated",
    ),
    Rule(
        "installer-failed", _FAILED, "the installer called installation-complete with 1, or install-failed",
        proven(lambda s: not s.refusals),
        "the installer stopped and said so: {package} of {packages} packages had come, the last report before was {report}",
        "its message on the console before it restarts (8 and later wait 10 s), its log ({log}) and /tmp/support.tar.bz2. {consoles}",
        "read the log's last lines; boot.kernel_args = atexit=shell keeps it from restarting; then arm it with --again",
        "host-installer, install.py: installation-complete runs with 1 after any error",
    ),
    Rule(
        "failed-medium", _FAILED, "a file of the medium was missing, cut or changed before",
        proven(lambda s: not s.refusals and any(one.outcome in ("changed", "cut") and one.package for one in s.media)),
        "a package did not come as it should: {media}", "its outcome stands in the timeline", "pxeserve media verify {medium}",
        "host-installer: a package is fetched once",
    ),
    Rule(
        "failed-after-packages", _FAILED, "all packages had come",
        likely(lambda s: not s.refusals and bool(s.packages) and s.package >= s.packages),
        "it failed behind the packages: boot loader, initrd or network", "Failed to install bootloader, or the like, in its log ({log})",
        "in UEFI: room for boot entries in the firmware; secure erase of old ones", "host-installer, backend.py",
    ),
    Rule(
        "failed-at-disk", _FAILED, "no package had come",
        likely(lambda s: not s.refusals and not s.package),
        "it failed before the first package: its disk ({disks}), its repository, or {finding} in its answerfile",
        "its log ({log})", "name the disk by /dev/disk/by-id; pxeserve answerfile check HOST", "host-installer: partitioning comes "
        "before the packages",
    ),
    Rule(
        "failed-in-packages", _FAILED, "some packages had come",
        likely(lambda s: not s.refusals and 0 < s.package < s.packages),
        "it failed at package {following} of {packages}: no space, a package that cannot be unpacked, or a disk that fails",
        "its log ({log}); dmesg for disk errors", "pxeserve media verify {medium} rules the medium out; a larger or another disk",
        "host-installer, backend.py",
    ),
    Rule(
        "unknown-architecture", _FAILED, "its architecture cannot run anything that is served", proven(lambda s: s.refused("unknown-arch")),
        "{refusal}", "option 93 in its DISCOVER; pxeserve explain MAC",
        "switch its firmware to BIOS or 64-bit UEFI", "RFC 4578 section 2.1, IANA processor architecture types", at_once=True,
    ),
    Rule(
        "no-loader", (Step.FAILED, Step.OWN_DISK), "there is no loader for its firmware",
        proven(lambda s: s.refused("no-loader", "menu-unwritable")),
        "there is no loader for it: {refusal}", "pxeserve explain MAC --firmware {firmware}", "do what the reason says; pxeserve loaders "
        "import "
        "brings what is missing", "table of loaders, docs/loaders.md", at_once=True,
    ),
    Rule(
        "uuid-differs", (Step.FAILED, Step.OWN_DISK, Step.MENU), "its UUID is not the host's", proven(lambda s: s.refused("uuid-differs")),
        "{refusal}", "its setup shows its UUID; two machines with one MAC show in the switch's table",
        "set the host's uuid anew if the board was changed; else find the other machine", "RFC 4578 section 2.3", at_once=True,
    ),
    Rule(
        "serial-differs", (Step.FAILED, Step.OWN_DISK, Step.MENU), "its serial number is not the host's",
        proven(lambda s: s.refused("serial-differs")),
        "{refusal}", "its label and its setup show its serial number; two machines with one MAC show in the switch's table",
        "set the host's serial anew if the board was changed; else find the other machine", "DMTF DSP0134 section 7.2", at_once=True,
    ),
    Rule(
        "decision-refused", (Step.FAILED, Step.OWN_DISK), "the decision refused it for another reason",
        proven(lambda s: any(code not in _TOLD_APART for code, _ in s.refusals)),
        "{refusal}", "pxeserve explain MAC gives all reasons", "do what the reason says, then arm it again", "the boot decision",
        at_once=True,
    ),
    Rule(
        "no-reboot", _DONE, "nothing was heard since it was done", likely(lambda s: not s.after),
        "it has not restarted: it waits at a message, or was told to stay (atexit=)",
        "its screen. {consoles}", "restart it by its BMC; leave atexit= out of boot.kernel_args", "host-installer, init: atexit=reboot "
        "is the default",
    ),
    Rule(
        "boots-something-else", _STARTING, "it was not heard from its own disk",
        possible(lambda s: not _again_and_again(s)),
        "another disk or an old boot entry comes first, or the other firmware mode (installed by {firmware})",
        "its boot screen: which device and mode; efibootmgr -v on a UEFI machine", "put the installed disk or its boot entry first; boot "
        "it in the "
        "mode it was installed in", "UEFI specification section 3.1",
    ),
    Rule(
        "system-without-network", _STARTING, "it was not heard from its own disk", possible(lambda s: not _again_and_again(s)),
        "the installed system has no network: VLAN, card order, or a driver of the installer's alone",
        "xsconsole on its screen shows the management interface", "set it there; in the profile name the card by hwaddr=",
        "xsconsole; xcp#637: drivers of the installer and of the system may differ",
    ),
    Rule(
        "first-boot-waits", _STARTING, "it was not heard from its own disk",
        strongest(likely(first_boot_waits),
                  possible(lambda s: not _again_and_again(s))),
        "its first boot waits for a person: a password, a licence text, or a first-boot script", "its screen",
        "answer it; give root-password in the profile", "xcp#242, xcp#493",
    ),
    Rule(
        "local-boot-way", _OWN, "led to its own disk three times in a row",
        likely(_again_and_again),
        "the way by which the menu leaves the network boot does not work on this firmware ({firmware})",
        "its screen after the menu: exit, a prompt, or the network boot over again", "set boot.leave for its profile (docs/loaders.md "
        "has the ways for "
        "each maker)", "netboot.xyz#1276: exit with 1 on Dell and Lenovo; ipxe#1324; cobbler#3524", at_once=True,
    ),
    Rule(
        "nothing-on-disk", _OWN, "led to its own disk three times in a row",
        strongest(likely(lambda s: _again_and_again(s) and s.state in ("failed", "cancelled", "lapsed", "", "answered", "installing")),
                  possible(_again_and_again)),
        "there is nothing on its disk that starts, so its firmware comes back to the network",
        "no boot device, or insert boot media, on its screen", "arm it for an installation; if it is installed, boot its disk by hand "
        "once and look",
        "UEFI specification section 3.1; BIOS boot specification: int 18h goes to the next device", at_once=True,
    ),
    Rule(
        "network-first", _OWN, "led to its own disk three times in a row",
        possible(lambda s: _again_and_again(s) and s.firmware in (Firmware.BIOS, Firmware.IPXE, None)),
        "somebody restarts it, and its boot order has the network first", "uptime on the host; its BMC's event log",
        "put the disk first and choose the network once for an installation", "cobbler#1374, #2015", at_once=True,
    ),
    Rule(
        "ended-otherwise", _FAILED, "nothing else explains it", possible(always),
        "it ended for a reason that stands in the timeline", "the last lines of the timeline; pxeserve explain MAC", "do what the reason "
        "says",
        "the record",
    ),
)  # fmt: skip
