"""What a conversion says, and the file that it makes, to the letter. To make them anew: PXESERVE_GOLDEN=new, and read the difference."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.answerfile.answers import Answers, Disk, Installed, Interface, Mode, Raid, RootPassword, Script, Source, Stage
from pxeserve.answerfile.converting.convert import Converted, Kind, RefusedFileError, convert, convert_answers
from pxeserve.answerfile.dialects import DIALECTS

HERE = Path(__file__).parent
LEAST = Answers(
    primary_disk=Disk("sda"), root_password=RootPassword("s3cretword"), sources=(Source("url", "http://192.0.2.1/m"),), timezone="Etc/UTC",
    admin_interface=Interface("eth0", proto="dhcp"), existing_installation=Installed("sdb"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("4.1", "xcp-8.3"), ("5.5", "5.6"), ("5.5", "6.0"), ("5.6", "8.2"), ("6.2", "7.0"), ("6.2", "5.6"), ("7.1", "xcp-8.3"),
        ("7.1", "7.0"), ("7.1", "4.1"), ("xs8", "xcp-8.3"), ("xs8", "8.2"), ("xcp-8.3", "xs8"), ("xcp-8.3", "xcp-8.2"), ("xs9", "xs8"),
    ],
)  # fmt: skip
def test_to_the_letter(old: str, new: str) -> None:
    done = convert((HERE / "files" / f"{old}.xml").read_bytes(), DIALECTS[old], DIALECTS[new])
    said = "\n".join([*(f"{one.kind}: {one.field}: {one.old!r} -> {one.new!r}: {one.why}" for one in done.changes), *done.faults])
    text = f"{said}\n\n{(done.text or b'').decode()}"
    file = HERE / "golden" / f"{old}-to-{new}.txt"
    if os.environ.get("PXESERVE_GOLDEN") == "new":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def _to(old: str, new: str, answers: Answers) -> Converted:
    return convert_answers(answers, DIALECTS[old], DIALECTS[new])


def _kinds(done: Converted, field: str) -> list[Kind]:
    return [one.kind for one in done.changes if one.field == field]


def test_what_is_needed_and_not_known_is_a_fault_and_not_invented() -> None:
    done = _to("8.2", "5.5", replace(LEAST, root_password=None))
    assert (done.text, done.faults) == (None, ("root-password is needed and not known: add <root-password>...</root-password>",))
    assert _kinds(done, "root-password") == [Kind.REQUIRED]


def test_a_default_that_was_in_force_is_known_and_said() -> None:
    done = _to("8.2", "5.6", replace(LEAST, timezone=None))
    assert done.answers.timezone == "Etc/UTC"
    assert _kinds(done, "timezone") == [Kind.REQUIRED]


def test_a_time_zone_that_6_0_left_open_is_not_invented() -> None:
    assert _to("6.0", "5.6", replace(LEAST, timezone=None)).faults == (
        "timezone is needed and not known: add <timezone>Europe/London</timezone>",
    )


def test_a_hash_never_becomes_a_password() -> None:
    done = _to("5.6", "5.5", replace(LEAST, root_password=RootPassword("$6$salt$hash", hashed=True)))
    assert done.text is None
    assert "$6$salt$hash" not in repr(done.changes) + repr(done.faults)


def test_what_looks_like_a_hash_stays_the_password_that_it_was_and_that_is_said() -> None:
    done = _to("5.5", "5.6", replace(LEAST, root_password=RootPassword("$1$salt$hash")))
    assert done.answers.root_password == RootPassword("$1$salt$hash")
    assert _kinds(done, "root-password") == [Kind.MEANING]
    assert "$1$salt$hash" not in repr(done.changes)


def test_a_reinstallation_that_begins_to_erase_says_so() -> None:
    done = _to("5.6", "6.0", replace(LEAST, mode=Mode.REINSTALL, primary_disk=None))
    assert (done.answers.primary_disk, done.answers.existing_installation) == (Disk("sdb"), None)
    [mode] = [one for one in done.changes if one.field == "mode"]
    assert (mode.kind, "erased" in mode.new, "kept" in mode.old) == (Kind.MEANING, True, True)
    back = _to("6.0", "5.6", done.answers)
    assert back.answers.existing_installation == Installed("sdb")


def test_a_script_for_failures_alone_begins_to_run_always_and_that_is_said() -> None:
    done = _to("5.5", "8.2", replace(LEAST, scripts=(Script(Stage.INSTALL_FAILED, "http://192.0.2.1/f"),)))
    assert done.answers.scripts == (Script(Stage.INSTALLATION_COMPLETE, "http://192.0.2.1/f"),)
    assert _kinds(done, "scripts") == [Kind.MEANING]


@pytest.mark.parametrize(("old", "new", "stage"), [("5.6", "5.5", Stage.INSTALL_FAILED), ("5.6", "6.0", Stage.INSTALLATION_START)])
def test_a_script_that_never_ran_does_not_begin_to_run(old: str, new: str, stage: Stage) -> None:
    done = _to(old, new, replace(LEAST, scripts=(Script(stage, "http://192.0.2.1/f"),)))
    assert done.answers.scripts == ()
    assert _kinds(done, "scripts") == [Kind.DROPPED]


def test_a_mirror_is_a_mirror_in_both_families() -> None:
    mirrored = replace(LEAST, primary_disk=Disk("", True, mirror=("sda", "sdb")), existing_installation=None)
    there = _to("xs8", "xcp-8.3", mirrored)
    assert there.answers.raids == (Raid("md127", ("sda", "sdb")),)
    assert there.answers.primary_disk == Disk("md127", True)
    back = _to("xcp-8.3", "xs8", there.answers)
    assert (back.answers.primary_disk, back.answers.raids) == (mirrored.primary_disk, ())


def test_a_mirror_with_a_missing_disk_cannot_become_an_array() -> None:
    assert _to("xs8", "xcp-8.3", replace(LEAST, primary_disk=Disk("", mirror=("sda", "missing")))).text is None


def test_what_failed_before_is_not_held_against_the_new_installer() -> None:
    broken = replace(LEAST, sources=(Source("url", "nfs://192.0.2.1:/m"),), scripts=(Script("never", "http://192.0.2.1/f"),))
    done = _to("5.6", "5.6", broken)
    assert (done.answers, done.changes, done.faults) == (replace(broken, existing_installation=None), (), ())


def test_what_begins_to_fail_is_a_fault() -> None:
    done = _to("5.6", "5.5", replace(LEAST, sources=(Source("url", "file:///m"),)))
    assert done.faults == ("source: installers of 5.5 put http:// in front of it; nothing is found: offer it over http or ftp",)
    assert _kinds(done, "source") == [Kind.MEANING]


def test_https_is_warned_of_where_the_installer_is_too_old_for_it() -> None:
    done = _to("7.0", "6.5", replace(LEAST, sources=(Source("url", "https://192.0.2.1/m"),)))
    assert done.text is not None
    assert Kind.MEANING in _kinds(done, "source")


def test_what_its_own_installer_refuses_is_not_converted() -> None:
    with pytest.raises(RefusedFileError) as error:
        convert(b"<installation/>", DIALECTS["4.1"], DIALECTS["8.2"])
    assert (error.value.finding.severity, error.value.finding.line) == ("error", 1)
    with pytest.raises(RefusedFileError):
        convert(b"<installation", DIALECTS["4.1"], DIALECTS["8.2"])


def test_a_note_is_the_first_line_of_the_file() -> None:
    done = convert_answers(LEAST, DIALECTS["4.1"], DIALECTS["4.1"], note="converted")
    assert done.text is not None
    assert done.text.splitlines()[1] == b"<!-- converted -->"
