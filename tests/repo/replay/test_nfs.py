"""How each generation mounts. What comes of it is shown in tests/interop."""

from __future__ import annotations

from pxeserve.domain.medium import Role
from pxeserve.repo.replay.generation import GENERATIONS
from pxeserve.repo.replay.nfs import Mount, Nfs, ways
from pxeserve.repo.replay.report import Log
from pxeserve.repo.replay.walk import Asked, replay

OLD, LATER = GENERATIONS["6.5"].speech, GENERATIONS["7.0"].speech


def test_up_to_6_5_it_is_version_3_by_the_portmapper_alone() -> None:
    assert ways(OLD, (3, 4), 2049, 20048) == ([Mount(3)], [Mount(4, 2049), Mount(3, 2049, 20048)])
    assert ways(OLD, (4,), 2049, 20048) == ([], [Mount(4, 2049)])


def test_later_ones_try_version_4_first_where_it_usually_is() -> None:
    assert ways(LATER, (3, 4), 2049, 20048)[0] == [Mount(4), Mount(3)]
    assert ways(LATER, (3, 4), 12049, 20048)[0] == [Mount(3)]
    assert ways(LATER, (4,), 12049, 20048) == ([], [Mount(4, 12049)])


def test_an_address_in_libnfss_words() -> None:
    assert Mount(3).url("10.77.0.1", "/media/disc/a") == "nfs://10.77.0.1/media/disc/a?version=3&uid=0&gid=0"
    assert Mount(4, 12049).url("10.77.0.1", "/media/disc") == "nfs://10.77.0.1/media/disc?version=4&uid=0&gid=0&nfsport=12049"


def test_what_cannot_be_mounted_is_no_source() -> None:
    log = Log()
    asked = Asked("disc", "yum", (), Role.MAIN, "nfs", "10.77.0.1:/media/disc")
    report = replay(asked, GENERATIONS["8.2"], Nfs("10.77.0.1", "/media/disc/", None, log, lambda _: None), log)
    assert not report.ok
    assert report.fix.startswith("pxeserve status says how NFS fares")
    assert report.verdict.startswith("8.2 would say: MountFailureException")
    assert report.said[-1].text == "Unable to access repository (nfs, 10.77.0.1:/media/disc)"
