"""Whatever happens to a medium's files is found, named with the line that says otherwise, never waited for, and healed when put right."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pxeserve.domain.medium import Lies, Medium, MediumState
from pxeserve.repo import verify
from pxeserve.repo.imports import Wanted, import_medium
from pxeserve.repo.sample import make_modern_sample
from pxeserve.repo.verify import Verdict
from pxeserve.store import Store, media
from tests.faults.service import until

Bring = Callable[[Path, str], Medium]
TEXT_PACKAGE, TEXT_INDEX = "packages.main/base.tar.bz2", "packages.main/XS-PACKAGES"
RPM, PRIMARY = "Packages/kernel-1.0-1.x86_64.rpm", "repodata/primary.xml.gz"


class House:
    """One imported medium and what is done to it. `package` is one of its packages, `index` the file that lists it."""

    def __init__(self, store: Store, data: Path, medium: Medium, package: str, index: str) -> None:
        self.store, self.data, self.name = store, data, medium.name
        self.package, self.index = package, index
        self.folder = data / "media" / medium.folder

    @property
    def medium(self) -> Medium:
        with self.store.site.read() as connection:
            found = media.by_name(connection, self.name)
        assert found is not None
        return found

    def full(self) -> Verdict:
        return verify.full(self.store, self.data, self.medium, lambda *_: None)

    def changed(self) -> Verdict:
        return verify.changed(self.store, self.data, self.medium, lambda *_: None)

    def rest(self) -> None:
        """Until every file has a stamp that can be relied on."""
        until(lambda: self.changed().read == 0, "nothing is read any more")


@pytest.fixture(params=["text", "yum"])
def house(request: pytest.FixtureRequest, store: Store, data: Path, tree: Path, tmp_path: Path, bring: Bring) -> House:
    """A good medium of each format, read whole."""
    if request.param == "text":
        house = House(store, data, bring(tree, "disc"), TEXT_PACKAGE, TEXT_INDEX)
    else:
        make_modern_sample(tmp_path / "modern", "xcp-8.3")
        house = House(store, data, bring(tmp_path / "modern", "disc"), RPM, PRIMARY)
    assert house.full().faults == ()
    return house


def flip(path: Path) -> None:
    """One bit, and its times as they were."""
    found = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def replace_by(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


LISTED = r", but {index} line \d+ lists it"
DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "flipped bit": (flip, r"(MD5|SHA-256) is [0-9a-f]+, but {index} line \d+ says [0-9a-f]+"),
    "missing": (Path.unlink, r"missing, but {index} line \d+ lists it"),
    "longer": (lambda path: path.open("ab").write(b"x"), r"\d+ bytes, but {index} line \d+ says \d+"),
    "cut": (lambda path: os.truncate(path, 10), r"10 bytes, but {index} line \d+ says \d+"),
    "empty": (lambda path: os.truncate(path, 0), r"0 bytes, but {index} line \d+ says \d+"),
    "a link": (lambda path: replace_by(path, lambda new: new.symlink_to("/etc/passwd")), "a symbolic link .*" + LISTED),
    "a FIFO": (lambda path: replace_by(path, os.mkfifo), "no plain file any more: .*" + LISTED),
    "a folder": (lambda path: replace_by(path, Path.mkdir), "no plain file any more: .*" + LISTED),
    "its folder is gone": (lambda path: shutil.rmtree(path.parent), "{package}: missing"),
}
if os.geteuid() == 0:
    def device(path: Path) -> None:
        replace_by(path, lambda new: os.mknod(new, 0o666 | stat.S_IFCHR, os.makedev(1, 5)))

    DAMAGE["a device"] = (device, "no plain file any more: .*" + LISTED)


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("look", ["full", "changed"])
def test_each_damage_is_found_named_and_healed(house: House, damage: str, look: str) -> None:
    house.rest()
    spoil, says = DAMAGE[damage]
    kept = house.folder.with_name("kept")
    shutil.copytree(house.folder, kept, symlinks=True)
    spoil(house.folder / house.package)
    verdict = getattr(house, look)()
    words = says.format(index=house.index, package=house.package)
    assert re.search(words, "\n".join(verdict.faults)), verdict.faults
    assert house.medium.state is MediumState.DAMAGED
    assert house.medium.state_reason == verdict.faults[0]
    shutil.rmtree(house.folder)
    kept.rename(house.folder)
    assert house.changed().faults == ()
    assert house.medium.state is MediumState.GOOD
    assert house.medium.state_reason == ""


def test_a_file_that_no_index_lists_is_compared_with_its_import(house: House) -> None:
    flip(house.folder / "install.img")
    [fault] = house.full().faults
    assert fault.startswith("install.img: SHA-256 is ")
    assert "when it was imported" in fault


def test_an_unchanged_tree_is_not_read(house: House) -> None:
    house.rest()
    verdict = house.changed()
    assert (verdict.read, verdict.bytes, verdict.faults) == (0, 0, ())
    assert verdict.unchanged == len([path for path in house.folder.rglob("*") if path.is_file()])


def test_only_what_was_touched_is_read(house: House) -> None:
    house.rest()
    (house.folder / "install.img").touch()
    verdict = house.changed()
    assert (verdict.read, verdict.faults) == (1, ())


def test_a_change_is_seen_though_size_and_time_are_as_they_were(house: House) -> None:
    house.rest()
    before = (house.folder / house.package).stat()
    flip(house.folder / house.package)
    after = (house.folder / house.package).stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    assert len(house.changed().faults) == 1


def test_many_faults_are_all_named(house: House) -> None:
    shutil.rmtree(house.folder / "boot")
    flip(house.folder / house.package)
    assert {fault.split(": ")[0] for fault in house.full().faults} == {"boot/vmlinuz", "boot/xen.gz", house.package}


def test_an_index_that_was_changed_is_told_with_its_line(house: House) -> None:
    path = house.folder / ("repodata/repomd.xml" if house.index == PRIMARY else house.index)
    path.write_bytes(path.read_bytes()[:-3] + b"\0\n\n")
    faults = house.full().faults
    assert any(fault.startswith(f"{path.relative_to(house.folder)}: SHA-256 is ") for fault in faults), faults
    assert re.match(rf"{path.relative_to(house.folder)}:\d+:\d+: ", faults[1]), faults


def test_a_stranger_among_the_packages_is_a_note(house: House) -> None:
    (house.folder / house.package).with_name("stranger\n.rpm").write_bytes(b"x")
    verdict = house.full()
    assert verdict.faults == ()
    assert len(verdict.warnings) == 1
    assert "does not belong to the medium" in verdict.warnings[0]
    assert "\n" not in verdict.warnings[0]


def test_an_index_that_was_not_there_makes_another_medium_of_it(house: House) -> None:
    (house.folder / "packages.site").mkdir()
    for name in ("XS-REPOSITORY", "XS-PACKAGES"):
        (house.folder / "packages.site" / name).write_text("custom:mine\nMine\n")
    faults = house.changed().faults
    assert [fault.split(":")[0] for fault in faults] == ["packages.site/XS-REPOSITORY", "packages.site/XS-PACKAGES"]
    assert house.medium.state is MediumState.DAMAGED
    shutil.rmtree(house.folder / "packages.site")
    assert house.changed().faults == ()
    assert house.medium.state is MediumState.GOOD


def test_a_file_that_only_its_owner_may_read_is_a_note(house: House) -> None:
    (house.folder / house.package).chmod(0o600)
    verdict = house.changed()
    assert verdict.faults == ()
    assert verdict.warnings[0].startswith(f"{house.package}: only its owner may read it")


def test_a_folder_that_is_gone_is_damage_and_comes_back(house: House) -> None:
    house.folder.rename(house.folder.with_name("away"))
    [fault] = house.changed().faults
    assert "the medium's folder cannot be opened: No such file or directory" in fault
    assert house.medium.state is MediumState.DAMAGED
    house.folder.with_name("away").rename(house.folder)
    assert house.changed().faults == ()
    assert house.medium.state is MediumState.GOOD


def test_who_waits_sees_how_far_it_has_come_and_may_leave(house: House) -> None:
    seen: list[tuple[int, int]] = []
    verify.full(house.store, house.data, house.medium, lambda done, total, _text: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 0

    def leave(_done: int, _total: int, _text: str) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        verify.full(house.store, house.data, house.medium, leave)
    assert house.medium.state is MediumState.GOOD


def test_what_changed_while_it_was_removed_touches_nobody_else(house: House) -> None:
    old = house.medium
    with house.store.site.write() as connection:
        media.remove(connection, "disc")
        other = Medium("disc", "other@1", "text", "XenServer", "4.1.0", "", "4.1", "ffff", None)
        media.add(connection, other, [media.FileRow("a", -1, "plain", 1, "", "")], "x", 1.0)
    flip(house.folder / house.package)
    verify.full(house.store, house.data, old, lambda *_: None)
    assert house.medium.state is MediumState.GOOD


def laid_elsewhere(store: Store, data: Path, tree: Path, lies: Lies) -> Medium:
    source = tree
    if lies is Lies.IMAGE:
        source = tree.with_suffix(".iso")
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", source, tree], check=True, capture_output=True)
    wanted = Wanted((str(source),), "disc", lies)
    return import_medium(store, data, wanted, "disc", lambda *_: None, "test", 1.0)


@pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
@pytest.mark.parametrize("lies", [Lies.IN_PLACE, Lies.IMAGE])
def test_what_was_not_copied_is_checked_where_it_lies(store: Store, data: Path, tree: Path, lies: Lies) -> None:
    house = House(store, data, laid_elsewhere(store, data, tree, lies), TEXT_PACKAGE, TEXT_INDEX)
    assert house.changed().faults == ()
    house.rest()
    content = (tree / TEXT_PACKAGE).read_bytes()
    path = Path(house.medium.place) if lies is Lies.IMAGE else tree / TEXT_PACKAGE
    whole = path.read_bytes()
    at = whole.index(content)
    path.write_bytes(whole[: at + 5000] + bytes([whole[at + 5000] ^ 1]) + whole[at + 5001 :])
    [fault] = house.changed().faults
    assert re.search(rf"{TEXT_PACKAGE}: MD5 is [0-9a-f]+, but {TEXT_INDEX} line 1 says", fault)
    assert house.medium.state is MediumState.DAMAGED
    path.write_bytes(whole)
    assert house.changed().faults == ()
    path.rename(path.with_name("away"))
    assert house.changed().faults
    assert house.medium.state is MediumState.DAMAGED
    os.mkfifo(path)
    assert house.changed().faults
    path.unlink()
    path.with_name("away").rename(path)
    assert house.changed().faults == ()
    if lies is Lies.IMAGE:
        os.truncate(path, path.stat().st_size // 2)
        assert any("the image tree.iso ends before it" in fault for fault in house.changed().faults)
        path.write_bytes(whole)
        assert verify.from_disk(store, data, house.medium, lambda *_: None).faults == ()
    assert house.medium.state is MediumState.GOOD
