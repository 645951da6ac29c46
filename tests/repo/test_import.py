"""A medium comes in whole and right, or not at all: each fault by name, nothing half visible, nothing left behind."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pxeserve.domain.medium import Medium, MediumState
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.repo.imports import import_medium, remove_medium, sweep
from pxeserve.repo.sample import make_modern_sample, make_sample
from pxeserve.repo.stamps import stamp
from pxeserve.store import Store, audit, inventory, media

Bring = Callable[[Path, str], Medium]
PACKAGE = "packages.main/base.tar.bz2"
INDEX = "packages.main/XS-PACKAGES"
MAIN = "packages.main/XS-REPOSITORY"


def nothing_is_left(store: Store, data: Path) -> bool:
    with store.site.read() as connection:
        rows = inventory.media(connection)
    folder = data / "media"
    return rows == [] and (not folder.exists() or list(folder.iterdir()) == [])


def iso_of(tree: Path, *options: str) -> Path:
    image = tree.with_suffix(".iso")
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", *options, "-o", image, tree], check=True, capture_output=True)
    return image


def test_a_good_folder_becomes_a_medium(store: Store, data: Path, tree: Path, bring: Bring) -> None:
    medium = bring(tree, "sample")
    assert (medium.product, medium.version, medium.build, medium.dialect) == ("XenServer", "4.1.0", "sample", "4.1")
    assert medium.repositories == ("packages.main", "packages.linux")
    assert medium.boot is not None
    assert medium.sample
    for path in tree.rglob("*"):
        if path.is_file():
            assert (data / "media" / medium.folder / path.relative_to(tree)).read_bytes() == path.read_bytes()
    with store.site.read() as connection:
        packages = [file.path for file in sorted(media.files(connection, "sample"), key=lambda file: file.position) if file.position >= 0]
        assert audit.broken_at(connection) is None
    assert packages[0] == PACKAGE
    assert packages[-1] == "packages.linux/guest-installer.tar.bz2"


@pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
@pytest.mark.parametrize("names", [["-R"], ["-J", "-joliet-long"], ["-R", "-J"]])
def test_an_iso_is_the_same_medium_as_its_folder(tree: Path, bring: Bring, names: list[str]) -> None:
    from_iso = bring(iso_of(tree, *names), "iso")
    assert from_iso.revision == bring(tree, "folder").revision


def _append(tree: Path, path: str, line: str) -> None:
    with (tree / path).open("a") as file:
        file.write(line)


def _rewrite(tree: Path, path: str, old: str, new: str) -> None:
    content = (tree / path).read_text()
    assert old in content
    (tree / path).write_text(content.replace(old, new, 1))


def _flip(tree: Path) -> None:
    content = bytearray((tree / PACKAGE).read_bytes())
    content[1000] ^= 1
    (tree / PACKAGE).write_bytes(content)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "flipped bit": (_flip, f"{PACKAGE}: MD5 is .*, but {INDEX} line 1 says "),
    "missing file": (lambda tree: (tree / PACKAGE).unlink(), f"{PACKAGE}: missing, but {INDEX} line 1 lists it"),
    "longer file": (lambda tree: _append(tree, "packages.main/sample-nic.ko", "x"), "sample-nic.ko: 20001 bytes, but .* line 4 says 20000"),
    "blank line": (lambda tree: _append(tree, INDEX, "\n"), f"{INDEX}:6:1: a blank line"),
    "two blanks": (lambda tree: _rewrite(tree, INDEX, "base ", "base  "), f"{INDEX}:1:6: two blanks"),
    "carriage returns": (lambda tree: (tree / INDEX).write_bytes((tree / INDEX).read_bytes().replace(b"\n", b"\r\n")), "carriage return"),
    "six fields": (lambda tree: _rewrite(tree, INDEX, " required", ""), f"{INDEX}:1:1: 6 fields"),
    "unknown type": (lambda tree: _rewrite(tree, INDEX, " tbz2 ", " zip "), "'zip' is not a package type"),
    "dots": (lambda tree: _rewrite(tree, INDEX, " base.tar.bz2", " ../base.tar.bz2"), "leaves the repository's folder"),
    "absolute": (lambda tree: _rewrite(tree, INDEX, " base.tar.bz2", " /base.tar.bz2"), "is absolute"),
    "twice": (lambda tree: _append(tree, INDEX, (tree / INDEX).read_text().splitlines()[0] + "\n"), "listed twice, first in line 1"),
    "link out": (lambda tree: (tree / "passwd").symlink_to("/etc/passwd"), "passwd: a symbolic link"),
    "link inside": (lambda tree: (tree / "again").symlink_to("README.txt"), "again: a symbolic link"),
    "FIFO": (lambda tree: os.mkfifo(tree / "pipe"), "pipe: a FIFO"),
    "control character": (lambda tree: (tree / "a\nb").write_text("x"), r"a\\nb: a name with control"),
    "no repository": (lambda tree: [shutil.rmtree(tree / "packages.main"), shutil.rmtree(tree / "packages.linux")], "no repository here"),
    "half a repository": (lambda tree: [shutil.rmtree(tree / "packages.linux"), (tree / INDEX).unlink()], "side by side"),
    "newer product": (lambda tree: _rewrite(tree, MAIN, "4.1.0", "7.6.0"), "XenServer 7.6.0 is not one that this format"),
    "no version": (lambda tree: (tree / MAIN).write_text("xs:main\nA\n"), "no version is not one"),
}
if os.geteuid() == 0:
    FAULTS["device"] = (lambda tree: os.mknod(tree / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3)), "null: a device")


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_refused_by_name_and_nothing_is_left(store: Store, data: Path, tree: Path, bring: Bring, fault: str) -> None:
    spoil, says = FAULTS[fault]
    spoil(tree)
    with pytest.raises(PxeserveError, match=says):
        bring(tree, "broken")
    assert nothing_is_left(store, data)


def test_all_faults_are_named_at_once(tree: Path, bring: Bring) -> None:
    _flip(tree)
    (tree / "packages.linux/guest-installer.tar.bz2").unlink()
    with pytest.raises(PxeserveError) as error:
        bring(tree, "broken")
    assert len(error.value.message.splitlines()) == 2


@pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
def test_a_cut_iso_is_refused_before_anything_is_copied(store: Store, data: Path, tree: Path, bring: Bring) -> None:
    image = iso_of(tree, "-R")
    os.truncate(image, image.stat().st_size * 2 // 3)
    with pytest.raises(PxeserveError, match="cut short"):
        bring(image, "cut")
    assert nothing_is_left(store, data)


@pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
def test_an_iso_without_long_names_is_refused_with_the_way_out(tree: Path, bring: Bring) -> None:
    with pytest.raises(PxeserveError, match="neither Rock Ridge nor Joliet") as error:
        bring(iso_of(tree, "--norock"), "plain")
    assert "xorriso" in error.value.fix


@pytest.mark.parametrize(("content", "says"), [(b"", "not an ISO image"), (b"x" * 100_000, "not an ISO image")])
def test_what_is_no_iso_is_refused(tmp_path: Path, bring: Bring, content: bytes, says: str) -> None:
    (tmp_path / "file.iso").write_bytes(content)
    with pytest.raises(PxeserveError, match=says):
        bring(tmp_path / "file.iso", "file")


def test_a_missing_source_and_a_bad_name_are_refused(tmp_path: Path, tree: Path, bring: Bring) -> None:
    with pytest.raises(PxeserveError, match="no such file"):
        bring(tmp_path / "nowhere", "x")
    with pytest.raises(PxeserveError, match="is not a name for a medium"):
        bring(tree, "../x")


@contextmanager
def small_disk(data: Path, options: str) -> Iterator[Path]:
    """The media's folder on a small file system of its own."""
    folder = data / "media"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


needs_mount = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")


@needs_mount
def test_a_full_disk_is_refused_before_copying(store: Store, data: Path, tree: Path, bring: Bring) -> None:
    with small_disk(data, "size=2m"):
        with pytest.raises(PxeserveError, match=r"media: the medium needs \d+ kB; 20\d\d kB are free, of which leases") as error:
            bring(tree, "big")
        assert error.value.code == "refused"
        assert nothing_is_left(store, data)


@needs_mount
def test_a_disk_that_takes_no_further_file_leaves_nothing(store: Store, data: Path, tree: Path, bring: Bring) -> None:
    with small_disk(data, "size=100m,nr_inodes=12"):
        with pytest.raises(PxeserveError, match="could not be copied: No space left on device"):
            bring(tree, "full")
        assert nothing_is_left(store, data)


@needs_mount
def test_a_disk_that_others_fill_meanwhile_leaves_nothing(store: Store, data: Path, tree: Path) -> None:
    """What an archive holds is known only as it comes, so its room cannot be taken in advance."""
    archive = tree.with_suffix(".tar.gz")
    subprocess.run(["tar", "-czf", archive, "-C", tree, "--sort=name", "."], check=True)
    with small_disk(data, "size=4m") as folder:
        ballast = folder / ".ballast"

        def report(_done: int, _total: int, text: str) -> None:
            if text.startswith("boot/vmlinuz") and not ballast.exists():
                with ballast.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, 2_000_000)

        with pytest.raises(PxeserveError, match=r"the medium needs \d+ kB; \d+ kB are free"):
            import_medium(store, data, archive, "full", report, "tester", 0.0)
        ballast.unlink()
        assert nothing_is_left(store, data)


def test_the_same_again_is_no_error_and_other_content_is(tree: Path, bring: Bring) -> None:
    first = bring(tree, "sample")
    assert bring(tree, "sample") == first
    (tree / "README.txt").write_text("changed")
    with pytest.raises(ConflictError, match="already a medium sample"):
        bring(tree, "sample")


def test_the_same_again_brings_back_files_that_are_gone(store: Store, data: Path, tree: Path, bring: Bring) -> None:
    first = bring(tree, "sample")
    shutil.rmtree(data / "media" / first.folder)
    with store.site.write() as connection:
        media.set_state(connection, "sample", MediumState.DAMAGED, "its files are gone")
    assert bring(tree, "sample") == first
    assert (data / "media" / first.folder / PACKAGE).read_bytes() == (tree / PACKAGE).read_bytes()
    with store.site.read() as connection:
        assert media.by_name(connection, "sample") == first
        assert {file.stamp for file in media.files(connection, "sample") if file.path == PACKAGE} == {
            stamp((data / "media" / first.folder / PACKAGE).stat())
        }


def test_sweep_keeps_media_and_removes_folders_without_a_row(store: Store, data: Path, tree: Path, bring: Bring) -> None:
    medium = bring(tree, "sample")
    shutil.copytree(data / "media" / medium.folder, data / "media" / "other@0123456789ab")
    assert sweep(store, data) == ["other@0123456789ab"]
    assert (data / "media" / medium.folder).is_dir()


def test_a_medium_that_is_needed_cannot_be_removed(store: Store, data: Path, tree: Path, bring: Bring) -> None:
    from pxeserve.domain.host import Profile

    medium = bring(tree, "sample")
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack", "sample"))
    with pytest.raises(ConflictError, match="needed by profile rack"):
        remove_medium(store, data, medium, "tester", 0.0)
    with store.site.write() as connection:
        inventory.remove_profile(connection, "rack")
    remove_medium(store, data, medium, "tester", 0.0)
    assert nothing_is_left(store, data)


def test_the_sample_is_the_same_each_time_and_says_what_it_is(tmp_path: Path) -> None:
    make_sample(tmp_path / "one")
    make_sample(tmp_path / "two")
    for path in (tmp_path / "one").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    assert b"not an operating system" in (tmp_path / "one" / "boot" / "xen.gz").read_bytes()[:100]
    with pytest.raises(FileExistsError):
        make_sample(tmp_path / "one")


def test_md5_is_taken_where_lists_hold_it_and_sha256_always(store: Store, tree: Path, tmp_path: Path, bring: Bring) -> None:
    make_modern_sample(tmp_path / "modern", "xcp-8.3")
    for source, name, wants_md5 in ((tree, "old", True), (tmp_path / "modern", "modern", False)):
        bring(source, name)
        with store.site.read() as connection:
            rows = media.files(connection, name)
        assert {bool(row.md5) for row in rows} == {wants_md5}
        assert all(row.sha256 == hashlib.sha256((source / row.path).read_bytes()).hexdigest() for row in rows)


def test_an_import_that_is_taken_up_reads_again_what_lacks_a_sum_that_is_needed_by_now(
    store: Store, data: Path, tree: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    make_modern_sample(source, "xcp-8.3")

    def hang_up(done: int, total: int, _text: str) -> None:
        if done == total:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        import_medium(store, data, source, "both", hang_up, "tester", 0.0)
    (source / "notes").mkdir()
    (source / "notes" / "XS-PACKAGES").write_bytes((tree / INDEX).read_bytes())
    import_medium(store, data, source, "both", lambda *_: None, "tester", 0.0)
    with store.site.read() as connection:
        assert all(row.md5 for row in media.files(connection, "both"))


def test_who_is_nicer_already_stays_so() -> None:
    """Only root may take niceness back: an import of a service that systemd made nicer would end with its first thread."""
    program = (
        "import os; from pxeserve.repo.onepass import be_nice; os.nice(15); os.geteuid() or os.setuid(65534); be_nice(); "
        "print(os.getpriority(os.PRIO_PROCESS, 0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == f"{min(os.getpriority(os.PRIO_PROCESS, 0) + 15, 19)}\n", done.stderr
