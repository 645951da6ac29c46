"""The same installation with its packages from HTTP (in `test_story`), from NFS and from FTP, as the answerfile says."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.boot, pytest.mark.netns, pytest.mark.long]

MAC = "52:54:00:77:00:01"


def _installed(service, lan, disk: Path, *settings: str) -> list[str]:
    """Arm and power on; what the installer said, once it is done. Its next boot is its own disk's."""
    service.cli("profile", "set", "rack-a", *(word for one in settings for word in ("--set", one)))
    service.cli("host", "install", "xen01", "--yes")
    machine = lan.power_on(MAC, disk, "bios-plain")
    machine.until("@@ DONE", "@@ FAILED", "OWN DISK")
    machine.end()
    assert machine.markers[-1] == "DONE", machine.text[-2000:]
    fetched = [line.split()[1] for line in machine.markers if line.startswith("PACKAGE")]
    assert fetched == list(service.packages)
    service.wait_for("xen01", "install.done")
    again = lan.power_on(MAC, disk, "bios-plain")
    assert again.until("OWN DISK", "@@ STARTED") == "OWN DISK"
    return machine.markers


def test_installed_from_ftp(published, lan, disk: Path) -> None:
    said = _installed(published, lan, disk, "source=ftp")
    assert "SOURCE url ftp://10.77.0.1/media/xs41" in said
    published.wait_for("xen01", "ftp.file")


def test_installed_from_nfs_version_3(published, lan, disk: Path) -> None:
    said = _installed(published, lan, disk, "source=nfs")
    assert "SOURCE nfs 10.77.0.1:/media/xs41" in said
    assert "MOUNTED vers=3" in said


def test_installed_from_nfs_version_4(published, lan, disk: Path) -> None:
    """The same path, as mount.nfs of later installers takes it first."""
    said = _installed(published, lan, disk, "source=nfs", "boot.kernel_args=console=hvc0 nfsvers=4.2")
    assert "SOURCE nfs 10.77.0.1:/media/xs41" in said
    assert "MOUNTED vers=4.2" in said
