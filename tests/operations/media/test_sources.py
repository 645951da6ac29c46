"""Where installers are told to fetch from, and what is refused because they would not find it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pxeserve.answerfile.declared import AnswerError, read
from pxeserve.config import load
from pxeserve.config.model import Config
from pxeserve.domain.medium import Lies, Medium
from pxeserve.errors import RefusedError
from pxeserve.operations.media.sources import source_of
from pxeserve.repo.exported import State


def medium(dialect: str = "4.1", lies: Lies = Lies.COPIED) -> Medium:
    return Medium("disc", "disc@aa", "xs-text", "XenServer", "4.1.0", "1", dialect, "aa", None, lies=lies, place="/srv/disc")


def config(tmp_path: Path, **sections: dict[str, object]) -> Config:
    server = {"data": str(tmp_path), "address": "10.77.0.1"}
    return load(None, {}, {"server": server, **sections})


def serving(tmp_path: Path, *versions: int, refused: dict[str, str] | None = None) -> None:
    (tmp_path / "run/nfs").mkdir(parents=True, exist_ok=True)
    State("serving", "", versions, refused or {}).write(tmp_path)


def test_http_is_an_address_of_this_server(tmp_path: Path) -> None:
    source = source_of(config(tmp_path, http={"port": 8080}), medium(), "http")
    assert (source.kind, source.address) == ("url", "http://10.77.0.1:8080/media/disc")


def test_ftp_is_a_url_and_nfs_a_type(tmp_path: Path) -> None:
    serving(tmp_path, 3, 4)
    both = config(tmp_path, ftp={"enabled": True}, nfs={"enabled": True})
    ftp, nfs = source_of(both, medium(), "ftp"), source_of(both, medium(), "nfs")
    assert (ftp.kind, ftp.address) == ("url", "ftp://10.77.0.1/media/disc")
    assert (nfs.kind, nfs.address) == ("nfs", "10.77.0.1:/media/disc")


def test_later_installers_take_a_port_in_an_ftp_address(tmp_path: Path) -> None:
    other = config(tmp_path, ftp={"enabled": True, "port": 2121})
    assert source_of(other, medium("8.2"), "ftp").address == "ftp://10.77.0.1:2121/media/disc"
    for dialect in ("4.1", "5.5", "5.6", "6.5", "7.0", "7.1"):
        with pytest.raises(RefusedError, match="port 21 alone"):
            source_of(other, medium(dialect), "ftp")


def test_the_hosts_own_server_exports_the_folder_itself(tmp_path: Path) -> None:
    own = config(tmp_path, nfs={"enabled": True, "server": "kernel"})
    assert source_of(own, medium(), "nfs").address == f"10.77.0.1:{tmp_path}/media/disc@aa"
    assert source_of(own, medium(lies=Lies.IN_PLACE), "nfs").address == "10.77.0.1:/srv/disc"


@pytest.mark.parametrize(
    ("over", "sections", "dialect", "versions", "says"),
    [
        ("ftp", {}, "4.1", (3, 4), "FTP is not served"),
        ("nfs", {}, "4.1", (3, 4), "NFS is not served"),
        ("nfs", {"nfs": {"enabled": True}}, "4.1", (), "NFS is not served now"),
        ("nfs", {"nfs": {"enabled": True}}, "4.1", (4,), "installers of 4.1 speak NFSv3 alone"),
        ("nfs", {"nfs": {"enabled": True, "port": 12049}}, "8.2", (4,), "NFSv4 is looked for at port 2049"),
    ],
)
@pytest.mark.quirk("ftp-port-21")
@pytest.mark.quirk("nfs-names-no-port")
def test_what_no_installer_would_find_is_refused(tmp_path: Path, over: str, sections, dialect: str, versions, says: str) -> None:
    if versions:
        serving(tmp_path, *versions)
    with pytest.raises(RefusedError, match=says) as refused:
        source_of(config(tmp_path, **sections), medium(dialect), over)
    assert refused.value.fix


def test_an_image_and_a_medium_that_ganesha_could_not_export_are_refused(tmp_path: Path) -> None:
    serving(tmp_path, 3, 4, refused={"disc": "no handles"})
    there = config(tmp_path, nfs={"enabled": True})
    with pytest.raises(RefusedError, match="served out of an image"):
        source_of(there, medium(lies=Lies.IMAGE), "nfs")
    with pytest.raises(RefusedError, match="no handles"):
        source_of(there, medium(), "nfs")


def test_an_answer_names_one_of_three_protocols() -> None:
    assert read({}).over == "http"
    assert read({"source": "nfs"}).over == "nfs"
    with pytest.raises(AnswerError, match="none of http, nfs, ftp"):
        read({"source": "https"})


