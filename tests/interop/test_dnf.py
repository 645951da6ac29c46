"""A pack and a driver disk that a site made, installed by dnf into a root of its own, as installers of XenServer 9 do it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pxeserve.operations.media import authoring

NEEDED = ("dnf", "rpm", "rpmbuild", "createrepo_c")
pytestmark = [
    pytest.mark.skipif(any(shutil.which(program) is None for program in NEEDED), reason=f"not all of {', '.join(NEEDED)} are installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="installing into another root needs root"),
]
SPEC = "Name: {name}\nVersion: 1.0\nRelease: 1\nSummary: A\nLicense: MIT\nBuildArch: noarch\n%description\nA\n%files\n"


def _rpm(name: str, folder: Path, scratch: Path) -> None:
    spec = scratch / f"{name}.spec"
    spec.write_text(SPEC.format(name=name))
    words = (f"_topdir {scratch / 'rpmbuild'}", f"_rpmdir {folder}", "_build_name_fmt %{NAME}.rpm")
    subprocess.run(["rpmbuild", "-bb", "--quiet", *(word for one in words for word in ("--define", one)), spec], check=True)


@pytest.mark.quirk("update-name")
def test_dnf_installs_what_the_installers_ask_it_for(tmp_path: Path) -> None:
    for kind, rpm, driver_disk in (("pack", "agent", False), ("disk", "nic", True)):
        folder = tmp_path / kind
        _rpm(rpm, folder, tmp_path)
        authoring.create(folder, name=f"custom:{rpm}", format="yum", driver_disk=driver_disk, report=lambda *_: None)
    configuration = tmp_path / "yum.conf"
    configuration.write_text(
        f"[main]\ncachedir={tmp_path}/cache\ngpgcheck=0\nplugins=0\nreposdir={tmp_path}/none\n"
        + "".join(f"[{kind}]\nname={kind}\nbaseurl=file://{tmp_path / kind}\n" for kind in ("pack", "disk"))
    )
    dnf = ["dnf", f"--config={configuration}", "--releasever=9", "--forcearch=x86_64", f"--installroot={tmp_path / 'root'}"]
    groups = subprocess.run([*dnf, "group", "list", "--ids"], check=True, capture_output=True, text=True).stdout
    assert "(drivers)" in groups
    subprocess.run([*dnf, "install", "-y", "update-agent", "@drivers"], check=True, capture_output=True)
    installed = subprocess.run(["rpm", "--root", tmp_path / "root", "-qa"], check=True, capture_output=True, text=True).stdout
    assert sorted(installed.split()) == ["agent-1.0-1.noarch", "nic-1.0-1.noarch", "update-agent-1.0.0-1.noarch"]
