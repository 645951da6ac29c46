"""One installation from the arming to the first boot from disk, stage by stage."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, pairwise
from typing import Any

import pytest

from pxeserve.store.events import EventRow
from pxeserve.timeline.stages import Phase
from pxeserve.timeline.story import stories
from pxeserve.timeline.told import Stage, Story

MAC, OTHER = "52:54:00:77:00:01", "02:00:00:00:00:07"
BASE = 1_800_000_000.0
ARMED = {"weight": "chose", "code": "armed", "text": "xen01 is armed", "source": "install k3d9"}
DONE = {"weight": "chose", "code": "install-done", "text": "xen01's last install is done", "source": "install k3d9"}


class Record:
    """Writes a machine's record, a line at a time; `at` moves on."""

    def __init__(self, install: str = "k3d9", start: float = 0.0) -> None:
        self.install = install
        self.at = BASE + start
        self.rows: list[EventRow] = []
        self._ids = count(int(start) * 1000 + 1)

    def add(self, after: float, kind: str, session: str | None = None, mac: str | None = MAC, **data: Any) -> None:
        self.at += after
        if kind.startswith("install."):
            mac = None
        row = EventRow(next(self._ids), self.at, kind, "xen01", mac, install=self.install, session=session, text=kind, data=data)
        self.rows.append(row)

    def arm(self, after: float = 0.0) -> None:
        self.add(after, "install.armed", mode="fresh", medium="xs41", by="root")

    def firmware(self, session: str, target: str = "installer", why: dict[str, str] = ARMED) -> None:
        self.add(10, "dhcp.discover")
        self.add(0.1, "dhcp.offer", session, file="b/x/debian/pxelinux.0")
        self.add(0.9, "dhcp.ack", session, file="b/x/debian/pxelinux.0")
        self.tftp(session, 1, "pxelinux.0", 42_000, 0.4)
        self.add(1, "boot.menu", session, target=target, because=[why])
        self.tftp(session, 0.1, "pxelinux.cfg/01-52-54-00-77-00-01", 500, 0.05)

    def tftp(self, session: str, after: float, name: str, size: int, seconds: float) -> None:
        self.add(after, "tftp.transfer", session, file=f"b/{session}/debian/{name}", outcome="done", bytes=size, seconds=seconds)

    def kernel(self, session: str) -> None:
        self.tftp(session, 1, "m/xs41/boot/xen.gz", 1_000_000, 1.0)
        self.tftp(session, 20, "m/xs41/install.img", 39_000_000, 19.0)

    def installer(self) -> None:
        self.add(30, "dhcp.discover")
        self.add(0.5, "dhcp.ack")
        self.add(2, "http.answerfile", outcome="delivered", bytes=900)
        self.add(0, "install.answered")

    def begins(self) -> None:
        self.add(5, "http.script", name="hook", bytes=90)
        self.add(0.1, "http.progress", stage="installation-start")
        self.add(0, "install.installing")
        self.add(1, "http.file", medium="xs41", path="XS-REPOSITORY-LIST", outcome="done", bytes=20, seconds=0.0)

    def packages(self, fetched: int, of: int) -> None:
        self.at += 20
        for number in range(1, fetched + 1):
            self.add(
                2, "http.file", medium="xs41", path=f"packages.main/{number}.rpm", outcome="done", bytes=1_000_000, seconds=0.5,
                package=number, packages=of,
            )  # fmt: skip

    def ends(self, word: str = "done") -> None:
        self.add(60, "http.progress", stage="filesystem-populated")
        self.add(3, "install.script-done", script="filesystem-populated.1.ntp.sh", because="filesystem-populated.1.ntp.sh: done")
        self.add(5, "http.progress", stage="installation-complete")
        self.add(0.2, f"install.{word}", because=f"the installer reported {word}")
        self.add(0.0, "http.progress", stage=word)

    def disk(self, session: str) -> None:
        self.add(90, "dhcp.discover")
        self.at -= 10
        self.firmware(session, "own-disk", DONE)

    def system(self) -> None:
        self.add(40, "dhcp.discover")
        self.add(0.1, "dhcp.ack")


def whole() -> Record:
    record = Record()
    record.arm()
    record.firmware("one")
    record.kernel("one")
    record.installer()
    record.begins()
    record.packages(50, 50)
    record.ends()
    record.disk("two")
    record.system()
    return record


def told(record: Record, after: float = 1.0, *more: EventRow) -> Story:
    found = stories("xen01", [*record.rows, *more], record.at + after)
    assert len(found) == 1
    return found[0]


def names(story: Story) -> list[Phase]:
    return [one.name for one in story.stages]


def stage(story: Story, name: Phase) -> Stage:
    return next(one for one in story.stages if one.name is name)


def test_the_whole_story_from_the_arming_to_the_installed_system() -> None:
    story = told(whole())
    assert names(story) == [
        Phase.ARMED, Phase.ADDRESS, Phase.LOADER, Phase.KERNEL, Phase.BOOTS, Phase.NETWORK, Phase.ANSWERFILE, Phase.START,
        Phase.REPOSITORY, Phase.DISKS, Phase.PACKAGES, Phase.CONFIGURES, Phase.FILLED, Phase.COMPLETE, Phase.DONE, Phase.RESTARTS,
        Phase.OWN_DISK, Phase.SYSTEM,
    ]  # fmt: skip
    assert (story.install, story.state, story.mode, story.medium, story.by, story.boots) == ("k3d9", "done", "fresh", "xs41", "root", 1)
    assert all(one.ok for one in story.stages)
    assert story.ended == stage(story, Phase.DONE).began


def test_each_stage_has_its_seconds_bytes_and_rate() -> None:
    story = told(whole())
    seconds = {one.name: one.seconds for one in story.stages}
    assert seconds[Phase.ARMED] == pytest.approx(10)
    assert seconds[Phase.KERNEL] == pytest.approx(21)      # the first file began a second before it was there
    assert seconds[Phase.BOOTS] == pytest.approx(30)
    assert seconds[Phase.PACKAGES] == pytest.approx(98.5)
    assert seconds[Phase.DISKS] == pytest.approx(21.5)
    assert seconds[Phase.CONFIGURES] == pytest.approx(60)
    assert seconds[Phase.FILLED] == pytest.approx(3)
    assert seconds[Phase.RESTARTS] == pytest.approx(90)
    kernel = stage(story, Phase.KERNEL)
    assert (kernel.bytes, kernel.rate) == (40_000_000, pytest.approx(40_000_000 / 21))
    assert stage(story, Phase.PACKAGES).detail == "50 of 50"
    assert stage(story, Phase.FILLED).detail == "filesystem-populated.1.ntp.sh: done"


def test_no_second_lies_in_two_stages() -> None:
    stages = told(whole()).stages
    for one, following in pairwise(stages):
        assert one.ended is not None
        assert one.ended <= following.began + 0.001


def test_each_stage_carries_the_reasons_that_were_in_force() -> None:
    story = told(whole())
    assert [one["text"] for one in stage(story, Phase.KERNEL).because] == ["xen01 is armed"]
    assert [one["text"] for one in stage(story, Phase.OWN_DISK).because] == ["xen01's last install is done"]


def test_what_goes_on_has_no_end_and_tells_how_far_it_is() -> None:
    record = Record()
    record.arm()
    assert (names(told(record)), told(record).stages[0].ended) == ([Phase.ARMED], None)
    record.firmware("one")
    record.kernel("one")
    assert (told(record).stages[-1].name, told(record, after=40).stages[-1].seconds) == (Phase.BOOTS, None)
    record.installer()
    record.begins()
    record.packages(12, 50)
    story = told(record, after=30)
    assert (story.stages[-1].name, story.stages[-1].ended, story.stages[-1].detail, story.state) == (
        Phase.PACKAGES, None, "12 of 50", "installing",
    )  # fmt: skip
    assert story.ended is None


@pytest.mark.parametrize("word", ["failed", "done"])
def test_the_last_word_decides(word: str) -> None:
    record = Record()
    record.arm()
    record.firmware("one")
    record.kernel("one")
    record.installer()
    record.begins()
    record.ends(word)
    story = told(record)
    last = stage(story, Phase.FAILED if word == "failed" else Phase.DONE)
    assert (story.state, last.ok, last.detail) == (word, word == "done", f"the installer reported {word}")
    assert Phase.PACKAGES not in names(story)


def test_a_failing_script_marks_its_stage_and_not_the_install() -> None:
    record = whole()
    at = next(one.at for one in record.rows if one.kind == "install.script-done")
    failed = EventRow(
        9, at + 0.5, "install.script-failed", "xen01", install="k3d9",
        data={"script": "filesystem-populated.2.own.sh", "because": "filesystem-populated.2.own.sh: ended with 7"},
    )  # fmt: skip
    story = told(record, 1.0, failed)
    assert not stage(story, Phase.FILLED).ok
    assert "ended with 7" in stage(story, Phase.FILLED).detail
    assert story.state == "done"


def test_a_boot_before_the_answerfile_begins_the_story_anew() -> None:
    record = Record()
    record.arm()
    record.firmware("zero")
    record.kernel("zero")
    record.add(300, "dhcp.request")
    record.firmware("one")
    story = told(record)
    assert (story.boots, names(story)) == (2, [Phase.ARMED, Phase.ADDRESS, Phase.LOADER])
    record.kernel("one")
    assert stage(told(record), Phase.KERNEL).bytes == 40_000_000


def test_a_machine_that_restarts_before_the_end_is_told_so() -> None:
    record = Record()
    record.arm()
    record.firmware("one")
    record.kernel("one")
    record.installer()
    record.begins()
    record.disk("two")
    disk = stage(told(record), Phase.OWN_DISK)
    assert (disk.ok, disk.detail) == (False, "before the installer had reported its end")


def test_only_the_first_boot_from_disk_belongs_to_the_installation() -> None:
    record = whole()
    length = len(told(record).stages)
    until = told(record).stages[-1].ended
    for number in range(3):
        record.disk(f"later-{number}")
        record.system()
    story = told(record, after=1000)
    assert (len(story.stages), story.stages[-1].ended) == (length, until)


def test_each_arming_is_a_story_of_its_own_and_rehearsals_are_none() -> None:
    first, second = whole(), Record("m4x2", start=10_000)
    second.arm()
    second.add(3600, "install.lapsed", because="it was not consumed in time")
    rehearsed = [
        EventRow(1, BASE + 20_000, "rehearsal.begun", "xen01", OTHER, install="r"),
        EventRow(2, BASE + 20_001, "install.armed", "xen01", install="r", data={"rehearsal": True}),
        EventRow(3, BASE + 20_002, "dhcp.discover", "xen01", OTHER),
    ]
    found = stories("xen01", [*first.rows, *second.rows, *rehearsed], BASE + 30_000)
    assert [(one.install, one.state, names(one)[-1]) for one in found] == [
        ("k3d9", "done", Phase.SYSTEM), ("m4x2", "lapsed", Phase.LAPSED),
    ]  # fmt: skip
    assert not found[1].stages[-1].ok


def test_the_packages_of_ftp_count_like_those_of_http() -> None:
    record = whole()
    record.rows = [one._replace(kind="ftp.file") if one.kind == "http.file" else one for one in record.rows]
    assert stage(told(record), Phase.PACKAGES).detail == "50 of 50"


def test_over_nfs_the_packages_are_a_silence_with_a_name() -> None:
    record = Record()
    record.arm()
    record.firmware("one")
    record.kernel("one")
    record.installer()
    record.add(5, "http.progress", stage="installation-start")
    record.ends()
    assert names(told(record))[7:10] == [Phase.START, Phase.UNSEEN, Phase.FILLED]


def test_the_disks_have_their_silence_where_no_repository_is_looked_for() -> None:
    record = whole()
    record.rows = [one for one in record.rows if one.data is None or "XS-REPOSITORY-LIST" not in str(one.data.get("path"))]
    disks = stage(told(record), Phase.DISKS)
    assert disks.seconds == pytest.approx(22.5)
    assert Phase.REPOSITORY not in names(told(record))


def jumped(rows: Iterable[EventRow], after: int, seconds: float) -> list[EventRow]:
    """As the record stands when the wall clock is set by `seconds` after so many events: `steady` is what it was."""
    return [one._replace(steady=one.at, at=one.at + (seconds if number >= after else 0.0)) for number, one in enumerate(rows)]


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0, -86_400.0])
@pytest.mark.parametrize("after", [0, 1, 3, 5, 9, 12, 30, 60, 70, 75])
def test_a_clock_that_is_set_in_the_middle_changes_nothing(after: int, seconds: float) -> None:
    record = whole()
    wanted = told(record)
    found = stories("xen01", jumped(record.rows, after, seconds), record.at + 1)
    assert len(found) == 1
    assert [(one.name, one.began, one.ended, one.bytes) for one in found[0].stages] == [
        (one.name, one.began, one.ended, one.bytes) for one in wanted.stages
    ]
