"""What the service tells of itself: its processes as they run, and each key of its configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pxeserve.config import Config
from pxeserve.config.load import load
from pxeserve.doctor.service import family
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.server import configuration
from pxeserve.store import open_store

CHILD = "import ctypes, sys; ctypes.CDLL(None).prctl(15, b'pxe-worker', 0, 0, 0); print('up', flush=True); sys.stdin.read()"
"""A process that calls itself as the worker does (prctl(2), PR_SET_NAME)."""


def test_children_are_told_by_their_names_and_one_that_is_gone_as_missing(tmp_path: Path) -> None:
    config = Config.model_validate({"server": {"data": str(tmp_path)}, "dhcp": {"mode": "off"}})
    assert family(Path("/"), config) == []
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "pxeserve.lock").write_text(str(os.getpid()))
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"up\n"
        found = {one.name: one for one in family(Path("/"), config)}
        child.communicate(b"")
    assert set(found) == {"parent", "worker", "tftp", "provision", "console"}
    assert (found["parent"].pid, found["worker"].pid, found["tftp"].pid) == (os.getpid(), child.pid, None)
    memory, seconds = found["worker"].memory, found["worker"].seconds
    assert memory is not None and memory > 1 << 20
    assert seconds is not None and 0 <= seconds < (found["parent"].seconds or 0) + 60


def test_two_configurations_are_alike_wherever_they_were_said(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[tftp]\nport = 6969\n")
    assert load(file, {}) == load(None, {"PXESERVE_TFTP__PORT": "6969"})
    assert load(file, {}) != Config()
    assert load(file, {}).origin("tftp.port") == f"{file}:2" and Config().origin("tftp.port") is None


def test_every_key_has_a_default_beside_its_value(tmp_path: Path) -> None:
    store = open_store(tmp_path, migrate=True)
    config = load(None, {"PXESERVE_HTTP__PORT": "8080"})
    keys = {one["key"]: one for one in configuration.keys(Context(config, store, Actor("a test"), lambda _: None))}
    store.close()
    assert (keys["http.port"]["value"], keys["http.port"]["default"], keys["http.port"]["origin"]) == (8080, 80, "PXESERVE_HTTP__PORT")
    assert {key for key in keys if key.startswith("database")} == {"database.url"}
    assert keys["webhook"]["value"] == []
