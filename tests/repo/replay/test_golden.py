"""What reaches a server, line for line, as each generation's installer asks. The server here is a socket that writes down what it hears."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pxeserve.domain.medium import Role
from pxeserve.repo.replay.generation import GENERATIONS
from tests.repo.replay.conftest import Disc

Lay = Callable[[str], Disc]
FOLDERS = ["", "/packages", "/packages.main", "/packages.linux", "/packages.site"]
BOTH = ["/XS-REPOSITORY", "/XS-PACKAGES"]
PROBES = [folder + file for folder in FOLDERS for file in BOTH]
MAIN = ["/packages.main/XS-REPOSITORY", "/packages.main/XS-PACKAGES"]
LINUX = ["/packages.linux/XS-REPOSITORY", "/packages.linux/XS-PACKAGES"]

FOUR_ONE = [
    ("/XS-REPOSITORY", 404), ("/XS-PACKAGES", 404), ("/packages/XS-REPOSITORY", 404), ("/packages/XS-PACKAGES", 404),
    ("/packages.main/XS-REPOSITORY", 200), ("/packages.main/XS-PACKAGES", 200),
    ("/packages.main/XS-REPOSITORY", 200), ("/packages.main/XS-PACKAGES", 200),
    ("/packages.linux/XS-REPOSITORY", 200), ("/packages.linux/XS-PACKAGES", 200),
    ("/packages.linux/XS-REPOSITORY", 200), ("/packages.linux/XS-PACKAGES", 200),
    ("/packages.site/XS-REPOSITORY", 404), ("/packages.site/XS-PACKAGES", 404),
]  # fmt: skip
"""The requests of 4.1 for a usual tree, as its installer was seen to send them."""


def primary(disc: Disc) -> str:
    return next(f"/repodata/{path.name}" for path in (disc.folder / "repodata").iterdir() if "primary" in path.name)


def test_4_1_sends_its_requests_in_its_order_and_then_reads_the_packages(disc: Lay) -> None:
    laid = disc("4.1").change("packages.main/XS-PACKAGES", "driver nic.ko", "tbz2 optional nic.ko").change(
        "packages.main/XS-PACKAGES", "firmware nicfw.bin", "tbz2 optional nicfw.bin /lib"
    )  # fmt: skip
    report = laid.asked_as("4.1")
    assert report.ok, report.verdict
    main = [f"/packages.main/{name}" for name in ("base.tar.bz2", "kernel.tar.bz2", "xapi.tar.bz2", "nic.ko", "nicfw.bin")]
    packages = [*main, "/packages.linux/guests.tar.bz2"]
    assert laid.lines == [path for path, _ in FOUR_ONE] + packages
    assert [(one.path, one.status) for one in report.requests] == FOUR_ONE + [(path, 200) for path in packages]


@pytest.mark.parametrize("dialect", GENERATIONS)
def test_nothing_but_get_is_ever_sent_and_no_range(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    laid.asked_as(dialect)
    assert laid.heads
    for head in laid.heads:
        assert head.startswith(b"GET /media/disc/")
        assert b"range" not in head.lower()
        assert b"\r\nConnection: close\r\n" in head


@pytest.mark.parametrize("dialect", ["4.1", "8.2"])
def test_to_see_whether_a_file_is_there_it_hangs_up_after_the_head(disc: Lay, dialect: str) -> None:
    large = b"x" * (30 << 20)
    laid = disc(dialect)
    if dialect == "4.1":
        laid.without("packages.linux").put("packages.main/XS-REPOSITORY", b"one line" + large)
    else:
        laid.put(".treeinfo", large)
    report = laid.asked_as(dialect)
    assert laid.hung_up == 1  # the probe; the same file fetched afterwards is read to its end
    sizes = [one.bytes for one in report.requests if one.path.endswith(("XS-REPOSITORY", ".treeinfo")) and one.status == 200]
    assert sizes[0] == 0
    assert sizes[1] > 30 << 20 or dialect == "8.2"


@pytest.mark.parametrize("dialect", ["5.5", "5.6", "6.0", "6.2", "6.5"])
def test_5_5_to_6_5_ask_for_the_list_first(disc: Lay, dialect: str) -> None:
    laid = disc("yum-pack")
    report = laid.asked_as(dialect)
    assert laid.lines == ["/XS-REPOSITORY-LIST", *PROBES]
    assert {one.outcome for one in report.requests[:1]} == {"refused"}


def test_folders_of_the_list_come_after_the_five(disc: Lay) -> None:
    laid = disc("6.5").without("packages.linux")
    laid.asked_as("6.5")
    found = [*PROBES[:6], *MAIN, *PROBES[6:]]
    server = ["/packages.xenserver/XS-REPOSITORY", "/packages.xenserver/XS-PACKAGES"]
    assert laid.lines[: 1 + len(found) + 4] == ["/XS-REPOSITORY-LIST", *found, *server, *server]


def test_7_0_looks_for_yum_twice_reads_it_and_looks_for_xml_too(disc: Lay) -> None:
    laid = disc("7.0")
    report = laid.asked_as("7.0")
    probe = ["/.treeinfo", "/repodata/repomd.xml"]
    assert report.ok
    assert laid.lines[:18] == [*probe, *probe, *probe, primary(laid), "/XS-REPOSITORY-LIST", *PROBES]


@pytest.mark.parametrize("dialect", ["7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9"])
def test_later_ones_ask_for_both_files_and_fetch_both_again(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    report = laid.asked_as(dialect)
    probe = ["/.treeinfo", "/repodata/repomd.xml"]
    assert report.ok, report.verdict
    assert laid.lines[:5] == [*probe, *probe, primary(laid)]
    assert all(path.startswith("/Packages/") for path in laid.lines[5:8])


@pytest.mark.parametrize(
    ("dialect", "more"), [("7.1", []), ("8.2", []), ("xs8", ["/repodata/repomd.xml"]), ("xs9", ["/repodata/repomd.xml"])]
)
def test_what_is_no_main_medium_is_tried_as_a_pack_and_then_as_a_plain_one(disc: Lay, dialect: str, more: list[str]) -> None:
    laid = disc("4.1")
    laid.asked_as(dialect)
    assert laid.lines == ["/.treeinfo", "/repodata/repomd.xml", "/update.xml", "/repodata/repomd.xml", *more]


def test_a_pack_of_7_1_is_found_by_update_xml(disc: Lay) -> None:
    laid = disc("yum-pack")
    report = laid.asked_as("7.1", role=Role.PACK)
    both = ["/update.xml", "/repodata/repomd.xml"]
    assert report.ok, report.verdict
    assert laid.lines[:7] == ["/.treeinfo", "/repodata/repomd.xml", *both, *both, primary(laid)]


@pytest.mark.parametrize(
    ("dialect", "head"),
    [
        ("4.1", "Accept-Encoding: identity\r\nHost: {host}\r\nConnection: close\r\nUser-agent: Python-urllib/2.4"),
        ("8.2", "Accept-Encoding: identity\r\nHost: {host}\r\nConnection: close\r\nUser-Agent: Python-urllib/2.7"),
        ("xs9", "Accept-Encoding: identity\r\nHost: {host}\r\nUser-Agent: Python-urllib/3.9\r\nConnection: close"),
    ],
)
def test_heads_are_those_of_the_generations_own_urllib(disc: Lay, dialect: str, head: str) -> None:
    laid = disc(dialect)
    port = laid.asked_as(dialect).address.split(":")[2].split("/")[0]
    first = laid.lines[0]
    expected = f"GET /media/disc{first} HTTP/1.1\r\n{head.format(host=f'127.0.0.1:{port}')}\r\n\r\n"
    assert laid.heads[0] == expected.encode()


@pytest.mark.parametrize(("dialect", "sent"), [("5.6", "/packages.main/a b~c.rpm"), ("6.0", "/packages.main/a%20b%7Ec.rpm")])
def test_names_are_encoded_from_6_0_on(disc: Lay, dialect: str, sent: str) -> None:
    laid = disc(dialect).without("packages.linux").change("packages.main/XS-PACKAGES", ">tools.rpm<", ">a b~c.rpm<")
    laid.asked_as(dialect)
    wanted = f"GET /media/disc{sent} HTTP/1.1\r\n".encode()
    assert any(head.startswith(wanted) for head in laid.heads), laid.heads[-6:]


def test_a_name_that_would_break_a_request_is_not_sent(disc: Lay) -> None:
    laid = disc("5.6").without("packages.linux").change("packages.main/XS-PACKAGES", ">tools.rpm<", ">a&#10;GET /b<")
    report = laid.asked_as("5.6")
    assert all(head.count(b"GET ") == 1 for head in laid.heads)
    assert not any(b"/disc/packages.main/a" in head for head in laid.heads)
    assert not report.ok
