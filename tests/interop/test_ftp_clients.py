"""Real FTP clients against the running service: curl, lftp, wget and Python's own."""

from __future__ import annotations

import filecmp
import ftplib
import io
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.repo.sample import make_modern_sample
from tests.ports import free_port, free_ports
from tests.publish.served import Served, house, opened


@pytest.fixture(scope="module")
def medium() -> Iterator[tuple[int, Path]]:
    """The port, and the folder that is served as the medium `disc`."""
    with house() as folder:
        port, passive = free_port(), free_ports(100)
        served = Served(folder, f'[ftp]\nenabled = true\nport = {port}\npassive_ports = "{passive[0]}-{passive[-1]}"\n')
        tree = folder / "disc"
        make_modern_sample(tree, "xcp-8.3")
        (tree / "a b+c%.bin").write_bytes(b"odd name\n")
        (tree / "ümlaut").write_bytes(b"another\n")
        served.cli("media", "import", opened(tree), "--name", "disc")
        served.start()
        try:
            yield port, tree
        finally:
            served.stop()


def run(*command: str | Path) -> subprocess.CompletedProcess[bytes]:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run([str(word) for word in command], capture_output=True, timeout=60, check=False)


CURL = ("curl", "-sS", "--noproxy", "*")


@pytest.mark.parametrize("way", [(), ("--disable-epsv",), ("--ftp-port", "-"), ("--disable-eprt", "--ftp-port", "-")])
@pytest.mark.parametrize("path", [".treeinfo", "install.img", "a b+c%.bin", "ümlaut"])
def test_curl_fetches_in_every_way_there_is(medium: tuple[int, Path], way: tuple[str, ...], path: str) -> None:
    port, tree = medium
    done = run(*CURL, *way, f"ftp://127.0.0.1:{port}/media/disc/{urllib.request.quote(path)}")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (tree / path).read_bytes()


def test_curl_resumes_and_takes_parts(medium: tuple[int, Path], tmp_path: Path) -> None:
    port, tree = medium
    url, whole = f"ftp://127.0.0.1:{port}/media/disc/install.img", (tree / "install.img").read_bytes()
    assert run(*CURL, "-r", "1000-1999", url).stdout == whole[1000:2000]
    assert run(*CURL, "-r", "-10", url).stdout == whole[-10:]
    out = tmp_path / "out"
    out.write_bytes(whole[:123_456])
    assert run(*CURL, "-C", "-", "-o", out, url).returncode == 0
    assert out.read_bytes() == whole


def test_curl_is_told_what_is_not_there_and_may_not_write(medium: tuple[int, Path]) -> None:
    port, tree = medium
    base = f"ftp://127.0.0.1:{port}/media/disc"
    assert run(*CURL, f"{base}/XS-REPOSITORY").returncode == 78
    assert run(*CURL, f"{base}/nothing/here").returncode == 9
    assert run(*CURL, "-T", tree / ".treeinfo", f"{base}/new").returncode == 25
    assert run(*CURL, "-Q", "DELE install.img", f"{base}/").returncode == 21
    assert run(*CURL, "--user", "root:secret", f"{base}/.treeinfo").returncode == 67


def test_lftp_mirrors_a_medium_byte_for_byte(medium: tuple[int, Path], tmp_path: Path) -> None:
    port, tree = medium
    script = f"set ftp:ssl-allow no; set net:max-retries 2; mirror --parallel=4 /media/disc {tmp_path}/copy; quit"
    done = run("lftp", "--norc", "-e", script, f"ftp://127.0.0.1:{port}")
    assert done.returncode == 0, done.stderr
    compared = filecmp.dircmp(tree, tmp_path / "copy", ignore=[])
    assert _same(compared), compared.report_full_closure()


def _same(compared: filecmp.dircmp[str]) -> bool:
    files = filecmp.cmpfiles(compared.left, compared.right, compared.common_files, shallow=False)
    return not (compared.left_only or compared.right_only or files[1] or files[2]) and all(_same(one) for one in compared.subdirs.values())


def test_wget_fetches_a_tree(medium: tuple[int, Path], tmp_path: Path) -> None:
    port, tree = medium
    done = run("wget", "-q", "--no-proxy", "-r", "-nH", "--cut-dirs=2", "-P", tmp_path, f"ftp://127.0.0.1:{port}/media/disc/repodata/")
    assert done.returncode == 0, done.stderr
    assert not filecmp.dircmp(tree / "repodata", tmp_path / "repodata").left_only


def test_pythons_own_clients(medium: tuple[int, Path]) -> None:
    port, tree = medium
    with ftplib.FTP(timeout=60) as ftp:
        ftp.connect("127.0.0.1", port)
        ftp.login()
        ftp.cwd("media/disc")
        assert ".treeinfo" in ftp.nlst()
        assert ftp.size("install.img") == 1_500_000
        assert dict(ftp.mlsd())["install.img"]["size"] == "1500000"
        into = io.BytesIO()
        ftp.retrbinary("RETR Packages/kernel-1.0-1.x86_64.rpm", into.write)
        assert into.getvalue() == (tree / "Packages/kernel-1.0-1.x86_64.rpm").read_bytes()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"ftp://127.0.0.1:{port}/media/disc/.treeinfo", timeout=60) as answer:
        assert answer.read() == (tree / ".treeinfo").read_bytes()
