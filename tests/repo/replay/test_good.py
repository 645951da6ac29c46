"""Good media as each generation's installer sees them, and what it asks for besides packages."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from pxeserve.domain.medium import Role
from pxeserve.repo.replay.generation import GENERATIONS
from pxeserve.repo.replay.http import Http
from pxeserve.repo.replay.report import Log
from pxeserve.repo.replay.walk import Asked, replay
from tests.media_samples import filler, repodata, xml_package, xml_repository
from tests.repo.replay.conftest import Disc, HttpRecorder, plain, quirks, texts

Lay = Callable[[str], Disc]
NO_BASE = "A base installation repository was not found at that location.  Please check and try again."


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
