"""Disks that are not the ones that are meant: guesses, doubled /dev/, named twice, none for a local SR; and what a reinstallation is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Counts, Element, Holds
from pxeserve.answerfile.dialects.steps import Step
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import Case

_GUESS = re.compile(r"(?:sd|hd|vd|xvd)[a-z]{1,2}|nvme\d+n\d+")
_PARTITION = re.compile(r"(?:sd|hd|vd|xvd)[a-z]{1,2}\d+|nvme\d+n\d+p\d+")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|\d+")


def names(case: Case) -> Iterator[Finding]:
    """Names of disks."""
    for node, element, disk in _disks(case):
        if not disk or disk.startswith("iscsi:"):
            continue
        name = disk.removeprefix("/dev/")
        always = case.dialect.dev_always or (case.dialect.name == "5.6" and element.key == "existing-installation")
        if always and disk.startswith("/dev/"):
            said = f"<{node.name}>: /dev/ is always put in front, so this becomes /dev/{disk}, which no scan for disks ever gives"
            yield case.warn(Code.DEV_TWICE, node, said, name, text=True, edits=edits.text(case.places, node, name))
        if re.search(r"\s|,", name) or name.startswith("/") or name in ("", ".", ".."):
            said = f"<{node.name}>: {disk[:60]!r} is no disk"
            yield case.warn(Code.NONSENSE, node, said, "one disk such as sda, without blanks", text=True)
        elif _PARTITION.fullmatch(name):
            said = f"<{node.name}>: {name} is a partition, and no disk"
            yield case.warn(Code.NONSENSE, node, said, "the whole disk", text=True)
        elif _GUESS.fullmatch(name):
            said = f"<{node.name}>: {name} is a guess: kernels number disks as they find them, each release in its own way"
            fix = "check it on the machine" if element.key == "disk" or case.dialect.dev_always else "disk/by-id/... stays the same"
            yield case.tell(Code.DISK_GUESS, node, said, fix, text=True)


def twice(case: Case) -> Iterator[Finding]:
    """A disk that is named twice for the local SR."""
    seen: set[str] = set()
    primary = case.first("primary-disk")
    element = case.dialect.elements["primary-disk"]
    if primary is not None and _shares(case, primary, element):
        seen.add(_plain(primary.text))
    for node, guest in case.each("guest-disk"):
        disk = _plain(node.text)
        if disk in seen and guest.counts is Counts.EACH:
            said = f"<{node.name}>: {disk} is in the local SR already, and {case.dialect.name} takes it twice"
            yield case.warn(Code.DISK_TWICE, node, said, "leave it out", edits=edits.remove(case.places, node))
        elif disk in seen:
            said = f"<{node.name}>: {disk} is in the local SR already; it counts once"
            yield case.tell(Code.DISK_TWICE, node, said, "leave it out", edits=edits.remove(case.places, node))
        seen.add(disk)


def no_sr(case: Case) -> Iterator[Finding]:
    """No disk for a local SR."""
    primary = case.first("primary-disk")
    if primary is None or case.mode is None or case.mode not in case.dialect.reading("guest-disk"):
        return
    element = case.dialect.elements["primary-disk"]
    name, value = case.attribute(primary, element, "guest-storage")
    if value and not _shares(case, primary, element) and case.first("guest-disk") is None:
        said = f"{name} is no and there is no <guest-disk>: there will be no local SR"
        yield case.tell(Code.NO_SR, primary, said, "add a <guest-disk>, or give the host shared storage", attribute=name)


def reinstall(case: Case) -> Iterator[Finding]:
    """From 6.0 on a reinstallation is a fresh one."""
    if case.mode is Mode.REINSTALL and case.dialect.roots:
        said = "reinstall is a fresh installation on primary-disk, with a backup of the one before: no setting is kept"
        yield case.tell(Code.REINSTALL, case.document.root, said, 'mode="upgrade" keeps settings', attribute="mode")


def partitions(case: Case) -> Iterator[Finding]:
    """Partitions that are skipped: all of them from 6.0 on, and in 5.6 those with something else than a number."""
    element = case.dialect.elements.get("partition")
    for node in case.document.nodes[1:] if element else ():
        outer = case.within(node, "initial-partitions") if element and node.name in element.names else None
        if element is None or outer is None or not case.counts(outer):
            continue
        broken = [key for key in ("number", "size", "id") if not _NUMBER.fullmatch(node.attributes.get(key, ""))]
        if case.mode is not None and Step.PARTITIONS_SKIPPED in case.dialect.steps(case.mode):
            said = f"<{node.name}>: a fault of this installer's makes it skip every partition without a word"
            yield case.warn(Code.PARTITIONS, node, said, "leave it out")
        elif broken and element.attributes:
            said = f"<{node.name}> is skipped without a word: {', '.join(broken)} is no number"
            yield case.warn(Code.PARTITIONS, node, said, 'number="1" size="..." id="0x83"')


def _disks(case: Case) -> Iterator[tuple[Node, Element, str]]:
    for node, element in case.texts():
        if element.text is None:
            continue
        if element.text.holds is Holds.DISK:
            yield node, element, node.text.strip()
        elif element.text.holds is Holds.DISKS:
            mirror = case.attribute(node, element, "swraid")[1].lower() in ("yes", "true")
            for disk in node.text.strip().split(",") if mirror else [node.text.strip()]:
                if not mirror or disk != "missing":
                    yield node, element, disk


def _shares(case: Case, node: Node, element: Element) -> bool:
    known = element.attribute("guest-storage")
    _, value = case.attribute(node, element, "guest-storage")
    return known is None or not value or value.lower() in known.value.words


def _plain(text: str) -> str:
    return text.strip().removeprefix("/dev/")
