"""How an installation stands is what was committed last, whatever its stamp says, and wherever in the story it is told."""

from __future__ import annotations

from pxeserve.timeline.reading import read
from tests.timeline.test_story import ARMED, Record, told


def test_a_boot_that_came_to_the_record_before_its_menu_does_not_unmake_the_end() -> None:
    """Beside another DHCP server nothing is heard of a boot before its menu, and the install's own event may be written down first."""
    record = Record()
    record.arm()
    record.add(60, "install.booting")
    record.add(0, "boot.menu", target="installer", because=[ARMED])
    record.add(60, "http.answerfile", outcome="delivered", bytes=900)
    record.add(0, "install.answered")
    assert told(record).state == "answered"
    record.begins()
    record.ends("failed")
    assert told(record).state == "failed"


def test_a_transition_that_waited_for_another_is_the_later_one() -> None:
    """A person cancels, and a menu is being given: the first was stamped before it waited for the second."""
    record = Record()
    record.arm()
    record.firmware("one")
    record.add(0.2, "install.booting")
    record.add(-0.1, "install.cancelled", because="cancelled by root")
    assert told(record).state == "cancelled"
    assert read("xen01", record.rows, record.at + 1).state == "cancelled"
