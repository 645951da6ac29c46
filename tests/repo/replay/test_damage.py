"""Damaged media: what the installer's check says, what an installation would, and what reading shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.repo.replay.conftest import Disc, plain, quirks, spoil, texts

Lay = Callable[[str], Disc]


@pytest.mark.parametrize("dialect", ["4.1", "5.6", "6.5"])
def test_a_flipped_bit_in_an_archive_is_named(disc: Lay, dialect: str) -> None:
    laid = plain(disc(dialect))
    laid = laid if dialect != "6.5" else laid.without("packages.linux")
    report = spoil(laid, "packages.main/kernel.tar.bz2").asked_as(dialect)
    assert (report.ok, report.installs, report.check_passes) == (False, False, False)
    assert "Some packages appeared damaged.  These were: kernel" in texts(report)
    assert report.packages[0].file == "kernel.tar.bz2"
    assert report.packages[0].ours != "right"


@pytest.mark.parametrize("dialect", ["7.0", "7.1", "8.2", "xs8", "xcp-8.3", "xs9"])
def test_a_flipped_bit_in_an_rpm_is_named(disc: Lay, dialect: str) -> None:
    report = spoil(disc(dialect), "Packages/kernel-1.0-1.x86_64.rpm").asked_as(dialect)
    assert (report.ok, report.installs) == (False, False)
    assert "Some packages appeared damaged.  These were: Packages/kernel-1.0-1.x86_64.rpm" in texts(report)


@pytest.mark.parametrize("dialect", ["4.1", "5.6"])
def test_damage_in_a_driver_escapes_the_installer_and_not_us(disc: Lay, dialect: str) -> None:
    laid = spoil(disc(dialect), "packages.main/nic.ko")
    laid.put("nic.ko", "anything").put("nicfw.bin", "anything")
    report = laid.asked_as(dialect)
    assert report.check_passes
    assert (report.ok, report.installs) == (False, False)
    assert "sums-unseen" in quirks(report)


def test_names_are_joined_with_a_comma_up_to_6_0(disc: Lay) -> None:
    for dialect, joined in (("4.1", "base, kernel, and xapi"), ("5.0", "base, kernel, and xapi")):
        laid = plain(disc(dialect))
        for name in ("base", "kernel", "xapi"):
            spoil(laid, f"packages.main/{name}.tar.bz2")
        assert f"Some packages appeared damaged.  These were: {joined}" in texts(laid.asked_as(dialect))
    laid = disc("8.2")
    for path in sorted((laid.folder / "Packages").iterdir()):
        spoil(laid, f"Packages/{path.name}")
    said = next(text for text in texts(laid.asked_as("8.2")) if "damaged" in text)
    assert ", and " not in said and " and " in said


@pytest.mark.parametrize(("dialect", "path"), [("4.1", "packages.main/base.tar.bz2"), ("xcp-8.3", "Packages/kernel-1.0-1.x86_64.rpm")])
def test_a_missing_package_ends_an_installation(disc: Lay, dialect: str, path: str) -> None:
    laid = disc(dialect)
    laid = (plain(laid) if dialect == "4.1" else laid).without(path)
    report = laid.asked_as(dialect)
    assert (report.ok, report.installs) == (False, False)
    if dialect == "4.1":
        assert "HTTP Error 404: Not Found" in texts(report)
    else:
        assert f"Cannot find valid rpm for {path}" in texts(report)


def test_a_body_that_ends_early_is_damage_and_no_error(disc: Lay) -> None:
    laid = plain(disc("4.1"))
    laid.short = frozenset({"kernel.tar.bz2"})
    report = laid.asked_as("4.1")
    assert next(one for one in report.requests if "kernel" in one.path).outcome == "cut"
    assert "Some packages appeared damaged.  These were: kernel" in texts(report)
