"""The old installers, command by command, against the running service."""

from __future__ import annotations

import pytest

from tests.publish.conftest import Ftp, has
from tests.publish.ftp_client import Client, fetch, probe_4_1, probe_7_0
from tests.publish.served import until

FOLDERS = ("", "/packages", "/packages.main", "/packages.linux", "/packages.site")


@pytest.mark.parametrize("probe", [probe_4_1, probe_7_0])
def test_the_old_installers_find_the_repositories_of_a_text_medium_and_no_others(ftp: Ftp, probe) -> None:
    there = {folder: [probe(ftp.address, f"/media/xs41{folder}/{name}") for name in ("XS-REPOSITORY", "XS-PACKAGES")] for folder in FOLDERS}
    assert [folder for folder, both in there.items() if both == [True, True]] == ["/packages.main", "/packages.linux"]
    assert [folder for folder, both in there.items() if both == [False, False]] == ["", "/packages", "/packages.site"]


def test_the_7_0_installer_finds_a_yum_medium(ftp: Ftp) -> None:
    assert probe_7_0(ftp.address, "/media/xcp83/.treeinfo")
    assert probe_7_0(ftp.address, "/media/xcp83/repodata/repomd.xml")
    assert not probe_7_0(ftp.address, "/media/xcp83/XS-REPOSITORY-LIST")


def test_every_file_arrives_as_it_was_imported(ftp: Ftp) -> None:
    for name, tree in ftp.trees.items():
        for file in (one for one in tree.rglob("*") if one.is_file()):
            path = f"/media/{name}/{file.relative_to(tree)}"
            assert fetch(ftp.address, path) == file.read_bytes(), path


@pytest.mark.quirk("ftp-cwd-and-list")
def test_a_missing_folder_fails_with_550_and_leaves_the_session_where_it_was(ftp: Ftp) -> None:
    with Client(ftp.address) as client:
        client.login()
        assert client.ask("CWD media/xs41").code == 250
        assert client.ask("CWD packages.site").code == 550
        assert client.ask("CWD /media/xs42").code == 550
        assert client.ask("CWD install.img").code == 550
        assert '"/media/xs41"' in client.ask("PWD").text


@pytest.mark.quirk("ftp-size-in-ascii")
def test_the_size_is_told_in_ascii_mode_and_is_that_of_the_bytes(ftp: Ftp) -> None:
    size = (ftp.trees["xs41"] / "packages.main/XS-PACKAGES").stat().st_size
    with Client(ftp.address) as client:
        client.login()
        for mode in ("A", "I"):
            client.ask(f"TYPE {mode}")
            assert client.ask("SIZE /media/xs41/packages.main/XS-PACKAGES").text == f"213 {size}"
        assert client.ask("SIZE /media/xs41/packages.main").code == 550


def test_one_session_does_for_a_whole_installation(ftp: Ftp) -> None:
    """urllib2 keeps its connection while it can."""
    tree = ftp.trees["xs41"] / "packages.main"
    with Client(ftp.address) as client:
        client.login()
        client.ask("CWD media/xs41/packages.main")
        for name in sorted(one.name for one in tree.iterdir()):
            client.ask("TYPE I")
            content, last = client.fetch(f"RETR {name}")
            assert (content, last.code) == ((tree / name).read_bytes(), 226)


def test_extended_passive_mode_is_there_for_who_wants_it(ftp: Ftp) -> None:
    with Client(ftp.address) as client:
        client.login()
        assert client.ask("EPSV").code == 229
        assert client.ask("PASV").code == 227


def test_the_passive_port_is_one_of_those_that_were_configured(ftp: Ftp) -> None:
    with Client(ftp.address) as client:
        client.login()
        for _ in range(5):
            with client.passive() as data:
                assert data.getpeername()[1] in ftp.passive


def test_the_record_tells_files_with_their_bytes_and_number_and_what_was_missed(ftp: Ftp) -> None:
    path = "packages.main/base.tar.bz2"
    assert fetch(ftp.address, f"/media/xs41/{path}")
    assert fetch(ftp.address, "/media/xs41/packages.main/nothing") is None

    size = (ftp.trees["xs41"] / path).stat().st_size
    until(lambda: has(ftp, path=path, outcome="done", bytes=size, total=size, package=1, packages=6), "the package in the record")
    until(lambda: has(ftp, path="packages.main/nothing", outcome="not-found", bytes=0), "the miss in the record")
