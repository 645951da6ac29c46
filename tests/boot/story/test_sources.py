"""The same installation with its packages from HTTP (in `test_story`), from NFS and from FTP, as the answerfile says."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.boot, pytest.mark.netns, pytest.mark.long]


def _installed(service, disk: Path, *settings: str) -> list[str]:
    """What the installer said with these settings of its profile."""
    service.cli("profile", "set", "rack-a", *(word for one in settings for word in ("--set", one)))
    return list(service.installed(disk))


def test_installed_from_ftp(published, disk: Path) -> None:
    said = _installed(published, disk, "source=ftp")
    assert "SOURCE url ftp://10.77.0.1/media/xs41" in said
    published.wait_for("xen01", "ftp.file")


@pytest.mark.quirk("nfs-names-no-port")
def test_installed_from_nfs_version_3(published, disk: Path) -> None:
    said = _installed(published, disk, "source=nfs")
    assert "SOURCE nfs 10.77.0.1:/media/xs41" in said
    assert "MOUNTED vers=3" in said


def test_installed_from_nfs_version_4(published, disk: Path) -> None:
    """The same path, as mount.nfs of later installers takes it first."""
    said = _installed(published, disk, "source=nfs", "boot.kernel_args=console=hvc0 nfsvers=4.2")
    assert "SOURCE nfs 10.77.0.1:/media/xs41" in said
    assert "MOUNTED vers=4.2" in said
