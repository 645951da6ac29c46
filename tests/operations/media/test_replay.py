"""Replays that are refused before anything is asked. What they find is shown in tests/repo/replay, tests/cli and tests/interop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pxeserve.events.recorder import Recorder
from pxeserve.repo.sample import make_sample
from tests.operations.test_site import Site


def test_what_cannot_be_exported_is_not_asked_for_over_nfs(tmp_path: Path) -> None:
    site = Site(tmp_path, nfs={"enabled": True})
    tree = tmp_path / 'a "quoted" place'
    make_sample(tree)
    site.ask("media.import", source=tree, name="sample", lies="in-place")
    site.context = replace(site.context, recorder=Recorder(tmp_path / "events.sock", "test"))
    said = site.refused("media.replay", name="sample", dialect="4.1", over="nfs")
    assert "medium sample is not served over nfs: the path" in said
    assert "holds characters that an export's path cannot" in said
