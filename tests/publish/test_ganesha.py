"""What Ganesha is told, and what is understood of its log."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.publish.nfs.ganesha import Settings, render, said, towards
from pxeserve.repo.exported import Export

SETTINGS = Settings(IPv4Address("10.77.0.1"), 2049, 20048, (3, 4), 990, 991, Path("/data/run/nfs/recovery"), Path("/plugins"))
HEAD = "27/11/2026 02:58:50 : epoch 6b08f1e6 : vm : nfs-ganesha-25000"
EXPORTS = st.lists(st.builds(Export, st.integers(1, 9), st.just("/x"), st.sampled_from(["/media/a", "/media/b", "/media/c"])))


def unique(found: list[Export]) -> list[Export]:
    return list({one.id: one for one in {one.pseudo: one for one in found}.values()}.values())


def test_the_configuration_only_gives_and_squashes_everybody() -> None:
    text = render(SETTINGS, [Export(101, "/data/media/xs41@aa", "/media/xs41")])
    assert "Bind_addr = 10.77.0.1;" in text
    assert "mount_path_pseudo = true;" in text
    block = text[text.index("EXPORT {") :]
    assert 'Path = "/data/media/xs41@aa";' in block
    assert 'Pseudo = "/media/xs41";' in block
    for line in ("Access_Type = RO;", "Squash = All_Squash;", "Anonymous_Uid = 990;"):
        assert line in block
    assert text.count("Protocols = 3, 4;") == 2
    assert "RW" not in text
    assert "Enable_UDP = Mount;" in text
    assert "Enable_UDP = false;" in render(replace(SETTINGS, versions=(4,)), [])


@given(EXPORTS.map(unique), EXPORTS.map(unique))
@pytest.mark.quirk("ganesha-replaced-path")
def test_what_is_loaded_never_holds_a_path_that_was_anothers_a_moment_before(loaded: list[Export], wanted: list[Export]) -> None:
    """Ganesha would refuse the new one and drop the old one."""
    now = tuple(loaded)
    for _ in range(3):
        following = towards(now, wanted)
        was = {one.pseudo: one for one in now}
        assert all(was.get(one.pseudo, one) == one for one in following)
        now = following
    assert now == tuple(wanted)


@pytest.mark.parametrize(
    ("line", "level", "part", "text"),
    [
        ("[sigmgr] export_commit_common :CONFIG :CRIT :Duplicate export id = 103", "CRIT", "CONFIG", "Duplicate export id = 103"),
        ("[main] nfs_start :NFS STARTUP :EVENT :             NFS SERVER INITIALIZED", "EVENT", "NFS STARTUP", "NFS SERVER INITIALIZED"),
    ],
)
def test_a_line_of_its_log_is_taken_apart(line: str, level: str, part: str, text: str) -> None:
    found = said(HEAD + line)
    assert found is not None
    assert (found.level, found.part, found.text) == (level, part, text)


def test_what_the_lines_mean() -> None:
    def of(line: str):
        found = said(HEAD + line)
        assert found is not None
        return found

    assert of("[main] nfs_start :NFS STARTUP :EVENT :             NFS SERVER INITIALIZED").initialised
    assert of("[sigmgr] reread_exports :CONFIG :EVENT :Reread exports complete").reloaded
    failed = of("[main] fsal_cfg_commit :CONFIG :CRIT :Could not create export for (/media/bad) to (/nothing)")
    assert failed.not_exported == "/media/bad"
    assert failed.grave
    assert not of("[dbus] gsh_dbus_thread :DBUS :CRIT :DBUS not initialized, service thread exiting").grave


@given(st.text())
def test_no_line_is_too_strange(line: str) -> None:
    said(line)
