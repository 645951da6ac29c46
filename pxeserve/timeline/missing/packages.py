"""The repository and its packages: found, read, fetched one after the other, and what comes behind the last."""

from __future__ import annotations

from pxeserve.timeline.missing.facts import Media
from pxeserve.timeline.missing.shape import Expectation, Rule, Slower, always, likely, possible, proven, strongest
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.steps import Step

_MARKERS = (".treeinfo", "repomd.xml", "XS-REPOSITORY", "XS-PACKAGES", "update.xml")
_TEXT = frozenset({"4.1", "5.0", "5.5"})
_YUM = frozenset({"7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9"})


def _is_last(situation: Situation) -> bool:
    return bool(situation.packages) and situation.package >= situation.packages


EXPECTATIONS = (
    Expectation(
        Step.REPOSITORY, "the first package", 600, "the repository was looked at and no package was fetched",
        "host-installer: partitioning comes before the packages",
    ),
    Expectation(
        Step.PACKAGES, "the installer fetches its hook script, or reports that it is done", 1200, "all packages came and no report did",
        "host-installer: initrd, boot loader and network are set up after the packages", when="after the last package", holds=_is_last,
    ),
    Expectation(
        Step.PACKAGES, "the next package", 600, "the packages stopped coming after {package} of {packages}",
        "host-installer: a package is fetched once",
        slower=(Slower(900, "yum media", lambda s: s.dialect in _YUM, "yum fetches all first, then runs the packages' scripts"),),
    ),
)  # fmt: skip


def _failed(situation: Situation) -> Media | None:
    last = situation.last_media
    return last if last is not None and last.outcome != "done" and last.package is not None else None


def _failed_with(situation: Situation, *outcomes: str) -> bool:
    failed = _failed(situation)
    return failed is not None and failed.outcome in outcomes


def _has_marker(names: tuple[str, ...]) -> bool:
    return any(name.endswith(_MARKERS) for name in names)


def _found_complete(situation: Situation) -> bool:
    """Whether it came upon the files by which its generation knows a repository."""
    found = situation.found
    if situation.dialect in _YUM:
        return any(name.endswith("repomd.xml") for name in found) and any(name.endswith(".treeinfo") for name in found)
    return any(name.endswith(("XS-PACKAGES", "repomd.xml")) for name in found)


def _marker_missing(situation: Situation) -> bool:
    return _has_marker(situation.missed) and not _found_complete(situation)


def _open(situation: Situation) -> bool:
    """Whether nothing in the record speaks for one cause before the others."""
    return not _marker_missing(situation) and _failed(situation) is None


_REPOSITORY, _PACKAGES = (Step.REPOSITORY,), (Step.PACKAGES,)
_FILES = (Step.REPOSITORY, Step.PACKAGES)
_INSTALLER = (Step.RAM_DISK, Step.INSTALLER_ASKS, Step.ANSWERFILE, Step.STARTED, Step.REPOSITORY, Step.PACKAGES, Step.HOOK)

RULES = (
    Rule(
        "marker-missing", _REPOSITORY, "files by which a repository is known are not on the medium",
        proven(_marker_missing),
        "the installer of {dialect} does not know the medium as a repository: {markers} are not there",
        "No main repository found, or No repository found at the specified location, on its screen; the names stand in the timeline",
        "import the medium from its image, so that dot files come along (cp * leaves .treeinfo out): pxeserve media verify {medium}; for "
        "packs of "
        "your own give the folder that holds the files", "host-installer, repository.py; ampere-lts-kernel#37; XCP-ng documentation",
    ),
    Rule(
        "other-generation", _REPOSITORY, "the medium is of a format that this installer does not read",
        likely(lambda s: s.dialect in _YUM and any("XS-REPOSITORY" in name for name in s.found)),
        "the medium has the older format (XS-REPOSITORY), which an installer of {dialect} does not read",
        "No main repository found on its screen", "boot and packages must be of one medium: no source of another product in the profile",
        "host-installer 7.1 and later read yum repositories alone",
    ),
    Rule(
        "package-changed", _FILES, "a file was refused because it is not what was imported",
        proven(lambda s: _failed_with(s, "changed")),
        "{media} is not what was imported: its SHA-256 is not the manifest's, so it was not given out",
        "pxeserve media verify {medium} names it", "import the medium again, then arm the host anew", "xcp#21, #221", at_once=True,
    ),
    Rule(
        "package-missing", _FILES, "a package is not on the medium", proven(lambda s: _failed_with(s, "not-found")),
        "{media} is not on the medium, though its list names it", "the package's name on its screen: Error downloading, or 404",
        "pxeserve media verify {medium}, then import it again from a whole image", "host-installer: a package is fetched once",
        at_once=True,
    ),
    Rule(
        "range-refused", _FILES, "a range was refused", proven(lambda s: s.last_media is not None and s.last_media.status == 416),
        "{media} was asked for from beyond its end: what the machine has of it is longer than the file", "416 in its log ({log})",
        "the medium changed under it: pxeserve media verify {medium}, then install anew", "RFC 9110 section 15.5.17", at_once=True,
    ),
    Rule(
        "package-cut", _FILES, "a package was cut in the middle", proven(lambda s: _failed_with(s, "cut")),
        "{media} was cut: the machine hung up or lost its network, and an installer fetches nothing twice",
        "its screen: a message means that it gave up (no space left, decompressor, checksum); none means that its network is gone",
        "No space left: a larger disk or root; checksum: pxeserve media verify {medium}; else cable and port. Then arm it again",
        "host-installer: a package is fetched once",
    ),
    Rule(
        "refused-here", _FILES, "this server refused a file", proven(lambda s: s.last_media is not None and s.last_media.status >= 500),
        "{media} could not be read here (status {status})", "the service's log; dmesg for the disk; is an NFS or USB disk gone?",
        "bring the disk back, pxeserve media verify {medium}, then install anew", "RFC 9110 section 15.6", at_once=True,
    ),
    Rule(
        "disk-refused", _REPOSITORY, "the repository was read",
        strongest(likely(_open), possible(lambda s: not _marker_missing(s))),
        "it stopped at its disk ({disks}): not found, too small, in use, or of the wrong partition table",
        "its message on the console: could not be found, is smaller than, UEFI boot requires GPT ({log}). {consoles}",
        "name the disk by /dev/disk/by-id; 46 GB are needed from 7.0 on; wipe old RAID and LVM signatures", "host-installer, backend.py",
    ),
    Rule(
        "waits-for-wipe", _REPOSITORY, "the repository was read", possible(lambda s: not _marker_missing(s)),
        "it asks whether it may overwrite what is on the disk, or whether a medium of another version is meant",
        "a question on its screen. {consoles}", "answer it; for next time, initialise the disk before or name another one",
        "host-installer: existing installations and utility partitions",
    ),
    Rule(
        "partitioning-takes-long", _REPOSITORY, "the repository was read", possible(lambda s: not _marker_missing(s)),
        "it still partitions and formats: large or slow disks, multipath that waits for paths",
        "in {shell}: ps shows mkfs; the disk's light",
        "wait; boot.multipath = disabled where there is one path", "host-installer: partitioning comes before the packages",
    ),
    Rule(
        "disk-full-or-bad-package", _PACKAGES, "packages came, and the next was not asked for",
        likely(lambda s: _failed(s) is None and not _is_last(s)),
        "it stopped at package {package}: no space on the target, a package that it cannot unpack, or a disk that fails",
        "its message on the console (No space left, decompressor, rpm's own), dmesg in {shell} for disk errors ({log})",
        "a larger disk, or another one; pxeserve media verify {medium} rules the medium out", "host-installer: The decompressor ... whilst "
        "processing package; yum's transaction",
    ),
    Rule(
        "network-lost", _PACKAGES, "packages came, and the next was not asked for",
        possible(lambda s: _failed(s) is None and not _is_last(s)),
        "it lost its network after package {package} of {packages}; nothing is tried twice",
        "ping its address; its port on the switch; in {shell}: ip addr (did its lease end?)",
        "mend cable, port or lease, then arm it again: the disk is half written", "host-installer: a package is fetched once",
    ),
    Rule(
        "machine-stopped", (*_FILES, Step.STARTED, Step.HOOK), "it booted by network again",
        likely(lambda s: bool(s.after)),
        "the machine was restarted {seconds} s later, by somebody or by itself: the disk is half written",
        "its BMC's event log (power, temperature, watchdog)", "arm it again with --again when the cause is known",
        "an install that was consumed is never given twice",
    ),
    Rule(
        "no-hook-to-come", _PACKAGES, "all packages came, and its answerfile has no hook",
        proven(lambda s: _is_last(s) and s.armed.stages == ()),
        "its answerfile names no hook, so nothing reports that it is done", "pxeserve answerfile check HOST: the template leaves the "
        "hooks out",
        'write {{{{ hooks["filesystem-populated"] }}}} into the template; pxeserve host cancel ends this one', "the site's own template",
    ),
    Rule(
        "after-packages", _PACKAGES, "all packages came",
        likely(_is_last),
        "it stopped behind the packages: initrd, boot loader, network or time settings", "its message on the console ({log}); boot loader "
        "failures name efibootmgr or extlinux. {consoles}",
        "in UEFI: room for boot entries in the firmware (efibootmgr -v); then arm it again", "host-installer, backend.py: Failed to "
        "install "
        "bootloader",
    ),
    Rule(
        "hook-not-fetched", _PACKAGES, "all packages came", possible(_is_last),
        "it could not fetch its hook from {http}", "Unable to fetch script on its screen", "let {http} through for as long as it installs",
        "host-installer, scripts.py",
    ),
    Rule(
        "console-says", _INSTALLER, "nothing else explains it", possible(always),
        "the installer stopped with a message", "{consoles}; its log: {log}", "read the message there", "host-installer",
    ),
)  # fmt: skip
