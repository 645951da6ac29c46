"""A profile says by which protocol packages are fetched; the rehearsed installer fetches them so, in a namespace with everything at its
own port, since old installers ask nowhere else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from pxeserve.publish.nfs.process import plugins, program
from pxeserve.repo.sample import make_modern_sample, make_sample
from tests.asked import items
from tests.faults.space import space
from tests.publish.served import PXESERVE, Served, house, opened, until
from tests.publish.test_nfs import WITH_RPCBIND

pytestmark = [pytest.mark.netns, pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")]
MACS = {"xs41": "52:54:00:77:00:41", "xcp83": "52:54:00:77:00:83"}
NAMES = ("ganesha.nfsd", "nfs-cat", "rpcbind")
DHCP = '[[dhcp.subnet]]\nnetwork = "10.77.0.0/24"\nrange = ["10.77.0.100", "10.77.0.199"]\n[nfs]\nenabled = true\n[ftp]\nenabled = true\n'


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """HTTP, FTP and NFS at their own ports, with a host for each of the two media."""
    if not (program() and plugins()) or not all(shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") for name in NAMES):
        pytest.skip("nfs-ganesha-vfs, libnfs-utils or rpcbind is missing")
    with space("s") as where, house() as folder:
        for line in ("link add eth0 type veth peer name eth1", "addr add 10.77.0.1/24 dev eth0", "link set eth0 up", "link set eth1 up"):
            subprocess.run(["ip", "-n", where.name, *line.split()], check=True)
        made = Served(folder, DHCP, "eth0", "10.77.0.1", where.prefix, WITH_RPCBIND)
        made.config.write_text(made.config.read_text().replace('mode = "off"', 'mode = "server"'))
        if made.run(PXESERVE, "loaders", "import", "--config", made.config).returncode:
            pytest.skip("no boot loaders to import")
        made.start()
        try:
            for name, make in (("xs41", make_sample), ("xcp83", lambda path: make_modern_sample(path, "xcp-8.3"))):
                make(folder / name)
                made.cli("media", "import", opened(folder / name), "--name", name)
                settings = ("primary-disk=sda", "timezone=Europe/London", "admin-interface.name=eth0", "admin-interface.proto=dhcp")
                made.cli("profile", "add", name, "--medium", name, *(word for one in settings for word in ("--set", one)))
                made.cli("host", "add", "--mac", MACS[name], "--name", f"h-{name}", "--profile", name)
            until(lambda: "NFS: v3 and v4" in made.cli("status"), "NFS in both versions")
            yield made
        finally:
            made.stop()


@pytest.mark.parametrize("medium", MACS)
@pytest.mark.parametrize(
    ("over", "begins"), [("http", "http://10.77.0.1:"), ("ftp", "ftp://10.77.0.1/media/"), ("nfs", "10.77.0.1:/media/")]
)
def test_every_package_comes_by_the_protocol_that_the_profile_names(served: Served, medium: str, over: str, begins: str) -> None:
    served.cli("profile", "set", medium, "--set", f"source={over}")
    done = served.run(PXESERVE, "rehearse", MACS[medium], "--json", "--config", served.config)
    told = json.loads(done.stdout)
    assert told["ok"], told
    steps = {one["name"]: one["text"] for one in told["steps"]}
    assert f"packages from {begins}" in steps["answerfile"]
    assert "packages" in steps["repositories"]
    assert len([name for name in steps if name.startswith("package ")]) == {"xs41": 6, "xcp83": 4}[medium]
    if over == "ftp":
        until(lambda: items(served.data, "events", host=f"h-{medium}", kind="ftp.file"), "the packages in the host's record")


def test_a_protocol_that_nobody_knows_is_refused_at_once(served: Served) -> None:
    refused = served.run(PXESERVE, "profile", "set", "xs41", "--set", "source=gopher", "--config", served.config)
    assert refused.returncode == 1
    assert "none of http, nfs, ftp" in refused.stderr
