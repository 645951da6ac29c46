"""What each generation's installer makes of good and of spoiled media: what it finds, what its own check says, and whether it installs."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable

import pytest

from pxeserve.domain.medium import Role
from pxeserve.repo.replay.report import Report
from tests.media_samples import filler, repodata, xml_package, xml_repository
from tests.repo.replay.conftest import Disc, texts

Lay = Callable[[str], Disc]
NO_FOLDER = "Setup was unable to access the location you specified - please check and try again."
NO_BASE = "A base installation repository was not found at that location.  Please check and try again."
LATER = "Please check the address was valid and/or that the media was inserted correctly, and try again."


def quirks(report: Report) -> list[str]:
    return [quirk.name for quirk in report.quirks]


def plain(disc: Disc) -> Disc:
    """Without the drivers and firmware that the check of these generations looks for in the wrong place."""
    for folder in ("packages.main",):
        index = disc.folder / folder / "XS-PACKAGES"
        kept = [
            line
            for line in index.read_text().splitlines(keepends=True)
            if not any(word in line for word in (" driver ", " firmware ", '"driver"', '"firmware"'))
        ]
        index.write_text("".join(kept))
    return disc


def spoil(disc: Disc, path: str) -> Disc:
    """One bit, in the middle."""
    content = bytearray((disc.folder / path).read_bytes())
    content[len(content) // 2] ^= 1
    return disc.put(path, bytes(content))


# good media


@pytest.mark.parametrize(
    ("dialect", "found"),
    [
        ("4.1", ["xs:main", "xs:linux"]),
        ("5.0", ["xs:main", "xs:linux"]),
        ("5.5", ["xs:main", "xs:linux", "xs:extra"]),
        ("5.6", ["xs:main", "xs:linux"]),
    ],
)
def test_good_text_and_xml_media_are_installed(disc: Lay, dialect: str, found: list[str]) -> None:
    report = plain(disc(dialect)).asked_as(dialect)
    assert (report.ok, report.installs, report.check_passes) == (True, True, True), report.verdict
    assert [one.identity for one in report.repositories] == found
    assert all(one.times == 1 for one in report.repositories)
    assert texts(report)[-1].endswith("completed successfully: no problems were found.")


def test_the_check_of_4_1_says_so_word_for_word(disc: Lay) -> None:
    said = 'Verification of your installation pack(s) "XenServer Pack" and "Linux Pack" completed successfully: no problems were found.'
    assert texts(plain(disc("4.1")).asked_as("4.1")) == [said]


@pytest.mark.parametrize("dialect", ["6.0", "6.2", "6.5"])
def test_platform_and_product_are_two_repositories_from_6_0_on(disc: Lay, dialect: str) -> None:
    report = plain(disc(dialect).without("packages.linux")).asked_as(dialect)
    assert report.ok, report.verdict
    assert [(one.identity, one.format) for one in report.repositories] == [("xcp:main", "xml"), ("xs:main", "xml")]


@pytest.mark.parametrize("dialect", ["7.0", "7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9"])
def test_good_yum_media_are_installed(disc: Lay, dialect: str) -> None:
    report = disc(dialect).asked_as(dialect)
    assert report.ok, report.verdict
    assert [one.identity for one in report.repositories] == ["xcp:main"]
    assert report.checked == report.repositories[0].packages == (4 if dialect.startswith("xcp") else 3)
    assert quirks(report) == []


@pytest.mark.parametrize(("kind", "dialect"), [("text-pack", "4.1"), ("xml-pack", "6.5"), ("yum-pack", "8.2"), ("text-driver-disk", "5.0")])
def test_a_pack_is_judged_without_its_base(disc: Lay, kind: str, dialect: str) -> None:
    report = disc(kind).asked_as(dialect, role=Role.PACK)
    assert report.ok, report.verdict
    assert any("its base" not in part and "comes on top of" in part for part in report.not_walked)


def test_the_same_pack_alone_is_no_main_medium(disc: Lay) -> None:
    report = disc("xml-pack").asked_as("6.5")
    assert not report.ok
    assert texts(report)[0] == NO_BASE
    assert "Main repository not found at the specified location." in texts(report)


# habits


def test_drivers_in_a_folder_are_looked_for_at_the_root(disc: Lay) -> None:
    report = disc("4.1").asked_as("4.1")
    assert (report.ok, report.installs, report.check_passes) == (False, True, False)
    assert "Some packages appeared damaged.  These were: nic and nicfw" in texts(report)
    assert quirks(report) == ["looked-for-at-root"]
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
    assert "found-twice" in quirks(report)
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
    assert quirks(report) == ["tiny-package"]
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
    assert quirks(report) == ["capital-sum"]
    assert "Some packages appeared damaged.  These were: guests" in texts(report)


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


# damage


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


# what ends detection


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


# keys, groups


def test_keys_are_copied_up_to_8_2_and_sign_from_xs8_on(disc: Lay) -> None:
    laid = disc("xcp-8.2")
    laid.asked_as("xcp-8.2")
    assert laid.lines[-2:] == ["/KEY-1", "/KEY-2"]
    report = laid.without("KEY-2").asked_as("xcp-8.2")
    assert "Error installing key files" in texts(report)
    laid = disc("xcp-8.3")
    laid.asked_as("xcp-8.3")
    assert laid.lines[-2:] == ["/RPM-GPG-KEY-xcpng", "/repodata/repomd.xml.asc"]
    report = laid.without("repodata/repomd.xml.asc").asked_as("xcp-8.3")
    assert not report.ok
    assert "No signature on repository metadata" in texts(report)


def test_xenserver_needs_groups(disc: Lay) -> None:
    laid = disc("8.2").without("repodata")
    repodata(laid.folder, {f"Packages/{path.name}": path.name for path in (laid.folder / "Packages").iterdir()})
    assert quirks(laid.asked_as("8.2")) == ["no-groups"]


def test_nobody_answers(disc: Lay) -> None:
    from pxeserve.repo.replay.generation import GENERATIONS
    from pxeserve.repo.replay.http import Http
    from pxeserve.repo.replay.report import Log
    from pxeserve.repo.replay.walk import Asked, replay
    from tests.repo.replay.conftest import HttpRecorder

    with HttpRecorder(disc("8.2").folder) as gone:
        port = gone.port
    log = Log()
    source = Http("127.0.0.1", port, "/media/disc/", GENERATIONS["8.2"].speech, log, lambda _: None)
    report = replay(Asked("disc", "yum", {".treeinfo"}, Role.MAIN, "http", "http://127.0.0.1/media/disc"), GENERATIONS["8.2"], source, log)
    assert report.verdict == "8.2 would find nothing: nothing answers at that address"
    assert {one.outcome for one in report.requests} == {"no answer"}


def test_a_netinstall_tree_is_named_as_one(disc: Lay) -> None:
    report = disc("netinstall").asked_as("xcp-8.3", role=Role.NETINSTALL)
    assert "this is a netinstall tree, which has no packages" in report.verdict


def test_7_0_reads_xml_beside_yum(disc: Lay) -> None:
    laid = disc("7.0")
    folder = laid.folder / "packages.site"
    xml_repository(folder, "custom:site", "Site", [xml_package(folder, "rpm", "own", "own.rpm")], "1.0.0")
    report = laid.asked_as("7.0")
    assert report.ok, report.verdict
    assert [(one.identity, one.format) for one in report.repositories] == [("xcp:main", "yum"), ("custom:site", "xml")]


def test_a_replay_is_bounded(disc: Lay) -> None:
    laid = disc("8.2")
    name = next(path.name for path in (laid.folder / "repodata").iterdir() if "primary" in path.name)
    laid.put(f"repodata/{name}", gzip.compress(b"<metadata>" + b" " * (257 << 20)))
    assert "does not unpack" in laid.asked_as("8.2").verdict
    laid.put(".treeinfo", filler("large", 9 << 20))
    assert "reads no more than" in laid.asked_as("8.2").verdict
