"""A host's timeline: every step with its figures, and the sentence for the step that did not come."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from pxeserve.boot.entry import ASKED_FIRST
from pxeserve.store.events import EventRow
from pxeserve.timeline.lines import line
from pxeserve.timeline.reading import Timeline, read
from pxeserve.timeline.steps import Step

MAC = "52:54:00:77:00:01"
SESSION = "p5gqazacr4iet3prnmcjera4ylarpzi"
ARMED = {"weight": "chose", "code": "armed", "text": "xen01 is armed", "source": "install k3d9"}
LOADER = {"weight": "chose", "code": "loader", "text": "gets pxelinux.0", "source": "debian"}
BASE = 1_800_000_000.0


def tftp(name: str, outcome: str = "done", **data: Any) -> tuple[str, dict[str, Any], bool]:
    figures = {"file": f"b/{SESSION}/debian/{name}", "outcome": outcome, "bytes": 1000, "seconds": 0.5} | data
    return "tftp.transfer", figures, True


def file(path: str, outcome: str = "done", **data: Any) -> tuple[str, dict[str, Any], bool]:
    return "http.file", {"medium": "xs41", "path": path, "outcome": outcome, "bytes": 2000, "seconds": 0.1} | data, False


def package(number: int, of: int = 3, outcome: str = "done") -> tuple[str, dict[str, Any], bool]:
    return file(f"packages.main/{number}.tar.bz2", outcome, package=number, packages=of)


STORY: list[tuple[str, dict[str, Any], bool]] = [
    ("dhcp.discover", {}, False),
    ("dhcp.offer", {"file": "b/x/debian/pxelinux.0"}, True),
    ("dhcp.request", {}, False),
    ("dhcp.ack", {"file": "b/x/debian/pxelinux.0"}, True),
    tftp("pxelinux.0"),
    tftp("ldlinux.c32"),
    ("boot.menu", {"target": "installer", "because": [LOADER, ARMED]}, True),
    tftp("pxelinux.cfg/01-52-54-00-77-00-01"),
    tftp("mboot.c32"),
    tftp("m/xs41/boot/xen.gz"),
    tftp("m/xs41/boot/vmlinuz"),
    tftp("m/xs41/install.img"),
    ("dhcp.discover", {}, False),
    ("dhcp.ack", {}, False),
    ("install.answered", {}, False),
    ("http.answerfile", {"outcome": "delivered", "bytes": 500}, False),
    file("XS-REPOSITORY", "not-found"),
    file("packages.main/XS-REPOSITORY"),
    package(1),
    package(2),
    package(3),
    ("http.script", {"name": "post-install", "bytes": 90}, False),
    ("install.done", {"because": "the installer reported done"}, False),
    ("http.progress", {"stage": "done"}, False),
]
DONE = {"weight": "chose", "code": "install-done", "text": "xen01's last install is done", "source": "install k3d9"}
AGAIN: list[tuple[str, dict[str, Any], bool]] = [
    ("dhcp.discover", {}, False),
    ("dhcp.offer", {"file": "b/x/debian/pxelinux.0"}, True),
    ("dhcp.ack", {"file": "b/x/debian/pxelinux.0"}, True),
    tftp("pxelinux.0"),
    ("boot.menu", {"target": "own-disk", "because": [LOADER, DONE]}, True),
    tftp("pxelinux.cfg/01-52-54-00-77-00-01"),
]


def rows(story: list[tuple[str, dict[str, Any], bool]], *, start: float = 0.0, session: str = SESSION, mac: str = MAC) -> list[EventRow]:
    """A second between events; `start` seconds after BASE."""
    ids = count(int(start) * 1000 + 1)
    return [
        EventRow(
            next(ids), BASE + start + number, kind, "xen01", None if kind.startswith("install.") else mac,
            session=session if with_session else None, text=f"text of {kind}", data=data,
        )
        for number, (kind, data, with_session) in enumerate(story)
    ]  # fmt: skip


def test_damage_of_a_medium_is_shown_as_something_wrong() -> None:
    event = EventRow(1, BASE, "medium.damaged", text="medium xs41 is damaged")
    assert (line(event).ok, line(event).text) == (False, "medium xs41 is damaged")


def timeline(story: list[EventRow], after: float = 1.0) -> Timeline:
    return read("xen01", story, max(one.at for one in story) + after)


def test_the_whole_story_with_nothing_missing() -> None:
    found = timeline(rows(STORY) + rows(AGAIN, start=600, session="another"))
    first, second = found.boots
    assert (found.state, first.target, second.target) == ("done", "installer", "own-disk")
    assert (first.reached, first.next) == (Step.DONE, None)
    assert (second.reached, second.next) == (Step.OWN_DISK, None)
    assert first.began == BASE
    assert [one.step for one in first.lines if one.step is not Step.OTHER] == [
        Step.ASKS, Step.OFFERED, Step.ADDRESS, Step.LOADER, Step.LOADER, Step.MENU, Step.MENU, Step.LOADER, Step.KERNEL, Step.KERNEL,
        Step.RAM_DISK, Step.ASKS, Step.INSTALLER_ASKS, Step.ANSWERFILE, Step.REPOSITORY, Step.PACKAGES, Step.PACKAGES, Step.PACKAGES,
        Step.HOOK, Step.DONE,
    ]  # fmt: skip
    assert all(one.ok for one in first.lines)


def test_a_transfer_has_bytes_seconds_and_a_rate() -> None:
    loader = next(one for one in timeline(rows(STORY)).boots[0].lines if one.text == "pxelinux.0")
    assert (loader.bytes, loader.seconds, loader.rate) == (1000, 0.5, 2000.0)


def test_the_menu_says_why() -> None:
    lines = [one.text for one in timeline(rows(STORY)).boots[0].lines]
    assert "installer: xen01 is armed" in lines


STOPPED_AFTER = {
    1: ("an offer from this server", "did not answer"),
    2: ("the machine takes the offer", "never took the offer"),
    4: ("the boot loader by TFTP", "UDP 69"),
    5: ("the loader's modules and its menu", "never asked for its menu"),
    9: ("the hypervisor or kernel", "no kernel was asked for"),
    11: ("the rest of the boot files", "stopped coming"),
    12: ("the installer asks for its answerfile", "no driver for its network card"),
    14: ("the installer asks for its answerfile", "answerfile= and install"),
    16: ("the installer looks into the repository", "refused the answerfile"),
    18: ("the first package", "no package was fetched"),
    19: ("the next package", "stopped coming"),
    21: ("the installer fetches its hook script", "no report did"),
    22: ("the installer reports that it is done", "never reported that it is done"),
}


@pytest.mark.parametrize("length", STOPPED_AFTER)
def test_what_should_come_next_is_said_and_when_it_does_not_come_what_that_means(length: int) -> None:
    expected, missing = STOPPED_AFTER[length]
    cut = rows(STORY[:length])
    soon = timeline(cut).boots[0].next
    assert soon is not None
    assert soon.expected.startswith(expected)
    assert (soon.overdue, soon.text) == (False, "")
    late = timeline(cut, after=3600).boots[0].next
    assert late is not None
    assert late.overdue
    assert any(missing in text for text in (late.text, *(one.text for one in late.causes)))
    assert late.source


def test_an_older_boot_waits_for_nothing_what_it_lacked_is_missing() -> None:
    first, second = timeline(rows(STORY[:5]) + rows(STORY[:5], start=60, session="another")).boots
    assert first.next is not None
    assert first.next.overdue
    assert second.next is not None
    assert not second.next.overdue


def test_a_host_that_is_done_is_only_expected_to_restart_and_never_overdue() -> None:
    after = timeline(rows(STORY), after=10 * 86_400).boots[0].next
    assert after is not None
    assert (after.expected[:20], after.overdue) == ("the machine restarts", False)


def test_nothing_follows_a_refusal_and_its_reason_is_told() -> None:
    refused = {"weight": "refused", "code": "unknown-arch", "text": "architecture 11 cannot run any installer", "source": "option 93"}
    boot = timeline(rows([("dhcp.discover", {}, False), ("dhcp.refused", {"because": [refused]}, True)]), after=3600).boots[0]
    assert boot.reached is Step.FAILED
    assert boot.next is not None
    assert (boot.next.overdue, boot.next.expected[:7], boot.next.causes[0].code) == (True, "nothing", "unknown-architecture")
    assert "architecture 11" in boot.next.text
    assert "architecture 11" in boot.lines[-1].text
    assert not boot.lines[-1].ok


def test_a_reported_failure_is_the_end() -> None:
    boot = timeline(rows([*STORY[:22], ("http.progress", {"stage": "failed"}, False)])).boots[0]
    assert (boot.reached, boot.lines[-1].ok) == (Step.FAILED, False)
    assert boot.next is not None
    assert (boot.next.overdue, boot.next.causes[0].code) == (True, "installer-failed")


def test_a_failed_transfer_shows_what_stands_on_the_machines_screen() -> None:
    boot = timeline(rows([*STORY[:4], tftp("pxelinux.0", "timeout", screen="PXE-E32")])).boots[0]
    assert not boot.lines[-1].ok
    assert "PXE-E32" in boot.lines[-1].text
    assert boot.reached is Step.ADDRESS


def test_names_that_pxelinux_tries_are_one_line_and_no_failure() -> None:
    misses = [tftp(f"pxelinux.cfg/{name}", "refused:1") for name in ("01-52-54-00-77-00-01", "0A4D0034", "0A4D003")]
    lines = timeline(rows([*STORY[:6], *misses, tftp("pxelinux.cfg/default")])).boots[0].lines
    assert [(one.ok, one.count) for one in lines[6:]] == [(True, 3), (True, 1)]
    assert "3 names" in lines[6].text


def test_repository_probes_are_one_line_and_many_packages_too() -> None:
    probes = [file("XS-REPOSITORY", "not-found"), file("packages.main/XS-REPOSITORY", "cut"), file("packages.main/XS-PACKAGES")]
    lines = timeline(rows([*STORY[:16], *probes, *(package(number, 40) for number in range(1, 31))])).boots[0].lines
    assert [(one.step, one.count) for one in lines[-2:]] == [(Step.REPOSITORY, 3), (Step.PACKAGES, 30)]
    assert "2 answers, 1 names" in lines[-2].text
    assert lines[-1].text == "packages 1 to 30 of 40"
    assert (lines[-1].bytes, lines[-1].seconds) == (60_000, pytest.approx(3.0))


def test_what_a_crowd_fetched_within_a_second_is_one_line_and_counts_as_what_it_is() -> None:
    several = {
        "medium": "xs41", "files": [["packages.main/2.tar.bz2", 200, 1, 2000], ["packages.main/3.tar.bz2", 200, 2, 4000]], "times": 3,
        "bytes": 6000, "total": 6000, "seconds": 0.5, "outcome": "done", "package": 3, "packages": 3,
    }  # fmt: skip
    boot = timeline(rows([*STORY[:19], ("http.file", several, False)])).boots[0]
    last = boot.lines[-1]
    assert (last.step, last.ok, last.bytes, last.seconds, last.package, last.packages) == (Step.PACKAGES, True, 6000, 0.5, 3, 3)
    assert last.text == "text of http.file"
    assert boot.next is not None
    assert boot.next.expected.startswith("the installer fetches its hook script")
    looked = {name: value for name, value in several.items() if name not in ("package", "packages")}
    assert timeline(rows([*STORY[:16], ("http.file", looked, False)])).boots[0].lines[-1].step is Step.REPOSITORY


def test_a_package_that_was_cut_is_told_apart() -> None:
    boot = timeline(rows([*STORY[:19], package(2, outcome="cut")])).boots[0]
    assert not boot.lines[-1].ok
    assert "package 2 of 3" in boot.lines[-1].text


def test_a_rehearsal_is_called_one_and_leaves_the_hosts_state_alone() -> None:
    told = [
        EventRow(1, BASE - 2, "rehearsal.begun", "xen01", "02:00:00:00:00:07"),
        EventRow(2, BASE - 1, "install.armed", "xen01", install="r", data={"rehearsal": True}),
    ]
    real = rows(STORY[:5], start=60, session="real")
    found = timeline(told + rows(STORY, mac="02:00:00:00:00:07") + real)
    assert [boot.rehearsal for boot in found.boots] == [True, False]
    assert found.boots[1].next is not None
    only_rehearsed = [EventRow(3, BASE, "install.done", "xen01", install="r", data={"rehearsal": True})]
    assert read("xen01", told + only_rehearsed, BASE).state == "idle"


def test_an_empty_record_is_an_idle_host() -> None:
    assert read("xen01", [], BASE) == Timeline("xen01", "idle", (), ())


def test_alarms_stand_out() -> None:
    alarm = EventRow(1, BASE, "install.alarm", "xen01", data={"because": "10.77.0.66 asked and nothing says that it is that machine"})
    found = read("xen01", [alarm], BASE)
    assert [(one.ok, "10.77.0.66" in one.text) for one in found.beside] == [(False, True)]


@pytest.mark.parametrize("kind", ["http.boot", "tftp.transfer"])
def test_a_loader_that_is_asked_for_a_serial_number_has_no_menu_yet(kind: str) -> None:
    asked = (kind, {"file": "b/x/grub-debian/grub.cfg", "outcome": "done", "bytes": 900, "rule": ASKED_FIRST}, True)
    boot = timeline(rows([*AGAIN[:4], asked])).boots[0]
    assert (boot.lines[-1].step, boot.lines[-1].text) == (Step.LOADER, "the loader is asked for the machine's serial number")
    assert boot.reached is Step.LOADER
    assert boot.next is not None and "menu" in boot.next.expected
    name = "b/x/grub-debian/grub.cfg?serial=CZ3040ABCD"
    given = (kind, {"file": name, "outcome": "done", "bytes": 900, "rule": "menu: installer"}, True)
    boot = timeline(rows([*AGAIN[:4], asked, given])).boots[0]
    assert (boot.lines[-1].step, boot.lines[-1].text) == (Step.MENU, "grub.cfg")


def test_another_machine_stands_out_and_is_the_cause() -> None:
    other = {"weight": "refused", "code": "serial-differs", "text": "the serial number is another's", "source": "host xen01"}
    boot = timeline(rows([*AGAIN[:4], ("boot.menu", {"target": "own-disk", "because": [LOADER, other]}, True)])).boots[0]
    assert not boot.lines[-1].ok
    assert boot.next is not None
    assert boot.next.causes[0].code == "serial-differs"


def test_an_unknown_card_that_says_the_host_s_serial_number_is_told_beside_its_boots() -> None:
    stranger = EventRow(1, BASE, "discovered.other-card", "xen01", "52:54:00:77:00:99", text="it says xen01's serial number")
    found = read("xen01", [stranger, *rows(STORY)], BASE + 100)
    assert len(found.boots) == 1
    assert "serial number" in found.beside[0].text
