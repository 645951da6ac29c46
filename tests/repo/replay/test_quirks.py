"""The habits of installers, each where it is met and where it is not."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable

import pytest

from pxeserve.domain.medium import Role
from tests.media_samples import repodata
from tests.repo.replay.conftest import Disc, plain, quirks, texts

Lay = Callable[[str], Disc]


def test_drivers_in_a_folder_are_looked_for_at_the_root(disc: Lay) -> None:
    report = disc("4.1").asked_as("4.1")
    assert (report.ok, report.installs, report.check_passes) == (False, True, False)
    assert "Some packages appeared damaged.  These were: nic and nicfw" in texts(report)
    assert quirks(report) == ["driver-at-root"]
    assert [(one.file, one.installer, one.ours) for one in report.packages] == [
        ("nic.ko", "damaged", "right"),
        ("nicfw.bin", "damaged", "right"),
    ]
    assert [(one.phase, one.path, one.outcome) for one in report.requests if "nic.ko" in one.path] == [
        ("check", "/nic.ko", "not there"),
        ("install", "/packages.main/nic.ko", "whole"),
    ]


def test_a_driver_disk_is_its_own_root(disc: Lay) -> None:
    report = disc("text-driver-disk").asked_as("4.1", role=Role.DRIVER_DISK)
    assert report.ok, report.verdict


@pytest.mark.parametrize(("dialect", "folder"), [("5.5", "packages.extra"), ("6.5", "packages.xenserver")])
def test_a_folder_that_the_list_names_again_is_found_twice(disc: Lay, dialect: str, folder: str) -> None:
    laid = plain(disc(dialect).without("packages.linux")).put("XS-REPOSITORY-LIST", f"{folder}\npackages.main\n")
    report = laid.asked_as(dialect)
    assert [one.times for one in report.repositories] == [2, 1]
    assert "listed-again" in quirks(report)
    assert laid.lines.count("/packages.main/base.tar.bz2") == 2


def test_4_1_knows_no_list(disc: Lay) -> None:
    laid = plain(disc("4.1")).put("XS-REPOSITORY-LIST", "packages.main\n")
    assert quirks(laid.asked_as("4.1")) == []
    assert "/XS-REPOSITORY-LIST" not in laid.lines


def tiny(disc: Disc, dialect: str) -> Disc:
    content = b"x" * 99
    if dialect in ("4.1", "5.6"):
        plain(disc)
        folder, name = disc.folder / "packages.linux", "guests.tar.bz2"
        disc.put(f"packages.linux/{name}", content)
        old = next(line for line in (folder / "XS-PACKAGES").read_text().splitlines() if name in line)
        digest = hashlib.md5(content).hexdigest()
        line = (
            f"guests 99 {digest} tbz2 required {name} /"
            if dialect == "4.1"
            else f'<package label="guests" type="tbz2" size="99" md5="{digest}" root="/">{name}</package>'
        )
        return disc.change("packages.linux/XS-PACKAGES", old, line)
    disc.put("Packages/small-1.rpm", content).without("repodata")
    names = {str(path.relative_to(disc.folder)): path.name for path in sorted((disc.folder / "Packages").iterdir())}
    repodata(disc.folder, {path: name.removesuffix("-1.0-1.x86_64.rpm") for path, name in names.items()}, ("xenserver_base",))
    return disc.put("repodata/repomd.xml.asc", "signature")


@pytest.mark.parametrize("dialect", ["4.1", "5.6", "7.0", "7.1", "8.2", "xs8", "xcp-8.3"])
def test_a_package_under_100_bytes_counts_as_damaged(disc: Lay, dialect: str) -> None:
    report = tiny(disc(dialect), dialect).asked_as(dialect)
    assert (report.ok, report.installs, report.check_passes) == (False, True, False), report.verdict
    assert quirks(report) == ["under-100-bytes"]
    assert [(one.installer, one.ours) for one in report.packages] == [("damaged", "right")]


def test_not_so_in_xenserver_9(disc: Lay) -> None:
    report = tiny(disc("xs9"), "xs9").asked_as("xs9")
    assert report.ok, report.verdict


def test_100_bytes_are_enough(disc: Lay) -> None:
    laid = tiny(disc("8.2"), "8.2").put("Packages/small-1.rpm", b"x" * 100)
    names = {str(path.relative_to(laid.folder)): path.name for path in (laid.folder / "Packages").iterdir()}
    laid.without("repodata")
    repodata(laid.folder, names, ("xenserver_base",))
    assert laid.asked_as("8.2").ok


def test_a_sum_in_capitals_never_matches(disc: Lay) -> None:
    laid = plain(disc("4.1"))
    old = next(line for line in (laid.folder / "packages.linux/XS-PACKAGES").read_text().splitlines()).split(" ")[2]
    report = laid.change("packages.linux/XS-PACKAGES", old, old.upper()).asked_as("4.1")
    assert (report.installs, report.check_passes) == (True, False)
    assert quirks(report) == ["capital-md5"]
    assert "Some packages appeared damaged.  These were: guests" in texts(report)


def test_nor_does_one_of_a_primary_list_and_yum_refuses_it_too(disc: Lay) -> None:
    laid = disc("8.2")
    name = next(path.name for path in (laid.folder / "repodata").iterdir() if "primary" in path.name)
    text = gzip.decompress((laid.folder / "repodata" / name).read_bytes()).decode()
    kernel = hashlib.sha256((laid.folder / "Packages/kernel-1.0-1.x86_64.rpm").read_bytes()).hexdigest()
    report = laid.put(f"repodata/{name}", gzip.compress(text.replace(kernel, kernel.upper()).encode())).asked_as("8.2")
    assert (report.installs, report.check_passes) == (False, False)
    assert quirks(report) == ["capital-sha256"]


@pytest.mark.parametrize("dialect", ["7.1", "8.2", "xcp-8.2"])
def test_a_treeinfo_that_is_not_shown_means_nothing_found(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    laid.hidden = True
    report = laid.asked_as(dialect)
    assert not report.ok
    assert "would find nothing: .treeinfo is not shown, though the medium has it" in report.verdict
    assert quirks(report) == ["hidden-treeinfo"]
    assert f"Unable to access repository (url, {report.address})" in texts(report)


@pytest.mark.parametrize("dialect", ["xs8", "xcp-8.3", "xs9"])
def test_later_ones_take_it_for_an_extra_repository(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    laid.hidden = True
    report = laid.asked_as(dialect)
    assert not report.ok
    assert [one.identity for one in report.repositories] == ["repo1"]
    assert "No main repository found" in texts(report)
    assert quirks(report) == ["hidden-treeinfo"]


def test_an_empty_list_breaks_the_check_and_not_the_installation(disc: Lay) -> None:
    report = plain(disc("4.1")).put("packages.linux/XS-PACKAGES", "").asked_as("4.1")
    assert (report.ok, report.installs, report.check_passes) == (False, True, False)
    assert quirks(report) == ["empty-list", "check-breaks-off"]
    assert "Setup was unable to access the installation source you specified." in texts(report)


def test_a_wrong_size_is_never_noticed(disc: Lay) -> None:
    laid = plain(disc("4.1"))
    line = (laid.folder / "packages.linux/XS-PACKAGES").read_text()
    report = laid.put("packages.linux/XS-PACKAGES", line.replace(line.split(" ")[1], "4000", 1)).asked_as("4.1")
    assert report.ok
    assert quirks(report) == ["sizes-unseen"]
