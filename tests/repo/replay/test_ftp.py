"""FTP as the installers speak it, command for command, heard by a server that only writes down and answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pxeserve.repo.replay import quirks
from pxeserve.repo.replay.generation import GENERATIONS
from tests.repo.replay.conftest import Disc, plain

Lay = Callable[[str], Disc]
LOGIN = ["USER anonymous", "PASS anonymous@"]


def sessions(disc: Disc) -> list[list[str]]:
    """The commands of each session; PASV's port is the server's own affair."""
    found: list[list[str]] = []
    for line in disc.heads:
        if line == b"":
            found.append([])
        else:
            found[-1].append(line.decode("latin-1").rstrip("\r\n"))
    return found


@pytest.mark.parametrize("dialect", ["4.1", "5.0"])
def test_4_1_lists_the_folder_to_see_whether_a_file_is_there(disc: Lay, dialect: str) -> None:
    laid = plain(disc(dialect))
    report = laid.asked_as(dialect, "ftp")
    assert report.ok, report.verdict
    heard = sessions(laid)
    assert heard[:2] == [[*LOGIN, "CWD media/disc", "TYPE A", "PASV", "NLST"]] * 2
    assert heard[2:4] == [[*LOGIN, "CWD media/disc/packages"]] * 2  # 550: not there
    assert heard[4:6] == [[*LOGIN, "CWD media/disc/packages.main", "TYPE A", "PASV", "NLST"]] * 2
    one_by_one = ["CWD media", "CWD disc", "CWD packages.main"]
    fetched = ["TYPE I", "TYPE A", "PASV", "NLST XS-REPOSITORY", "TYPE I", "PASV", "RETR XS-REPOSITORY"]
    assert heard[6] == [*LOGIN, *one_by_one, *fetched]


def test_5_5_asks_for_the_list_without_looking_first(disc: Lay) -> None:
    laid = disc("5.5")
    laid.asked_as("5.5", "ftp")
    assert sessions(laid)[0][-1] == "RETR XS-REPOSITORY-LIST"
    without = disc("5.5").without("XS-REPOSITORY-LIST")
    without.asked_as("5.5", "ftp")
    assert sessions(without)[0][-1] == "NLST XS-REPOSITORY-LIST"


@pytest.mark.parametrize("dialect", ["7.0", "7.1"])
def test_7_0_and_7_1_ask_for_the_size_in_ascii_mode(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    report = laid.asked_as(dialect, "ftp")
    assert report.ok, report.verdict
    heard = sessions(laid)
    assert heard[0] == [*LOGIN, "CWD media/disc", "SIZE .treeinfo"]
    assert heard[1] == [*LOGIN, "CWD media/disc/repodata", "SIZE repomd.xml"]
    retrieved = next(one for one in heard if one[-1].startswith("RETR"))
    assert retrieved == [*LOGIN, "CWD media/disc", "TYPE I", "PASV", "RETR .treeinfo"]


@pytest.mark.parametrize("dialect", ["7.0", "7.1"])
def test_a_server_that_refuses_size_in_ascii_mode_has_no_repository(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    laid.sizeless = True
    report = laid.asked_as(dialect, "ftp")
    assert not report.ok
    assert report.repositories == ()


@pytest.mark.parametrize("dialect", ["8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9"])
def test_from_8_2_on_a_file_is_there_when_it_can_be_begun(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    report = laid.asked_as(dialect, "ftp")
    assert report.ok, report.verdict
    heard = sessions(laid)
    assert heard[0] == [*LOGIN, "CWD media/disc", "TYPE I", "PASV", "RETR .treeinfo"]
    assert {line.split(" ")[0] for one in heard for line in one} == {"USER", "PASS", "CWD", "TYPE", "PASV", "RETR"}


def test_what_is_not_there_is_tried_as_a_folder(disc: Lay) -> None:
    laid = disc("8.2").without(".treeinfo")
    laid.asked_as("8.2", "ftp")
    back = ["TYPE A", "PWD", "CWD .treeinfo", "CWD /media/disc"]
    assert sessions(laid)[0] == [*LOGIN, "CWD media/disc", "TYPE I", "PASV", "RETR .treeinfo", *back]


@pytest.mark.parametrize("dialect", GENERATIONS)
def test_neither_epsv_nor_quit_is_ever_said(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    laid.asked_as(dialect, "ftp")
    assert laid.heads
    assert not [line for line in laid.heads if line.startswith((b"EPSV", b"QUIT", b"LIST", b"REST"))]


@pytest.mark.parametrize("dialect", ["4.1", "6.5", "7.1", "8.2", "xcp-8.3"])
def test_the_same_is_found_as_over_http(disc: Lay, dialect: str) -> None:
    laid = disc(dialect)
    one, other = laid.asked_as(dialect, "http"), laid.asked_as(dialect, "ftp")
    assert (one.ok, one.repositories, one.checked, one.verdict) == (other.ok, other.repositories, other.checked, other.verdict)
    assert [request.path for request in one.requests] == [request.path for request in other.requests]
    assert [request.outcome for request in one.requests] == [request.outcome for request in other.requests]


def test_old_installers_know_port_21_only() -> None:
    assert quirks.port(GENERATIONS["4.1"], 2121) is not None
    assert quirks.port(GENERATIONS["7.1"], 2121) is not None
    assert quirks.port(GENERATIONS["7.1"], 21) is None
    assert quirks.port(GENERATIONS["8.2"], 2121) is None
