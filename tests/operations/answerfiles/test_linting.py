"""Files that are linted and fixed: exchanged whole, or not touched."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pxeserve.config import load
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.operations import registry
from pxeserve.operations.answerfiles import linting
from pxeserve.operations.context import Actor, Context
from pxeserve.store import open_store
from tests.answerfile.lint.samples import good

SPOILT = good("8.2").replace("keymap>", "keymaps>").replace("Europe/London", "London")
D = linting.known_dialect("8.2")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "answerfile.xml"
    path.write_text(SPOILT)
    path.chmod(0o640)
    return path


def test_a_file_is_judged_and_left_alone(file: Path) -> None:
    said = linting.lint_file(file, D).data()
    assert list(said) == ["file", "verdict", "findings", "edits"]
    assert (said["file"], said["verdict"]) == (str(file), "surprising")
    assert [list(one) for one in said["findings"]] == [["code", "severity", "line", "column", "message", "fix", "source"]] * 2
    assert [one["code"] for one in said["findings"]] == ["XA-020", "XA-044"]
    assert [one["finding"] for one in said["edits"]] == [0, 0]
    assert file.read_text() == SPOILT


def test_the_edits_are_bytes_of_the_file(file: Path) -> None:
    text = file.read_bytes()
    for edit in sorted(linting.lint_file(file, D).data()["edits"], key=lambda one: -one["start"]):
        text = text[: edit["start"]] + edit["text"].encode() + text[edit["end"] :]
    assert text == SPOILT.replace("keymaps>", "keymap>").encode()


def test_a_file_is_fixed_as_far_as_no_person_has_to_decide(file: Path) -> None:
    said = linting.fix_file(file, D).data()
    assert file.read_text() == SPOILT.replace("keymaps>", "keymap>")
    assert [one["code"] for one in said["fixed"]] == ["XA-020"]
    assert [one["code"] for one in said["findings"]] == ["XA-044"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(file.parent.iterdir()) == [file]
    again = linting.fix_file(file, D).data()
    assert "fixed" not in again


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_fixed_file_keeps_its_owner(file: Path) -> None:
    os.chown(file, 12345, 54321)
    linting.fix_file(file, D)
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 54321)


def test_a_file_without_mistakes_is_not_even_written(file: Path) -> None:
    file.write_text(good("8.2"))
    before = file.stat()
    linting.fix_file(file, D)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_through_a_link_the_file_itself_is_exchanged(file: Path) -> None:
    link = file.parent / "link.xml"
    link.symlink_to(file)
    linting.fix_file(link, D)
    assert link.is_symlink()
    assert file.read_text() == SPOILT.replace("keymaps>", "keymap>")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_what_is_not_utf_8_is_not_touched(file: Path, encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding if encoding == "utf-16" else "iso-8859-1"}"?><!-- ü -->\n'
    file.write_bytes((declared + SPOILT).encode(encoding))
    before = file.read_bytes()
    said = linting.fix_file(file, D).data()
    assert (said["verdict"], said["note"]) == ("surprising", "not UTF-8: nothing in it is changed")
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_written_leaves_the_file_whole(file: Path, tmp_path: Path) -> None:
    with pytest.raises(PxeserveError, match="no plain file"):
        linting._exchange(Path("/dev/null"), b"x")
    with pytest.raises(PxeserveError, match=r"nothing in it was changed"):
        linting._exchange(tmp_path / "missing.xml", b"x")
    assert file.read_text() == SPOILT


@pytest.mark.parametrize("name", ["missing.xml", ""])
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(PxeserveError, match=str(tmp_path)):
        linting.lint_file(tmp_path / name, D)


def test_a_device_without_an_end_is_not_read_for_ever() -> None:
    assert [one.code for one in linting.lint_file(Path("/dev/zero"), D).findings] == ["XA-001"]


def test_an_unknown_dialect_names_those_that_are_known() -> None:
    with pytest.raises(NotFoundError, match=r"9\.9") as raised:
        linting.known_dialect("9.9")
    assert raised.value.fix.startswith("one of 4.1, 5.0, 5.5,")


def test_programs_ask_by_a_verb(tmp_path: Path) -> None:
    store = open_store(tmp_path, migrate=True)
    try:
        context = Context(load(None, {}, {"server": {"data": str(tmp_path)}}), store, Actor("root"), lambda _progress: None)
        said = registry.call(context, "answerfile.lint", {"text": SPOILT, "dialect": "8.2", "name": "mine"})
        assert (said["file"], said["verdict"]) == ("mine", "surprising")
        with pytest.raises(NotFoundError):
            registry.call(context, "answerfile.lint", {"text": SPOILT, "dialect": "9.9"})
    finally:
        store.close()


def test_a_look_is_taken_only_when_asked(file: Path) -> None:
    file.write_text(good("8.2").replace("http://192.0.2.1/disc", "nfs://192.0.2.1:/disc"))
    assert linting.lint_file(file, D).findings == ()
    assert [one.code for one in linting.lint_file(file, D, look=True).findings] == ["XA-092"]
