"""What ends detection, and what is found nothing in: in the installer's own words."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from tests.repo.replay.conftest import Disc, plain, quirks, texts

Lay = Callable[[str], Disc]
NO_FOLDER = "Setup was unable to access the location you specified - please check and try again."
NO_BASE = "A base installation repository was not found at that location.  Please check and try again."
LATER = "Please check the address was valid and/or that the media was inserted correctly, and try again."


@pytest.mark.parametrize("dialect", ["5.6", "6.0", "6.2", "6.5", "7.0"])
def test_text_media_end_the_detection_of_5_6_to_7_0(disc: Lay, dialect: str) -> None:
    report = disc("4.1").asked_as(dialect)
    assert not report.ok
    assert "RepoFormatError: XS-REPOSITORY not in XML" in report.verdict
    assert texts(report)[:2] == [NO_FOLDER, f"Unable to access location specified.  {LATER}"]


@pytest.mark.parametrize("dialect", ["7.1", "8.2", "xs8", "xcp-8.3", "xs9"])
@pytest.mark.parametrize("kind", ["4.1", "5.6"])
def test_7_1_and_later_find_nothing_in_older_media(disc: Lay, kind: str, dialect: str) -> None:
    report = disc(kind).asked_as(dialect)
    assert "would find nothing" in report.verdict
    assert f"A base installation repository was not found.  {LATER}" in texts(report)
    assert f"Unable to access repository (url, {report.address})" in texts(report)


def test_4_1_finds_nothing_in_yum_media(disc: Lay) -> None:
    report = disc("8.2").asked_as("4.1")
    assert "4.1 would find nothing: it reads text repositories, and this medium is yum" in report.verdict
    assert texts(report) == [NO_BASE, "No setup files were found at the location you specified."]


@pytest.mark.parametrize(("dialect", "kind", "erased"), [("4.1", "8.2", True), ("6.5", "4.1", True), ("7.1", "4.1", False)])
def test_up_to_7_0_the_disk_is_erased_before_the_source_is_looked_at(disc: Lay, dialect: str, kind: str, erased: bool) -> None:
    assert ("erases-first" in quirks(disc(kind).asked_as(dialect))) is erased


def test_5_5_to_7_0_say_that_there_is_no_repository(disc: Lay) -> None:
    for dialect in ("5.5", "5.6", "6.5"):
        assert texts(disc("8.2").asked_as(dialect))[-1] == "No repository found at the specified location."


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ("base 1 aa tbz2 required base.tar.bz2 /\n\n", "ValueError: need more than 1 value to unpack"),
        ("base  1 aa tbz2 required base.tar.bz2 /\n", "UnknownPackageType: aa"),
        ("base 1 aa tbz2 base.tar.bz2 /\n", "TypeError: __init__() takes exactly 8 arguments (7 given)"),
        ("fw 1 aa firmware a b\n", "TypeError: __init__() takes exactly 6 arguments (7 given)"),
        ("base one aa tbz2 required base.tar.bz2 /\n", "ValueError: invalid literal for long(): one"),
        ("x 1 aa rpm x.rpm\n", "UnknownPackageType: rpm"),
        ("base 1\n", "ValueError: need more than 2 values to unpack"),
    ],
)
def test_a_line_that_4_1_cannot_read_ends_everything_in_its_words(disc: Lay, broken: str, error: str) -> None:
    report = disc("4.1").put("packages.linux/XS-PACKAGES", broken).asked_as("4.1")
    assert not report.ok
    assert report.repositories == ()
    assert f"4.1 would say: {error}" in report.verdict
    assert error in texts(report)


def test_a_label_of_one_line_is_an_index_error(disc: Lay) -> None:
    report = disc("4.1").put("packages.main/XS-REPOSITORY", "xs:main\n").asked_as("4.1")
    assert "IndexError: list index out of range" in report.verdict


def test_cr_lf_is_fine(disc: Lay) -> None:
    laid = plain(disc("4.1"))
    for name in ("XS-REPOSITORY", "XS-PACKAGES"):
        path = f"packages.linux/{name}"
        laid.put(path, (laid.folder / path).read_bytes().replace(b"\n", b"\r\n"))
    assert laid.asked_as("4.1").ok


def test_5_5_reads_rpm_lines(disc: Lay) -> None:
    report = plain(disc("5.5")).asked_as("5.5")
    assert {"/packages.main/tools.rpm", "/packages.main/nic2.rpm"} <= {one.path for one in report.requests if one.phase == "check"}


@pytest.mark.parametrize(
    ("path", "old", "new", "error"),
    [
        ("XS-REPOSITORY", "<repository", "repository", "RepoFormatError: XS-REPOSITORY not in XML"),
        ("XS-REPOSITORY", "description", "subscription", "RepoFormatError: XS-REPOSITORY format error"),
        ("XS-REPOSITORY", 'test="eq"', 'test="like"', "RepoFormatError: XS-REPOSITORY format error"),
        ("XS-PACKAGES", "</packages>", "", "RepoFormatError: XS-PACKAGES not in XML"),
        ("XS-PACKAGES", 'type="tbz2"', 'type="zip"', "UnknownPackageType: zip"),
    ],
)
def test_xml_that_5_6_cannot_read(disc: Lay, path: str, old: str, new: str, error: str) -> None:
    report = disc("5.6").change(f"packages.linux/{path}", old, new).asked_as("5.6")
    assert f"5.6 would say: {error}" in report.verdict


def test_a_doctype_is_not_read(disc: Lay) -> None:
    laid = disc("5.6")
    text = (laid.folder / "packages.linux/XS-REPOSITORY").read_text()
    bomb = '<!DOCTYPE a [<!ENTITY b "' + "c" * 1000 + '">]>\n' + text
    assert not laid.put("packages.linux/XS-REPOSITORY", bomb).asked_as("5.6").ok


def test_what_a_repository_requires_must_come_before_it(disc: Lay) -> None:
    laid = plain(disc("5.6").change("packages.linux/XS-REPOSITORY", 'test="eq" version="5.6.0"', 'test="ge" version="6.0.0"'))
    report = laid.asked_as("5.6")
    assert not report.installs
    assert any(text.startswith("Repository dependency error: xs:main >= 6.0.0") for text in texts(report))
    server = disc("6.5")
    report = server.asked_as("6.5")
    assert "Repository dependency error:\n\nxs:linux requires xs:main >= 6.5.0" in texts(report)


def test_a_treeinfo_without_a_version_is_said_in_the_installers_words(disc: Lay) -> None:
    report = (
        disc("8.2").change(".treeinfo", "[branding]\nname = Citrix Hypervisor\nversion = 8.2.0", "[branding]\nname = X").asked_as("8.2")
    )
    assert "RepoFormatError: Failed to read .treeinfo: No option 'version' in section: 'branding'" in report.verdict


def test_only_the_new_section_leaves_8_2_without_a_name(disc: Lay) -> None:
    report = disc("xs8").asked_as("8.2")
    assert "no-branding" in quirks(report)
    assert (report.ok, report.installs) == (False, False)
    assert disc("xs8").asked_as("xs8").ok
    assert disc("xcp-8.3").asked_as("8.2").check_passes


@pytest.mark.parametrize(
    ("replacement", "error"),
    [
        ('type="other"', "UnboundLocalError: local variable 'primary_location' referenced before assignment"),
        ('type="primary" <', "ExpatError"),
    ],
)
def test_a_repomd_without_a_primary_list(disc: Lay, replacement: str, error: str) -> None:
    report = disc("8.2").change("repodata/repomd.xml", 'type="primary"', replacement).asked_as("8.2")
    assert f"8.2 would say: {error}" in report.verdict


@pytest.mark.parametrize("dialect", ["7.0", "8.2", "xs8", "xs9"])
def test_a_primary_list_that_is_no_gzip(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    name = next(path.name for path in (laid.folder / "repodata").iterdir() if "primary" in path.name)
    plain_list = gzip.decompress((laid.folder / "repodata" / name).read_bytes())
    for content in (b"\x28\xb5\x2f\xfd" + plain_list, plain_list, b""):
        assert "Not a gzipped file" in laid.put(f"repodata/{name}", content).asked_as(dialect).verdict


def test_a_second_sum_shifts_all_that_follow(disc: Lay) -> None:
    laid = disc("8.2")
    name = next(path.name for path in (laid.folder / "repodata").iterdir() if "primary" in path.name)
    text = gzip.decompress((laid.folder / "repodata" / name).read_bytes()).decode()
    text = text.replace("<checksum", '<checksum type="sha256">00</checksum><checksum', 1)
    report = laid.put(f"repodata/{name}", gzip.compress(text.encode())).asked_as("8.2")
    assert [one.installer for one in report.packages].count("damaged") == 3
