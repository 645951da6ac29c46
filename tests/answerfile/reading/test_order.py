"""Of several failures the installer meets one first, and that one is told."""

from __future__ import annotations

import pytest

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.reading import Cause, read
from tests.answerfile.reading.cases.case import DISK, NIC, PASSWORD, SOURCE, changed, within

_BAD_SCRIPT, _BAD_DRIVERS = "<script/>", '<driver-source type="x"/>'
_INDEX = "list index out of range"

ORDER = [
    # everything is wrong: what is met first?
    ("4.1", within("", '<installation srtype="x">'), "Specified SR Type unknown.  Should be 'lvm' or 'ext'"),
    ("4.1", changed((SOURCE, ""), (NIC, "")), "No source media specified."),
    ("6.0", changed((SOURCE, ""), (NIC, "")), "Missing mandatory element admin-interface"),
    ("4.1", changed((NIC, ""), ("secret1", "é")), _INDEX),
    ("4.1", changed((DISK, '<primary-disk>é</primary-disk>'), (SOURCE, "")), "can't encode"),
    # the disk's text before the SR type from 6.0 on, and after it before
    ("5.6", changed((DISK, "<primary-disk>é</primary-disk>"), root='<installation srtype="x">'), "Specified SR Type"),
    ("6.0", changed((DISK, "<primary-disk>é</primary-disk>"), root='<installation srtype="x">'), "can't encode"),
    # an attribute before the text, or after it
    ("6.0", changed((DISK, '<primary-disk preserve-first-partition="x">é</primary-disk>')), "Unexpected key x for attribute"),
    ("6.0", changed((DISK, '<primary-disk gueststorage="é">ü</primary-disk>')), "u'\\xfc'"),
    ("6.0", changed((PASSWORD, '<root-password type="md5">é</root-password>')), "Unexpected key md5 for attribute"),
    ("6.0", changed((NIC, f'{NIC}<bootloader location="x">é</bootloader>')), "Unexpected key x for attribute"),
    # scripts before the mode from 5.5 on; drivers before it from 7.0 on
    ("5.0", changed((DISK, ""), (NIC, f"{NIC}<post-install-script>é</post-install-script>")), _INDEX),
    ("5.5", changed((DISK, ""), (NIC, f"{NIC}<post-install-script>é</post-install-script>")), "can't encode"),
    ("6.0", within(_BAD_SCRIPT, '<installation mode="x">'), "Missing mandatory attribute stage"),
    ("6.0", within(_BAD_SCRIPT, "<restore>"), "Missing mandatory attribute stage"),
    ("6.5", within(_BAD_DRIVERS, '<installation mode="x">'), "Unknown mode, x"),
    ("7.0", within(_BAD_DRIVERS, '<installation mode="x">'), "Invalid type for <driver-source> media specified."),
    ("7.0", within(_BAD_DRIVERS + _BAD_SCRIPT), "Missing mandatory attribute stage"),
    ("7.0", within(f"<fcoe-interface/>{_BAD_DRIVERS}"), "Invalid type for <driver-source> media specified."),
    ("8.2", within("<ui-confirmation-prompt>é</ui-confirmation-prompt><fcoe-interface/>"), "<fcoe-interface> tag must have"),
    ("xs9", within("<fcoe-interface/>", '<installation mode="x">'), "Unknown mode, x"),
    ("6.0", within(_BAD_SCRIPT, "<answers>"), "Unexpected top level element"),
    # settings before packages from 6.0 on
    ("8.2", changed((SOURCE, ""), (NIC, f'{NIC}<service name="sshd"/>')), "Missing mandatory attribute state"),
    ("xcp-8.3", changed((SOURCE, ""), (DISK, f"{DISK}<raid/>")), "Missing mandatory attribute device"),
    ("xcp-8.3", changed((DISK, "<raid/>")), "Missing mandatory attribute device"),
    ("xs8", changed((DISK, '<primary-disk swraid="yes" preserve-first-partition="x">sda</primary-disk>')), "Unexpected key x"),
    ("xs8", changed((NIC, '<admin-interface name="eth0"/><ntp/>')), "Missing mandatory attribute proto"),
    ("xs9", changed((DISK, '<primary-disk fs-type="x">s d</primary-disk>')), "Primary disk /dev/s d is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message"), ORDER)
def test_the_first_failure_is_told(name: str, text: str, message: str) -> None:
    reading = read(parse(text.encode()), DIALECTS[name])
    assert reading.refusal is not None
    assert message in reading.refusal.message


def test_the_mode_is_known_when_the_installer_got_that_far() -> None:
    early = read(parse(within(_BAD_DRIVERS).encode()), DIALECTS["7.0"])
    late = read(parse(within("").encode()), DIALECTS["7.0"])
    assert early.mode is None
    assert late.mode == "fresh"


def test_what_a_person_sees() -> None:
    said = read(parse(changed((SOURCE, "")).encode()), DIALECTS["8.2"]).refusal
    silent = read(parse(changed((NIC, "<admin-interface/>")).encode()), DIALECTS["5.0"]).refusal
    assert said is not None
    assert silent is not None
    assert "The error was: Missing mandatory element source" in said.seen
    assert "closes by itself after 10 seconds" in said.seen
    assert said.cause is Cause.MISSING
    assert silent.message == ""
    assert "can be found in the log file" in silent.seen
    assert "waits for Enter" in silent.seen


def test_no_two_causes_are_taken_for_each_other() -> None:
    causes = {
        "<a/>": ("8.2", Cause.ROOT), within("", '<installation mode="x">'): ("8.2", Cause.MODE), within(""): ("8.2", Cause.MISSING),
        changed((' type="url"', "")): ("8.2", Cause.ATTRIBUTE), changed(('type="url"', 'type="x"')): ("8.2", Cause.VALUE),
        changed(("secret1", "é")): ("8.2", Cause.ENCODING), changed((NIC, f"{NIC}<ntp/><ntp/>")): ("xs8", Cause.TOO_MANY),
        changed((NIC, f'{NIC}<ntp source="none"/><ntp-server>h</ntp-server>')): ("xs8", Cause.TOGETHER),
        changed((DISK, "<primary-disk>iscsi:x</primary-disk>")): ("8.2", Cause.CRASH),
        changed((DISK, "<primary-disk>a b</primary-disk>")): ("xs8", Cause.MACHINE),
    }  # fmt: skip
    for text, (name, cause) in causes.items():
        refusal = read(parse(text.encode()), DIALECTS[name]).refusal
        assert refusal is not None
        assert refusal.cause is cause, text
    assert {cause for _, cause in causes.values()} == set(Cause)
